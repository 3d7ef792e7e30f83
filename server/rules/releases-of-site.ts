/**
 * The releases that end the hold of a site where all went well, as far as path analysis connects them: those that meet its pages on a
 * path, and those of the fields that keep them.
 */

import type { ApiCall, CallSite } from '../analysis/site.ts';
import type { Owner } from '../flow/value.ts';
import type { RulePass, UnitSpan } from './define.ts';
import { ownerKey, ownersOf, sameOrigin } from './owner-facts.ts';

/** A release of a site's pages that does not mark them dirty. */
export interface CleanRelease {
  readonly api: string;
  readonly at: UnitSpan;
  readonly functionName: string;
  /** The model's call there, where it is one of this file. */
  readonly call: ApiCall | undefined;
  /** The fields that keep the pages in between, or that the release names. */
  readonly fields: readonly string[];
  /** Those of them whose struct is known, as `ownerKey` names them. */
  readonly owners: readonly string[];
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
  // What gives the pages back on the way out of the functions that took them is no end of a hold that lasts.
  const takers = new Set(held.map((h) => h.functionName)).add(site.fn?.name ?? '');
  const kept = held.map((h) => h.owner).filter(({ field }) => /^\w+$/.test(field));
  const met = facts
    .filter((f) => f.matches && f.release.reference !== (site.reference === 'either' ? 'get' : undefined))
    .filter((f) => held.length === 0 || !takers.has(f.release.functionName))
    .map(({ release }) => releaseAt(pass, release.api, release.step, release.functionName, kept));
  const later = ofFields(
    pass,
    site.reference,
    held.map((h) => ownerKey(h.owner)),
  );
  return later === undefined || later.length + met.length === 0 ? undefined : once([...later, ...met]);
}

/** The releases of what these fields hold; undefined where one of them marks it dirty, or somebody else takes it over. */
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
        found.push(releaseAt(pass, event.api, event.step, event.functionName, [facts.owner]));
    }
  }
  return found;
}

function releaseAt(
  pass: RulePass,
  api: string,
  at: UnitSpan,
  functionName: string,
  owners: readonly Owner[],
): CleanRelease {
  const call =
    at.unit === pass.unit ? pass.calls.find((c) => c.unit === at.unit && c.span.start === at.span.start) : undefined;
  const named = /(?:->|\.)\s*(\w+)\s*(?:\[[^\]]*\])?$/.exec(call?.args[0]?.text ?? '')?.[1];
  const fields = new Set(owners.map((o) => o.field));
  if (named !== undefined) fields.add(named);
  const place = { unit: at.unit, span: at.span };
  return { api, at: place, functionName, call, fields: [...fields], owners: owners.flatMap((o) => ownerKey(o) ?? []) };
}

function once(releases: readonly CleanRelease[]): readonly CleanRelease[] {
  const byPlace = new Map(releases.map((r) => [`${r.at.unit.path}:${r.at.span.start}`, r]));
  return [...byPlace.values()].sort((a, b) => a.at.span.start - b.at.span.start);
}
