/** Joins the site records of the units of one file, one unit per set of live branches. */
import { formatRange, type KernelRange, parseRange } from '../../model/version.ts';
import { compareSites } from './order.ts';
import type { SiteRecord } from './protocol.ts';

/** Records of all units, later units being those of newer kernels: what the newest says, with the kernels of all. Sorted. */
export function mergeSites(lists: readonly (readonly SiteRecord[])[]): SiteRecord[] {
  const merged = new Map<string, SiteRecord>();
  for (const site of lists.flat()) {
    const key = `${site.location.file}\0${site.location.line}:${site.location.column}\0${site.via ?? ''}`;
    const known = merged.get(key);
    merged.set(key, known === undefined ? site : { ...site, active: hull(known.active, site.active) });
  }
  return [...merged.values()].sort(compareSites);
}

/** The smallest range that holds two, as text; the second where one is no range. */
function hull(a: string, b: string): string {
  const x = parseRange(a);
  const y = parseRange(b);
  if (x === undefined || y === undefined) return b;
  const joined: KernelRange = { since: Math.min(x.since, y.since), until: Math.max(x.until, y.until) };
  return formatRange(joined);
}
