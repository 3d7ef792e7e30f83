/** Functions that have pages taken for reading, where others have the same call take them for writing, and give them back themselves. */
import { functionAt } from '../../../analysis/calls/call-index.ts';
import type { CallSite } from '../../../analysis/sites/site.ts';
import type { CleanEnd, CleanRelease } from '../releases/releases-of-site.ts';

/** An end without the releases in functions that say themselves that nothing is written. */
export function withoutReading(site: CallSite, end: CleanEnd | undefined): CleanEnd | undefined {
  if (end === undefined || site.flags.must.has('FOLL_WRITE')) return end;
  const releases = end.releases.filter((r) => !takesForReading(site, r));
  return releases.length === end.releases.length ? end : releases.length === 0 ? undefined : { ...end, releases };
}

/** Whether the flags that reach the call from the function of a release are all of a kind that does not ask for writing. */
function takesForReading({ fn, flags }: CallSite, { at }: CleanRelease): boolean {
  const from = functionAt(at.unit, at.span.start);
  if (from === undefined || from === fn) return false;
  const own = flags.terms.filter(
    (t) => t.unit === at.unit && from.bodySpan.start <= t.span.start && t.span.end <= from.bodySpan.end,
  );
  return own.length > 0 && own.every((t) => t.kind === 'zero' || (t.kind === 'flag' && t.name !== 'FOLL_WRITE'));
}
