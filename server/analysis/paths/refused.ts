/**
 * Objects that only a callee which failed knows: `ret = submit(req); if (ret) return ret;`. Who tells of a failure keeps nothing, so that
 * the pages in an object made here are nobody's any more.
 */
import { intervalOf } from '../../flow/facts.ts';
import { symbol } from '../../flow/value.ts';
import type { Exit } from './edges.ts';
import { type Reach, reachable } from './reachability.ts';

/** A place by which an object is known to the callee of one call: the call's point. */
const PUBLISHED = /^g:published (\S+)$/;

/** What can be reached at a failing exit but through callees that told of the failure; undefined where no callee did. */
export function reachWithoutRefused(exit: Exit): Reach | undefined {
  const points = new Set<string>();
  exit.state.env.forEach((_, place) => {
    const point = PUBLISHED.exec(place)?.[1];
    if (point !== undefined && hasRefused(exit, `r${point}`)) points.add(point);
  });
  if (points.size === 0) return undefined;
  const isTheirs = (place: string): boolean =>
    points.has(PUBLISHED.exec(place)?.[1] ?? /\.<(\S+)_\d+>$/.exec(place)?.[1] ?? '');
  return reachable(exit.state, exit.value, { without: isTheirs });
}

/** Whether a call's result is an error on this path, or is what the function returns and may be one. */
function hasRefused({ state: { facts }, value }: Exit, key: string): boolean {
  const result = symbol(key);
  const { low, high } = intervalOf(facts, result);
  return high < 0 || (value?.key === key && low < 0 && facts.nonzero.has(key));
}
