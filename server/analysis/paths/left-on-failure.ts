/**
 * Pages that a failing function leaves in memory of its callers, where it gives the same pages back when it fails elsewhere: whoever is
 * told of the failure takes it that nothing is held. `program.ts` drops what a caller cleans up after all.
 */

import { compare, intervalOf } from '../../flow/facts.ts';
import { isMadeOf, type Value } from '../../flow/value.ts';
import { returnsPointer } from '../returns-pointer.ts';
import type { Exit } from './edges.ts';
import type { FlowProblem, ReleaseFact } from './flow-problem.ts';
import { type Frame, isShort, isSurelyHeld, mayBeHeld, reportProblem, stepAt, trailSteps } from './frame.ts';
import { isRefused } from './outside.ts';
import { isEntryKey, type PathState } from './path-state.ts';
import type { Handle } from './reachability.ts';
import { isCountedHere, type Resource } from './resource.ts';

/** Calls between the acquire and the failure from which on it is for callers further out to say what a failure leaves. */
const LONG_CHAIN = 2;

/** The detail of such a problem. */
export const LEFT = 'left';
/** The detail where the function gives them back nowhere, and nothing it leaves tells a caller that there are any. */
export const UNTOLD = 'untold';

/** A resource that is held where a function returns, with the places it can be reached from. */
export interface Open {
  readonly exit: Exit;
  readonly resource: Resource;
  readonly handles: readonly Handle[];
}

/**
 * Reports what failing exits leave behind and other failing exits give back, and what they leave in arrays without a word of it. What a
 * loop takes turn by turn is not told apart.
 */
export function checkLeftOnFailure(frame: Frame, exits: readonly Exit[], open: readonly Open[]): void {
  const returnsZero = succeedsWithZero(frame, exits);
  const fails = (e: Exit): boolean => isError(e) || (returnsZero && isNotZero(e));
  const failing = exits.filter(fails);
  for (const { exit, resource: r, handles } of open) {
    if (!fails(exit) || r.reference === 'either' || (r.maybeTaken !== undefined && !isRefused(exit, r))) continue;
    if (!isLikelyHeld(exit.state, r) || !handles.every(isCallers)) continue;
    const turns = frame.loops.headsOf(Number.parseInt(r.id, 10)).length > 0;
    const givesElsewhere = turns
      ? r.failed && failing.some((e) => givesOthersBack(e, r))
      : r.unmapped === true || failing.some((e) => givesBack(e, r.id));
    if (!givesElsewhere && !isUntold(failing, exit, r, handles)) continue;
    reportProblem(frame, {
      kind: givesElsewhere && isShort(exit.state, r) ? 'partial-pin-leaked' : 'pin-leaked',
      step: stepAt(frame, exit.span, 'fails here with the pages still held'),
      functionName: frame.fn.name,
      resource: r,
      steps: trailSteps(exit.state),
      confidence:
        exit.state.facts.dropped || frame.cfg.gaps.length > 0 || r.origin.chain.length >= LONG_CHAIN ? 'low' : 'medium',
      detail: givesElsewhere ? LEFT : UNTOLD,
    });
  }
}

/**
 * Whether pages lie in a struct that lives on, or in an array that is an argument itself. An object made here that only something else made
 * or found here leads to (a request of an engine, an export) was handed over: its end is not this failure.
 */
function isCallers({ owner, place, root }: Handle): boolean {
  if (place.startsWith('heap') && !root.startsWith('arg')) return false;
  return owner !== undefined || /^arg\d+\[\*\]$/.test(place);
}

/** Whether a function returns 0 where it leaves: `return 0`, or a variable of which the path knows it. */
function isZero({ state, value }: Exit): boolean {
  if (value === undefined) return false;
  if (value.kind === 'int') return value.value === 0;
  const { low, high } = intervalOf(state.facts, value);
  return low === 0 && high === 0;
}

/** Whether 0 is what a function returns for success; of one that returns pointers it is NULL, and no success. */
export function succeedsWithZero({ unit, fn }: Frame, exits: readonly Exit[]): boolean {
  return !returnsPointer(unit, fn) && exits.some(isZero);
}

/** Whether a function returns a negative errno where it leaves. */
export function isError({ state, value }: Exit): boolean {
  return value !== undefined && !isQueued(value) && intervalOf(state.facts, value).high < 0;
}

/** Whether a result is one of the errnos that tell of work in progress: whoever ends it gives the pages back. */
export function isQueued({ key }: Value): boolean {
  return key === '-EIOCBQUEUED' || key === '-EINPROGRESS';
}

/** `if (ret) return ret;` of a callee out of sight: where 0 means success it is an error. */
function isNotZero({ state, value }: Exit): boolean {
  return value?.kind === 'symbol' && state.facts.nonzero.has(value.key) && intervalOf(state.facts, value).low < 0;
}

/**
 * Whether nothing tells callers that pages lie in their array: they were taken here, and where the function fails without any it leaves
 * their memory just the same.
 */
function isUntold(failing: readonly Exit[], exit: Exit, r: Resource, handles: readonly Handle[]): boolean {
  if (!isCountedHere(r) || r.unit === 'one' || !handles.every(isArrayOfOthers)) return false;
  const left = leftBehind(exit.state);
  if ([...left.values()].some((v) => isMadeOf(v, r.result.key))) return false;
  return failing.some((e) => {
    const other = e.state.resources.get(r.id);
    if (other !== undefined && mayBeHeld(e.state, other)) return false;
    const same = leftBehind(e.state);
    return [...left].every(([place, v]) => same.get(place)?.key === v.key);
  });
}

/** Whether pages lie in an array that a caller, or a variable at file scope, leads to. */
function isArrayOfOthers({ place }: Handle): boolean {
  return /^(?:arg\d+|g:\w+(?![ \w])).*\[\*\]$/.test(place);
}

/** What a path has written to memory of the callers, besides pages. */
function leftBehind({ env }: PathState): ReadonlyMap<string, Value> {
  const out = new Map<string, Value>();
  env.forEach((v, place) => {
    if (isEntryKey(place) && v.prov.length === 0 && v.key !== `${place}@`) out.set(place, v);
  });
  return out;
}

function givesBack({ state }: Exit, id: string): boolean {
  const r = state.resources.get(id);
  return r?.hold.kind === 'released' && isLikelyHeld(state, r);
}

/** Whether an exit gives back what other turns took at the same call: the one that failed is no part of that. */
function givesOthersBack({ state }: Exit, { origin }: Resource): boolean {
  return [...state.resources.values()].some(
    (o) =>
      !o.failed &&
      o.origin.unit === origin.unit &&
      o.origin.span.start === origin.span.start &&
      (o.hold.kind === 'released' || o.hold.kind === 'some'),
  );
}

/** Whether the tests on the path leave no -errno possible, or say that all came that were asked for. */
export function isLikelyHeld(s: PathState, r: Resource): boolean {
  if (r.left === true || isSurelyHeld(s, r)) return true;
  if (r.heldWhen !== 'positive') return false;
  return (
    intervalOf(s.facts, r.result).low >= 0 ||
    (r.requested !== undefined && compare(s.facts, r.result, r.requested) === EQUAL)
  );
}

/** As `compare` tells it. */
const EQUAL = 2;

/** Whether a leak is one only by what callers take a failure to mean. */
export function isOfConvention({ detail }: FlowProblem): boolean {
  return detail === LEFT || detail === UNTOLD;
}

/** Drops problems of pages that a caller gives back after the failure, and those of sites with a leak that needs no convention. */
export function withoutCleanedUp(problems: readonly FlowProblem[], releases: readonly ReleaseFact[]): FlowProblem[] {
  const key = (o: Resource['origin'] | undefined): string => `${o?.unit.path}:${o?.span.start}`;
  const cleaned = new Set(releases.filter((r) => r.afterFailure).map((r) => key(r.origin)));
  const leaks = problems.filter((p) => !isOfConvention(p) && /leaked$/.test(p.kind) && p.confidence !== 'low');
  for (const p of leaks) cleaned.add(key(p.resource?.origin));
  return problems.filter((p) => !isOfConvention(p) || !cleaned.has(key(p.resource?.origin)));
}
