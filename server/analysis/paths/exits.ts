/** What the ends of a function's paths say: leaks, pages held by owners, and the function's summary. */
import { compare, intervalOf } from '../../flow/facts.ts';
import { ZEROED } from '../../flow/lower-declaration.ts';
import { mirror } from '../../flow/relations.ts';
import { type Interval, isConstantKey, isLent, isMadeOfLent, type Owner, TOP, type Value } from '../../flow/value.ts';
import { returnsPointer } from '../returns-pointer.ts';
import { checkArray } from './check-array.ts';
import { checkExtraReferences } from './check-release.ts';
import { checkKept, checkShortStatus, tellsRequested } from './check-result.ts';
import { checkCleared } from './cleared-elements.ts';
import type { Exit } from './edges.ts';
import { truth } from './evaluate.ts';
import {
  type Frame,
  isMany,
  isOfKernelVec,
  isShort,
  isSurelyHeld,
  mayBeHeld,
  pinAnswer,
  reportProblem,
  stepAt,
  trailSteps,
} from './frame.ts';
import { checkLeftOnFailure, isLikelyHeld, isQueued, type Open, succeedsWithZero } from './left-on-failure.ts';
import { loopActs } from './loop-turns.ts';
import { boundedCases } from './merge-cases.ts';
import { isBareNonzero } from './nonzero-result.ts';
import { isRefused } from './outside.ts';
import { isEntryKey, objectKey, type PathState } from './path-state.ts';
import { type Handle, ownerOfPlace, reachable } from './reachability.ts';
import { reachWithoutRefused } from './refused.ts';
import type { Resource, Step } from './resource.ts';
import { checkShortOnFailure } from './short-on-failure.ts';
import {
  type Description,
  isArgument,
  isEffective,
  maskedArgument,
  type Summary,
  type SummaryCase,
  sourceOf,
} from './summary.ts';
import { checkTail } from './tail-leaked.ts';

/** Writes a case carries at most; those with pages come first. */
const MAX_WRITES = 40;

/** Evaluates all exits of a function: reports leaks into the frame and builds the summary. */
export function summarize(frame: Frame, exits: readonly Exit[], complete: boolean): Summary {
  const cases: SummaryCase[] = [];
  const returnsZero = succeedsWithZero(frame, exits);
  const left: Open[] = [];
  for (const exit of exits) {
    const reach = reachable(exit.state, exit.value);
    const sureReach = exit.state.resources.size === 0 ? undefined : reachWithoutRefused(exit);
    const kept: Resource[] = [];
    checkExtraReferences(frame, exit.state);
    for (const r of exit.state.resources.values()) {
      const open = r.hold.kind === 'held' && mayBeHeld(exit.state, r) && !isNothing(exit.state, r);
      frame.ends.push({
        origin: r.origin,
        hold: r.hold.kind,
        open,
        onSuccess: succeeds(frame, exit),
        nonzero: isBareNonzero(frame, exit),
        maybeTaken: r.maybeTaken !== undefined,
        dirtied: r.dirtied !== undefined,
        markedAt: r.dirtied,
        failed: r.failed,
      });
      const handles = reach.get(r.id);
      // Of pages that a callee left where nobody can follow, the array may well be there too.
      const isFollowed = handles?.every((h) => !h.place.startsWith('g:elsewhere')) ?? !open;
      if (isFollowed) checkArray(frame, exit, r);
      if (!open) {
        if (handles === undefined) checkTail(frame, exit, r);
        if (returnsZero) checkShortStatus(frame, exit.state, r, exit);
        continue;
      }
      if (handles === undefined) reportLeak(frame, exit, r);
      else {
        if (sureReach !== undefined && !sureReach.has(r.id)) reportLeak(frame, exit, { ...r, told: true });
        kept.push(r);
        left.push({ exit, resource: r, handles });
        noteHeld(frame, exit, r, handles);
        checkCleared(frame, exit.state, r, handles);
        if (handles.some((h) => h.owner !== undefined) || tellsRequested(exit.state, r))
          checkKept(frame, exit.state, r, exit);
      }
    }
    cases.push(caseOf(exit, kept));
  }
  checkLeftOnFailure(frame, exits, left);
  checkShortOnFailure(frame, left);
  const { list: bounded, all } = boundedCases(cases);
  return {
    name: frame.fn.name,
    cases: bounded,
    effective: bounded.some(isEffective),
    complete: complete && all,
  };
}

/** Whether the array that the API made for the pages is known to be NULL here, so that none came; or the iterator for one of kvecs. */
function isNothing(s: PathState, r: Resource): boolean {
  if (isOfKernelVec(s, r) === true) return true;
  const { id } = r;
  return s.env
    .concerning()
    .some(
      ({ place, value }) =>
        place.startsWith('heap') && value.prov.includes(id) && s.facts.intervals.get(objectKey(place))?.high === 0,
    );
}

function reportLeak(frame: Frame, exit: Exit, r: Resource): void {
  const s = exit.state;
  const steps: Step[] = [...r.origin.chain, ...trailSteps(s)];
  if (r.lost !== undefined) steps.push(r.lost);
  reportProblem(frame, {
    kind: isShort(s, r) ? 'partial-pin-leaked' : 'pin-leaked',
    step: stepAt(frame, exit.span, 'returns here with the pages still held'),
    jump: s.jump && stepAt(frame, s.jump, 'leaves here with the pages still held'),
    functionName: frame.fn.name,
    resource: r,
    steps,
    confidence: leakConfidence(frame, exit, r),
    detail: r.maybeTaken?.text ?? '',
  });
}

/** Calls between the acquire and the function that leaks, from which on a path is a guess. */
const LONG_CHAIN = 3;

function leakConfidence(frame: Frame, exit: Exit, r: Resource): 'high' | 'medium' | 'low' {
  const s = exit.state;
  const isUnasked = r.reference === 'either' && pinAnswer(s, r) !== 'pinned';
  if ((r.maybeTaken !== undefined && !isRefused(exit, r)) || (isUnasked && isOfKernelVec(s, r) !== false)) return 'low';
  // Intervals of page frame numbers are not followed.
  if (r.computed === true || (r.carried && isRefilledByItself(r)) || r.origin.chain.length >= LONG_CHAIN) return 'low';
  if (r.carried && isMany(s, r) && (r.told === true || (r.lost !== undefined && usesNumbers(frame)))) return 'low';
  // A callee that took them turn by turn knows how many; whether that is none is told by a sum that is not followed, to who gives them back.
  if (r.origin.chain.length > 0 && /_\d+$/.test(r.id) && !isSurelyHeld(s, r) && isGivenBack(frame, r)) return 'low';
  if (countsReferences(frame) || r.uncounted === true || r.bounded === true) return 'low';
  const assumed =
    s.facts.dropped ||
    frame.cfg.gaps.length > 0 ||
    (isRefilledByItself(r) && handlesPages(frame, r)) ||
    r.told === true ||
    isUnasked ||
    r.maybeTaken !== undefined;
  return assumed ? 'medium' : 'high';
}

/** Whether a function does more with numbers and addresses of pages than to keep each in an element of its own. */
function usesNumbers({ unit, fn }: Frame): boolean {
  const body = unit.code.slice(fn.bodySpan.start, fn.bodySpan.end);
  const made = body.match(/\bpage_to_\w+\s*\(/g)?.length ?? 0;
  const keptAlone = body.match(/\]\s*=\s*(?:\([\w\s]+\)\s*)?page_to_\w+\s*\([^;]*\)\s*;/g)?.length ?? 0;
  return made === 0 || made > keptAlone || /_to_(?:page|folio)\w*\s*\(/.test(body);
}

/** Whether some path of the function gives such pages back. */
function isGivenBack({ releases }: Frame, { origin }: Resource): boolean {
  return releases.some((f) => f.origin.unit === origin.unit && f.origin.span.start === origin.span.start);
}

/** Whether the call that took the pages is what overwrote them: a later turn of its loop, to which the array may have been moved on. */
function isRefilledByItself({ lost, origin }: Resource): boolean {
  return lost?.unit === origin.unit && lost.span.start === origin.span.start;
}

/** Whether a loop around the call that took the pages does anything with elements of arrays. */
function handlesPages(frame: Frame, { id }: Resource): boolean {
  return frame.loops.headsOf(Number.parseInt(id, 10)).some((head) => loopActs(frame, head));
}

/** Whether the function counts references of single pages in a variable to drop them together, as page_ref_sub() does. */
function countsReferences(frame: Frame): boolean {
  const drops = (name: string): boolean =>
    frame.model
      .rows(name)
      .some((row) =>
        row.effects.some((e) => e.op === 'release' && e.ref === 'get' && e.place === 'arg0' && e.count !== undefined),
      );
  return frame.cfg.blocks.some((b) =>
    b.instrs.some((i) => i.kind === 'call' && i.callee !== undefined && drops(i.callee)),
  );
}

function noteHeld(frame: Frame, exit: Exit, r: Resource, handles: readonly Handle[]): void {
  for (const h of handles) {
    if (h.owner === undefined) continue;
    frame.held.push({
      origin: r.origin,
      resource: r,
      owner: h.owner,
      through: h.through,
      path: h.place,
      functionName: frame.fn.name,
      onSuccess: succeeds(frame, exit),
    });
  }
}

/** Whether a result tells the caller that all went well, as far as known. Of a function that returns a pointer NULL does not. */
function succeeds({ unit, fn }: Frame, { state, value }: Exit): boolean {
  if (value === undefined || isQueued(value)) return true;
  const { low, high } = intervalOf(state.facts, value);
  if (low === 0 && high === 0) return !returnsPointer(unit, fn);
  return high >= 0;
}

function caseOf(exit: Exit, kept: readonly Resource[]): SummaryCase {
  const s = exit.state;
  const ids = new Set(kept.map((r) => r.id));
  const returns = exit.value === undefined ? TOP : intervalOf(s.facts, exit.value);
  const eitherSign = returns.low < 0 && returns.high > 0;
  return {
    returns,
    nonzero: eitherSign && exit.value !== undefined && truth(s, exit.value) === true ? true : undefined,
    result:
      exit.value === undefined ? { kind: 'made', key: 'void', prov: [], interval: TOP } : describe(s, exit.value, ids),
    requires: requirements(s),
    relations: constantRelations(s),
    oneOf: [...s.facts.constants].filter(([key]) => isArgument(key)).map(([key, constants]) => ({ key, constants })),
    writes: writesOf(s, ids),
    events: s.events,
    resources: kept.map((r) => ({ ...r, left: isLikelyHeld(s, r), cleared: undefined })),
    counts: kept.flatMap((r) =>
      r.requested === undefined ? [] : [{ id: r.id, mask: compare(s.facts, r.result, r.requested) }],
    ),
    locksTaken: [...s.locks.entries()],
    dropped: s.facts.dropped,
  };
}

function describe(s: PathState, v: Value, ids: ReadonlySet<string>): Description {
  if (v.kind === 'int') return { kind: 'int', value: v.value };
  const prov = v.prov.filter((id) => ids.has(id));
  if (v.kind === 'symbol' && v.path !== undefined && v.path === v.key && prov.length === 0)
    return { kind: 'entry', key: v.key };
  const lent = isLent(v) && isMadeOfLent(v) ? true : undefined;
  return { kind: 'made', key: v.key, prov, interval: intervalOf(s.facts, v), from: sourceOf(v), lent };
}

/** Entry values whose interval or truth the path depends on. */
function requirements(s: PathState): SummaryCase['requires'] {
  const out: { key: string; interval: Interval; nonzero: boolean }[] = [];
  s.facts.intervals.forEach((interval, key) => {
    if ((interval.low > Number.NEGATIVE_INFINITY || interval.high < Number.POSITIVE_INFINITY) && isArgument(key))
      out.push({ key, interval, nonzero: s.facts.nonzero.has(key) });
  });
  for (const key of s.facts.nonzero) {
    if (isArgument(key) && !s.facts.intervals.has(key)) out.push({ key, interval: TOP, nonzero: true });
  }
  for (const key of s.facts.nonzero)
    if (maskedArgument(key) !== undefined) out.push({ key, interval: TOP, nonzero: true });
  s.facts.intervals.forEach((interval, key) => {
    if (interval.low === 0 && interval.high === 0 && maskedArgument(key) !== undefined)
      out.push({ key, interval, nonzero: false });
  });
  return out.slice(0, 16);
}

/** How entry values compare with named constants on the path: a `switch` over a command in callee and caller agree by these. */
function constantRelations(s: PathState): SummaryCase['relations'] {
  const out: { key: string; constant: string; mask: number }[] = [];
  for (const [pair, mask] of s.facts.relations) {
    const [a = '', b = ''] = pair.split('|');
    if (isConstantKey(a) && isArgument(b)) out.push({ key: b, constant: a, mask: mirror(mask) });
    else if (isConstantKey(b) && isArgument(a)) out.push({ key: a, constant: b, mask });
  }
  return out.slice(0, 16);
}

/** What a carrier holds that is, or is part of, an object that an argument points to. */
const OWN_CONTENT = /^arg\d+\[\*\](?:\.\w+)*\.<pages>$/;

function writesOf(s: PathState, ids: ReadonlySet<string>): SummaryCase['writes'] {
  const out: { place: string; value: Description; owner: Owner | undefined }[] = [];
  s.env.forEach((v, place) => {
    if (place.startsWith('l:') || place.startsWith('t:') || place.startsWith('g:published')) return;
    if (place.endsWith(ZEROED)) return;
    // What was there at entry is no write, unless pages joined it in a carrier that an argument is: a bio, a scatterlist.
    const joined = OWN_CONTENT.test(place) && v.prov.some((id) => ids.has(id));
    if (v.key === `${place}@` && !joined) return;
    const value = describe(s, v, ids);
    const pages = value.kind === 'made' && value.prov.length > 0;
    const own = place.startsWith('heap');
    const kept = pages || value.kind === 'entry' || (value.kind === 'made' && value.key.startsWith('heap'));
    if (!isEntryKey(place) && !own) {
      // Memory of unknown origin lives on: what is put there is known to somebody.
      const owner = ownerOfPlace(s, place);
      if (kept) out.push({ place: `g:published ${place.replace(/[.[]/g, '-')}`, value, owner });
      return;
    }
    out.push({ place, value, owner: ownerOfPlace(s, place) });
  });
  const hasPages = (w: { value: Description }): number =>
    w.value.kind !== 'made' ? 2 : w.value.prov.length > 0 ? 0 : w.value.key.startsWith('heap') ? 1 : 2;
  return out.sort((a, b) => hasPages(a) - hasPages(b)).slice(0, MAX_WRITES);
}
