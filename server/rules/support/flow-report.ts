/**
 * What the rules over path analysis share: the problems of a kind that belong to the file at hand, each once; and the report that shows
 * the path from the acquire call to the place where it goes wrong. Severity follows proof: what rests on an assumption is a warning.
 */
import { nameOfFunctionAt } from '../../analysis/calls/call-index.ts';
import type { FlowProblem, ProblemKind } from '../../analysis/paths/flow-problem.ts';
import { isOfConvention } from '../../analysis/paths/left-on-failure.ts';
import type { Origin, Resource, Step } from '../../analysis/paths/resource.ts';
import type { ApiCall, CallSite } from '../../analysis/sites/site.ts';
import type { Confidence, Severity } from '../../engine/protocol.ts';
import type { CUnit } from '../../syntax/unit.ts';
import type { FixProposal, Report, RulePass, UnitSpan } from '../define.ts';
import type { Kernels } from './kernels.ts';

/** Branches shown of a path; the ones nearest to its end. */
const MAX_BRANCHES = 8;

/** A problem of one kind that this file reports. */
export interface FlowFinding {
  readonly problem: FlowProblem;
  /** The place of the problem, or the acquire call where that place lies in another file. */
  readonly at: UnitSpan;
  /** The function that holds `at`. */
  readonly functionName: string;
  /** The acquire call, where it stands in this file. */
  readonly site: CallSite | undefined;
  /** The model's call at the place of the problem, where that is one of this file. */
  readonly call: ApiCall | undefined;
  /** Whether another finding tells of the same pages at the same return: this one stands at the goto of another way there. */
  readonly isOtherWay?: true;
}

/** A problem that speaks of pages. */
export interface PageFinding extends FlowFinding {
  readonly resource: Resource;
}

/**
 * The problems of a kind that belong to this file, one for each acquire call and place, the surest first found. One whose place lies in
 * another file is told at its acquire call; one with neither here is told where the other file is looked at.
 */
export function flowFindings(pass: RulePass, kind: ProblemKind): readonly FlowFinding[] {
  const best = new Map<string, FlowProblem>();
  for (const problem of pass.flow.problems) {
    if (problem.kind !== kind) continue;
    const key = `${spot(problem.step)} ${problem.resource === undefined ? '' : spot(problem.resource.origin)}`;
    const known = best.get(key);
    if (known === undefined || isBetter(problem, known)) best.set(key, problem);
  }
  const first = [...best.values()].flatMap((problem) => placed(pass, problem) ?? []);
  return [...first, ...first.flatMap((finding) => otherWays(pass, finding))];
}

/**
 * The pages of the same acquire call, lost at the same return, by another goto that leads there: each is a way of its own to lose them, told
 * at the goto. Where the first is not proved, or rests on what a failure means to callers, nothing is told of others.
 */
function otherWays(pass: RulePass, finding: FlowFinding): readonly FlowFinding[] {
  const { problem: first } = finding;
  const isTold = first.step.unit === pass.unit && first.confidence === 'high' && !isOfConvention(first);
  if (first.resource === undefined || !isTold) return [];
  const ways = new Map<number, FlowProblem>();
  for (const problem of pass.flow.problems) {
    const { jump, resource } = problem;
    if (jump === undefined || jump.span.start === first.jump?.span.start || resource === undefined) continue;
    const same =
      problem.kind === first.kind &&
      spot(problem.step) === spot(first.step) &&
      spot(resource.origin) === spot(first.resource.origin);
    const known = ways.get(jump.span.start);
    if (
      same &&
      problem.confidence !== 'low' &&
      !isOfConvention(problem) &&
      (known === undefined || isBetter(problem, known))
    )
      ways.set(jump.span.start, problem);
  }
  const told = [...ways].sort(([a], [b]) => a - b).slice(0, MAX_OTHER_WAYS);
  return told.flatMap(([, problem]) =>
    problem.jump === undefined ? [] : [{ ...finding, problem, at: problem.jump, call: undefined, isOtherWay: true }],
  );
}

/** Other ways told: where the gotos to a label are many that lose the pages, the label is what lacks the release. */
const MAX_OTHER_WAYS = 2;

/** As `flowFindings`, for kinds that always speak of pages. */
export function pageFindings(pass: RulePass, kind: ProblemKind): readonly PageFinding[] {
  return flowFindings(pass, kind).flatMap((f) =>
    f.problem.resource === undefined ? [] : [{ ...f, resource: f.problem.resource }],
  );
}

const RANK: Readonly<Record<Confidence, number>> = { high: 2, medium: 1, low: 0 };

function isBetter(a: FlowProblem, b: FlowProblem): boolean {
  if (a.confidence !== b.confidence) return RANK[a.confidence] > RANK[b.confidence];
  return a.steps.length < b.steps.length;
}

function spot(place: { readonly unit: CUnit; readonly span: { readonly start: number } }): string {
  return `${place.unit.path}:${place.span.start}`;
}

function placed(pass: RulePass, problem: FlowProblem): FlowFinding | undefined {
  const { step, resource } = problem;
  const site = resource === undefined ? undefined : siteOf(pass, resource.origin);
  if (step.unit === pass.unit) {
    const call = pass.calls.find((c) => c.unit === pass.unit && c.span.start === step.span.start);
    const functionName = nameOfFunctionAt(step.unit, step.span.start) || problem.functionName;
    return { problem, at: step, functionName, site, call };
  }
  const told = resource && toldAt(pass, step, resource.origin);
  return told && { problem, ...told, site, call: undefined };
}

/** Where something about pages is told in a file, and in which function. */
export type ToldAt = Pick<FlowFinding, 'at' | 'functionName'>;

/**
 * Where this file tells what goes wrong in another one: at its acquire call, or at its call of the function of a header that takes the pages.
 * Undefined where who analyses the other file tells it. Who analyses a header does not know the files that include it.
 */
export function toldAt(pass: RulePass, step: Step, origin: Origin): ToldAt | undefined {
  const { unit } = pass;
  if (origin.unit === unit) {
    const elsewhere = pass.isReported(step.unit, unit);
    return elsewhere ? undefined : { at: { unit, span: origin.nameSpan }, functionName: origin.functionName };
  }
  const isToldThere = !isHeader(step.unit) && pass.isReported(step.unit, unit);
  const call = isHeader(origin.unit) && !isToldThere ? origin.chain.find((place) => place.unit === unit) : undefined;
  return call && { at: call, functionName: nameOfFunctionAt(unit, call.span.start) };
}

function isHeader({ path }: CUnit): boolean {
  return path.endsWith('.h');
}

/** The site of this file that an origin is: the acquire call itself, or the call of the wrapper that leads to it. */
export function siteOf(pass: RulePass, origin: Origin): CallSite | undefined {
  const places = [origin, ...origin.chain];
  for (const place of places) {
    if (place.unit !== pass.unit) continue;
    const site = pass.sites.find((s) => s.unit === place.unit && s.span.start === place.span.start);
    if (site !== undefined) return site;
  }
  return undefined;
}

/** How a finding is told. */
export interface FlowReport {
  readonly message: string;
  /** Severity where the path is proved to its end; default: error. */
  readonly severity?: Severity;
  /** How sure the finding is where the rule knows better than the path. */
  readonly confidence?: Confidence;
  readonly kernels?: Kernels;
  readonly fixes?: readonly FixProposal[];
  /** Further steps, shown before the place of the problem. */
  readonly steps?: readonly Step[];
}

/** Reports a problem with the path that leads to it. An error whose path leaves something open is a warning. */
export function reportFlow(pass: RulePass, finding: FlowFinding, told: FlowReport): void {
  const { problem, at, functionName, site } = finding;
  const confidence = told.confidence ?? problem.confidence;
  pass.report({
    message: told.message,
    ...(told.kernels === undefined ? {} : { kernels: told.kernels }),
    at,
    functionName,
    ...(site === undefined ? {} : { site }),
    severity: provedSeverity(told.severity ?? 'error', confidence),
    confidence,
    related: pathOf(finding, told.steps ?? []),
    ...(told.fixes === undefined ? {} : { fixes: told.fixes }),
  });
}

/** The severity of something that is this bad when it is proved. */
export function provedSeverity(severity: Severity, confidence: Confidence): Severity {
  return severity === 'error' && confidence !== 'high' ? 'warning' : severity;
}

/** The steps of a path: the calls that lead to the acquire, the acquire, the branches after it, the end where that is elsewhere. */
function pathOf({ problem, at }: FlowFinding, extra: readonly Step[]): NonNullable<Report['related']> {
  const { resource, step } = problem;
  const steps = resource === undefined ? [...problem.steps] : resourceSteps(problem, resource);
  steps.push(...extra, step);
  // A finding at the acquire call tells of what goes wrong in another file: the path begins with the acquire all the same.
  const seen = new Set(step.unit === at.unit ? [spot(at)] : []);
  return steps.flatMap((s) => {
    const key = spot(s);
    if (seen.has(key)) return [];
    seen.add(key);
    return [{ at: { unit: s.unit, span: s.span }, message: s.text }];
  });
}

function resourceSteps(problem: FlowProblem, resource: Resource): Step[] {
  const { origin } = resource;
  const rest = problem.steps.slice(origin.chain.length);
  const shown = rest.length > MAX_BRANCHES ? rest.slice(-MAX_BRANCHES) : rest;
  return [...origin.chain, acquireStep(resource), ...shown];
}

/** The acquire call as a step. */
export function acquireStep({ origin, reference }: Resource): Step {
  return { unit: origin.unit, span: origin.nameSpan, text: `${takenWord(reference)} here by ${origin.api}()` };
}

/** What an acquire did to the pages. */
export function takenWord(reference: Resource['reference']): string {
  return reference === 'pin' ? 'pinned' : reference === 'either' ? 'extracted' : 'taken';
}

/** `pin_user_pages_fast()`, with the function that calls it where that is not the one the finding stands in. */
export function acquiredBy({ resource, functionName }: PageFinding): string {
  const { api, functionName: where } = resource.origin;
  return where === functionName ? `${api}()` : `${api}() in ${where}()`;
}

/** The function that gives back what a resource holds: all of an array, or one page. */
export function releaseFor({ reference, unit }: Pick<Resource, 'reference' | 'unit'>): string {
  if (unit === 'folios') return 'unpin_folios()';
  if (reference === 'pin') return unit === 'one' ? 'unpin_user_page()' : 'unpin_user_pages()';
  if (reference === 'either') return 'unpin_user_pages(), where iov_iter_extract_will_pin() said yes,';
  return 'put_page()';
}

/** Where the pages of a finding were given back before: how a message says it, and the step. */
export function givenBack({ resource }: PageFinding): { readonly text: string; readonly steps: readonly Step[] } {
  const by = resource.hold.kind === 'released' ? resource.hold.by : undefined;
  return by === undefined
    ? { text: 'their release', steps: [] }
    : { text: `${by.api}() gave them back`, steps: [by.step] };
}

/** The call that may have taken the pages over, as a step of the finding. */
export function takerSteps({ resource }: PageFinding): readonly Step[] {
  return resource.maybeTaken === undefined ? [] : [resource.maybeTaken];
}
