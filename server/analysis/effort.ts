/**
 * How much work one unit may cause, so that hostile or generated text ends in "unknown" and never in a hang. Counted in characters
 * of function bodies walked; the largest file of Linux 6.12 with sites spends below 2 % of it.
 */
import type { Span } from '../base/span.ts';
import type { CUnit } from '../syntax/unit.ts';

/** Characters of function text that all walks of one unit may go over. */
const MAX_EFFORT = 60_000_000;

const spent = new WeakMap<CUnit['surroundings'], number>();

/** Takes the work of walking a stretch of the unit once; false when the unit has spent its share. */
export function afford(unit: CUnit, walked: Span): boolean {
  const total = (spent.get(unit.surroundings) ?? 0) + (walked.end - walked.start);
  spent.set(unit.surroundings, total);
  return total <= MAX_EFFORT;
}
