/**
 * Page counts made of a result in bytes: `DIV_ROUND_UP(bytes + start, PAGE_SIZE)`. The contract of the call that took the pages bounds
 * them: they are no more than it was told, and with those of earlier calls no more than the iterator has.
 */
import { assumeCompare, intervalOf } from '../../flow/facts.ts';
import { conversionOf, intValue, isMadeOf, type Value } from '../../flow/value.ts';
import { type PathState, setResource } from './path-state.ts';
import type { Resource } from './resource.ts';

/** Operations that make a number of pages of one of bytes. */
const COUNTS = /\((?:ceil|\/|>>) /;
const ORDERS: ReadonlySet<string> = new Set(['<', '<=', '>', '>=']);

/** Before a path compares two values: what the contract says of them where one is such a count, or a sum with one. */
export function boundPageCounts(s: PathState, op: string, a: Value, b: Value): void {
  if (op === '==' && b.kind === 'int' && b.value === 0) return countIsNone(s, a);
  if (!ORDERS.has(op) || s.resources.size === 0) return;
  if (COUNTS.test(a.key) && isWithin(s, a, b)) s.facts = assumeCompare(s.facts, '<=', a, b) ?? s.facts;
  else if (COUNTS.test(b.key) && isWithin(s, b, a)) s.facts = assumeCompare(s.facts, '<=', b, a) ?? s.facts;
}

/** Where no page is counted, no byte came. */
function countIsNone(s: PathState, count: Value): void {
  const plain = unconverted(count);
  if (plain.kind !== 'op' || !roundsUp(plain)) return;
  for (const r of s.resources.values())
    if (r.limit !== undefined && isCountOf(plain, r))
      s.facts = assumeCompare(s.facts, '<=', r.result, intValue(0)) ?? s.facts;
}

/** Whether a quotient is rounded up to whole pages: `DIV_ROUND_UP(n, PAGE_SIZE)`, `(n + PAGE_SIZE - 1) >> PAGE_SHIFT`, `PAGE_ALIGN(n) / PAGE_SIZE`. */
function roundsUp({ op, args }: Extract<Value, { kind: 'op' }>): boolean {
  return op === 'ceil' || (/^(?:\/|>>)$/.test(op) && /\b(?:PAGE_SIZE|PAGE_MASK|PAGE_ALIGN)\b/.test(args[0]?.key ?? ''));
}

function isWithin(s: PathState, sum: Value, bound: Value): boolean {
  const terms = termsOf(sum);
  const limit = unconverted(bound).key;
  for (const r of s.resources.values()) {
    if (r.limit === undefined || !terms.some((t) => isCountOf(t, r))) continue;
    const { pages, iter } = r.limit;
    if (limit.startsWith(`iov_iter_npages(${iter},`)) return true;
    if (terms.length === 1 && pages !== undefined && unconverted(pages).key === limit) return true;
  }
  return false;
}

/** Whether a value is a number of pages made of a resource's bytes. */
function isCountOf(v: Value, { result }: Resource): boolean {
  return v.kind === 'op' && /^(?:ceil|\/|>>)$/.test(v.op) && v.args[0] !== undefined && isMadeOf(v.args[0], result.key);
}

/**
 * A loop goes on adding to a sum with the counts of some acquire calls in it: where the sum is 0 in a later turn, so was each of them.
 * `later` is the sum's value in the turns to come.
 */
export function noteSummed(s: PathState, sum: Value, later: Value): void {
  const terms = termsOf(sum);
  if (s.resources.size === 0 || terms.some((t) => intervalOf(s.facts, t).low < 0)) return;
  for (const r of s.resources.values())
    if (terms.some((t) => t.key === r.result.key || r.sums?.includes(t.key)))
      setResource(s, { ...r, sums: [...(r.sums ?? []), later.key] });
}

function termsOf(v: Value): readonly Value[] {
  const plain = unconverted(v);
  return plain.kind === 'op' && plain.op === '+' ? plain.args.flatMap(termsOf) : [plain];
}

/** A value without conversions to another width: counts of pages fit any. */
function unconverted(v: Value): Value {
  const inner = v.kind === 'op' && conversionOf(v.op) !== undefined ? v.args[0] : undefined;
  return inner === undefined ? v : unconverted(inner);
}
