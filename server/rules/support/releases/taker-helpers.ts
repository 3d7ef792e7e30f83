/**
 * Functions that give pages back for those that take them, and for nobody else: what is called on the way out of a failure, and by no
 * code that tears down. A hold that outlives the call that took it does not end there.
 */
import { functionAt, treeOf } from '../../../analysis/calls/call-index.ts';
import { onErrorPath } from '../../../analysis/calls/wrappers.ts';
import { pathTo } from '../../../analysis/trees.ts';
import type { CUnit, FunctionDef } from '../../../syntax/unit.ts';

/** Says something of a function; of none it is false. */
export type OfFunction = (fn: FunctionDef | undefined) => boolean;

/**
 * Whether a function of a file is static and named nowhere but where functions of certain names fail, or in others of which the same is true;
 * those themselves are not.
 */
export function onlyFor(unit: CUnit, callers: ReadonlySet<string>): OfFunction {
  const known = new Map<FunctionDef, boolean>();
  let unused: readonly FunctionDef[] | undefined;
  const isTheirs = (fn: FunctionDef | undefined): boolean => {
    if (fn === undefined || !fn.isStatic || callers.has(fn.name) || !unit.functions.includes(fn)) return false;
    const before = known.get(fn);
    if (before !== undefined) return before;
    // Two that call each other alone are called by nobody.
    known.set(fn, true);
    const places = mentions(unit, fn);
    const isInside = (offset: number): boolean => {
      const user = functionAt(unit, offset);
      if (user === undefined || !isCall(unit, offset)) return false;
      return user === fn || (callers.has(user.name) ? isWhereItFails(unit, user, offset) : isTheirs(user));
    };
    const isOne = places.length > 0 ? places.every(isInside) : !mayBePasted(unit, fn.name);
    unused ??= isOne ? unusedIn(unit) : undefined;
    const answer = isOne && isWhole(unused ?? [], (other) => other === fn || isTheirs(other));
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

/** Where a file names a function, apart from its definition and prototypes; in dead branches and macros, too. */
function mentions(unit: CUnit, { name, span, bodySpan }: FunctionDef): readonly number[] {
  const hidden = [...unit.openBranches.map(({ body }) => body), ...unit.regions, ...unit.macros.map((m) => m.bodySpan)];
  const spans = hidden.map((h) => ('span' in h ? h.span : h));
  return [...unit.text.matchAll(new RegExp(`\\b${name}\\b`, 'g'))]
    .map(({ index }) => index)
    .filter((at) => at < span.start || at >= bodySpan.start)
    .filter((at) => unit.code.startsWith(name, at) || spans.some(({ start, end }) => start <= at && at < end))
    .filter((at) => !unit.declarations.some((d) => d.kind === 'prototype' && d.span.start <= at && at < d.span.end));
}

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

/** The static functions of a file that nothing names: the compiler would complain of them. */
function unusedIn(unit: CUnit): readonly FunctionDef[] {
  const isUnused = (fn: FunctionDef): boolean =>
    fn.isStatic && mentions(unit, fn).length === 0 && !mayBePasted(unit, fn.name);
  return unit.functions.filter(isUnused);
}

/** Whether a macro at file scope is given a part of a name, of which it may make the rest. */
function mayBePasted(unit: CUnit, name: string): boolean {
  for (const { 0: word, index } of unit.code.matchAll(/(?<=[(,]\s*)\w+(?=\s*[,)])/g))
    if (
      word !== name &&
      (name.startsWith(`${word}_`) || name.endsWith(`_${word}`)) &&
      functionAt(unit, index) === undefined
    )
      return true;
  return false;
}
