/** Where the pages of a site are given back, and whether that is the way they were taken. */
import type { ApiRow } from '../../../model/schema.ts';
import { holdsIn } from '../row-range.ts';
import type { CallSite } from '../site.ts';
import type { TraceEvent } from '../trace-function.ts';
import type { PageTrace } from '../traces.ts';

/** One release. */
export interface FoundRelease {
  readonly event: TraceEvent;
  readonly api: string;
  /** Whether it gives back the kind of hold that the site takes, on every kernel of the site. */
  readonly matches: boolean;
}

/** Releases that one site lists; code written by hand has below 20. */
const MAX_RELEASES = 100;

/** The releases of the pages in the file, in text order. */
export function releasesOf(site: CallSite, trace: PageTrace): FoundRelease[] {
  if (site.reference === 'none') return [];
  const releases = trace.events.filter((e) => e.kind === 'release').slice(0, MAX_RELEASES);
  return releases.flatMap((event) => {
    if (event.api === undefined) return [];
    return [{ event, api: event.api, matches: matches(site, event.rows) }];
  });
}

function matches(site: CallSite, rows: readonly ApiRow[]): boolean {
  const live = rows.filter((r) => holdsIn(r, site.active));
  const refs = live.flatMap((r) =>
    r.effects.filter((e) => e.op === 'release').map((e) => e.ref ?? r.reference ?? 'either'),
  );
  return refs.every((ref) => ref === 'either' || site.reference === 'either' || ref === site.reference);
}
