/**
 * Releases of the wrong kind as following names tells: where path analysis lost the pages on the way, through a frame number, a list, an
 * accessor of somebody else. They count where every site whose pages come there takes the other kind.
 */
import type { Reference } from '../../../../model/schema.ts';
import type { FoundRelease } from '../../../analysis/evidence/releases.ts';
import type { Origin, Resource, Step } from '../../../analysis/paths/resource.ts';
import { isHeldAs } from '../../../analysis/sites/hold-kind.ts';
import type { CallSite } from '../../../analysis/sites/site.ts';
import { intValue, ownerKey } from '../../../flow/value.ts';
import type { CUnit } from '../../../syntax/unit.ts';
import type { RulePass } from '../../define.ts';
import { type CallTest, filesOf, makesCall, placeKey } from '../file-calls.ts';
import { fieldsIn, isChosen, releaseKind, takesOtherPages, takesReferences } from './field-releases.ts';
import { isFilledBySites } from './filled-fields.ts';
import { ownersOf } from './owner-facts.ts';

/** One release that names connect with a site of the other kind. */
export interface NamedRelease {
  readonly step: Step;
  readonly functionName: string;
  readonly api: string;
  /** The pages as the site takes them. */
  readonly resource: Resource;
}

/** A release and the sites whose pages come there. */
interface Met {
  readonly release: FoundRelease;
  readonly sites: CallSite[];
  fits: boolean;
}

const known = new WeakMap<RulePass, ReadonlyMap<string, Met>>();

/** Releases of kind `given` of pages of sites that take nothing but holds of kind `held` (undefined: of any kind). */
export function namedReleases(pass: RulePass, held: Reference | undefined, given: Reference): readonly NamedRelease[] {
  return [...metBy(pass).values()].flatMap(({ release, sites, fits }) => {
    const [site] = sites;
    if (site === undefined || fits || kindOf(pass, release) !== given) return [];
    if (sites.some((s) => !isHeldAs(s.reference, held ?? site.reference))) return [];
    if (!isOfFilledField(pass, release) && sites.some((s) => servesOthers(pass, s, release))) return [];
    const { unit, fn, node, api } = release;
    const step = { unit, span: { start: node.start, end: node.end }, text: `given back here by ${api}()` };
    return [{ step, functionName: fn.name, api, resource: resourceOf(site) }];
  });
}

/** The releases by names that path analysis did not connect with pages of its own. */
function metBy(pass: RulePass): ReadonlyMap<string, Met> {
  const old = known.get(pass);
  if (old !== undefined) return old;
  const decided = decidedBy(pass);
  const met = new Map<string, Met>();
  for (const site of pass.sites) {
    if (site.reference === 'none') continue;
    for (const release of pass.namedEnd(site).met) {
      const place = placeKey(release.unit, release.node.start);
      if (decided.has(place) || implementsApi(pass, release.unit)) continue;
      const entry = met.get(place) ?? { release, sites: [], fits: false };
      entry.sites.push(site);
      // What an object of the right kind at hand suggests is no proof that the pages come there, and none that others do not.
      entry.fits ||= release.matches || release.by === 'guess';
      met.set(place, entry);
    }
  }
  known.set(pass, met);
  return met;
}

/** Whether a file is the API itself: what it takes and gives back by flags is not told by names. */
export function implementsApi({ model }: RulePass, unit: CUnit): boolean {
  return unit.functions.some((fn) => model.isSite(fn.name));
}

/** Releases of which paths know what they give back. */
function decidedBy({ flow }: RulePass): ReadonlySet<string> {
  const places = new Set(flow.releases.map(({ release: { step } }) => placeKey(step.unit, step.span.start)));
  const owners = ownersOf(flow);
  for (const { kind, owner, step } of flow.events)
    if (kind === 'release' && owners.has(ownerKey(owner) ?? '')) places.add(placeKey(step.unit, step.span.start));
  return places;
}

/** Whether a release is of a field that nothing but pages of sites are put into. */
function isOfFilledField(pass: RulePass, { unit, node }: FoundRelease): boolean {
  const call = pass.calls.find((c) => c.unit === unit && c.span.start === node.start);
  return call !== undefined && fieldsIn(pass, call).some((field) => isFilledBySites(pass, field));
}

function kindOf({ model }: RulePass, { api }: FoundRelease): Reference | undefined {
  return releaseKind({ rows: model.readable(api) });
}

/**
 * Whether a release may well be for other pages in the same place. Unpinning fits nothing but pins: only another site can take those. Of the
 * other kinds a file may take pages in many ways; they count where a function of their own gives the site's pages back the right way.
 */
function servesOthers(pass: RulePass, site: CallSite, release: FoundRelease): boolean {
  const given = kindOf(pass, release);
  const isLocal = release.fn.isStatic || release.fn === site.fn;
  const files = isLocal ? [release.unit] : filesOf(pass);
  if (given === 'pin') return takesAny(pass, files, ['pin', 'either']);
  const units = [site.unit, release.unit];
  const mixed = takesOtherPages(pass, units, given ?? 'get');
  if (site.reference === 'either' && takesReferences(pass, units)) return true;
  if (mixed && given === 'none') return true;
  const { fitting } = pass.namedEnd(site);
  const isBeside = (name: string): boolean => name === release.fn.name && givesOtherFields(pass, release);
  const elsewhere = new Set([...fitting].filter((name) => name !== site.fn?.name && !isBeside(name)));
  if (elsewhere.size === 0) return mixed && fitting.size > 0 && release.fn === site.fn;
  return mixed || takesAny(pass, files, ['get']) || isChosen(pass, release.fn.name, elsewhere);
}

/**
 * Whether a release is of a field in which paths saw pages kept, and what its function gives back in other ways are those of other fields:
 * they tell nothing of this one's.
 */
function givesOtherFields(pass: RulePass, release: FoundRelease): boolean {
  const own = pass.calls.filter((c) => c.unit === release.unit && c.fn === release.fn && releaseKind(c) !== undefined);
  const here = own.find((c) => c.span.start === release.node.start);
  const fields = here === undefined ? [] : fieldsIn(pass, here);
  if (here === undefined || !pass.flow.held.some(({ owner }) => fields.includes(owner.field))) return false;
  return own.every((c) => {
    if (releaseKind(c) === releaseKind(here) || releaseKind(c) === 'none') return true;
    const others = fieldsIn(pass, c);
    return others.length > 0 && !others.some((field) => fields.includes(field));
  });
}

/** Whether a site of the files takes one of these kinds. */
function takesAny(pass: RulePass, files: readonly CUnit[], kinds: readonly Reference[]): boolean {
  const kind: CallTest = {
    name: `takes ${kinds.join(' or ')}`,
    isWanted: (name, model) =>
      model
        .readable(name)
        .some((row) => row.site === true && row.reference !== undefined && kinds.includes(row.reference)),
  };
  const known = filesOf(pass);
  return files.some((unit) => known.includes(unit) && makesCall(unit, kind, pass.model));
}

/** A call that takes pages: a site, or one of the kernel's own wrappers. */
export type Taker = Pick<CallSite, 'unit' | 'fn' | 'span' | 'nameSpan' | 'api' | 'reference'>;

/** The pages of a call before anything was done to them. */
export function resourceOf({ unit, fn, span, nameSpan, api, reference }: Taker): Resource {
  const origin: Origin = { unit, span, nameSpan, api, functionName: fn?.name ?? '', chain: [] };
  return {
    id: '',
    origin,
    reference,
    result: intValue(1),
    heldWhen: 'always',
    unit: 'pages',
    requested: undefined,
    hold: { kind: 'held' },
    dirtied: undefined,
    mapped: undefined,
    maybeTaken: undefined,
    takers: [],
    preset: false,
    carried: false,
    lost: undefined,
    guards: [],
    extraReferences: 0,
    extraAt: undefined,
    failed: false,
    write: 'maybe',
  };
}
