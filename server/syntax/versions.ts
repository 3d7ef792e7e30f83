/**
 * Which kernels a file tells apart: the sub-ranges on which the same #if branches are live, the kernels of a place in it, and
 * the versions its text mentions.
 */
import { type KernelRange, type KernelVersion, kernelVersion } from '../../model/version.ts';
import { parseDirectives } from './directive.ts';
import { type Known, type Piecewise, valueAt } from './piecewise.ts';
import { livenessOf } from './preprocess.ts';
import { strip, textOf } from './strip.ts';
import type { CUnit, PreprocessEnv } from './unit.ts';

/** A file is analysed for at most this many sets of live branches: a ladder over every form that get_user_pages_remote() had has seven. */
export const MAX_LIVE_RANGES = 8;

/**
 * `env.range` cut where a branch of the file comes or goes, oldest first; parts with the same branches are one. Of more than
 * MAX_LIVE_RANGES the newest stay apart and the rest is one range, which a unit stands for with the branches of its newest kernel.
 */
export function liveRanges(path: string, text: string, env: PreprocessEnv): readonly KernelRange[] {
  if (!text.includes('#')) return [env.range];
  const liveness = livenessOf(path, parseDirectives(text, strip(text)), env);
  const cuts = cutsIn(liveness, env.range);
  if (cuts.length === 0) return [env.range];
  const starts = [env.range.since, ...cuts];
  const parts: { range: KernelRange; key: string }[] = [];
  starts.forEach((since, i) => {
    const until = starts[i + 1] ?? env.range.until;
    const key = liveness.map((l) => valueAt(l, since) ?? '?').join('');
    const last = parts[parts.length - 1];
    if (last?.key === key) parts[parts.length - 1] = { key, range: { since: last.range.since, until } };
    else parts.push({ key, range: { since, until } });
  });
  const ranges = parts.map((p) => p.range);
  const extra = ranges.length - MAX_LIVE_RANGES;
  if (extra <= 0) return ranges;
  const newest = ranges.slice(extra + 1);
  return [{ since: env.range.since, until: newest[0]?.since ?? env.range.until }, ...newest];
}

/** The versions at which some branch of a file comes or goes, by whatever macros it asks, in order. */
export function versionsTold(path: string, text: string, env: PreprocessEnv): readonly KernelVersion[] {
  if (!text.includes('#')) return [];
  return cutsIn(livenessOf(path, parseDirectives(text, strip(text)), env), env.range);
}

/** Versions inside a range at which some branch changes, in order. */
function cutsIn(liveness: readonly Piecewise<Known>[], range: KernelRange): readonly KernelVersion[] {
  const cuts = new Set<KernelVersion>();
  for (const l of liveness) for (const p of l) if (p.since > range.since && p.since < range.until) cuts.add(p.since);
  return [...cuts].sort((a, b) => a - b);
}

const EVERY_KERNEL: KernelRange = { since: 0, until: Number.POSITIVE_INFINITY };

/**
 * The kernels on which the #if round an offset keeps it, from version conditions alone, not clipped to the range aimed at; the
 * hull where they are not contiguous. Every kernel for code outside #if and for a branch that no kernel keeps.
 */
export function activeRange(unit: CUnit, offset: number): KernelRange {
  let found = EVERY_KERNEL;
  for (const r of unit.regions) {
    if (r.span.start > offset) break;
    if (offset < r.span.end && r.kernels !== undefined) found = r.kernels;
  }
  return found;
}

const KERNEL_VERSION = /\bKERNEL_VERSION\s*\(\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*\)/g;

/** The versions that KERNEL_VERSION() tests of a text name, outside comments and literals, in order and once each. */
export function versionsMentioned(text: string): readonly KernelVersion[] {
  if (!text.includes('KERNEL_VERSION')) return [];
  const found = new Set<KernelVersion>();
  for (const m of textOf(strip(text).code).matchAll(KERNEL_VERSION)) {
    found.add(kernelVersion(Number(m[1]), Number(m[2]), Number(m[3])));
  }
  return [...found].sort((a, b) => a - b);
}
