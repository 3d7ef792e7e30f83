/**
 * Pages given back the wrong way: what the rules put-on-pinned, unpin-on-gotten and free-on-gup-page share. Three proofs: a path on which a
 * release meets what an acquire call took; a struct field that is only ever filled with one kind and given back as another; and, where path
 * analysis lost the pages, names that lead from sites of one kind alone to the release of another.
 */

import type { Reference } from '../../../../model/schema.ts';
import { functionAt } from '../../../analysis/calls/call-index.ts';
import type { Resource, Step } from '../../../analysis/paths/resource.ts';
import { isHeldAs } from '../../../analysis/sites/hold-kind.ts';
import type { Confidence } from '../../../engine/protocol.ts';
import { ownerKey } from '../../../flow/value.ts';
import type { FixProposal, RulePass } from '../../define.ts';
import { renameCall } from '../../fixes/arguments.ts';
import { branchKernels, kernelsOf } from '../facts.ts';
import { callsOf, filesOf, placeKey } from '../file-calls.ts';
import { type PageFinding, pageFindings, siteOf, toldAt } from '../flow-report.ts';
import { bothOf, includesAll, isEmpty, type Kernels } from '../kernels.ts';
import { areArms, excludeEachOther } from '../surroundings.ts';
import { askedReleases } from './asked-releases.ts';
import { fieldReleases, functionsTakingReferences } from './field-releases.ts';
import { loneReleases } from './lone-releases.ts';
import { namedReleases } from './named-releases.ts';
import { ownersOf } from './owner-facts.ts';

/** The three mistakes; the name says what was held and how it was given back. */
export type Mistake = 'put-on-pinned' | 'unpin-on-gotten' | 'free-on-gup-page';

/** One release of the wrong kind. */
export interface WrongRelease extends PageFinding {
  /** The release function. */
  readonly release: string;
  /** The kernels aimed at on which the two do not fit; never empty. */
  readonly on: Kernels;
  /** The field that holds the pages in between, as messages name it, where that is the proof. */
  readonly field: string | undefined;
  /** Whether nothing but such pages reaches the release, as far as the files at hand tell. */
  readonly only: boolean;
}

/** What was held when a mistake is made; undefined: either kind. */
const HELD: Readonly<Record<Mistake, Reference | undefined>> = {
  'put-on-pinned': 'pin',
  'unpin-on-gotten': 'get',
  'free-on-gup-page': undefined,
};

/** How it was given back. */
const GIVEN: Readonly<Record<Mistake, Reference>> = {
  'put-on-pinned': 'get',
  'unpin-on-gotten': 'pin',
  'free-on-gup-page': 'none',
};

/** What ends a hold: a release, and a callee that takes the page over to drop it itself. */
const GIVES: ReadonlySet<string> = new Set(['release', 'transfer']);

/** The wrong releases of one kind, each release once. */
export function wrongReleases(pass: RulePass, mistake: Mistake): readonly WrongRelease[] {
  const direct = pageFindings(pass, mistake)
    .filter((f) => f.problem.confidence === 'high' || !fitsElsewhere(pass, f) || neverFits(pass, f))
    .filter((f) => !isOtherArm(pass, f) && !dropsOwn(pass, f))
    .flatMap((f) => completed(pass, mistake, f, undefined));
  const seen = new Set(direct.map(({ problem: { step } }) => placeKey(step.unit, step.span.start)));
  const found = [...direct];
  for (const release of fieldReleases(pass, HELD[mistake], GIVEN[mistake])) {
    const place = placeKey(release.step.unit, release.step.span.start);
    if (seen.has(place)) continue;
    seen.add(place);
    const finding = fieldFinding(pass, mistake, release);
    if (finding !== undefined) found.push(...completed(pass, mistake, finding, release.field));
  }
  const asked = mistake === 'unpin-on-gotten' ? [] : askedReleases(pass, GIVEN[mistake]);
  for (const release of asked) {
    const place = placeKey(release.step.unit, release.step.span.start);
    const finding = seen.has(place) ? undefined : fieldFinding(pass, mistake, { ...release, confidence: 'high' });
    seen.add(place);
    if (finding !== undefined) found.push(...completed(pass, mistake, finding, undefined));
  }
  for (const release of namedReleases(pass, HELD[mistake], GIVEN[mistake])) {
    const place = placeKey(release.step.unit, release.step.span.start);
    if (seen.has(place)) continue;
    seen.add(place);
    const finding = fieldFinding(pass, mistake, { ...release, confidence: 'medium' });
    if (finding === undefined || isOtherArm(pass, finding)) continue;
    found.push(...completed(pass, mistake, finding, undefined).map((wrong) => ({ ...wrong, only: false })));
  }
  for (const release of loneReleases(pass, HELD[mistake], GIVEN[mistake])) {
    const place = placeKey(release.step.unit, release.step.span.start);
    if (seen.has(place)) continue;
    seen.add(place);
    const finding = fieldFinding(pass, mistake, { ...release, confidence: 'medium' });
    if (finding === undefined) continue;
    found.push(...completed(pass, mistake, finding, undefined).map((wrong) => ({ ...wrong, only: false })));
  }
  return found;
}

/** Whether the same release meets pages it fits as well: where a path is not proved, something that is not looked at chooses between them. */
function fitsElsewhere(pass: RulePass, { problem }: PageFinding): boolean {
  return pass.flow.releases.some(
    ({ matches, release: { step } }) =>
      matches && step.unit === problem.step.unit && step.span.start === problem.step.span.start,
  );
}

/** Whether no release at all fits the pages: whatever chooses between the releases, none is right for these. */
function neverFits(pass: RulePass, { resource }: PageFinding): boolean {
  return !pass.flow.releases.some(
    ({ matches, origin }) =>
      matches && origin.unit === resource.origin.unit && origin.span.start === resource.origin.span.start,
  );
}

/**
 * Whether a function calls the release in one arm of an `if` and gives the same pages back the right way in the other: what it asks there is
 * what tells the two kinds apart, whether path analysis could follow it or not.
 */
function isOtherArm(pass: RulePass, { problem, resource }: PageFinding): boolean {
  const right = pass.flow.releases.filter(
    (f) => f.matches && f.origin.unit === resource.origin.unit && f.origin.span.start === resource.origin.span.start,
  );
  const callers = callsOf(filesOf(pass), problem.functionName);
  return right.some(({ release: { step } }) =>
    callers.some(({ unit, offset }) => unit === step.unit && areArms(unit, step.span.start, offset)),
  );
}

/**
 * Whether a plain reference dropped from pages of an iterator may be one that a helper took for itself: path analysis counts those of the
 * function at hand alone.
 */
function dropsOwn(pass: RulePass, { problem, resource }: PageFinding): boolean {
  if (resource.reference !== 'either') return false;
  const { origin } = resource;
  const around = new Set([origin.functionName, problem.functionName]);
  for (const { unit, span } of origin.chain) around.add(functionAt(unit, span.start)?.name ?? '');
  const helpers = new Set([...functionsTakingReferences(pass)].filter((name) => !around.has(name)));
  if (helpers.size === 0) return false;
  const takings = [...helpers]
    .flatMap((name) => callsOf(filesOf(pass), name))
    .filter(({ unit, offset }) => around.has(functionAt(unit, offset)?.name ?? ''));
  const { unit, span } = problem.step;
  return takings.some((taking) => !excludeEachOther(taking, { unit, offset: span.start }));
}

function completed(
  pass: RulePass,
  mistake: Mistake,
  finding: PageFinding,
  field: string | undefined,
): readonly WrongRelease[] {
  const release = finding.problem.detail;
  const on = conflictKernels(pass, mistake, finding, release);
  if (isEmpty(on)) return [];
  return [{ ...finding, release, on, field, only: onlySuch(pass, mistake, finding) }];
}

/** The kernels aimed at on which the acquire takes one kind of hold and the release gives back the other. */
function conflictKernels(
  pass: RulePass,
  mistake: Mistake,
  { resource, call, site }: PageFinding,
  release: string,
): Kernels {
  const { model, kernel } = pass;
  const held = HELD[mistake];
  const taken = model
    .allRows(resource.origin.api)
    .filter((row) => held === undefined || isHeldAs(row.reference ?? 'none', held));
  const given = model
    .allRows(release)
    .filter((row) => row.effects.some((e) => GIVES.has(e.op) && e.ref === GIVEN[mistake]));
  let on = bothOf(bothOf(kernelsOf(taken), kernelsOf(given)), [kernel]);
  if (site !== undefined) on = bothOf(on, pass.liveOn(site));
  if (call !== undefined) on = bothOf(on, pass.liveOn(call));
  return on;
}

/** Whether every page that is known to reach the release is of the wrong kind, and none of unknown origin does. */
function onlySuch(pass: RulePass, mistake: Mistake, { problem }: PageFinding): boolean {
  const { flow } = pass;
  const isHere = (step: Step): boolean =>
    step.unit === problem.step.unit && step.span.start === problem.step.span.start;
  if (flow.releases.some((f) => f.matches && isHere(f.release.step))) return false;
  const events = flow.events.filter((e) => e.kind === 'release' && isHere(e.step));
  const owners = ownersOf(flow);
  const isKnown = events.some((e) => ownerKey(e.owner) !== undefined);
  return events.every((event) => {
    const key = ownerKey(event.owner);
    if (key === undefined) return isKnown && event.owner === undefined && event.path !== '';
    const held = HELD[mistake];
    return (
      owners.get(key)?.held.every((h) => held === undefined || isHeldAs(h.resource.reference, held)) === true &&
      problem.confidence === 'high'
    );
  });
}

/** What a field's wrong release is as a problem of this file; undefined where another file tells it. */
function fieldFinding(
  pass: RulePass,
  kind: Mistake,
  release: {
    readonly step: Step;
    readonly functionName: string;
    readonly api: string;
    readonly resource: Resource;
    readonly confidence: Confidence;
  },
): PageFinding | undefined {
  const { step, resource, functionName, confidence, api: detail } = release;
  const { origin } = resource;
  const told = step.unit === pass.unit ? { at: step, functionName } : toldAt(pass, step, origin);
  if (told === undefined) return undefined;
  const call = pass.calls.find((c) => c.unit === step.unit && c.span.start === step.span.start);
  return {
    problem: { kind, step, functionName, resource, steps: [...origin.chain], confidence, detail },
    ...told,
    site: siteOf(pass, origin),
    call,
    resource,
  };
}

/** A rename of the release call; undefined where the new function is not on every kernel the call is for. */
export function renameRelease(
  pass: RulePass,
  wrong: WrongRelease,
  how: { readonly names: ReadonlyMap<string, string>; readonly applicability: 'safe' | 'unsafe' },
): FixProposal | undefined {
  const { call, release } = wrong;
  const name = how.names.get(release);
  if (name === undefined) return undefined;
  if (call === undefined) return renameBeside(pass, wrong, { name, applicability: how.applicability });
  if (call.unit !== pass.unit) return undefined;
  if (!includesAll(kernelsOf(pass.model.allRows(name)), pass.liveOn(call))) return undefined;
  const edit = renameCall(call, name);
  return edit === undefined ? undefined : { title: `Use ${name}()`, applicability: how.applicability, edits: [edit] };
}

/** The rename where the release stands in another file, which tells nothing itself. */
function renameBeside(
  pass: RulePass,
  { problem: { step }, release, site, on, only }: WrongRelease,
  { name, applicability }: { readonly name: string; readonly applicability: 'safe' | 'unsafe' },
): FixProposal | undefined {
  const { unit, span } = step;
  const start = span.start;
  if (unit === pass.unit || site === undefined || !new RegExp(`^${release}\\s*\\(`).test(unit.text.slice(start)))
    return undefined;
  const live = bothOf(on, branchKernels(unit, start));
  if (!includesAll(kernelsOf(pass.model.allRows(name)), live)) return undefined;
  const edit = { unit, span: { start, end: start + release.length }, newText: name };
  // Others may include a header, with pages of another kind.
  if (unit.path.endsWith('.h') && (applicability === 'safe' || !only)) return undefined;
  return { title: `Use ${name}()`, applicability, edits: [edit] };
}

/** What is given back, as messages say it: `pages`, or `pages of struct foo.pages`. */
export function whichPages({ field }: WrongRelease): string {
  return field === undefined ? 'pages' : `pages of ${field}`;
}
