/** Which functions give pages back, by the model and what the files at hand say, and whether some files call any. */
import type { Effect, Reference } from '../../../../model/schema.ts';
import type { CUnit } from '../../../syntax/unit.ts';
import type { RulePass } from '../../define.ts';
import { filesOf, functionsThatCall } from '../file-calls.ts';

/** Which functions give pages back that were taken so, of themselves or as the owner of an object. */
export function releaseOf(pass: RulePass, taken: Reference): (name: string) => boolean {
  const other = taken === 'pin' ? 'get' : 'pin';
  const fits = (e: Effect): boolean =>
    (e.op === 'transfer' && isFlagNamed(pass, e)) ||
    (e.op === 'release' && e.ref !== 'none' && (taken === 'either' || e.ref !== other));
  return (name) => pass.model.allRows(name).some((row) => row.effects.some(fits));
}

/** Whether no function of some files calls anything that gives back pages that were taken so. */
export function givesNothingBack(pass: RulePass, files: readonly CUnit[], taken: Reference): boolean {
  return functionsThatCall(files, { isWanted: releaseOf(pass, taken), deep: false }).size === 0;
}

/** Whether an effect that needs a flag in the call can be one here: some file at hand names it. */
function isFlagNamed(pass: RulePass, { withFlag }: Effect): boolean {
  return withFlag === undefined || filesOf(pass).some(({ code }) => code.includes(withFlag));
}
