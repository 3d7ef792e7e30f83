/**
 * Macros and functions of a project that take pages for whoever calls them: a macro whose body takes pages, and a function
 * that hands the pages out through a parameter or its result. Their callers decide what happens to the pages.
 */

import type { ApiRow } from '../../../model/schema.ts';
import { type CNode, childByField, walk } from '../../syntax/node.ts';
import type { CUnit, FunctionDef } from '../../syntax/unit.ts';
import { isNullText } from '../flags/constants.ts';
import { argumentOf, readingRows } from '../flags/flags.ts';
import { functionDeclarator, type LocalName, localNames, parameters } from '../locals.ts';
import { bare, calleeOf, callNodes, codeOf, lastStatement, operatorOf, pathTo, rootVariable } from '../trees.ts';
import { namesCalledIn, treeOf } from './call-index.ts';
import { type FoundCall, findCallsIn, findCallsInMacro } from './calls.ts';
import { meaningOf, type NameScope } from './names.ts';
import { mayTake } from './takers.ts';

/** A macro or function that takes pages for its callers. */
export interface Wrapper {
  readonly name: string;
  /** The call in its body that takes the pages. */
  readonly call: FoundCall;
  /** The wrapper that this call goes through in its turn; undefined where it is a call of the API itself. */
  readonly next: Wrapper | undefined;
  readonly api: string;
}

/** Acquiring calls of one function that are looked at. */
const MAX_TRIED = 20;

/** Wrappers of wrappers of wrappers are followed so far. */
const MAX_NESTING = 4;

const cache = new WeakMap<CUnit['surroundings'], Map<string, Wrapper | undefined>>();

/** The wrapper that a call of this name in the unit goes through; undefined for anything else. */
export function wrapperNamed(scope: NameScope, name: string, nesting = 0): Wrapper | undefined {
  let memo = cache.get(scope.unit.surroundings);
  if (memo === undefined) {
    memo = new Map();
    cache.set(scope.unit.surroundings, memo);
  }
  if (memo.has(name)) return memo.get(name);
  if (!mayTake(scope, name)) return undefined;
  memo.set(name, undefined);
  if (nesting > MAX_NESTING) return undefined;
  const found = lookUp(scope, name, nesting);
  memo.set(name, found);
  return found;
}

function lookUp(scope: NameScope, name: string, nesting: number): Wrapper | undefined {
  const meaning = meaningOf(scope, name);
  if (meaning.kind === 'macro') {
    for (const { unit, macro } of meaning.macros) {
      const calls = findCallsInMacro({ ...scope, unit }, macro);
      const found = firstAcquiring({ ...scope, unit }, { name: macro.name, nesting }, calls, () => true);
      if (found !== undefined) return found;
    }
  }
  if (meaning.kind === 'function') {
    for (const { unit, fn } of meaning.functions) {
      const inner: NameScope = { ...scope, unit };
      if (!mayAcquire(inner, fn, nesting)) continue;
      const calls = findCallsIn(inner, fn);
      const as = { name: fn.name, nesting };
      const found = firstAcquiring(inner, as, calls, (call, api) => handsOut(inner, fn, call, api));
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** The wrapper of this name, if one of the calls in its body takes pages and counts. */
function firstAcquiring(
  scope: NameScope,
  { name, nesting }: { readonly name: string; readonly nesting: number },
  calls: readonly FoundCall[],
  counts: (call: FoundCall, api: string) => boolean,
): Wrapper | undefined {
  let tried = 0;
  for (const call of calls) {
    if (call.meaning.kind === 'api') {
      const { api } = call.meaning;
      if (!scope.model.isSite(api)) continue;
      if (++tried > MAX_TRIED) return undefined;
      if (counts(call, api)) return { name, call, next: undefined, api };
      continue;
    }
    const next = wrapperNamed(scope, call.spelled, nesting + 1);
    if (next === undefined) continue;
    const mapped = { ...call, args: throughArguments(next, call) };
    if (counts(mapped, next.api)) return { name, call, next, api: next.api };
  }
  return undefined;
}

/** Whether a function names anything that takes pages: the test before it is parsed. */
function mayAcquire(scope: NameScope, fn: FunctionDef, nesting: number): boolean {
  for (const name of namesCalledIn(scope.unit).get(fn) ?? []) {
    const meaning = meaningOf(scope, name);
    if (
      meaning.kind === 'api'
        ? scope.model.isSite(meaning.api)
        : meaning.kind !== 'unknown' && wrapperNamed(scope, name, nesting + 1) !== undefined
    ) {
      return true;
    }
  }
  return false;
}

/**
 * The arguments of the API that a call of a wrapper comes down to: what the caller passes where the wrapper passes its own
 * parameter on, the wrapper's text otherwise (no node, the place of the whole call).
 */
export function throughArguments(wrapper: Wrapper, outer: FoundCall): FoundCall['args'] {
  const { call, next } = wrapper;
  const locals = call.fn === undefined ? [] : parameters(call.unit, treeOf(call.unit, call.fn));
  const names = call.macro?.params ?? locals.map((p) => p.name);
  const arrays = new Set(locals.filter((p) => isPageArray(p)).map((p) => p.name));
  const args = call.args.map((a) => {
    const plain = a.text.replace(/^[\s(]+|[\s)]+$/g, '');
    const into = /^&?\s*(\w+)\s*(?:\+|\[)/.exec(plain)?.[1];
    const index = names.indexOf(into !== undefined && arrays.has(into) ? into : plain);
    const passed = index < 0 ? undefined : outer.args[index];
    const lent = call.macro === undefined ? undefined : /^&[\s(]*(\w+)[\s)]*$/.exec(plain)?.[1];
    const variable = lent === undefined ? undefined : outer.args[names.indexOf(lent)];
    // A macro's `&(page)` is the address of what the caller writes there.
    if (variable !== undefined) return { ...variable, text: `&${variable.text}` };
    return passed ?? { start: outer.span.start, end: outer.span.end, node: undefined, text: a.text };
  });
  return next === undefined ? args : throughArguments(next, { ...outer, args });
}

/** Whether a parameter is an array of pages: a place in it is one in what the caller passes. */
function isPageArray({ type, pointers }: LocalName): boolean {
  return pointers > 1 && /^struct (?:page|folio)$/.test(type);
}

/** Whether the pages of this call leave the function through a parameter or its result. */
function handsOut(scope: NameScope, fn: FunctionDef, call: FoundCall, api: string): boolean {
  const { unit } = scope;
  if (fn.viaMacro !== undefined) return false;
  const tree = treeOf(unit, fn);
  const rows = readingRows(scope.model, api, call.args);
  const pages = argumentOf({ rows, args: call.args }, 'pages') ?? argumentOf({ rows, args: call.args }, 'folios');
  const node = call.node;
  if (pages === undefined)
    return rows.some((r) => r.returns.startsWith('page')) && node !== undefined && returnsResult(unit, tree, node);
  if (isNullText(pages.text) || pages.node === undefined) return false;
  const root = rootVariable(unit, pages.node);
  if (root === undefined || node === undefined) return false;
  if (releasedOnTheWay(scope, tree, root, node)) return false;
  return comesFromParameter(unit, tree, root, pages.node) || returnsPage(unit, tree, root);
}

function comesFromParameter(unit: CUnit, tree: CNode, root: string, pages: CNode): boolean {
  const names = localNames(unit, tree);
  const local = names.get(root);
  if (local === undefined) return false;
  const addressOfIt =
    operatorOf(unit, bare(pages)) === '&' && bare(childByField(bare(pages), 'argument') ?? pages).type === 'identifier';
  if (local.param !== undefined) return (local.pointers > 0 || local.isArray) && !addressOfIt;
  const from = local.value === undefined ? undefined : rootVariable(unit, local.value);
  const source = from === undefined || addressOfIt ? undefined : names.get(from);
  return source?.param !== undefined && source.pointers > 0 && /\bpage\b|\bfolio\b/.test(source.type);
}

/** A page that a one-page call stores into a local variable which the function returns. */
function returnsPage(unit: CUnit, tree: CNode, root: string): boolean {
  if (!resultIsPage(unit, tree)) return false;
  return returned(tree).some((n) => rootVariable(unit, n) === root);
}

function resultIsPage(unit: CUnit, tree: CNode): boolean {
  const declarator = functionDeclarator(tree);
  const head = unit.code.slice(tree.start, declarator?.start ?? tree.start);
  return /\bstruct\s+(?:page|folio)\s*\*/.test(head);
}

function returned(tree: CNode): CNode[] {
  const values: CNode[] = [];
  walk(tree, (n) => {
    const value = n.type === 'return_statement' ? n.children[0] : undefined;
    if (value !== undefined) values.push(value);
    return true;
  });
  return values;
}

function returnsResult(unit: CUnit, tree: CNode, call: CNode): boolean {
  const path = pathTo(tree, call);
  if (path.some((n) => n.type === 'return_statement')) return true;
  const holder = path.findLast((n) => n.type === 'assignment_expression' || n.type === 'init_declarator');
  const target =
    holder === undefined ? undefined : (childByField(holder, 'left') ?? childByField(holder, 'declarator'));
  const name = target === undefined ? undefined : declaredName(unit, target);
  return name !== undefined && resultIsPage(unit, tree) && returned(tree).some((n) => rootVariable(unit, n) === name);
}

function declaredName(unit: CUnit, node: CNode): string | undefined {
  let n: CNode | undefined = node;
  while (n !== undefined && n.type !== 'identifier') n = childByField(n, 'declarator');
  return n === undefined ? undefined : codeOf(unit, n);
}

/** Whether the function gives the same pages back other than on an error path: then its callers get none. */
function releasedOnTheWay(scope: NameScope, tree: CNode, root: string, acquire: CNode): boolean {
  const { unit, model } = scope;
  return callNodes(tree).some((node) => {
    const callee = calleeOf(node);
    if (callee === undefined || node.start < acquire.end) return false;
    const meaning = meaningOf(scope, codeOf(unit, callee));
    if (meaning.kind !== 'api' || !model.allRows(meaning.api).some(isRelease)) return false;
    const first = childByField(node, 'arguments')?.children[0];
    return first !== undefined && rootVariable(unit, first) === root && !onErrorPath(unit, tree, node, acquire);
  });
}

function isRelease(row: ApiRow): boolean {
  return row.family === 'release';
}

/** Statements ahead of a release that are looked at for the return of success. */
const MAX_AHEAD = 16;

/** Whether a node after the acquire stands in a branch that leaves the function or the loop, or behind a label after a return. */
export function onErrorPath(unit: CUnit, tree: CNode, node: CNode, acquire: CNode): boolean {
  const path = pathTo(tree, node);
  for (let i = path.length - 1; i > 0; i--) {
    const n = path[i];
    const parent = path[i - 1];
    if (n === undefined || parent === undefined) continue;
    if (parent.type === 'if_statement' && parent.start >= acquire.start && fails(unit, n)) return true;
    if (parent.type === 'if_statement' && parent.start < acquire.start && acquire.end <= n.start && fails(unit, n))
      return true;
    if (parent.type === 'if_statement' && parent.start >= acquire.end && asksForError(unit, tree, parent, n))
      return true;
    if (parent.type !== 'compound_statement') continue;
    const before = parent.children.slice(0, parent.children.indexOf(n) + 1);
    const label = before.findLastIndex((c) => c.type === 'labeled_statement');
    if (label > 0 && before.slice(0, label).some((c) => c.type === 'return_statement')) return true;
    // A jump over the label is how success goes round what it stands for.
    if (before[label - 1]?.type === 'goto_statement') return true;
    if (before.slice(-MAX_AHEAD, -1).some((c) => c.start >= acquire.end && succeeds(unit, c))) return true;
  }
  return false;
}

/** `if (got == n) { ...; return 0; }`: what stands behind it is for less. */
function succeeds(unit: CUnit, statement: CNode): boolean {
  if (statement.type !== 'if_statement' || childByField(statement, 'alternative') !== undefined) return false;
  const branch = childByField(statement, 'consequence');
  const last = lastStatement(branch);
  const test = codeOf(unit, childByField(statement, 'condition') ?? statement);
  return (
    last?.type === 'return_statement' &&
    /^\(\s*(?:likely\s*\()?\s*\w+\s*==\s*(?!0\b|NULL\b|-)[\w.>[\]-]+\s*\)+$/.test(test)
  );
}

/** `if (ret) { ... }` or `if (ret < 0) { ... }` of the variable that the function returns behind it: what it does is for failure. */
function asksForError(unit: CUnit, tree: CNode, test: CNode, branch: CNode): boolean {
  if (childByField(test, 'consequence') !== branch) return false;
  const condition = codeOf(unit, childByField(test, 'condition') ?? test);
  const name = /^\(\s*(?:unlikely\s*\(\s*)?(\w+)\s*(?:<\s*0\s*)?\)+$/.exec(condition)?.[1];
  return name !== undefined && new RegExp(`\\breturn\\s+${name}\\s*;\\s*\\}?\\s*$`).test(codeOf(unit, tree));
}

/** Whether a branch ends in a jump, or sets an error for the result. */
function fails(unit: CUnit, branch: CNode): boolean {
  const body = branch.type === 'else_clause' ? (branch.children[0] ?? branch) : branch;
  const statements = body.type === 'compound_statement' ? body.children : [body];
  if (/^(?:return|goto|break|continue)_statement$/.test(statements.at(-1)?.type ?? '')) return true;
  return statements.some((s) => {
    const code = s.type === 'expression_statement' ? codeOf(unit, s) : '';
    return /=\s*(?:-\s*E[A-Z]+|ERR_PTR\s*\(.*\)|NULL)\s*;$/s.test(code) || EITHER_ERROR.test(code);
  });
}

/** `ret = got < 0 ? got : -EFAULT`: an error either way. */
const EITHER_ERROR = /=\s*\(?\s*(\w+)\s*(?:<\s*0\s*\)?\s*\?\s*(?:\(\s*\w+\s*\)\s*)?\1\s*:|\?\s*:)\s*-\s*E[A-Z]+\s*;$/;
