/** Which cases of a callee fit a path: what they give back of its pages, and whether it proves their conditions. */
import { compare, intervalOf } from '../../flow/facts.ts';
import { symbol, type Value } from '../../flow/value.ts';
import { mayGiveBack } from '../sites/hold-kind.ts';
import type { PathState } from './path-state.ts';
import type { SummaryCase } from './summary.ts';
import { readingBinding, valueOfKey } from './summary-keys.ts';

/** The values of a callee's keys on a path before the call, each found once for all its cases. */
export interface CaseReader {
  readonly s: PathState;
  readonly read: (key: string) => Value | undefined;
}

/** Reads keys on a path that must not change meanwhile. */
export function caseReader(s: PathState, point: string, args: readonly Value[]): CaseReader {
  const b = readingBinding(s, point, args);
  const known = new Map<string, Value | undefined>();
  const read = (key: string): Value | undefined => {
    let value = known.get(key);
    if (value === undefined && !known.has(key)) {
      value = valueOfKey(b, key);
      known.set(key, value);
    }
    return value;
  };
  return { s, read };
}

/** Whether a case gives back pages that are held on this path. */
export function releasesHeld({ s, read }: CaseReader, c: SummaryCase): boolean {
  return c.events.some((e) => {
    if (e.kind !== 'release' || e.path === '') return false;
    return read(e.path)?.prov.some((id) => s.resources.get(id)?.hold.kind === 'held') ?? false;
  });
}

/** How a case gives back pages of this path: as they were taken, or not; undefined where it gives none of them back. */
export function releaseWay({ s, read }: CaseReader, c: SummaryCase): 'right' | 'wrong' | undefined {
  let way: 'right' | 'wrong' | undefined;
  for (const e of c.events) {
    if (e.kind !== 'release' || e.path === '') continue;
    for (const id of read(e.path)?.prov ?? []) {
      const taken = s.resources.get(id)?.reference;
      if (taken !== undefined) way = way !== 'wrong' && mayGiveBack(taken, e.reference) ? 'right' : 'wrong';
    }
  }
  return way;
}

/** Whether the path leaves no doubt that the conditions of a case hold; a case without conditions is not proved. */
export function isProved({ s, read }: CaseReader, c: SummaryCase): boolean {
  if (c.requires.length + c.relations.length === 0) return false;
  const intervals = c.requires.every((r) => {
    const v = read(r.key);
    if (v === undefined) return false;
    const i = intervalOf(s.facts, v);
    const inside = r.interval.low <= i.low && i.high <= r.interval.high;
    return inside && (!r.nonzero || i.low > 0 || i.high < 0 || s.facts.nonzero.has(v.key));
  });
  return (
    intervals &&
    c.relations.every((r) => {
      const v = read(r.key);
      return v !== undefined && (compare(s.facts, v, symbol(r.constant)) & ~r.mask) === 0;
    })
  );
}
