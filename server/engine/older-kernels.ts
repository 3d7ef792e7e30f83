/** Kernels before the oldest one the model knows that a file still keeps acquire calls for: sites as any other, taken to be as on the oldest. */
import type { Model } from '../../model/index.ts';
import { OLDEST_KERNEL } from '../../model/known-kernels.ts';
import { type KernelRange, type KernelVersion, version } from '../../model/version.ts';
import type { CUnit } from '../syntax/unit.ts';
import { liveRanges } from '../syntax/versions.ts';
import type { FileInput } from './analyze.ts';
import { previousRelease } from './kernel.ts';
import type { Project } from './project.ts';

/** Tests for what came before are of no kernel that anybody builds a module for. */
const OLDEST_TESTED: KernelVersion = version('2.6');

const OLDEST: KernelVersion = version(OLDEST_KERNEL);

/**
 * A range drawn out to the oldest kernel whose branches hold an acquire call that those of the oldest kernel of the model do not hold;
 * the range itself where there is none. `versions`: those that the file tells apart.
 */
export function withOlder(
  range: KernelRange,
  versions: readonly KernelVersion[],
  { project, model, input: { file, text } }: { project: Project; model: Model; input: FileInput },
): KernelRange {
  const cuts = versions.filter((v) => v > OLDEST_TESTED && v <= OLDEST);
  if (cuts.length === 0) return range;
  const older = { since: Math.min(...cuts.map(previousRelease)), until: OLDEST };
  const oldest = callsIn(project.unit(file, text, { since: OLDEST, until: OLDEST + 1 }), model);
  const own = liveRanges(file, text, project.env(older)).find((r) =>
    callsIn(project.unit(file, text, r), model).some((at) => !oldest.includes(at)),
  );
  return own === undefined ? range : { since: own.since, until: range.until };
}

/** Where acquire calls stand in what a unit keeps of a file. */
function callsIn({ code }: CUnit, model: Model): readonly number[] {
  return [...code.matchAll(/\b([a-z_]\w*)\s*\(/g)].flatMap((m) => (model.isSite(m[1] ?? '') ? [m.index] : []));
}
