/**
 * The releases that end the hold of a site where all went well, as far as path analysis connects them: those that meet its pages on a
 * path, and those of the fields that keep them.
 */
import type { ApiCall, CallSite } from '../analysis/site.ts';
import type { RulePass, UnitSpan } from './define.ts';
import { ownerKey, ownersOf, sameOrigin } from './owner-facts.ts';

/** A release of a site's pages that does not mark them dirty. */
export interface CleanRelease {
  readonly api: string;
  readonly at: UnitSpan;
  readonly functionName: string;
  /** The model's call there, where it is one of this file. */
  readonly call: ApiCall | undefined;
  /** The fields that kept the pages in between; empty for a release on the path. */
  readonly fields: readonly string[];
}

/**
 * The releases of a site that count as its end, in the order of the text, when none of them marks the pages dirty and nothing else does.
 * undefined where one does, where the end is not known, or where somebody else takes the pages over.
 */
export function cleanReleases(pass: RulePass, site: CallSite): readonly CleanRelease[] | undefined {
  const { flow } = pass;
  const facts = flow.releases.filter((f) => sameOrigin(f.origin, site));
  const ends = flow.ends.filter((e) => sameOrigin(e.origin, site));
  if (facts.some((f) => f.dirtied) || ends.some((e) => e.dirtied || e.hold === 'taken')) return undefined;
  if (
    flow.problems.some(
      (p) => p.kind.endsWith('leaked') && p.resource !== undefined && sameOrigin(p.resource.origin, site),
    )
  )
    return undefined;
  const held = flow.held.filter((h) => h.onSuccess && sameOrigin(h.origin, site));
  if (held.length > 0)
    return ofFields(
      pass,
      site.reference,
      held.map((h) => ownerKey(h.owner)),
    );
  const releases = facts
    .filter((f) => f.matches)
    .map(({ release }) => releaseAt(pass, release.api, release.step, release.functionName, []));
  return releases.length === 0 ? undefined : once(releases);
}

/** The releases of what these fields hold; undefined where one of them marks it dirty, or none is known. */
function ofFields(
  pass: RulePass,
  reference: CallSite['reference'],
  keys: readonly (string | undefined)[],
): readonly CleanRelease[] | undefined {
  const owners = ownersOf(pass.flow);
  const found: CleanRelease[] = [];
  for (const key of new Set(keys)) {
    const facts = key === undefined ? undefined : owners.get(key);
    if (facts === undefined) continue;
    for (const event of facts.events) {
      if (event.kind === 'dirty' || (event.kind === 'release' && event.dirties !== 'no')) return undefined;
      if (event.kind === 'take' || event.kind === 'copy') return undefined;
      if (event.kind === 'release' && (event.reference === reference || reference === 'either'))
        found.push(releaseAt(pass, event.api, event.step, event.functionName, [facts.owner.field]));
    }
  }
  return found.length === 0 ? undefined : once(found);
}

function releaseAt(
  pass: RulePass,
  api: string,
  at: UnitSpan,
  functionName: string,
  fields: readonly string[],
): CleanRelease {
  const call =
    at.unit === pass.unit ? pass.calls.find((c) => c.unit === at.unit && c.span.start === at.span.start) : undefined;
  return { api, at: { unit: at.unit, span: at.span }, functionName, call, fields };
}

function once(releases: readonly CleanRelease[]): readonly CleanRelease[] {
  const byPlace = new Map(releases.map((r) => [`${r.at.unit.path}:${r.at.span.start}`, r]));
  return [...byPlace.values()].sort((a, b) => a.at.span.start - b.at.span.start);
}
