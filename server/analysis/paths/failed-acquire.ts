/** Callees that give back what a failed call of their caller's never took. */
import { intervalOf } from '../../flow/facts.ts';
import { asksFor, checkNeverTaken } from './check-result.ts';
import type { Frame } from './frame.ts';
import type { EntryEvent } from './path-state.ts';
import type { SummaryCase } from './summary.ts';
import { type Reading, valueOfKey } from './summary-keys.ts';

/** A callee that gives back as many pages as were asked for, where the path knows that none came and that the callee asks nothing else. */
export function checkFailedAcquire(frame: Frame, at: Reading, c: SummaryCase, e: EntryEvent): void {
  if (e.kind !== 'release' || e.path === '' || c.relations.length + c.oneOf.length > 0) return;
  const { s } = at;
  const behind = valueOfKey(at, e.path)?.prov.flatMap((id) => s.resources.get(id) ?? []) ?? [];
  if (behind.length === 0) return;
  const keys = e.countKey === undefined ? c.requires.filter((r) => r.interval.low > 0).map((r) => r.key) : [e.countKey];
  const count = keys
    .map((key) => valueOfKey(at, key))
    .find((v) => v !== undefined && behind.some((r) => asksFor(r, v)));
  if (count === undefined) return;
  const isKnown = c.requires.every((r) => {
    const v = valueOfKey(at, r.key);
    if (v === undefined || r.key.startsWith(e.path)) return false;
    if (v.key === count.key) return true;
    const i = intervalOf(s.facts, v);
    const inside = r.interval.low <= i.low && i.high <= r.interval.high;
    return inside && (!r.nonzero || i.low > 0 || i.high < 0 || s.facts.nonzero.has(v.key));
  });
  const callee = { ...frame, fn: { ...frame.fn, name: e.functionName } };
  if (isKnown) checkNeverTaken({ frame: callee, s }, behind, count, e.step);
}
