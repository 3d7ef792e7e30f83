/**
 * Which kernels a file is held to, by the order the command line documents: a flag, the kernel tree's Makefile, the
 * configuration, what the code itself shows, the newest the model knows.
 */
import { NEWEST_KERNEL, OLDEST_KERNEL } from '../../model/known-kernels.ts';
import {
  intersect,
  type KernelRange,
  type KernelVersion,
  previousSeries,
  rangeOf,
  seriesRange,
  version,
} from '../../model/version.ts';
import type { ApiCall } from '../analysis/sites/site.ts';
import { bothOf, EVERY_KERNEL, type Kernels, unionOf } from '../rules/support/kernels.ts';
import type { KernelChoice, KernelTree, ResolvedConfig } from './protocol.ts';

/** Every release there is. */
export const EVERY_RELEASE: KernelRange = { since: 0, until: Number.POSITIVE_INFINITY };

const OLDEST: KernelVersion = version(OLDEST_KERNEL);

/** The newest series the model knows. */
export function newestKernel(): KernelRange {
  return seriesRange(NEWEST_KERNEL) ?? EVERY_RELEASE;
}

/** The choice where somebody named the kernels; undefined where only the code can tell. */
export function namedKernel(config: ResolvedConfig, tree: KernelTree | undefined): KernelChoice | undefined {
  if (config.flagKernel !== undefined) return { range: config.flagKernel, source: 'flag', known: true };
  if (tree !== undefined) return { range: tree.range, source: 'makefile', known: true };
  if (config.configKernel !== undefined) return { range: config.configKernel, source: 'config', known: true };
  return undefined;
}

/** What a file's text and calls say about the kernels it is for. */
export interface KernelHints {
  /** Versions that its KERNEL_VERSION() tests name. */
  readonly versions: readonly KernelVersion[];
  /** Its calls, as found for all releases at once. */
  readonly calls: readonly ApiCall[];
}

/** The choice where nobody named the kernels. */
export function derivedKernel(hints: KernelHints): KernelChoice {
  const fits = kernelsOfCalls(hints.calls);
  const tested = kernelsOfTests(hints.versions);
  if (tested !== undefined) {
    // Tests of releases on which the unconditional calls do not exist speak of something else.
    const range = fits === undefined || intersect(tested, fits) !== undefined ? tested : fits;
    return { range, source: 'derived', known: range === tested };
  }
  const newest = newestKernel();
  if (fits !== undefined && intersect(fits, newest) === undefined)
    return { range: fits, source: 'derived', known: false };
  return { range: newest, source: 'default', known: false };
}

/** From the release before the oldest one tested for to the newest one tested for. */
function kernelsOfTests(versions: readonly KernelVersion[]): KernelRange | undefined {
  const known = versions.filter((v) => v > OLDEST);
  if (known.length === 0) return undefined;
  const first = known.reduce((a, b) => Math.min(a, b));
  const last = known.reduce((a, b) => Math.max(a, b));
  const series = last & ~255;
  return { since: Math.max(OLDEST, previousRelease(first)), until: series + 256 };
}

/** The series in front of a release that is the first of its own; else its own series. */
export function previousRelease(v: KernelVersion): KernelVersion {
  return (v & 255) === 0 ? previousSeries(v) : v & ~255;
}

/** The releases on which every call that no #if guards exists with that many arguments; undefined when they contradict. */
function kernelsOfCalls(calls: readonly ApiCall[]): KernelRange | undefined {
  let fits: Kernels = EVERY_KERNEL;
  for (const call of calls) {
    if (call.active.since !== EVERY_RELEASE.since || call.active.until !== EVERY_RELEASE.until) continue;
    const rows = call.rows.filter((row) => row.params.length === call.args.length);
    if (rows.length > 0) fits = bothOf(fits, unionOf(rows.map((row) => rangeOf(row.kernels))));
  }
  const [first] = fits;
  const last = fits.at(-1);
  return first === undefined || last === undefined ? undefined : { since: first.since, until: last.until };
}
