/** Calls that put pages into a carrier only where they succeed: whether they did is told apart at the call. */
import type { ApiRow, Effect } from '../../../model/schema.ts';
import { intValue, type Value } from '../../flow/value.ts';
import { assumeValues } from './evaluate.ts';
import type { Asked } from './frame.ts';
import type { PathState } from './path-state.ts';

/** Whether a call did what it is for. */
export type Outcome = 'done' | 'failed';

/** Which outcomes of a call are told apart: those of one that puts held pages into a carrier only where it succeeds. */
export function outcomesOf(row: ApiRow, { withPages }: Asked): readonly (Outcome | undefined)[] {
  return withPages && row.effects.some(isConditionalMove) ? ['done', 'failed'] : [undefined];
}

/** Whether an effect puts pages into an argument where the result says so. */
export function isConditionalMove({ op, to, when }: Effect): boolean {
  return op === 'alias' && to?.startsWith('arg') === true && /^(?:success|positive|true)$/.test(when ?? '');
}

/** Adds to a path what the result says of an outcome. */
export function assumeOutcome(s: PathState, row: ApiRow, ret: Value, outcome: Outcome): void {
  s.parted = [...s.parted, ret.key];
  const [done, failed] = signsOf(row);
  assumeValues(s, outcome === 'done' ? done : failed, ret, intValue(0));
}

/** How the result compares with 0 where the call did what it is for, and where it did not: a status, an ERR_PTR, a count. */
function signsOf(row: ApiRow): readonly [done: string, failed: string] {
  if (row.effects.find(isConditionalMove)?.when !== 'success') return ['>', '<='];
  return row.returns === 'ptr-or-err' ? ['>', '<'] : ['==', '!='];
}
