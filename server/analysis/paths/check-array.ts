/** Arrays that a call allocated for the pages it took, and that nobody frees: where a function returns, no pointer to them is left. */

import { baseOf, type Value } from '../../flow/value.ts';
import type { Exit } from './edges.ts';
import { type Frame, isSurelyHeld, mayBeHeld, reportProblem, stepAt, trailSteps } from './frame.ts';
import { objectKey, type PathState } from './path-state.ts';
import type { Resource } from './resource.ts';

/** Reports the array of pages that are accounted for. */
export function checkArray(frame: Frame, exit: Exit, r: Resource): void {
  const { state: s, value } = exit;
  const { array } = r;
  if (array === undefined || s.freed.has(array) || !mayBeHeld(s, r)) return;
  if (s.facts.intervals.get(array)?.high === 0 || isKept(s, array, value)) return;
  const proved = isSurelyHeld(s, r) && !s.facts.dropped && frame.cfg.gaps.length === 0;
  reportProblem(frame, {
    kind: 'page-array-leaked',
    step: stepAt(frame, exit.span, 'returns here with the array not freed'),
    functionName: frame.fn.name,
    resource: r,
    steps: [...r.origin.chain, ...trailSteps(s)],
    confidence: proved ? 'high' : 'medium',
    detail: '',
  });
}

/** Whether a pointer to an object made here outlives the function: in its result, in memory of others, in an object that is kept. */
function isKept(s: PathState, object: string, result: Value | undefined): boolean {
  const seen = new Set<string>();
  const queue = [object];
  for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
    if (seen.has(key)) continue;
    seen.add(key);
    if (result !== undefined && pointsTo(result, key)) return true;
    let kept = false;
    s.env.forEach((v, place) => {
      if (!pointsTo(v, key)) return;
      if (place.startsWith('heap')) queue.push(objectKey(place));
      else kept ||= !place.startsWith('l:') && !place.startsWith('t:');
    });
    if (kept) return true;
  }
  return false;
}

function pointsTo(v: Value, object: string): boolean {
  const base = baseOf(v);
  return objectKey(base.kind === 'address' ? base.place : base.key) === object;
}
