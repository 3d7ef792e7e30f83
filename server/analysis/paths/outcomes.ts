/** Calls that put pages into a carrier only where they succeed: whether they did is told apart at the call. */
import type { ApiRow, Effect } from '../../../model/schema.ts';
import { intValue, type Value } from '../../flow/value.ts';
import { assumeValues } from './evaluate.ts';
import type { Asked } from './frame.ts';
import type { PathState } from './path-state.ts';
import type { CallValues } from './place-pattern.ts';

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
export function assumeOutcome(s: PathState, row: ApiRow, { ret, args }: CallValues, outcome: Outcome): void {
  s.parted = [...s.parted, ret.key];
  const [done, failed] = signsOf(row);
  assumeValues(s, outcome === 'done' ? done : failed, ret, intValue(0));
  const length = row.effects.find(isConditionalMove)?.when === 'positive' ? lengthOf(row, args) : undefined;
  if (length === undefined) return;
  if (length.kind !== 'int') assumeValues(s, '>', length, intValue(0));
  if (outcome === 'done') assumeValues(s, '==', ret, length);
}

/** How many bytes of the page are to go into the carrier: all of them do, or none; the argument behind the page. */
function lengthOf(row: ApiRow, args: readonly Value[]): Value | undefined {
  const page = row.params.findIndex((p) => p.role === 'page');
  return page < 0 ? undefined : args[page + 1];
}

/** How the result compares with 0 where the call did what it is for, and where it did not: a status, an ERR_PTR, a count. */
function signsOf(row: ApiRow): readonly [done: string, failed: string] {
  if (row.effects.find(isConditionalMove)?.when !== 'success') return ['>', '=='];
  return row.returns === 'ptr-or-err' ? ['>', '<'] : ['==', '!='];
}
