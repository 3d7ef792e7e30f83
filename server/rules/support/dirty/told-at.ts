/**
 * At which of its releases each site is told whose pages nothing marks dirty: several sites that share their releases are told at one each,
 * and none lists what another is told at.
 */
import type { CallSite } from '../../../analysis/sites/site.ts';
import type { Severity } from '../../../engine/protocol.ts';
import type { RulePass } from '../../define.ts';
import { placeKey } from '../file-calls.ts';
import type { CleanEnd, CleanRelease } from '../releases/releases-of-site.ts';

/** A site whose pages nothing marks dirty. */
export interface Unmarked {
  readonly site: CallSite;
  readonly end: CleanEnd;
  readonly severity: Severity;
}

/** Such a site with the release that it is told at, and those that it lists. */
export interface ToldUnmarked extends Unmarked {
  readonly here: CleanRelease;
  readonly others: readonly CleanRelease[];
}

/** The sites, each with its release. */
export function toldEach(pass: RulePass, unmarked: readonly Unmarked[]): readonly ToldUnmarked[] {
  const told = new Map<string, CallSite>();
  const placed = unmarked.flatMap((each) => {
    const here = ownRelease(pass, each.end, (place) => told.has(place));
    if (here?.at.unit === pass.unit && isEnd(each.site, each.end)) told.set(placeOf(here), each.site);
    return here === undefined ? [] : [{ ...each, here }];
  });
  return placed.map((each) => {
    const { site, end, here } = each;
    const isOfSite = (r: CleanRelease): boolean => (told.get(placeOf(r)) ?? site) === site;
    return { ...each, others: end.releases.filter((r) => r !== here && isOfSite(r)) };
  });
}

/** The first release of this file that no other site is told at. */
function ownRelease(
  { unit }: RulePass,
  { releases }: CleanEnd,
  isTold: (place: string) => boolean,
): CleanRelease | undefined {
  const own = releases.filter((r) => r.at.unit === unit);
  return own.find((r) => !isTold(placeOf(r))) ?? own[0] ?? releases[0];
}

/** Whether a site's own release has to mark the pages: a wrapper's serves other callers too, and what tidies up is no end. */
export function isEnd({ via }: CallSite, { by }: CleanEnd): boolean {
  return via === undefined && by !== 'failure';
}

function placeOf({ at }: CleanRelease): string {
  return placeKey(at.unit, at.span.start);
}
