/** Tests and uses of an acquire's result that go wrong for -errno, for 0 or for a short count. */

import type { ApiRow } from '../../../model/schema.ts';
import type { Span } from '../../base/span.ts';
import { compare, intervalOf } from '../../flow/facts.ts';
import type { Expr } from '../../flow/ir.ts';
import { conversionOf, type Value } from '../../flow/value.ts';
import { evaluate } from './evaluate.ts';
import type { ProblemKind } from './flow-problem.ts';
import { type Frame, isMany, mayBeHeld, type OnPath, reportProblem, stepAt, trailSteps } from './frame.ts';
import type { PathState } from './path-state.ts';
import { isCountedHere, type Resource, type Step } from './resource.ts';

/** A path of the function at hand. */
interface FrameAndPath {
  readonly frame: Frame;
  readonly s: PathState;
}

const LESS = 1;
const EQUAL = 2;
const ANY = 7;
const RELATIONAL: ReadonlySet<string> = new Set(['<', '<=', '>', '>=']);

/** A relational test in which a result that may be -errno was converted to unsigned: the error passes for a huge count. */
export function checkComparison(frame: Frame, s: PathState, cond: Expr, point: string): void {
  if (cond.kind === 'not') return checkComparison(frame, s, cond.arg, point);
  if (cond.kind !== 'binary' || !RELATIONAL.has(cond.op)) return;
  for (const side of [cond.left, cond.right]) {
    const inner = unsignedInside(evaluate(s, side, { point }));
    const r = inner === undefined ? undefined : resourceOf(s, inner);
    if (inner === undefined || r === undefined || r.heldWhen !== 'positive' || r.unit === 'one') continue;
    if (intervalOf(s.facts, inner).low >= 0 || againstRequested(s, r) === EQUAL) continue;
    report({ frame, s }, r, 'errno-as-count', {
      step: stepAt(frame, cond.span, 'a negative result is compared as an unsigned number here'),
      confidence: 'high',
    });
  }
}

/** How the result compares with what was asked for, whatever the conversions of either. */
function againstRequested({ facts }: PathState, { result, requested }: Resource): number {
  if (requested === undefined) return ANY;
  const possible = compare(facts, result, requested);
  const plain = unsignedInside(requested);
  return plain === undefined ? possible : possible & compare(facts, result, plain);
}

/** What an unsigned conversion of at least 32 bits was applied to, through further conversions. */
function unsignedInside(v: Value): Value | undefined {
  let found = false;
  let here = v;
  while (here.kind === 'op') {
    const conv = conversionOf(here.op);
    const inner = here.args[0];
    if (conv === undefined || inner === undefined) break;
    found ||= conv.unsigned;
    here = inner;
  }
  return found ? here : undefined;
}

/** The resource whose result a value is. */
function resourceOf(s: PathState, v: Value): Resource | undefined {
  for (const r of s.resources.values()) if (r.result.key === v.key) return r;
  return undefined;
}

/** How many pages a release is told to give back. */
interface GivenCount {
  readonly count: Value;
  /** Whether it takes a negative number for a huge one, and not for none. */
  readonly withoutSign: boolean;
}

/** A count given to a release: negative where the acquire failed, or what was asked for where fewer may have come. */
export function checkReleaseCount(on: FrameAndPath, r: Resource, given: GivenCount, at: Step): void {
  const { s } = on;
  const { count, withoutSign } = given;
  if (r.unit !== 'pages' || r.heldWhen !== 'positive') return;
  const inner = unsignedInside(count) ?? count;
  if (inner.key === r.result.key) {
    const i = intervalOf(s.facts, inner);
    if (withoutSign && i.low < 0 && i.high > 0 && againstRequested(s, r) !== EQUAL)
      report(on, r, 'errno-as-count', { step: at, confidence: 'high' });
    return;
  }
  if (r.requested === undefined || inner.kind === 'int' || !isRequested(r, inner) || !isMany(s, r)) return;
  const possible = againstRequested(s, r);
  if (passedAsUnsigned(on, r)) return;
  if (possible === LESS) report(on, r, 'release-count-mismatch', { step: at, confidence: 'high' });
  else if ((possible & LESS) !== 0) report(on, r, 'short-pin-as-success', { step: at, confidence: 'medium' });
}

/** The detail of a release that counts by the result on a path that knows that the call failed. */
export const FAILED = 'failed';

/** A release that takes a number without sign, given a result that is known to be an -errno, or that or 0: nothing came, and an -errno is no number. */
export function checkNegativeCount(on: FrameAndPath, count: Value, at: Step): void {
  const inner = unsignedInside(count) ?? count;
  const { low, high } = intervalOf(on.s.facts, inner);
  const r = low < 0 && high <= 0 ? resourceOf(on.s, inner) : undefined;
  if (r?.unit === 'pages' && r.heldWhen === 'positive')
    report(on, r, 'errno-as-count', { step: at, confidence: 'high', detail: FAILED });
}

/** The detail of a result that a function of the program gets as the number of pages that it gives back. */
export const PASSED = 'passed';

/** An argument that a callee takes as a number of pages without sign, where it is a result that may be -errno. */
export function checkPassedCount(on: OnPath, pages: Value, count: Value): void {
  const { frame, s, info } = on;
  for (const id of pages.prov) {
    const r = s.resources.get(id);
    if (r === undefined || r.unit !== 'pages' || r.heldWhen !== 'positive') continue;
    if ((unsignedInside(count) ?? count).key !== r.result.key) continue;
    const i = intervalOf(s.facts, r.result);
    if (i.low >= 0 || i.high <= 0 || againstRequested(s, r) === EQUAL) continue;
    const step = stepAt(frame, info.instr.span, 'the result is the number of pages to give back here');
    report({ frame, s }, r, 'errno-as-count', { step, confidence: 'high', detail: PASSED });
  }
}

/** The detail of a release on a path that knows that the call took nothing. */
export const NONE_CAME = 'none came';

/** A release of as many pages as were asked for, on a path that knows that the call took none. */
export function checkNeverTaken(on: FrameAndPath, behind: readonly Resource[], count: Value, at: Step): void {
  const isNone = (r: Resource): boolean =>
    r.unit === 'pages' &&
    r.heldWhen === 'positive' &&
    r.hold.kind === 'held' &&
    intervalOf(on.s.facts, r.result).high <= 0;
  const [first] = behind;
  if (first === undefined || !behind.every(isNone) || !behind.some((r) => asksFor(r, count))) return;
  report(on, first, 'release-count-mismatch', { step: at, confidence: 'medium', detail: NONE_CAME });
}

/** Whether a count is the number of pages that an acquire call was asked for, and no constant. */
export function asksFor(r: Resource, count: Value): boolean {
  const inner = unsignedInside(count) ?? count;
  return inner.kind !== 'int' && isRequested(r, inner);
}

/** Whether a value without conversions is the number that was asked for. */
function isRequested({ requested }: Resource, plain: Value): boolean {
  return requested !== undefined && (unsignedInside(requested) ?? requested).key === plain.key;
}

/** Whether an -errno passes a test of the result as a huge count: fewer than asked for is then what that test let through. */
function passedAsUnsigned({ frame, s }: FrameAndPath, { origin, result }: Resource): boolean {
  if (intervalOf(s.facts, result).low >= 0) return false;
  return frame.problems.some(
    ({ kind, resource }) =>
      kind === 'errno-as-count' &&
      resource?.origin.unit === origin.unit &&
      resource.origin.span.start === origin.span.start,
  );
}

/** The detail of pages that are used where the result was tested for nothing but 0. */
export const USED = 'used';

/** `if (ret) kmap(page);`: a negative errno is not 0 either, and there is no page then. */
export function checkUsed({ frame, s, info }: OnPath, row: ApiRow, args: readonly Value[]): void {
  if (!row.effects.some((e) => e.op === 'access' || e.op === 'map' || e.op === 'alias')) return;
  for (const id of new Set(args.flatMap((a) => a.prov))) {
    const r = s.resources.get(id);
    if (r === undefined || r.heldWhen !== 'positive' || r.hold.kind !== 'held' || !isCountedHere(r)) continue;
    const i = intervalOf(s.facts, r.result);
    if (i.low >= 0 || i.high <= 0 || !s.facts.nonzero.has(r.result.key) || againstRequested(s, r) === EQUAL) continue;
    if (frame.problems.some((p) => p.detail === USED && p.resource?.origin.span.start === r.origin.span.start))
      continue;
    const step = stepAt(frame, info.instr.span, `${row.name}() is given the page here`);
    report({ frame, s }, r, 'errno-as-count', { step, confidence: 'high', detail: USED });
  }
}

/** Where a loop is tested. */
interface LoopTest {
  readonly point: string;
  /** Whether the loop's body gives pages back. */
  readonly releases: () => boolean;
}

/** `for (i = 0; i < requested; i++)` over pages of which fewer may have come. */
export function checkLoopBound({ frame, s }: FrameAndPath, cond: Expr, { point, releases }: LoopTest): void {
  if (cond.kind !== 'binary' || !RELATIONAL.has(cond.op)) return;
  const bound = evaluate(s, cond.op === '<' || cond.op === '<=' ? cond.right : cond.left, { point });
  const plain = unsignedInside(bound) ?? bound;
  for (const r of s.resources.values()) {
    if (
      r.unit !== 'pages' ||
      r.hold.kind !== 'held' ||
      r.requested === undefined ||
      !isRequested(r, plain) ||
      plain.kind === 'int' ||
      !mayBeHeld(s, r)
    )
      continue;
    const possible = againstRequested(s, r);
    if ((possible & LESS) === 0 || r.result.key === plain.key) continue;
    if (passedAsUnsigned({ frame, s }, r)) continue;
    if (possible === LESS && releases()) {
      const step = stepAt(frame, cond.span, 'as many are given back here as were asked for');
      report({ frame, s }, r, 'release-count-mismatch', { step, confidence: 'high' });
      continue;
    }
    report({ frame, s }, r, 'short-pin-as-success', {
      step: stepAt(frame, cond.span, 'walks as many pages as were asked for, not as many as came'),
      confidence: 'medium',
    });
  }
}

/**
 * A function that ends well and leaves pages with an owner, where fewer may have come than asked for and the count of those that came
 * goes nowhere: who gives them back cannot know it. Not for calls in loops, which take the rest on the next turn.
 */
export function checkKept(
  frame: Frame,
  s: PathState,
  r: Resource,
  exit: { value: Value | undefined; span: Span },
): void {
  if (r.unit !== 'pages' || r.heldWhen !== 'positive' || r.requested === undefined || r.requested.kind === 'int')
    return;
  if (!isCountedHere(r) || r.counted === true || frame.loops.headsOf(Number.parseInt(r.id, 10)).length > 0) return;
  const came = intervalOf(s.facts, r.result);
  const possible = compare(s.facts, r.result, r.requested);
  if (came.low < 0 && came.high > 0 && possible !== EQUAL && s.facts.nonzero.has(r.result.key)) {
    if (exit.value === undefined || intervalOf(s.facts, exit.value).low < 0) return;
    const at = stepAt(frame, exit.span, 'returns here with the pages kept, or with none at all');
    return report({ frame, s }, r, 'errno-as-count', { step: at, confidence: 'medium', detail: KEPT });
  }
  if (came.low < 0 || (possible & LESS) === 0 || possible === LESS) return;
  if (exit.value !== undefined && (intervalOf(s.facts, exit.value).high < 0 || mentions(exit.value, r.result))) return;
  for (const [place, value] of s.env) {
    const isLocal = place.startsWith('l:') || place.startsWith('t:');
    if (mentions(value, r.result) && (!isLocal || value.kind === 'op')) return;
  }
  const at = stepAt(frame, exit.span, 'returns here with the pages kept, however many came');
  report({ frame, s }, r, 'short-pin-as-success', { step: at, confidence: 'medium', detail: KEPT });
}

/** Whether memory that lives on is told the number of pages that were asked for, as that of those handed out. */
export function tellsRequested(s: PathState, { requested }: Resource): boolean {
  if (requested === undefined || requested.kind === 'int') return false;
  const plain = unsignedInside(requested) ?? requested;
  const isKnown = plain.kind === 'symbol' && plain.path !== undefined;
  if (isKnown) return false;
  return [...s.env].some(
    ([place, value]) => !/^(?:l:|t:|heap)/.test(place) && (unsignedInside(value) ?? value).key === plain.key,
  );
}

/**
 * A short count that is returned as it is, behind a release of what came, by a function that returns 0 when all went well: to its
 * callers, who look for a negative result, this is success.
 */
export function checkShortStatus(
  frame: Frame,
  s: PathState,
  r: Resource,
  exit: { value: Value | undefined; span: Span },
): void {
  const { value } = exit;
  if (value === undefined || r.unit !== 'pages' || !isCountedHere(r) || r.hold.kind !== 'released') return;
  if ((unsignedInside(value) ?? value).key !== r.result.key || r.requested === undefined) return;
  if (intervalOf(s.facts, r.result).high <= 0 || (compare(s.facts, r.result, r.requested) & ~LESS) !== 0) return;
  const at = stepAt(frame, exit.span, 'a short count is returned here');
  report({ frame, s }, r, 'short-count-returned', { step: at, confidence: 'medium' });
}

/** The detail of a short count that was kept rather than used. */
export const KEPT = 'kept';

/** Whether a value is made of another one. */
function mentions(v: Value, other: Value): boolean {
  return v.key.includes(other.key);
}

/** An acquire whose result nobody looks at. */
export function checkDiscarded(on: OnPath, row: ApiRow): void {
  const { frame, s, info } = on;
  if (!info.instr.discarded || row.returns === 'void') return;
  const r = [...s.resources.values()].find(
    (x) => x.origin.span.start === info.instr.span.start && x.origin.unit === frame.unit,
  );
  if (r !== undefined && !r.preset)
    report({ frame, s }, r, 'result-ignored', {
      step: stepAt(frame, info.instr.span, 'the result is thrown away here'),
      confidence: 'high',
    });
}

function report(
  { frame, s }: FrameAndPath,
  r: Resource,
  kind: ProblemKind,
  shown: { readonly step: Step; readonly confidence: 'high' | 'medium'; readonly detail?: string },
): void {
  reportProblem(frame, {
    kind,
    step: shown.step,
    functionName: frame.fn.name,
    resource: r,
    steps: [...r.origin.chain, ...trailSteps(s)],
    confidence: s.facts.dropped || frame.cfg.gaps.length > 0 ? 'medium' : shown.confidence,
    detail: shown.detail ?? r.origin.api,
  });
}
