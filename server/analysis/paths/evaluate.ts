/**
 * Expressions and places of the intermediate form, evaluated on one path; and the refinement of a path by a condition.
 */

import { assumeCompare, decide, intervalOf } from '../../flow/facts.ts';
import type { Expr, PlaceExpr } from '../../flow/ir.ts';
import { elementsKey, fieldKey, tempKey, variableKey } from '../../flow/keys.ts';
import { isErrno } from '../../flow/lower-expression.ts';
import { maskOf } from '../../flow/relations.ts';
import {
  addressValue,
  conversionOf,
  convertValue,
  hasOffset,
  intValue,
  isLent,
  type Owner,
  opValue,
  type Provenance,
  regionOf,
  symbol,
  type Value,
  withProvenance,
} from '../../flow/value.ts';
import { boundPageCounts } from './page-counts.ts';
import { isEntryKey, isSummaryPlace, type PathState, readKey, setResource } from './path-state.ts';

/** Names fresh unknowns so that the same evaluation on the same turn gives the same one. */
export interface EvalContext {
  /** Distinguishes program points and loop turns. */
  readonly point: string;
}

/** A place resolved: its key, who owns it, and whether it is one of several. */
export interface ResolvedPlace {
  readonly key: string;
  readonly owner: Owner | undefined;
  readonly weak: boolean;
  /** Found through a pointer into the middle of something: the place stands for that of every element. */
  readonly element: boolean;
}

/** Resolves an lvalue. */
export function resolvePlace(s: PathState, place: PlaceExpr, ctx: EvalContext): ResolvedPlace {
  switch (place.kind) {
    case 'var':
      return {
        key: variableKey(place.name, place.scope),
        owner: place.scope === 'global' ? { tag: undefined, field: place.name, global: true } : undefined,
        weak: false,
        element: false,
      };
    case 'field': {
      const base = resolvePlace(s, place.base, ctx);
      const owner: Owner = { tag: place.tag, home: place.home, field: place.name };
      const key = fieldKey(base.key, place.name);
      if (!s.owners.has(key) || (place.tag !== undefined && s.owners.get(key)?.tag === undefined))
        s.owners.set(key, owner);
      return { key, owner, weak: base.weak, element: base.element };
    }
    case 'deref': {
      const pointer = evaluate(s, place.pointer, ctx);
      const key = regionOf(pointer);
      // `element = &array[i]`: some element of the array.
      return {
        key,
        owner: ownerOf(s, pointer),
        weak: hasOffset(pointer) && key.startsWith('heap') && isSummaryPlace(key),
        element: hasOffset(pointer) || isReadFromElement(s, place.pointer, pointer, ctx),
      };
    }
    case 'index': {
      const pointer = evaluate(s, place.pointer, ctx);
      const key = regionOf(pointer);
      return { key, owner: ownerOf(s, pointer), weak: isSummaryPlace(key), element: false };
    }
  }
}

/** The field that a pointer was read from; that of an array in a struct, where it points into that. */
function ownerOf(s: PathState, pointer: Value): Owner | undefined {
  if (pointer.kind === 'symbol') return pointer.owner;
  if (pointer.kind === 'op') return pointer.args.map((a) => ownerOf(s, a)).find((o) => o !== undefined);
  return pointer.kind === 'address' && pointer.place.endsWith('[*]')
    ? s.owners.get(pointer.place.slice(0, -3))
    : undefined;
}

/** The pages whose own member a place is: who gets `&page->lru` gets the page. */
function pageOfMember(s: PathState, place: PlaceExpr, ctx: EvalContext): Provenance {
  if (place.kind !== 'field' || s.resources.size === 0) return [];
  let { base } = place;
  while (base.kind === 'field') base = base.base;
  const pointer = base.kind === 'deref' ? evaluate(s, base.pointer, ctx) : undefined;
  return pointer === undefined || isLent(pointer) ? [] : pointer.prov;
}

/** The value of an expression. */
export function evaluate(s: PathState, e: Expr, ctx: EvalContext): Value {
  switch (e.kind) {
    case 'int':
      return intValue(e.value);
    case 'temp':
      return s.env.get(tempKey(e.id)) ?? symbol(`t${e.id}?${ctx.point}`);
    case 'read': {
      const place = resolvePlace(s, e.place, ctx);
      return readKey(s, place.key, place.owner);
    }
    case 'address': {
      const key = resolvePlace(s, e.place, ctx).key;
      return withProvenance(addressValue(e.decay ? elementsKey(key) : key), pageOfMember(s, e.place, ctx));
    }
    case 'convert':
      return convertValue(evaluate(s, e.arg, ctx), e.type);
    case 'not': {
      const v = evaluate(s, e.arg, ctx);
      const known = truth(s, v);
      return known === undefined ? opValue('==', [v, intValue(0)]) : intValue(known ? 0 : 1);
    }
    case 'negate': {
      const v = evaluate(s, e.arg, ctx);
      return v.kind === 'int' ? intValue(-v.value) : opValue('negate', [v]);
    }
    case 'binary': {
      const left = evaluate(s, e.left, ctx);
      const right = evaluate(s, e.right, ctx);
      if (areElements(s, e, [left, right], ctx)) return symbol(`?${ctx.point}${e.op}`, { low: 0, high: 1 });
      const known = decide(s.facts, e.op, left, right);
      return known === undefined ? opValue(e.op, [left, right]) : intValue(known ? 1 : 0);
    }
    case 'container':
      return containerOf(evaluate(s, e.arg, ctx), e.member);
    case 'unknown':
      return unknownValue(s, e, ctx);
  }
}

/** Whether an address lies in one of several elements, or was read from one: `entry->table + slot` where `entry` walks an array. */
export function leadsThroughElement(s: PathState, pointer: Expr, ctx: EvalContext): boolean {
  const value = evaluate(s, pointer, ctx);
  if (hasOffset(value) || isReadFromElement(s, pointer, value, ctx)) return true;
  if (pointer.kind === 'read') return resolvePlace(s, pointer.place, ctx).element;
  if (pointer.kind === 'address') return liesInElement(resolvePlace(s, pointer.place, ctx));
  return pointer.kind === 'binary' && leadsThroughElement(s, pointer.left, ctx);
}

function liesInElement(place: ResolvedPlace): boolean {
  return place.element || place.weak;
}

/** Whether a pointer was read from one of several elements: `bufs[i]`, or a variable that got it. */
function isReadFromElement(s: PathState, pointer: Expr, value: Value, ctx: EvalContext): boolean {
  if (ELEMENT_OF_FIELD.test(value.key)) return true;
  return pointer.kind === 'read' && pointer.place.kind === 'index' && isOneOfMany(s, pointer.place, ctx);
}

/** The key of what lay in an element of an array that a field is or points to, or of what a loop over a list walks, at entry. */
const ELEMENT_OF_FIELD = /(?:\.\w+@?\[\*\]@|%)$/;

/** Whether two elements of one array are compared, as they are or with an offset: they go by one name, and may differ all the same. */
function areElements(
  s: PathState,
  e: Extract<Expr, { kind: 'binary' }>,
  [left, right]: readonly [Value, Value],
  ctx: EvalContext,
): boolean {
  if (withoutOffset(left) !== withoutOffset(right) || left.kind === 'int' || maskOf(e.op) === undefined) return false;
  return [e.left, e.right].some((side) => isElement(s, side, ctx));
}

/** The key of what a value is a constant away from: `pages[i - 1] + 1` is one from the element that it names. */
function withoutOffset(v: Value): string {
  if (v.kind !== 'op' || v.op !== '+') return v.key;
  const x = v.args[0];
  return x !== undefined && v.args[1]?.kind === 'int' ? x.key : v.key;
}

function isElement(s: PathState, e: Expr, ctx: EvalContext): boolean {
  if (e.kind === 'binary') return isElement(s, e.left, ctx) || isElement(s, e.right, ctx);
  return e.kind === 'read' && isOneOfMany(s, e.place, ctx);
}

/** Whether a test asks an element of an array, or what a pointer that walks one points to: on another turn of a loop that is another one. */
export function asksElement(s: PathState, cond: Expr, ctx: EvalContext): boolean {
  if (cond.kind === 'not' || cond.kind === 'convert') return asksElement(s, cond.arg, ctx);
  if (cond.kind === 'binary') return asksElement(s, cond.left, ctx) || asksElement(s, cond.right, ctx);
  if (cond.kind !== 'read') return false;
  return isOneOfMany(s, cond.place, ctx) || (cond.place.kind === 'deref' && resolvePlace(s, cond.place, ctx).element);
}

function isOneOfMany(s: PathState, place: PlaceExpr, ctx: EvalContext): boolean {
  if (place.kind === 'index') return isSummaryPlace(resolvePlace(s, place, ctx).key);
  return place.kind === 'field' && isOneOfMany(s, place.base, ctx);
}

/** The object whose member a pointer points to. Keys of objects found this way end in `^member`, dots as `~`. */
export function containerOf(pointer: Value, member: string): Value {
  if (pointer.kind === 'address' && pointer.place.endsWith(`.${member}`))
    return addressValue(pointer.place.slice(0, -member.length - 1));
  const key = `${pointer.key}^${member.replaceAll('.', '~')}`;
  const path = pointer.kind === 'symbol' && pointer.path !== undefined ? key : undefined;
  return symbol(key, { prov: pointer.prov, path, low: 1 });
}

/** Some element of a container that a loop walks: its key is the container's place and `%`. */
function elementOf(container: Value | undefined, text: string): Value {
  if (container === undefined) return symbol(text, { low: 1 });
  const key = `${regionOf(container)}%`;
  return symbol(key, { low: 1, path: isEntryKey(key) ? key : undefined });
}

function unknownValue(s: PathState, e: Extract<Expr, { kind: 'unknown' }>, ctx: EvalContext): Value {
  const parts = e.parts.map((p) => evaluate(s, p, ctx));
  let v: Value;
  if (e.text === undefined) v = symbol(`?${ctx.point}`);
  else if (e.text.startsWith('-') && isErrno(e.text.slice(1))) v = symbol(e.text, { low: -4095, high: -1 });
  else if (e.text.startsWith('sizeof') || isErrno(e.text)) v = symbol(e.text, { low: 1 });
  else if (e.text.startsWith('each ')) v = elementOf(parts[0], e.text);
  else v = symbol(e.text, e.number === undefined ? {} : { low: e.number, high: e.number });
  for (const p of parts) v = withProvenance(v, p.prov);
  return v;
}

/** Whether a value is known to be true (non-zero) or false on this path. */
export function truth(s: PathState, v: Value): boolean | undefined {
  return decide(s.facts, '!=', v, intValue(0));
}

/** Narrows the path by a condition; false when the condition cannot have this outcome. */
export function assume(s: PathState, cond: Expr, outcome: boolean, ctx: EvalContext): boolean {
  if (cond.kind === 'not') return assume(s, cond.arg, !outcome, ctx);
  if (cond.kind === 'convert' && (cond.type.bits ?? 0) >= 32) return assume(s, cond.arg, outcome, ctx);
  if (cond.kind === 'binary' && maskOf(cond.op) !== undefined) {
    const left = evaluate(s, cond.left, ctx);
    const right = evaluate(s, cond.right, ctx);
    if (areElements(s, cond, [left, right], ctx)) return true;
    return assumeValues(s, outcome ? cond.op : negated(cond.op), left, right);
  }
  return assumeTruth(s, evaluate(s, cond, ctx), outcome);
}

/** Narrows the path by `v != 0` or `v == 0`; comparisons kept as values are opened up. */
export function assumeTruth(s: PathState, v: Value, outcome: boolean): boolean {
  if (v.kind === 'op' && maskOf(v.op) !== undefined) {
    const [a, b] = v.args;
    // `!!(ret > 0)`, and `!` of a comparison that was kept.
    if (a?.kind === 'op' && b?.key === '#0' && maskOf(a.op) !== undefined && (v.op === '==' || v.op === '!='))
      return assumeTruth(s, a, (v.op === '!=') === outcome);
    if (a !== undefined && b !== undefined && !assumeValues(s, outcome ? v.op : negated(v.op), a, b)) return false;
  }
  return assumeValues(s, outcome ? '!=' : '==', v, intValue(0));
}

/** Narrows the path by a comparison of two values. */
export function assumeValues(s: PathState, op: string, a: Value, b: Value): boolean {
  boundPageCounts(s, op, a, b);
  const facts = assumeCompare(s.facts, op, a, b);
  if (facts === undefined) return false;
  s.facts = facts;
  if (op === '==') {
    noteComputed(s, a, b);
    noteComputed(s, b, a);
  }
  return true;
}

/** `pfn == first + n`, or `pfn == *first` of the caller's: the page of the one number is kept by whoever keeps the other. */
function noteComputed(s: PathState, number: Value, other: Value): void {
  const sum = other.kind === 'op' && conversionOf(other.op) !== undefined ? other.args[0] : other;
  const isSum = sum?.kind === 'op' && sum.op === '+';
  if (!isSum && (sum?.kind !== 'symbol' || sum.path === undefined)) return;
  for (const id of number.prov) {
    const r = s.resources.get(id);
    if (r?.carried === true) setResource(s, { ...r, computed: true });
  }
}

function negated(op: string): string {
  switch (op) {
    case '<':
      return '>=';
    case '<=':
      return '>';
    case '>':
      return '<=';
    case '>=':
      return '<';
    case '==':
      return '!=';
    default:
      return '==';
  }
}

/** The sign of a value on this path, as far as known. */
export function signOf(s: PathState, v: Value): 'negative' | 'zero' | 'positive' | 'unknown' {
  const i = intervalOf(s.facts, v);
  if (i.high < 0) return 'negative';
  if (i.low > 0) return 'positive';
  return i.low === 0 && i.high === 0 ? 'zero' : 'unknown';
}
