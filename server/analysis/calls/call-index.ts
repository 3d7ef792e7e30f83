/**
 * Where names are followed by an argument list in a unit's masked text, and the trees of the functions they stand in.
 * One pass over the text; functions are parsed when somebody asks for one, and kept.
 */
import type { Span } from '../../base/span.ts';
import type { CNode } from '../../syntax/node.ts';
import { parseExpression, parseFunction } from '../../syntax/parse-function.ts';
import type { CUnit, DeclarationItem, FunctionDef } from '../../syntax/unit.ts';
import { calleeOf, callNodes, codeOf } from '../trees.ts';

/** What stands where in a unit. Kept while it lives on: only functions that are others than before are searched again. */
interface UnitIndex {
  version: CUnit['version'];
  functions: readonly FunctionDef[];
  declarations: readonly DeclarationItem[];
  readonly offsets: Map<string, readonly number[]>;
  /** Names before brackets in the bodies of functions. */
  readonly called: Map<FunctionDef, ReadonlySet<string>>;
}

const cache = new WeakMap<CUnit, UnitIndex>();

function indexOf(unit: CUnit): UnitIndex {
  let index = cache.get(unit);
  if (index !== undefined && index.version !== unit.version && !renewed(index, unit)) index = undefined;
  if (index === undefined) {
    index = newIndex(unit);
    cache.set(unit, index);
  }
  return index;
}

const byStart = (a: { readonly span: Span }, b: { readonly span: Span }): number => a.span.start - b.span.start;

function newIndex(unit: CUnit): UnitIndex {
  const functions = [...unit.functions].sort(byStart);
  const offsets = scan(unit.code, { start: 0, end: unit.code.length });
  const sets = new Map<FunctionDef, Set<string>>();
  for (const [name, places] of offsets) {
    for (const offset of places) {
      const fn = covering(functions, offset);
      if (fn === undefined || offset < fn.bodySpan.start) continue;
      const set = sets.get(fn);
      if (set === undefined) sets.set(fn, new Set([name]));
      else set.add(name);
    }
  }
  const declarations = [...unit.declarations].sort(byStart);
  return { version: unit.version, functions, declarations, offsets, called: sets };
}

/** Searches the functions that changed again; false where these cannot be told from the rest. */
function renewed(index: UnitIndex, unit: CUnit): boolean {
  const functions = [...unit.functions].sort(byStart);
  const before = index.functions;
  if (functions.length !== before.length) return false;
  for (const [i, fn] of functions.entries()) {
    const old = before[i];
    if (old === undefined || old === fn) continue;
    const region = { start: old.span.start, end: Math.max(old.span.end, fn.span.end) };
    const alone =
      (before[i - 1]?.span.end ?? 0) <= region.start && region.end <= (functions[i + 1]?.span.start ?? region.end);
    if (!alone || fn.span.start !== region.start) return false;
    replaceNames(index, unit, { old, fn, region });
  }
  index.version = unit.version;
  index.functions = functions;
  index.declarations = [...unit.declarations].sort(byStart);
  return true;
}

function replaceNames(
  { offsets, called }: UnitIndex,
  unit: CUnit,
  { old, fn, region }: { readonly old: FunctionDef; readonly fn: FunctionDef; readonly region: Span },
): void {
  const found = scan(unit.code, region);
  for (const [name, places] of offsets) {
    const last = places.at(-1) ?? 0;
    if (found.has(name) || last < region.start || (places[0] ?? 0) >= region.end) continue;
    const left = places.filter((at) => at < region.start || at >= region.end);
    if (left.length === 0) offsets.delete(name);
    else if (left.length < places.length) offsets.set(name, left);
  }
  for (const [name, places] of found) {
    const others = offsets.get(name) ?? [];
    offsets.set(name, [
      ...others.filter((at) => at < region.start),
      ...places,
      ...others.filter((at) => at >= region.end),
    ]);
  }
  called.delete(old);
  const inBody = [...found].filter(([, places]) => places.some((at) => at >= fn.bodySpan.start && at < fn.span.end));
  called.set(fn, new Set(inBody.map(([name]) => name)));
}

/** Names before brackets that begin in a stretch of a text. */
function scan(code: string, { start, end }: Span): Map<string, number[]> {
  const pattern = /(?<![\w.]|->)[A-Za-z_]\w*(?=[ \t\r\n]{0,80}\)?[ \t]{0,8}\()/g;
  pattern.lastIndex = start;
  const offsets = new Map<string, number[]>();
  for (let m = pattern.exec(code); m !== null && m.index < end; m = pattern.exec(code)) {
    const list = offsets.get(m[0]);
    if (list === undefined) offsets.set(m[0], [m.index]);
    else list.push(m.index);
  }
  return offsets;
}

/** Names that stand before an opening bracket in the unit: calls, prototypes, definitions, keywords, in no order; with their offsets in order. */
export function namesBeforeBrackets(unit: CUnit): ReadonlyMap<string, readonly number[]> {
  return indexOf(unit).offsets;
}

/** The function whose text, from its first word to its closing brace, covers an offset. */
export function functionAt(unit: CUnit, offset: number): FunctionDef | undefined {
  return covering(indexOf(unit).functions, offset);
}

/** The item of a sorted list that covers an offset. */
function covering<T extends { readonly span: Span }>(items: readonly T[], offset: number): T | undefined {
  let lo = 0;
  let hi = items.length - 1;
  while (lo <= hi) {
    const mid = (lo + hi) >> 1;
    const item = items[mid];
    if (item === undefined || item.span.start > offset) hi = mid - 1;
    else if (item.span.end <= offset) lo = mid + 1;
    else return item;
  }
  return undefined;
}

/** Name of the function that an offset lies in; empty at file scope. */
export function nameOfFunctionAt(unit: CUnit, offset: number): string {
  return functionAt(unit, offset)?.name ?? '';
}

/** Names before brackets in the bodies of the unit's functions. */
export function namesCalledIn(unit: CUnit): ReadonlyMap<FunctionDef, ReadonlySet<string>> {
  return indexOf(unit).called;
}

/** The item at file scope that covers an offset. */
export function declarationAt(unit: CUnit, offset: number): DeclarationItem | undefined {
  return covering(indexOf(unit).declarations, offset);
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
