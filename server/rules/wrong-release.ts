/**
 * Pages given back the wrong way: what the rules put-on-pinned and unpin-on-gotten share. Two proofs: a path on which a release meets
 * what an acquire call took, and a struct field that is only ever filled with one kind and given back as the other.
 */
import type { Reference } from '../../model/schema.ts';
import type { EntryEvent } from '../analysis/path-state.ts';
import type { Resource } from '../analysis/resource.ts';
import type { Confidence } from '../engine/protocol.ts';
import type { FixProposal, RulePass } from './define.ts';
import { kernelsOf } from './facts.ts';
import { renameCall } from './fixes/arguments.ts';
import { type PageFinding, pageFindings, siteOf } from './flow-report.ts';
import { bothOf, includesAll, isEmpty, type Kernels } from './kernels.ts';
import { type OwnerFacts, ownerKey, ownersOf } from './owner-facts.ts';

/** The two mistakes; the name says what was held and how it was given back. */
export type Mistake = 'put-on-pinned' | 'unpin-on-gotten';

/** One release of the wrong kind. */
export interface WrongRelease extends PageFinding {
  /** The release function. */
  readonly release: string;
  /** The kernels aimed at on which the two do not fit; never empty. */
  readonly on: Kernels;
  /** The field the pages are held in between, where that is the proof. */
  readonly owner: OwnerFacts | undefined;
  /** Whether nothing but such pages reaches the release, as far as the files at hand tell. */
  readonly only: boolean;
}

/** The wrong releases of one kind, each release and acquire once. */
export function wrongReleases(pass: RulePass, mistake: Mistake): readonly WrongRelease[] {
  const direct = pageFindings(pass, mistake)
    .filter((f) => f.problem.confidence === 'high' || !fitsElsewhere(pass, f))
    .flatMap((f) => completed(pass, mistake, f, undefined));
  const seen = new Set(direct.map((f) => placeKey(f.problem.step)));
  const byOwner = [...ownersOf(pass.flow).values()].flatMap((facts) => ownerFindings(pass, mistake, facts));
  return [...direct, ...byOwner.filter((f) => !seen.has(placeKey(f.problem.step)))];
}

function placeKey(step: {
  readonly unit: { readonly path: string };
  readonly span: { readonly start: number };
}): string {
  return `${step.unit.path}:${step.span.start}`;
}

/** Whether the same release meets pages it fits as well: where a path is not proved, something that is not looked at chooses between them. */
function fitsElsewhere(pass: RulePass, { problem }: PageFinding): boolean {
  const here = placeKey(problem.step);
  return pass.flow.releases.some((f) => f.matches && placeKey(f.release.step) === here);
}

function heldKind(mistake: Mistake): Reference {
  return mistake === 'put-on-pinned' ? 'pin' : 'get';
}

function completed(
  pass: RulePass,
  mistake: Mistake,
  finding: PageFinding,
  owner: OwnerFacts | undefined,
): readonly WrongRelease[] {
  const release = finding.problem.detail;
  const on = conflictKernels(pass, mistake, finding, release);
  if (isEmpty(on)) return [];
  return [{ ...finding, release, on, owner, only: onlySuch(pass, mistake, finding) }];
}

/** The kernels aimed at on which the acquire takes one kind of hold and the release gives back the other. */
function conflictKernels(
  pass: RulePass,
  mistake: Mistake,
  { resource, call, site }: PageFinding,
  release: string,
): Kernels {
  const held = heldKind(mistake);
  const given = held === 'pin' ? 'get' : 'pin';
  const taken = kernelsOf(pass.model.allRows(resource.origin.api).filter((row) => row.reference === held));
  const releases = pass.model
    .allRows(release)
    .filter((row) => row.effects.some((e) => e.op === 'release' && e.ref === given));
  let on = bothOf(bothOf(taken, kernelsOf(releases)), [pass.kernel]);
  if (site !== undefined) on = bothOf(on, pass.liveOn(site));
  if (call !== undefined) on = bothOf(on, pass.liveOn(call));
  return on;
}

/** Whether every page that is known to reach the release is of the wrong kind, and none of unknown origin does. */
function onlySuch(pass: RulePass, mistake: Mistake, { problem }: PageFinding): boolean {
  const { flow } = pass;
  const here = placeKey(problem.step);
  const facts = flow.releases.filter((f) => placeKey(f.release.step) === here);
  if (facts.some((f) => f.matches)) return false;
  const events = flow.events.filter((e) => e.kind === 'release' && placeKey(e.step) === here);
  const owners = ownersOf(flow);
  return events.every((event) => {
    const key = ownerKey(event.owner);
    if (key === undefined)
      return event.owner === undefined && event.path !== '' && events.some((e) => ownerKey(e.owner));
    return owners.get(key)?.held.every((h) => h.resource.reference === heldKind(mistake)) === true && !otherPages(pass);
  });
}

/** Releases of what a field holds that do not fit how the field is filled. */
function ownerFindings(pass: RulePass, mistake: Mistake, facts: OwnerFacts): readonly WrongRelease[] {
  const held = heldKind(mistake);
  const filled = facts.held.find((h) => h.onSuccess) ?? facts.held[0];
  if (filled === undefined || facts.held.some((h) => h.resource.reference !== held)) return [];
  const releases = facts.events.filter((e) => e.kind === 'release' && e.reference !== 'either');
  const wrong = releases.filter((e) => e.reference === (held === 'pin' ? 'get' : 'pin'));
  const mixed = otherPages(pass);
  // Two kinds of pages in one field, told apart by something else: each release may well meet its own kind.
  if (mixed && wrong.length < releases.length) return [];
  return wrong.flatMap((event) => {
    if (sharesFunction(releases, event)) return [];
    const finding = ownerFinding(pass, event, filled.resource, mixed ? 'medium' : 'high', mistake);
    return finding === undefined ? [] : completed(pass, mistake, finding, facts);
  });
}

/** A function that gives one field back in both ways chooses by something that is not looked at. */
function sharesFunction(releases: readonly EntryEvent[], event: EntryEvent): boolean {
  return releases.some((e) => e.reference !== event.reference && e.functionName === event.functionName);
}

function ownerFinding(
  pass: RulePass,
  event: EntryEvent,
  resource: Resource,
  confidence: Confidence,
  kind: Mistake,
): PageFinding | undefined {
  const { step, functionName } = event;
  const here = step.unit === pass.unit;
  if (!here && (resource.origin.unit !== pass.unit || pass.isReported(step.unit))) return undefined;
  const problem = {
    kind,
    step,
    functionName,
    resource,
    steps: [...resource.origin.chain],
    confidence,
    detail: event.api,
  };
  const site = siteOf(pass, resource.origin);
  const call = pass.calls.find((c) => c.unit === step.unit && c.span.start === step.span.start);
  const at = here ? step : { unit: pass.unit, span: resource.origin.nameSpan };
  return {
    problem,
    at,
    functionName: here ? functionName : resource.origin.functionName,
    site,
    call,
    resource,
  };
}

/** Whether the file takes pages in other ways that may end in the same fields: its own, or further references of others. */
function otherPages(pass: RulePass): boolean {
  return pass.calls.some(
    (call) =>
      call.unit === pass.unit &&
      call.rows.some((row) => row.effects.some((e) => e.op === 'extra-ref' || (e.op === 'alloc' && isPage(row.ret)))),
  );
}

function isPage(type: string): boolean {
  return /\bstruct (?:page|folio) \*/.test(type);
}

/** A rename of the release call; undefined where the new function is not on every kernel the call is for. */
export function renameRelease(
  pass: RulePass,
  wrong: WrongRelease,
  how: { readonly names: ReadonlyMap<string, string>; readonly applicability: 'safe' | 'unsafe' },
): FixProposal | undefined {
  const { call, release } = wrong;
  const name = how.names.get(release);
  if (name === undefined || call === undefined || call.unit !== pass.unit) return undefined;
  if (!includesAll(kernelsOf(pass.model.allRows(name)), pass.liveOn(call))) return undefined;
  const edit = renameCall(call, name);
  return edit === undefined ? undefined : { title: `Use ${name}()`, applicability: how.applicability, edits: [edit] };
}

/** What is given back, as messages say it: `pages`, or `pages of struct foo.pages`. */
export function whichPages({ owner }: WrongRelease): string {
  return owner === undefined ? 'pages' : `pages of ${owner.name}`;
}
