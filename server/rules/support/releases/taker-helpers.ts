/**
 * Functions that give pages back for those that take them, and for nobody else: what is called on the way out of a failure, and by no
 * code that tears down. A hold that outlives the call that took it does not end there.
 */
import { functionAt, treeOf } from '../../../analysis/calls/call-index.ts';
import { onErrorPath } from '../../../analysis/calls/wrappers.ts';
import { pathTo } from '../../../analysis/trees.ts';
import { kept } from '../../../base/kept.ts';
import type { Span } from '../../../base/span.ts';
import type { CUnit, FunctionDef } from '../../../syntax/unit.ts';

/** Says something of a function; of none it is false. */
export type OfFunction = (fn: FunctionDef | undefined) => boolean;

/**
 * Whether a function of a file is static and named nowhere but where functions of certain names fail, or in others of which the same is true;
 * those themselves are not.
 */
export function onlyFor(unit: CUnit, callers: ReadonlySet<string>): OfFunction {
  const known = new Map<FunctionDef, boolean>();
  const isTheirs = (fn: FunctionDef | undefined): boolean => {
    if (fn === undefined || !fn.isStatic || callers.has(fn.name) || !unit.functions.includes(fn)) return false;
    const before = known.get(fn);
    if (before !== undefined) return before;
    // Two that call each other alone are called by nobody.
    known.set(fn, true);
    const { mentions, unused } = namesIn(unit);
    const places = mentions(fn);
    const isInside = (offset: number): boolean => {
      const user = functionAt(unit, offset);
      if (user === undefined || !isCall(unit, offset)) return false;
      return user === fn || (callers.has(user.name) ? isWhereItFails(unit, user, offset) : isTheirs(user));
    };
    const isOne = places.length > 0 ? places.every(isInside) : !mayBePasted(unit, fn.name);
    const answer = isOne && isWhole(unused(), (other) => other === fn || isTheirs(other));
    known.set(fn, answer);
    return answer;
  };
  return isTheirs;
}

/** Whether a call stands where its function leaves or tidies up; what is called on every way, or in an arm of its own, ends what lasts. */
function isWhereItFails(unit: CUnit, fn: FunctionDef, offset: number): boolean {
  const tree = treeOf(unit, fn);
  const at = pathTo(tree, { start: offset, end: offset }).at(-1);
  const begin = { ...tree, start: fn.bodySpan.start, end: fn.bodySpan.start };
  return at === undefined || onErrorPath(unit, tree, at, begin);
}

/** What a file names, found by one search for all its functions. */
interface NamesIn {
  /** Where the file names a function, apart from its definition and prototypes; in dead branches and macros, too. */
  readonly mentions: (fn: FunctionDef) => readonly number[];
  /** The static functions that nothing names: the compiler would complain of them. */
  readonly unused: () => readonly FunctionDef[];
  /** What macros at file scope are given as one of several arguments: a part of a name, of which they may make the rest. */
  readonly pasted: () => ReadonlySet<string>;
}

const namesByUnit = new WeakMap<CUnit, NamesIn>();

function namesIn(unit: CUnit): NamesIn {
  let names = namesByUnit.get(unit);
  if (names === undefined) {
    names = findNames(unit);
    namesByUnit.set(unit, names);
  }
  return names;
}

function findNames(unit: CUnit): NamesIn {
  const places = new Map<string, number[]>(unit.functions.map(({ name }) => [name, []]));
  for (const { 0: word, index } of unit.text.matchAll(/\w+/g)) places.get(word)?.push(index);
  const hidden = [...unit.openBranches.map(({ body }) => body), ...unit.regions, ...unit.macros.map((m) => m.bodySpan)];
  const spans = hidden.map((h) => ('span' in h ? h.span : h));
  const prototypes = unit.declarations.flatMap((d) => (d.kind === 'prototype' ? [d.span] : []));
  const isUse = (name: string, at: number): boolean =>
    (unit.code.startsWith(name, at) || isIn(spans, at)) && !isIn(prototypes, at) && !isOtherName(unit.text, at);
  const uses = new Map<string, readonly number[]>();
  const mentions = ({ name, span, bodySpan }: FunctionDef): readonly number[] =>
    kept(uses, name, () => (places.get(name) ?? []).filter((at) => isUse(name, at))).filter(
      (at) => at < span.start || at >= bodySpan.start,
    );
  let unused: readonly FunctionDef[] | undefined;
  let pasted: ReadonlySet<string> | undefined;
  const isUnused = (fn: FunctionDef): boolean =>
    fn.isStatic && mentions(fn).length === 0 && !mayBePasted(unit, fn.name);
  return {
    mentions,
    unused: () => (unused ??= unit.functions.filter(isUnused)),
    pasted: () => (pasted ??= argumentsAtFileScope(unit)),
  };
}

function isIn(spans: readonly Span[], at: number): boolean {
  return spans.some(({ start, end }) => start <= at && at < end);
}

function argumentsAtFileScope(unit: CUnit): ReadonlySet<string> {
  const words = new Set<string>();
  for (const { 0: word, index } of unit.code.matchAll(/(?<=[(,]\s*)\w+(?=\s*[,)])/g))
    if (!words.has(word) && functionAt(unit, index) === undefined) words.add(word);
  return words;
}

/** Whether a name is that of a struct or of a member: functions may have the same. */
function isOtherName(text: string, at: number): boolean {
  return /(?:\b(?:struct|union|enum)\s+|(?:->|\.)\s*)$/.test(text.slice(Math.max(0, at - BEFORE_NAME), at));
}

/** Characters in front of a name that tell of what it is one. */
const BEFORE_NAME = 20;

/** Characters in front of a name in which the call stands that it is an argument of. */
const BEFORE = 120;

/** Whether a name stands for a call, now or where the last reference is dropped; any other use of it is a call by nobody knows whom. */
function isCall({ code }: CUnit, offset: number): boolean {
  const [name = ''] = /^\w+/.exec(code.slice(offset, offset + BEFORE)) ?? [];
  if (/^\s*\(/.test(code.slice(offset + name.length, offset + name.length + BEFORE))) return true;
  return /\bkref_put\w*\s*\([^;{}]*$/.test(code.slice(Math.max(0, offset - BEFORE), offset));
}

/** Whether a file is all there is, by its unused functions: at most one that was forgotten, and that one is of the kind in question. */
function isWhole(unused: readonly FunctionDef[], isOfKind: (fn: FunctionDef) => boolean): boolean {
  return unused.length <= 1 && unused.every(isOfKind);
}

/** Whether a macro at file scope is given a part of a name, of which it may make the rest. */
function mayBePasted(unit: CUnit, name: string): boolean {
  const pasted = namesIn(unit).pasted();
  for (let i = name.indexOf('_'); i >= 0; i = name.indexOf('_', i + 1))
    if (pasted.has(name.slice(0, i)) || pasted.has(name.slice(i + 1))) return true;
  return false;
}
