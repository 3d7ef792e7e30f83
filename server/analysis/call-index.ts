/**
 * Where names are followed by an argument list in a unit's masked text, and the trees of the functions they stand in.
 * One pass over the text; functions are parsed when somebody asks for one, and kept.
 */
import type { Span } from '../base/span.ts';
import type { CNode } from '../syntax/node.ts';
import { parseExpression, parseFunction } from '../syntax/parse-function.ts';
import type { CUnit, DeclarationItem, FunctionDef } from '../syntax/unit.ts';
import { calleeOf, callNodes, codeOf } from './trees.ts';

interface UnitIndex {
  readonly offsets: ReadonlyMap<string, readonly number[]>;
  readonly functions: readonly FunctionDef[];
  readonly declarations: readonly DeclarationItem[];
}

const cache = new WeakMap<CUnit['version'], UnitIndex>();

function indexOf(unit: CUnit): UnitIndex {
  let index = cache.get(unit.version);
  if (index === undefined) {
    const functions = [...unit.functions].sort((a, b) => a.span.start - b.span.start);
    const declarations = [...unit.declarations].sort((a, b) => a.span.start - b.span.start);
    index = { offsets: scan(unit.code), functions, declarations };
    cache.set(unit.version, index);
  }
  return index;
}

function scan(code: string): Map<string, number[]> {
  const offsets = new Map<string, number[]>();
  for (const m of code.matchAll(/(?<![\w.]|->)[A-Za-z_]\w*(?=[ \t\r\n]{0,80}\)?[ \t]{0,8}\()/g)) {
    const list = offsets.get(m[0]);
    if (list === undefined) offsets.set(m[0], [m.index]);
    else list.push(m.index);
  }
  return offsets;
}

/** Names that stand before an opening bracket in the unit: calls, prototypes, definitions, keywords; with their offsets in order. */
export function namesBeforeBrackets(unit: CUnit): ReadonlyMap<string, readonly number[]> {
  return indexOf(unit).offsets;
}

/** The function whose text, from its first word to its closing brace, covers an offset. */
export function functionAt(unit: CUnit, offset: number): FunctionDef | undefined {
  const { functions } = indexOf(unit);
  let lo = 0;
  let hi = functions.length - 1;
  while (lo <= hi) {
    const mid = (lo + hi) >> 1;
    const fn = functions[mid];
    if (fn === undefined || fn.span.start > offset) hi = mid - 1;
    else if (fn.span.end <= offset) lo = mid + 1;
    else return fn;
  }
  return undefined;
}

/** Name of the function that an offset lies in; empty at file scope. */
export function nameOfFunctionAt(unit: CUnit, offset: number): string {
  return functionAt(unit, offset)?.name ?? '';
}

const called = new WeakMap<CUnit['version'], ReadonlyMap<FunctionDef, ReadonlySet<string>>>();

/** Names before brackets in the bodies of the unit's functions, by one pass over the unit. */
export function namesCalledIn(unit: CUnit): ReadonlyMap<FunctionDef, ReadonlySet<string>> {
  let found = called.get(unit.version);
  if (found === undefined) {
    const sets = new Map<FunctionDef, Set<string>>();
    for (const [name, offsets] of namesBeforeBrackets(unit)) {
      for (const offset of offsets) {
        const fn = functionAt(unit, offset);
        if (fn === undefined || offset < fn.bodySpan.start) continue;
        const set = sets.get(fn);
        if (set === undefined) sets.set(fn, new Set([name]));
        else set.add(name);
      }
    }
    found = sets;
    called.set(unit.version, found);
  }
  return found;
}

/** The item at file scope that covers an offset. */
export function declarationAt(unit: CUnit, offset: number): DeclarationItem | undefined {
  const { declarations } = indexOf(unit);
  let lo = 0;
  let hi = declarations.length - 1;
  while (lo <= hi) {
    const mid = (lo + hi) >> 1;
    const item = declarations[mid];
    if (item === undefined || item.span.start > offset) hi = mid - 1;
    else if (item.span.end <= offset) lo = mid + 1;
    else return item;
  }
  return undefined;
}

/** The tree of a function. Parsed once. */
export function treeOf(unit: CUnit, fn: FunctionDef): CNode {
  return parseFunction(unit, fn).root;
}

/** The tree of an expression that stands outside functions or in a macro's body; undefined where the text is none. */
export function expressionTree(unit: CUnit, span: Span): CNode | undefined {
  return span.start < span.end ? parseExpression(unit, span) : undefined;
}

const calls = new WeakMap<FunctionDef, ReadonlyMap<string, readonly CNode[]>>();

/** The calls in a function by the name called, in text order. Calls through pointers are left out. */
export function callsIn(unit: CUnit, fn: FunctionDef): ReadonlyMap<string, readonly CNode[]> {
  let found = calls.get(fn);
  if (found === undefined) {
    const map = new Map<string, CNode[]>();
    for (const node of callNodes(treeOf(unit, fn))) {
      const callee = calleeOf(node);
      if (callee === undefined) continue;
      const name = codeOf(unit, callee);
      const list = map.get(name);
      if (list === undefined) map.set(name, [node]);
      else list.push(node);
    }
    found = map;
    calls.set(fn, found);
  }
  return found;
}

/** A call and the function it stands in. */
export interface CallPlace {
  readonly fn: FunctionDef;
  readonly node: CNode;
}

/** The calls of a name in the functions of a unit, in text order. */
export function callsOf(unit: CUnit, name: string): readonly CallPlace[] {
  const functions = new Set<FunctionDef>();
  for (const offset of namesBeforeBrackets(unit).get(name) ?? []) {
    const fn = functionAt(unit, offset);
    if (fn !== undefined && offset >= fn.bodySpan.start) functions.add(fn);
  }
  return [...functions].flatMap((fn) => (callsIn(unit, fn).get(name) ?? []).map((node) => ({ fn, node })));
}

/** Offsets at which a text has a word. A function that lost its name in damaged text stands nowhere. */
export function* placesOfWord(text: string, word: string): Generator<number> {
  if (word === '') return;
  for (let i = text.indexOf(word); i >= 0; i = text.indexOf(word, i + word.length)) {
    if (!/\w/.test(text[i - 1] ?? ' ') && !/\w/.test(text[i + word.length] ?? ' ')) yield i;
  }
}

/**
 * Whether the name occurs other than before a bracket, or in a macro: its address may be taken, and calls may be spelled otherwise.
 * Its own definition is before a bracket.
 */
export function isNamedWithoutCall(unit: CUnit, name: string): boolean {
  const called = namesBeforeBrackets(unit).get(name)?.length ?? 0;
  let seen = 0;
  for (const _ of placesOfWord(unit.code, name)) if (++seen > called) return true;
  const word = new RegExp(`\\b${name}\\b`);
  return unit.macros.some((m) => word.test(unit.text.slice(m.bodySpan.start, m.bodySpan.end)));
}
