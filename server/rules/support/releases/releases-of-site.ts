/**
 * The releases that end the hold of a site where all went well, as far as path analysis connects them: those that meet its pages on a
 * path, and those of the fields that keep them.
 */

import { isOnErrorOfCall } from '../../../analysis/evidence/error-path.ts';
import type { EndFact } from '../../../analysis/paths/flow-problem.ts';
import type { FlowResult } from '../../../analysis/paths/program.ts';
import type { Origin } from '../../../analysis/paths/resource.ts';
import type { ApiCall, CallSite } from '../../../analysis/sites/site.ts';
import { type Owner, ownerKey } from '../../../flow/value.ts';
import type { RulePass, UnitSpan } from '../../define.ts';
import { callsOf, type PlacedCall } from '../file-calls.ts';
import { originsOf, ownersOf } from './owner-facts.ts';

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

/** How a site's pages end, as far as they are known not to be marked dirty. */
export interface CleanEnd {
  /** The releases that count, in the order of the text. */
  readonly releases: readonly CleanRelease[];
  /** paths: path analysis connects them. names: names alone do. failure: they tidy up where something fails, and no other is seen. */
  readonly by: 'paths' | 'names' | 'failure';
}

/**
 * The releases of a site that count as its end, when none of them marks the pages dirty and nothing else does. undefined where one does,
 * where the end is not known, or where somebody else takes the pages over.
 */
export function cleanEnd(pass: RulePass, site: CallSite): CleanEnd | undefined {
  const { flow } = pass;
  const isOfSite = originsOf(site, pass.sites);
  const takers = takersOf(flow, site, isOfSite);
  const isOnTheWayOut = (fn: string): boolean => takers?.has(fn) === true;
  if (flow.releases.some((f) => f.dirtied && isOfSite(f.origin) && !isOnTheWayOut(f.release.functionName)))
    return undefined;
  const counts = (e: EndFact): boolean => e.hold === 'taken' || (e.dirtied && (e.onSuccess || e.open));
  if (flow.ends.some((e) => counts(e) && isOfSite(e.origin))) return undefined;
  const releases = cleanReleases(pass, site, isOfSite);
  if (releases === 'marked') return undefined;
  const found = releases ?? namedReleases(pass, site);
  if (found.length === 0) return undefined;
  const calls = [site, ...flow.ends.filter((e) => isOfSite(e.origin)).flatMap((e) => e.origin.chain)];
  const goesOn = (r: CleanRelease): boolean => !tidiesUp(calls, r) && !isOfFailure([...calls, ...pass.sites], r);
  const ends = found.filter(goesOn);
  if (ends.length > 0) return { releases: ends, by: releases === undefined ? 'names' : 'paths' };
  const named = releases === undefined ? [] : namedReleases(pass, site).filter(goesOn);
  return named.length > 0 ? { releases: named, by: 'names' } : { releases: found, by: 'failure' };
}

/** Whether a release stands where a function gives up that had the pages taken by one of these calls: no end of what went well. */
function tidiesUp(calls: readonly UnitSpan[], { at }: { readonly at: UnitSpan }): boolean {
  return calls.some((call) => call.unit === at.unit && isOnErrorOfCall(at, call.span));
}

/** Whether a release stands in a helper that is called only where a function gives up that called one of these. */
function isOfFailure(calls: readonly UnitSpan[], { at: { unit }, functionName }: CleanRelease): boolean {
  if (unit.functions.find((f) => f.name === functionName)?.isStatic !== true) return false;
  const callers = callsOf([unit], functionName).map((c) => calleeOf(c, functionName));
  return callers.length > 0 && callers.every((at) => tidiesUp(calls, { at }));
}

/** The place of a callee's name. */
function calleeOf({ unit, offset }: PlacedCall, name: string): UnitSpan {
  return { unit, span: { start: offset, end: offset + name.length } };
}

/** The functions that return with the pages kept in a field: what they give back themselves is where they fail. undefined where none does. */
function takersOf(
  flow: FlowResult,
  site: CallSite,
  isOfSite: (origin: Origin) => boolean,
): ReadonlySet<string> | undefined {
  const held = flow.held.filter((h) => h.onSuccess && isOfSite(h.origin));
  return held.length === 0 ? undefined : new Set(held.map((h) => h.functionName)).add(site.fn?.name ?? '');
}

/** By names: what other functions than those that take the pages give back; none where something marks them. */
function namedReleases(pass: RulePass, site: CallSite): readonly CleanRelease[] {
  const { releases, marked } = pass.namedEnd(site);
  if (marked) return [];
  const { flow } = pass;
  const isOfSite = originsOf(site, pass.sites);
  const takers = new Set(flow.ends.filter((e) => isOfSite(e.origin)).map((e) => e.origin.functionName));
  takers.add(site.fn?.name ?? '');
  const owner = pass.recordOf(site)?.owner;
  const owners = owner === undefined ? [] : [owner.replace(/^struct /, '')];
  const later = releases.filter((r) => !takers.has(r.fn.name) && !freesOwn(pass, r.api));
  return once(
    later.map(({ unit, node, api, fn }) => {
      const at = { unit, span: { start: node.start, end: node.end } };
      return { ...releaseAt(pass, { api, step: at, functionName: fn.name }, []), owners };
    }),
  );
}

/** Whether a function gives pages of the kernel's own to the allocator: what it meets by name is not what a user's pages end in. */
export function freesOwn({ model }: RulePass, api: string): boolean {
  const given = model.rows(api).flatMap((row) => row.effects.filter((e) => e.op === 'release'));
  return given.length > 0 && given.every((e) => e.ref === 'none');
}

/** By path analysis; undefined where it does not know the end. */
function cleanReleases(
  pass: RulePass,
  site: CallSite,
  isOfSite: (origin: Origin) => boolean,
): readonly CleanRelease[] | 'marked' | undefined {
  const { flow } = pass;
  const facts = flow.releases.filter((f) => isOfSite(f.origin));
  const isLeaked = flow.problems.some(
    (p) => p.kind.endsWith('leaked') && p.resource !== undefined && isOfSite(p.resource.origin),
  );
  const known = endsWell(flow, isOfSite);
  if (isLeaked && !known) return undefined;
  const held = flow.held.filter((h) => h.onSuccess && isOfSite(h.origin));
  if (held.length === 0 && !known && leadsOn(flow, isOfSite)) return undefined;
  // What gives the pages back on the way out of the functions that took them is no end of a hold that lasts.
  const takers = takersOf(flow, site, isOfSite);
  const kept = held.map((h) => h.owner).filter(({ field }) => /^\w+$/.test(field));
  const fitting = facts.filter((f) => f.matches);
  const met = (fitting.length > 0 ? fitting : facts)
    .filter((f) => f.release.reference !== (site.reference === 'either' ? 'get' : undefined))
    .filter((f) => takers?.has(f.release.functionName) !== true)
    .map(({ release }) => releaseAt(pass, release, kept));
  const later = ofFields(
    pass,
    site.reference,
    held.map((h) => ownerKey(h.owner)),
  );
  if (later === 'marked') return later;
  return later === undefined || later.length + met.length === 0 ? undefined : once([...later, ...met]);
}

/** Whether the pages are given back wherever a function that has them does not fail: a leak where one does is another matter. */
function endsWell(flow: FlowResult, isOfSite: (origin: Origin) => boolean): boolean {
  const ends = flow.ends.filter((e) => e.onSuccess && isOfSite(e.origin));
  return ends.some((e) => e.hold === 'released') && !ends.some((e) => e.open);
}

/** Whether pages are still held where the last function returns that path analysis follows them to. */
function leadsOn(flow: FlowResult, isOfSite: (origin: Origin) => boolean): boolean {
  const ends = flow.ends.filter((e) => isOfSite(e.origin));
  const places = (e: EndFact): readonly string[] => e.origin.chain.map((s) => `${s.unit.path}:${s.span.start}`);
  const followed = new Set(
    ends.flatMap((e) =>
      places(e).map((_, i) =>
        places(e)
          .slice(i + 1)
          .join(),
      ),
    ),
  );
  return ends.some((e) => e.open && !followed.has(places(e).join()));
}

/** The releases of what these fields hold; undefined where one is not known, `marked` where one of them marks it dirty or somebody takes it over. */
function ofFields(
  pass: RulePass,
  reference: CallSite['reference'],
  keys: readonly (string | undefined)[],
): readonly CleanRelease[] | 'marked' | undefined {
  const owners = ownersOf(pass.flow);
  const found: CleanRelease[] = [];
  for (const key of new Set(keys)) {
    const facts = key === undefined ? undefined : owners.get(key);
    if (facts === undefined) continue;
    const releases = facts.events.filter((e) => e.kind === 'release');
    if (releases.some((e) => e.dirties !== 'no')) return 'marked';
    if (facts.events.some((e) => e.kind === 'dirty' || e.kind === 'take' || e.kind === 'copy')) return 'marked';
    const fitting = releases.filter((e) => e.reference === reference || reference === 'either');
    // What goes to the page allocator from there was the kernel's own.
    const others = releases.filter((e) => e.reference !== 'none');
    for (const e of fitting.length > 0 ? fitting : others) found.push(releaseAt(pass, e, [facts.owner]));
  }
  return found;
}

/** What a release of the path analysis and one of an owner's events have in common. */
interface ReleaseStep {
  readonly api: string;
  readonly step: UnitSpan;
  readonly functionName: string;
}

function releaseAt(
  pass: RulePass,
  { api, step: at, functionName }: ReleaseStep,
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
