/**
 * The names a function declares: parameters and local variables with the words of their types. Scopes are not told apart: a name
 * that is declared twice keeps its first type (shadowing is rare in kernel code and only weakens what is said of flags).
 */
import { type CNode, childByField, walk } from '../syntax/node.ts';
import type { CUnit } from '../syntax/unit.ts';
import { codeOf } from './trees.ts';

/** A parameter or local variable. */
export interface LocalName {
  readonly name: string;
  /** Position among the parameters, from 0; undefined for a local variable. */
  readonly param: number | undefined;
  /** The words of the type before the declarator: `unsigned int`, `struct foo`. */
  readonly type: string;
  /** Levels of pointer and array on the declarator. */
  readonly pointers: number;
  readonly isArray: boolean;
  readonly isStatic: boolean;
  /** The initialiser, if any. */
  readonly value: CNode | undefined;
  readonly node: CNode;
}

const cache = new WeakMap<CNode, ReadonlyMap<string, LocalName>>();

/** The names declared in a function's tree, by name. Cached by tree. */
export function localNames(unit: CUnit, tree: CNode): ReadonlyMap<string, LocalName> {
  let names = cache.get(tree);
  if (names === undefined) {
    names = collect(unit, tree);
    cache.set(tree, names);
  }
  return names;
}

/** The parameters of the function in a tree, in order. */
export function parameters(unit: CUnit, tree: CNode): readonly LocalName[] {
  const params = [...localNames(unit, tree).values()].filter((l) => l.param !== undefined);
  return params.sort((a, b) => (a.param ?? 0) - (b.param ?? 0));
}

/** The function_definition in a tree that may be wrapped in a translation unit. */
function definitionIn(tree: CNode): CNode | undefined {
  let found: CNode | undefined;
  walk(tree, (n) => {
    if (found === undefined && n.type === 'function_definition') found = n;
    return found === undefined;
  });
  return found;
}

/** The body of the function in a tree. */
export function bodyOf(tree: CNode): CNode | undefined {
  const def = definitionIn(tree);
  return def === undefined ? undefined : childByField(def, 'body');
}

function collect(unit: CUnit, tree: CNode): Map<string, LocalName> {
  const names = new Map<string, LocalName>();
  const def = definitionIn(tree);
  const head = def === undefined ? undefined : functionDeclarator(def);
  const params =
    head === undefined
      ? []
      : (childByField(head, 'parameters')?.children ?? []).filter((p) => p.type === 'parameter_declaration');
  params.forEach((p, i) => {
    addDeclarators(unit, p, i, names);
  });
  walk(childByField(def ?? tree, 'body') ?? tree, (n) => {
    if (n.type === 'declaration') addDeclarators(unit, n, undefined, names);
    return n.type !== 'parameter_list';
  });
  return names;
}

/** The function_declarator of a definition, below the pointers of its result type. */
export function functionDeclarator(def: CNode): CNode | undefined {
  let n = childByField(def, 'declarator');
  while (n !== undefined && n.type !== 'function_declarator') n = childByField(n, 'declarator');
  return n;
}

function addDeclarators(unit: CUnit, decl: CNode, param: number | undefined, names: Map<string, LocalName>): void {
  const typeNode = childByField(decl, 'type');
  if (typeNode === undefined) return;
  const isStatic = decl.children.some((c) => c.type === 'storage_class_specifier' && codeOf(unit, c) === 'static');
  const type = codeOf(unit, typeNode).replace(/\{.*$/s, '').replace(/\s+/g, ' ').trim();
  for (const child of decl.children) {
    if (child.field !== 'declarator') continue;
    let pointers = 0;
    let isArray = false;
    let n: CNode | undefined = child;
    const value = child.type === 'init_declarator' ? childByField(child, 'value') : undefined;
    while (n !== undefined && n.type !== 'identifier') {
      if (n.type === 'pointer_declarator') pointers++;
      if (n.type === 'array_declarator') isArray = true;
      if (n.type === 'function_declarator' && n === child) break;
      n = childByField(n, 'declarator') ?? (n.type === 'parenthesized_declarator' ? n.children[0] : undefined);
    }
    if (n === undefined || n.type !== 'identifier') continue;
    const name = codeOf(unit, n);
    if (!names.has(name)) names.set(name, { name, param, type, pointers, isArray, isStatic, value, node: n });
  }
}
