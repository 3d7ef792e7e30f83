/**
 * What a path knows of its values: intervals, "not zero", and how pairs compare. Immutable from outside: `assume` returns
 * new facts or undefined when the assumption contradicts what is known, i.e. the path cannot be taken.
 */
import { OverlayMap, OverlaySet, type OverlaySetView, type OverlayView } from '../base/overlay.ts';
import { ANY, EQ, GT, LT, maskOf, mirror, spelled } from './relations.ts';
import { conversionOf, type Interval, intValue, isConstantKey, isLent, isNoPageKey, TOP, type Value } from './value.ts';

/** Facts of one path. `dropped` is set when a merge forgot some: findings that rest on the path are no longer `high`. */
export interface Facts {
  readonly intervals: OverlayView<Interval>;
  readonly nonzero: OverlaySetView;
  /** `keyA|keyB` with keyA < keyB → possible relations. */
  readonly relations: OverlayView<number>;
  readonly dropped: boolean;
  /** Values known to equal one of some named constants (the labels of a switch); sorted. */
  readonly constants: ReadonlyMap<string, readonly string[]>;
}

/** Nothing known yet. The facts of one function's paths come from the same ones, so that they share what they have in common. */
export function noFacts(): Facts {
  return {
    intervals: new OverlayMap(),
    nonzero: new OverlaySet(),
    relations: new OverlayMap(),
    dropped: false,
    constants: new Map(),
  };
}

/** The interval of a value under the facts. */
export function intervalOf(facts: Facts, v: Value): Interval {
  // Of a number nothing is ever added.
  if (v.kind === 'int') return v.value === 0 ? ZERO : { low: v.value, high: v.value };
  const known = facts.intervals.get(v.key);
  const base = birthInterval(facts, v);
  const both = known === undefined ? base : within(base, known);
  if (!facts.nonzero.has(v.key)) return both;
  if (both.low === 0) return { low: 1, high: both.high };
  if (both.high === 0) return { low: both.low, high: -1 };
  return both;
}

/** What is in both; one of them itself where that is the narrower. */
function within(a: Interval, b: Interval): Interval {
  if (a.low <= b.low && b.high <= a.high) return b;
  if (b.low <= a.low && a.high <= b.high) return a;
  return { low: Math.max(a.low, b.low), high: Math.min(a.high, b.high) };
}

const ZERO: Interval = { low: 0, high: 0 };
const POSITIVE: Interval = { low: 1, high: Number.POSITIVE_INFINITY };
const TRUTH: Interval = { low: 0, high: 1 };

function birthInterval(facts: Facts, v: Exclude<Value, { kind: 'int' }>): Interval {
  switch (v.kind) {
    case 'symbol':
      return v;
    case 'address':
      return POSITIVE;
    case 'op':
      return opInterval(facts, v.op, v.args);
  }
}

function opInterval(facts: Facts, op: string, args: readonly Value[]): Interval {
  const x = args[0];
  const y = args[1];
  if (x === undefined) return TOP;
  const a = intervalOf(facts, x);
  const conv = conversionOf(op);
  if (conv !== undefined) {
    const { range } = conv;
    if (a.low < range.low || (a.high > range.high && a.high !== Number.POSITIVE_INFINITY)) return range;
    return a.high <= range.high ? a : { low: a.low, high: range.high };
  }
  if (y === undefined) return op === 'negate' ? { low: -a.high, high: -a.low } : TOP;
  const b = intervalOf(facts, y);
  switch (op) {
    case '+':
      return { low: a.low + b.low, high: a.high + b.high };
    case '-':
      return { low: a.low - b.high, high: a.high - b.low };
    case 'min':
      return { low: Math.min(a.low, b.low), high: Math.min(a.high, b.high) };
    case 'max':
      return { low: Math.max(a.low, b.low), high: Math.max(a.high, b.high) };
    case '&':
      return b.low >= 0 ? { low: 0, high: b.high } : a.low >= 0 ? { low: 0, high: a.high } : TOP;
    case 'ceil':
      return a.low >= 0 ? { low: Math.min(a.low, 1), high: a.high } : TOP;
    case '>>':
    case '/':
      return a.low >= 0 ? { low: 0, high: a.high } : TOP;
    case '*':
    case '<<':
      return a.low >= 0 && b.low >= 0 ? { low: 0, high: Number.POSITIVE_INFINITY } : TOP;
    case '<':
    case '<=':
    case '>':
    case '>=':
    case '==':
    case '!=':
    case 'not':
      return TRUTH;
    default:
      return TOP;
  }
}

/** The relations still possible between two values, as bits. */
export function compare(facts: Facts, a: Value, b: Value): number {
  return a.key === b.key ? EQ : compareWithin(facts, a, b, { a: intervalOf(facts, a), b: intervalOf(facts, b) });
}

/** Two intervals: those of two values that are compared. */
interface Both {
  readonly a: Interval;
  readonly b: Interval;
}

function compareWithin(facts: Facts, a: Value, b: Value, { a: ia, b: ib }: Both): number {
  let mask = 0;
  if (ia.low < ib.high) mask |= LT;
  if (ia.high > ib.low) mask |= GT;
  if (ia.low <= ib.high && ib.low <= ia.high) mask |= EQ;
  if (b.kind === 'int' && b.value === 0 && facts.nonzero.has(a.key)) mask &= ~EQ;
  if (a.kind === 'int' && a.value === 0 && facts.nonzero.has(b.key)) mask &= ~EQ;
  mask &= relation(facts, a, b);
  const x = unconverted(facts, a, b);
  const y = unconverted(facts, b, x);
  if (x !== a || y !== b) mask &= x.key === y.key ? EQ : relation(facts, x, y);
  if (areDistinct(facts, a, b)) mask &= ~EQ;
  const shifted = shift(a, b);
  if (shifted !== undefined) mask &= shifted;
  return mask;
}

/** The value that a conversion leaves as it is: one to an unsigned type of a number that is not negative, or not less than such a one. */
function unconverted(facts: Facts, v: Value, other: Value): Value {
  if (v.kind !== 'op') return v;
  const conv = conversionOf(v.op);
  const inner = v.args[0];
  if (conv === undefined || inner === undefined || !conv.unsigned || conv.bits < 64) return v;
  if (intervalOf(facts, inner).low >= 0) return inner;
  return (relation(facts, inner, other) & LT) === 0 && intervalOf(facts, other).low >= 0 ? inner : v;
}

/** Objects differ, and constants of different names are taken to: case labels, commands, modes. */
function areDistinct(facts: Facts, a: Value, b: Value): boolean {
  if (a.kind === 'address' || b.kind === 'address') {
    const [x, y] = [variableOf(a), variableOf(b)];
    return x !== undefined && y !== undefined ? x !== y : (x === undefined ? a : b).key.startsWith('heap');
  }
  if (isNoPage(a, b) || isNoPage(b, a)) return true;
  const ca = constantsOf(facts, a);
  const cb = constantsOf(facts, b);
  return ca !== undefined && cb !== undefined && !ca.some((c) => cb.includes(c));
}

/** Whether one value is the number of pages that are held, and the other a constant that stands for none. */
function isNoPage(a: Value, b: Value): boolean {
  return a.prov.length > 0 && isLent(a) && isNoPageKey(b.key);
}

/** The local variable that an address is that of. */
function variableOf(v: Value): string | undefined {
  return v.kind === 'address' ? /^l:[^[.]*/.exec(v.place)?.[0] : undefined;
}

function constantsOf(facts: Facts, v: Value): readonly string[] | undefined {
  return isConstantKey(v.key) ? [v.key] : facts.constants.get(v.key);
}

/** Adds that a value is one of some named constants; undefined when the facts say that it is none of them. */
export function assumeOneOf(facts: Facts, v: Value, constants: readonly string[]): Facts | undefined {
  const known = constantsOf(facts, v);
  const left = known === undefined ? constants : constants.filter((c) => known.includes(c));
  if (left.length === 0) return undefined;
  return isConstantKey(v.key) ? facts : { ...facts, constants: new Map(facts.constants).set(v.key, left) };
}

/** `x + c` against `x`. */
function shift(a: Value, b: Value): number | undefined {
  const c = offsetOf(a);
  const d = offsetOf(b);
  const base = (c === undefined || a.kind !== 'op' ? a : a.args[0])?.key;
  if (base !== (d === undefined || b.kind !== 'op' ? b : b.args[0])?.key) return undefined;
  return (c ?? 0) < (d ?? 0) ? LT : (c ?? 0) > (d ?? 0) ? GT : EQ;
}

/** The constant that is added to something; undefined where none is. */
function offsetOf(v: Value): number | undefined {
  const c = v.kind === 'op' && v.op === '+' ? v.args[1] : undefined;
  return c?.kind === 'int' ? c.value : undefined;
}

function relation(facts: Facts, a: Value, b: Value): number {
  // How values compare with numbers is what their intervals say.
  if (a.kind === 'int' || b.kind === 'int' || facts.relations.size === 0) return ANY;
  const swap = a.key > b.key;
  const stored = facts.relations.get(swap ? `${b.key}|${a.key}` : `${a.key}|${b.key}`) ?? ANY;
  return swap ? mirror(stored) : stored;
}

/** The outcome of a comparison where the facts decide it. */
export function decide(facts: Facts, op: string, a: Value, b: Value): boolean | undefined {
  const want = maskOf(op);
  if (want === undefined) return undefined;
  const possible = compare(facts, a, b);
  if ((possible & want) === 0) return false;
  if ((possible & ~want) === 0) return true;
  return undefined;
}

/** Adds `a op b`; undefined when it contradicts the facts. */
export function assumeCompare(facts: Facts, op: string, a: Value, b: Value): Facts | undefined {
  const want = maskOf(op);
  if (want === undefined) return facts;
  const both = { a: intervalOf(facts, a), b: intervalOf(facts, b) };
  const mask = (a.key === b.key ? EQ : compareWithin(facts, a, b, both)) & want;
  if (mask === 0) return undefined;
  const once = narrow(facts, a, mask, { value: b, interval: both.b, own: both.a });
  const left = once === facts ? both : { a: intervalOf(once, a), b: intervalOf(once, b) };
  const narrowed = narrow(once, b, mirror(mask), { value: a, interval: left.a, own: left.b });
  const constant = mask === EQ ? [a, b].find((v) => isConstantKey(v.key)) : undefined;
  if (a.kind === 'int' || b.kind === 'int') return narrowed;
  const swap = a.key > b.key;
  const pair = swap ? `${b.key}|${a.key}` : `${a.key}|${b.key}`;
  const stored = swap ? mirror(mask) : mask;
  const relations =
    narrowed.relations.get(pair) === stored ? narrowed.relations : narrowed.relations.copy().set(pair, stored);
  if (constant === undefined) return relations === narrowed.relations ? narrowed : { ...narrowed, relations };
  const other = constant === a ? b : a;
  return { ...narrowed, relations, constants: new Map(narrowed.constants).set(other.key, [constant.key]) };
}

/** Adds that only the relations in `mask` are possible; undefined when that contradicts the facts. */
export function assumeMask(facts: Facts, mask: number, a: Value, b: Value): Facts | undefined {
  const op = spelled(mask);
  return op === '' ? facts : assumeCompare(facts, op, a, b);
}

/** What a value is compared with, its interval, and that of the value itself. */
interface Against {
  readonly value: Value;
  readonly interval: Interval;
  readonly own: Interval;
}

/** Narrows the interval of `v` by `v mask other`, and of what `v` is made of. */
function narrow(facts: Facts, v: Value, mask: number, { value: other, interval: o, own: i }: Against): Facts {
  if (v.kind === 'int') return facts;
  let { low, high } = i;
  if ((mask & GT) === 0) high = Math.min(high, (mask & EQ) === 0 ? o.high - 1 : o.high);
  if ((mask & LT) === 0) low = Math.max(low, (mask & EQ) === 0 ? o.low + 1 : o.low);
  const zero = other.kind === 'int' && other.value === 0;
  let out = facts;
  if (low !== i.low || high !== i.high) out = { ...out, intervals: out.intervals.copy().set(v.key, { low, high }) };
  if (zero && (mask & EQ) === 0 && !out.nonzero.has(v.key)) out = { ...out, nonzero: out.nonzero.copy().add(v.key) };
  return narrowInside(out, v, mask, other);
}

/** `u32(x) == 5` says `x == 5`; `x + c < d` says `x < d - c`; `x - y > 0` says `x > y`; `x + y == 0` of such numbers that both are 0. */
function narrowInside(facts: Facts, v: Value, mask: number, other: Value): Facts {
  if (v.kind !== 'op') return facts;
  const x = v.args[0];
  const y = v.args[1];
  if (x === undefined) return facts;
  const conv = conversionOf(v.op);
  if (conv !== undefined) {
    const inner = intervalOf(facts, x);
    const o = intervalOf(facts, other);
    // Above the bound, or unlike it, an unsigned value may also be a negative one in disguise.
    if (conv.unsigned && inner.low < 0 && ((mask & GT) !== 0 || o.low < 0)) {
      // Unlike an unsigned value it is in any case: a negative number is less than that.
      if ((mask & EQ) !== 0) return facts;
      const zero = other.kind === 'int' && other.value === 0;
      if (zero) return { ...facts, nonzero: facts.nonzero.copy().add(x.key) };
      return other.kind === 'int' ? facts : (assumeCompare(facts, '!=', x, other) ?? facts);
    }
    const lifted =
      conv.unsigned && inner.low < 0 && o.low >= 0
        ? withInterval(facts, x, { low: Math.max(0, inner.low), high: inner.high })
        : facts;
    return assumeCompare(lifted, spelled(mask), x, other) ?? lifted;
  }
  if (v.op === '+' && y?.kind === 'int' && other.kind === 'int') {
    const bound = intValue(other.value - y.value);
    return narrow(facts, x, mask, { value: bound, interval: intervalOf(facts, bound), own: intervalOf(facts, x) });
  }
  if (v.op === '-' && y !== undefined && other.kind === 'int' && other.value === 0)
    return assumeCompare(facts, spelled(mask), x, y) ?? facts;
  if (v.op === '+' && y !== undefined && (mask & GT) === 0 && intervalOf(facts, other).high === 0)
    return allZero(facts, [x, y]);
  return facts;
}

/** A sum of numbers that are not negative is 0: each of them is. */
function allZero(facts: Facts, terms: readonly Value[]): Facts {
  if (terms.some((t) => intervalOf(facts, t).low < 0)) return facts;
  return terms.reduce((f, t) => assumeCompare(f, '<=', t, intValue(0)) ?? f, facts);
}

function withInterval(facts: Facts, v: Value, interval: Interval): Facts {
  return { ...facts, intervals: facts.intervals.copy().set(v.key, interval) };
}

/** Sets the interval of a value outright (a callee's summary says so); undefined when that cannot be. */
export function assumeInterval(facts: Facts, v: Value, interval: Interval): Facts | undefined {
  const i = intervalOf(facts, v);
  const low = Math.max(i.low, interval.low);
  const high = Math.min(i.high, interval.high);
  if (low > high || (low === 0 && high === 0 && facts.nonzero.has(v.key))) return undefined;
  if (v.kind === 'int' || (low === i.low && high === i.high)) return facts;
  return withInterval(facts, v, { low, high });
}

/** Adds that a value is not zero; undefined when it is known to be. */
export function assumeNonzero(facts: Facts, v: Value): Facts | undefined {
  const i = intervalOf(facts, v);
  if (i.low === 0 && i.high === 0) return undefined;
  return v.kind === 'int' || facts.nonzero.has(v.key) ? facts : { ...facts, nonzero: facts.nonzero.copy().add(v.key) };
}

/** Constants a value is remembered to be one of at most. */
const MAX_CONSTANTS = 12;

function joinConstants(a: Facts['constants'], b: Facts['constants']): Facts['constants'] {
  const out = new Map<string, readonly string[]>();
  for (const [key, names] of a) {
    const other = b.get(key);
    const both = other === undefined ? [] : [...new Set([...names, ...other])].sort();
    if (both.length > 0 && both.length <= MAX_CONSTANTS) out.set(key, both);
  }
  return out;
}

/** What both know; `dropped` when one knew more than that. */
export function joinFacts(a: Facts, b: Facts): Facts {
  if (a === b) return a;
  let dropped = a.dropped || b.dropped;
  const intervals = a.intervals.meet(b.intervals, (i, j) => {
    if (i.low === j.low && i.high === j.high) return i;
    dropped = true;
    return { low: Math.min(i.low, j.low), high: Math.max(i.high, j.high) };
  });
  const nonzero = a.nonzero.meet(b.nonzero);
  const relations = a.relations.meet(b.relations, (mask, other) => ((mask | other) === ANY ? undefined : mask | other));
  for (const [met, own, others] of [
    [intervals, a.intervals, b.intervals],
    [nonzero, a.nonzero, b.nonzero],
  ] as const)
    if (met.size !== own.size || met.size !== others.size) dropped = true;
  const constants = joinConstants(a.constants, b.constants);
  return { intervals, nonzero, relations, dropped, constants };
}
