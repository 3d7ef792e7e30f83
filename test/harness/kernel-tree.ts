/**
 * Finds the kernel source trees that some tests read: an environment variable first, then the user's cache directory.
 * A variable that is set and points nowhere is an error, so that a broken set-up is never taken for a missing one.
 */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The series that tests read. */
export type KernelSeries = '6.1' | '6.12';

const VARIABLES: Readonly<Record<KernelSeries, string>> = {
  '6.1': 'GUPLINT_LINUX_6_1',
  '6.12': 'GUPLINT_LINUX_6_12',
};

/** Where a tree is, or why there is none (a sentence for a skipped test). */
export type KernelTree =
  | { readonly kind: 'found'; readonly series: KernelSeries; readonly root: string }
  | { readonly kind: 'missing'; readonly series: KernelSeries; readonly reason: string };

function seriesOf(root: string): string | undefined {
  const makefile = join(root, 'Makefile');
  if (!existsSync(makefile)) return undefined;
  const text = readFileSync(makefile, 'latin1');
  const major = /^VERSION = (\d+)$/m.exec(text)?.[1];
  const minor = /^PATCHLEVEL = (\d+)$/m.exec(text)?.[1];
  return major === undefined || minor === undefined ? undefined : `${major}.${minor}`;
}

/**
 * The tree of a series: `$GUPLINT_LINUX_6_12` (or `_6_1`), else `guplint/linux-source-<series>` below $XDG_CACHE_HOME or ~/.cache.
 * Throws when the variable names a directory that is not a tree of that series.
 */
export function kernelTree(series: KernelSeries): KernelTree {
  const variable = VARIABLES[series];
  const named = process.env[variable];
  if (named !== undefined && named !== '') {
    const found = seriesOf(named);
    if (found !== series) throw new Error(`${variable} is ${named}: ${found ?? 'no kernel tree'} there, not ${series}`);
    return { kind: 'found', series, root: named };
  }
  const cache = process.env.XDG_CACHE_HOME ?? '';
  const root = join(cache === '' ? join(homedir(), '.cache') : cache, 'guplint', `linux-source-${series}`);
  if (seriesOf(root) === series) return { kind: 'found', series, root };
  return {
    kind: 'missing',
    series,
    reason: `no Linux ${series} tree: set ${variable}, or unpack linux-source-${series} at ${root}`,
  };
}
