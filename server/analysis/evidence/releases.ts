/**
 * Where the pages of a site are given back, and whether that is the way they were taken: what path analysis saw meet, then what is done to
 * the owner that holds them, then what following names finds.
 */
import type { Model } from '../../../model/index.ts';
import type { ApiRow, Effect, Reference } from '../../../model/schema.ts';
import { rangeOf } from '../../../model/version.ts';
import type { Span } from '../../base/span.ts';
import type { ReleaseRef } from '../../engine/protocol.ts';
import { ownerKey } from '../../flow/value.ts';
import type { CUnit, FunctionDef } from '../../syntax/unit.ts';
import { callsIn, functionAt, namesBeforeBrackets, treeOf } from '../calls/call-index.ts';
import { holdsIn } from '../calls/row-range.ts';
import { factsOfOrigin, releasesByOwner } from '../paths/facts-by-origin.ts';
import type { HeldFact } from '../paths/flow-problem.ts';
import type { FlowResult } from '../paths/program.ts';
import { mayGiveBack } from '../sites/hold-kind.ts';
import type { CallSite } from '../sites/site.ts';
import type { TraceEvent } from '../traces/trace-reach.ts';
import type { PageTrace } from '../traces/traces.ts';
import { pathTo } from '../trees.ts';
import { isInOwn } from './own-object.ts';
import type { PlaceIn } from './reached.ts';

/** One release. */
export interface FoundRelease extends PlaceIn {
  readonly api: string;
  /** Whether it gives back the kind of hold that the site takes, on every kernel of the site. */
  readonly matches: boolean;
  readonly by: ReleaseRef['by'];
}

/** Releases that one site lists; code written by hand has below 20. */
const MAX_RELEASES = 100;

/** What path analysis says of one site. */
export interface SiteFlow {
  readonly releases: readonly FoundRelease[];
  /** Where its pages are held when a function returns. */
  readonly held: readonly HeldFact[];
}

/** The releases of the pages, those of the site's own file first, in text order. */
export function releasesOf(site: CallSite, trace: PageTrace, flow: SiteFlow, model: Model): FoundRelease[] {
  if (site.reference === 'none') return [];
  const found = new Map<string, FoundRelease>();
  const add = (r: FoundRelease): void => {
    const key = `${r.unit.path} ${r.node.start} ${r.api}`;
    if (!found.has(key) && found.size < MAX_RELEASES) found.set(key, r);
  };
  for (const r of flow.releases) add(r);
  for (const e of trace.events) {
    if (found.size >= MAX_RELEASES) break;
    if (isRelease(e) && !isOfOther(site, e, model)) for (const r of named(site, e)) add(r);
  }
  const own = (r: FoundRelease): number => (r.unit === site.unit ? 0 : 1);
  const fitting = [...found.values()].map((r) =>
    !r.matches && dropsOwn(site, r, model) ? { ...r, matches: true } : r,
  );
  return withoutStrangers(site, fitting, model).sort(
    (a, b) =>
      own(a) - own(b) || (a.unit.path < b.unit.path ? -1 : a.unit.path > b.unit.path ? 1 : a.node.start - b.node.start),
  );
}

/** Whether a plain reference dropped from pages of an iterator may be one that the file took for itself. */
function dropsOwn({ unit, reference }: CallSite, { api }: FoundRelease, model: Model): boolean {
  if (reference !== 'either') return false;
  const does = (name: string, op: Effect['op']): boolean =>
    model.rows(name).some((row) => row.effects.some((e) => e.op === op && e.ref === 'get'));
  return does(api, 'release') && [...namesBeforeBrackets(unit).keys()].some((name) => does(name, 'extra-ref'));
}

/** The releases that names connect with the pages of a site, of whatever kind; those of the page allocator where a page is given. */
export function namedReleases(site: CallSite, { events }: PageTrace): readonly FoundRelease[] {
  return events.filter((e) => isRelease(e) || e.rows.some(takesPage)).flatMap((e) => named(site, e));
}

/** The release that an event of a trace is, seen from a site. */
export function named(
  site: CallSite,
  { kind, unit, fn, node, api, rows, guessed }: TraceEvent,
): readonly FoundRelease[] {
  if (kind !== 'release' || api === undefined) return [];
  return [{ unit, fn, node, api, matches: rowsMatch(site, rows), by: guessed === true ? 'guess' : 'name' }];
}

function takesPage({ params }: ApiRow): boolean {
  return params[0]?.role === 'page';
}

/**
 * Where other functions give the pages back the way they were taken, a release of the other kind that no path was seen to reach with
 * these pages serves other pages in the same place: a field that holds pages of two kinds, chosen by a flag. So it does where the
 * function itself takes pages of that kind, too.
 */
function withoutStrangers(site: CallSite, found: readonly FoundRelease[], model: Model): FoundRelease[] {
  const elsewhere = found.some((r) => r.matches && r.fn !== site.fn) || takesBoth(site, model);
  return elsewhere ? found.filter((r) => r.matches || r.by === 'path') : [...found];
}

/** Whether the function of a site takes pages of the other kind as well. */
function takesBoth({ unit, fn, reference, active }: CallSite, model: Model): boolean {
  if (fn === undefined || reference === 'either') return false;
  const other = reference === 'pin' ? 'get' : 'pin';
  const takesOther = (name: string): boolean =>
    model.isSite(name) && model.rows(name).some((r) => r.reference === other && holdsIn(r, active));
  return [...callsIn(unit, fn).keys()].some(takesOther);
}

/** Whether a function that takes pages itself, without the site's, gives back those in an object that it made. */
function isOfOther({ fn: from, via = '' }: CallSite, { unit, fn, node }: TraceEvent, model: Model): boolean {
  if (from === undefined || fn === from) return false;
  const names = [...callsIn(unit, fn).keys()];
  return (
    names.some((name) => name === via || model.isSite(name)) &&
    !names.includes(from.name) &&
    isInOwn({ unit, fn, node })
  );
}

/** Functions that free memory by its address meet the array more often than its pages. */
function isRelease(e: TraceEvent): boolean {
  return e.rows.length === 0 || e.rows.some((r) => r.family !== 'memory');
}

/** What a run of path analysis says of a site: its own releases, and those of the owners in which its pages end up. */
export function siteFlow(site: CallSite, flow: FlowResult | undefined): SiteFlow {
  if (flow === undefined) return { releases: [], held: [] };
  const facts = factsOfOrigin(flow, site, site.via !== undefined);
  const releases: FoundRelease[] = [];
  for (const { release, matches } of facts.releases) {
    const place = placeOf(release.step);
    if (place !== undefined) releases.push({ ...place, api: release.api, matches, by: 'path' });
  }
  const owners = new Set(facts.held.flatMap((h) => ownerKey(h.owner) ?? []));
  for (const event of releasesByOwner(flow, owners)) {
    const place = placeOf(event.step);
    const matches = mayGiveBack(site.reference, event.reference);
    if (place !== undefined) releases.push({ ...place, api: event.api, matches, by: 'owner' });
  }
  return { releases, held: facts.held };
}

function placeOf({ unit, span }: { readonly unit: CUnit; readonly span: Span }): PlaceIn | undefined {
  const fn: FunctionDef | undefined = functionAt(unit, span.start);
  const path = fn === undefined ? [] : pathTo(treeOf(unit, fn), span);
  const node = path.findLast((n) => n.type === 'call_expression') ?? path.at(-1);
  return fn === undefined || node === undefined ? undefined : { unit, fn, node };
}

/** Whether releases fit on each kernel of the site: of rows that change with the kernel, those of the same kernels belong together. */
function rowsMatch(site: CallSite, rows: readonly ApiRow[]): boolean {
  const live = rows.filter((r) => holdsIn(r, site.active));
  return live.every((row) => {
    const taken = site.rows.filter((r) => holdsIn(r, rangeOf(row.kernels))).flatMap((r) => r.reference ?? []);
    const kinds = site.reference === 'pin' && taken.length > 0 ? taken : [site.reference];
    const given = row.effects
      .filter((e) => e.op === 'release')
      .map((e): Reference => e.ref ?? row.reference ?? 'either');
    return given.every((ref) => kinds.every((kind) => mayGiveBack(kind, ref)));
  });
}
