/** Giving pages back: one page, an array with a count, or what was there at entry; and what can be wrong about it. */

import type { Reference } from '../../../model/schema.ts';
import { openingOf } from '../../base/brackets.ts';
import { intervalOf } from '../../flow/facts.ts';
import { conversionOf, regionOf, type Value } from '../../flow/value.ts';
import { functionAt } from '../calls/call-index.ts';
import { mayGiveBack } from '../sites/hold-kind.ts';
import { checkNullRelease } from './check-release.ts';
import { checkNegativeCount, checkNeverTaken, checkReleaseCount } from './check-result.ts';
import { evaluate } from './evaluate.ts';
import type { ProblemKind } from './flow-problem.ts';
import { objectOf } from './found-by.ts';
import {
  type CallSiteInfo,
  type Frame,
  isMany,
  mayBeHeld,
  type OnPath,
  pinAnswer,
  reportProblem,
  stepAt,
  trailSteps,
} from './frame.ts';
import { addEvent, type EntryEvent, isSameReturn, objectKey, type PathState, setResource } from './path-state.ts';
import { provenanceIn, walkedContainer } from './reachability.ts';
import type { Hold, Mapping, Release, Resource, Step } from './resource.ts';

/** A release call, resolved. */
export interface ReleaseCall {
  readonly api: string;
  readonly reference: Reference;
  /** The page, or what the elements of the array hold. */
  readonly value: Value;
  /** An array with (or without) a count, rather than one page. */
  readonly array: boolean;
  readonly count: Value | undefined;
  /** In a callee: whether it takes a negative count for a huge one. */
  readonly withoutSign?: boolean | undefined;
  /** The pointer has an offset: only a part is meant. */
  readonly offset: boolean;
  readonly dirties: 'yes' | 'no' | 'maybe';
  /** The value that decides, where it is not known. */
  readonly dirtyBy?: Value | undefined;
  /** The argument as written; undefined in a callee. */
  readonly pointer?: Value | undefined;
  /** Where it happens, when that is in a callee; default: at the call. */
  readonly at?: Step;
}

/** Whether an argument that says so makes the callee mark pages dirty. */
export function dirtyness(s: PathState, v: Value): 'yes' | 'no' | 'maybe' {
  const i = intervalOf(s.facts, v);
  if (i.low === 0 && i.high === 0) return 'no';
  return i.low > 0 || i.high < 0 || s.facts.nonzero.has(v.key) ? 'yes' : 'maybe';
}

/** The key by which a caller can tell what a value is; undefined for what the function made itself. */
export function entryKeyOf(v: Value | undefined): string | undefined {
  const inner = v?.kind === 'op' && conversionOf(v.op) !== undefined ? v.args[0] : undefined;
  if (inner !== undefined) return entryKeyOf(inner);
  return v?.kind === 'symbol' && v.path === v.key ? v.key : undefined;
}

/** Applies a release to the path. */
export function applyRelease(on: OnPath, call: ReleaseCall): void {
  const { frame, s, info } = on;
  const release: Release = {
    api: call.api,
    reference: call.reference,
    step: call.at ?? stepAt(frame, info.instr.span, `given back here by ${call.api}()`),
    functionName: frame.fn.name,
    here: stepAt(frame, info.instr.span, ''),
  };
  if (call.count !== undefined && call.at === undefined && countsUnsigned(frame, call.api))
    checkNegativeCount(on, call.count, release.step);
  if (call.count !== undefined && intervalOf(s.facts, call.count).high <= 0) return;
  checkNullRelease(on, { ...call, pointer: call.pointer }, release.step);
  const container = call.value.prov.length === 0 ? walkedContainer(call.value.key) : undefined;
  const prov = container === undefined ? call.value.prov : provenanceIn(s, container);
  if (prov.length === 0) return releaseUnknown(on, call, release);
  const all = prov.flatMap((id) => s.resources.get(id) ?? []);
  const reached = all.filter((r) => mayBeHeld(s, r));
  if (reached.length === 0) reportListed(on, all, call, release);
  if (reached.length === 0 && call.count !== undefined && call.at === undefined && !call.offset)
    checkNeverTaken(on, all, call.count, release.step);
  const resources = countedBy(reached, call);
  const kind = mismatch(resources, call.reference);
  for (const r of resources) {
    if (r.extraReferences > 0 && call.reference === 'get') {
      setResource(s, { ...r, extraReferences: r.extraReferences - 1 });
      continue;
    }
    if (kind !== undefined) reportRelease(on, r, release, kind);
    frame.releases.push({
      origin: r.origin,
      release,
      matches: kind === undefined,
      dirtied: r.dirtied !== undefined || call.dirties !== 'no',
      afterFailure: resources.every((other) => other.failed),
    });
    releaseResource(on, r, { call, release, definite: kind === undefined && resources.length === 1 });
  }
}

/** Pages that were there at entry: an event for the callers. Pages from nowhere: whatever is held may have been among them. */
function releaseUnknown({ frame, s, info }: OnPath, call: ReleaseCall, release: Release): void {
  const ended = endedIn(s, call.value);
  if (ended !== undefined) {
    if (!isOfObject({ frame, s, info }, ended)) reportRelease({ frame, s, info }, ended, release, 'double-release');
    return;
  }
  const path = call.value.kind === 'symbol' ? call.value.path : undefined;
  // __free_page() and the like free memory of their own: only a caller that knows the pages for a user's says anything of it.
  if (path === undefined && call.reference === 'none') return;
  if (path === undefined) {
    for (const r of s.resources.values()) {
      if (r.hold.kind === 'held' && mayBeHeld(s, r))
        setResource(s, { ...r, maybeTaken: r.maybeTaken ?? release.step, takers: [...r.takers, ''] });
    }
  }
  noteReturned({ frame, s, info }, call, release);
  const owner = call.value.kind === 'symbol' ? call.value.owner : undefined;
  if (path === undefined && owner === undefined) return;
  if (path !== undefined && call.at === undefined) checkRepeated({ frame, s, info }, path, release);
  addEvent(s, {
    kind: 'release',
    path: path ?? '',
    owner,
    api: call.api,
    reference: call.reference,
    step: release.step,
    functionName: frame.fn.name,
    all: call.array && !call.offset,
    dirties: call.dirties,
    dirtyKey: call.dirties === 'maybe' ? entryKeyOf(call.dirtyBy) : undefined,
    ...countOf({ frame, s, info }, call),
  });
}

/** Pages given back before the array that held them was freed, where the value was read from that array. */
function endedIn(s: PathState, { key }: Value): Resource | undefined {
  const region = objectKey(key);
  if (!region.startsWith('heap') || !s.freed.has(region)) return undefined;
  return [...s.resources.values()].find((r) => r.hold.kind === 'released' && r.heldIn === region);
}

/** Words of functions that drop one of several references: what happens at the last one does not happen twice. */
const DROPS_REFERENCE = /(?:^|_)(?:put|unref|deref|release)(?:_|$)/;

/** Whether a call gets not the array but an object that has it: one that is freed already, or of which the call drops a reference. */
function isOfObject({ s, info }: OnPath, { heldIn = '' }: Resource): boolean {
  const given = info.instr.args.map((arg) => objectKey(regionOf(evaluate(s, arg, { point: info.point }))));
  if (given.includes(heldIn)) return false;
  return DROPS_REFERENCE.test(info.instr.callee ?? '') || given.some((object) => s.freed.has(object));
}

/** Keeps in mind through which object pages were found that are given back. */
function noteReturned({ frame, s, info }: OnPath, { value, api, at }: ReleaseCall, release: Release): void {
  const object = at !== undefined && unmapsBefore(at) ? undefined : objectOf(value);
  if (object === undefined || s.unmapped.has(object) || s.returned.some((r) => isSameReturn(r, object, release.step)))
    return;
  const path = value.kind === 'symbol' ? value.path : undefined;
  const here = stepAt(frame, info.instr.span, '');
  s.returned = [...s.returned, { object, path, api, step: release.step, functionName: release.functionName, here }];
}

/** The entry value that says how many pages a release gives back, as its own count or as the bound of its loop, and whether it has no sign. */
function countOf({ frame, s, info }: OnPath, call: ReleaseCall): Pick<EntryEvent, 'countKey' | 'countsUnsigned'> {
  const { api, count, array, at } = call;
  if (at !== undefined) return { countKey: entryKeyOf(count), countsUnsigned: call.withoutSign };
  const countKey = entryKeyOf(array ? count : loopBound(frame, s, info));
  if (countKey === undefined) return {};
  const type = frame.cfg.params[Number(/^arg(\d+)$/.exec(countKey)?.[1] ?? -1)]?.type;
  const isLarge = type?.bits !== undefined && type.bits >= 32;
  // A test by the function itself is one of the sign only where the parameter has one.
  const isTested = type?.unsigned !== true && (s.facts.intervals.get(countKey)?.low ?? -1) >= 0;
  const withoutSign = type?.unsigned === true || (array && !isTested && countsUnsigned(frame, api));
  return { countKey, countsUnsigned: isLarge && withoutSign };
}

/** Whether a release takes its count as a number without sign. */
function countsUnsigned(frame: Frame, api: string): boolean {
  return frame.model
    .readable(api)
    .some((row) => row.params.some((p) => p.role === 'nr' && p.type.startsWith('unsigned')));
}

/** The bound of the loop that a call is in: `for (i = 0; i < n; i++)`. */
function loopBound(frame: Frame, s: PathState, info: CallSiteInfo): Value | undefined {
  const term = info.loop === undefined ? undefined : frame.cfg.blocks[info.loop]?.term;
  if (term?.kind !== 'branch' || term.cond.kind !== 'binary' || term.cond.op !== '<') return undefined;
  return evaluate(s, term.cond.right, { point: info.point });
}

/** Of several acquires in one array: those of which the count tells how many came. */
function countedBy(resources: readonly Resource[], { array, count }: ReleaseCall): readonly Resource[] {
  if (!array || count === undefined || resources.length < 2) return resources;
  const own = resources.filter((r) => count.key === r.result.key);
  return own.length === 0 ? resources : own;
}

/** Pages that were there at entry, given back by the same code twice in a row. */
function checkRepeated({ frame, s }: OnPath, path: string, release: Release): void {
  const first = s.events.find((e) => e.kind === 'release' && e.path === path && e.api === release.api);
  if (first === undefined || !isSameAgain(first, release)) return;
  reportProblem(frame, {
    kind: 'double-release',
    step: release.step,
    functionName: frame.fn.name,
    resource: undefined,
    steps: [first.step],
    confidence: s.facts.dropped || frame.cfg.gaps.length > 0 ? 'medium' : 'high',
    detail: release.api,
  });
}

function mismatch(resources: readonly Resource[], reference: Reference): ProblemKind | undefined {
  if (resources.length === 0 || reference === 'either') return undefined;
  if (reference === 'none') return 'free-on-gup-page';
  const wrong = resources.every((r) => r.reference !== 'none' && !mayGiveBack(r.reference, reference));
  if (!wrong || resources.some((r) => r.extraReferences > 0)) return undefined;
  return reference === 'get' ? 'put-on-pinned' : 'unpin-on-gotten';
}

/** A plain reference dropped from pages of which the path knows that the iterator gave no hold of them. */
function reportListed(on: OnPath, all: readonly Resource[], { reference }: ReleaseCall, release: Release): void {
  const { s } = on;
  const isListed = (r: Resource): boolean =>
    pinAnswer(s, r) === 'listed' && r.extraReferences === 0 && mayBeHeld(s, { ...r, guards: [] });
  const [first] = all;
  if (first !== undefined && reference === 'get' && all.every(isListed))
    reportRelease(on, first, release, 'put-on-pinned');
}

/** Pages taken over by a callee that drops one kind of hold later: those held in another way it cannot give back. */
export function checkTakenOver(on: OnPath, r: Resource, api: string, reference: Reference): void {
  const { frame, s, info } = on;
  const kind = r.hold.kind === 'held' && mayBeHeld(s, r) ? mismatch([r], reference) : undefined;
  const step = stepAt(frame, info.instr.span, `taken over here by ${api}()`);
  if (kind !== undefined) reportRelease(on, r, { api, reference, step, functionName: frame.fn.name }, kind);
}

function reportRelease({ frame, s }: OnPath, r: Resource, release: Release, kind: ProblemKind): void {
  reportProblem(frame, {
    kind,
    step: release.step,
    functionName: release.functionName,
    resource: r.reference === 'either' ? { ...r, answer: pinAnswer(s, r) } : r,
    steps: [...r.origin.chain, ...trailSteps(s)],
    confidence: s.facts.dropped || frame.cfg.gaps.length > 0 ? 'medium' : 'high',
    detail: release.api,
  });
}

function releaseResource(
  on: OnPath,
  r: Resource,
  how: { call: ReleaseCall; release: Release; definite: boolean },
): void {
  const { frame, s } = on;
  const { call, release, definite } = how;
  const again =
    (r.hold.kind === 'released' && !isInLoopOf(on, r.hold.by, release)) ||
    (r.hold.kind !== 'held' && r.hold.kind !== 'taken' && isSameAgain(r.hold.by, release));
  if (definite && r.reference !== 'either' && again) {
    reportRelease(on, r, release, 'double-release');
  }
  if (definite && r.mapped !== undefined && !(call.at !== undefined && unmapsBefore(call.at)))
    reportMapped(frame, s, r, release);
  const dirtied = call.dirties === 'yes' ? (r.dirtied ?? release.step) : r.dirtied;
  setResource(s, { ...r, dirtied, hold: nextHold(on, r, call, release) });
  if (!call.array || call.count === undefined || call.offset) return;
  const inCallee = `as many are given back by ${on.frame.fn.name}() here`;
  const step = call.at === undefined ? release.step : stepAt(frame, on.info.instr.span, inCallee);
  const withoutSign = call.at === undefined && countsUnsigned(frame, call.api);
  checkReleaseCount(on, r, { count: call.count, withoutSign }, step);
}

/** Code between two statements that can neither change a variable nor lead elsewhere. */
const STRAIGHT = /^[^{}=:?]*$/;
const JUMP = /\b(?:goto|break|continue|return|if|else|for|while|do|switch|case)\b|\+\+|--/;

/** Whether a release stands straight behind another one of the same pages, as the same code: also of one page of several. */
function isSameAgain(by: Pick<Release, 'step'>, release: Release): boolean {
  const [first, second] = [by.step, release.step];
  if (first.unit !== second.unit || second.span.start <= first.span.end) return false;
  const { code } = first.unit;
  const text = (from: number, to: number): string => code.slice(from, to).replace(/\s+/g, '');
  const call = text(first.span.start, first.span.end);
  if (call !== text(second.span.start, second.span.end) || JUMP.test(call)) return false;
  if (isBodyOfLoop(code.slice(0, first.span.start))) return false;
  return isStraight(code.slice(first.span.end, second.span.start));
}

/** Whether what stands behind a text is all of a loop's body, without braces: behind the loop, `pages[i]` is another page. */
function isBodyOfLoop(before: string): boolean {
  const code = before.trimEnd();
  if (/\bdo$/.test(code)) return true;
  if (!code.endsWith(')')) return false;
  return !/\bif$/.test(code.slice(0, openingOf(code, code.length - 1) ?? 0).trimEnd());
}

/** Whether code between two releases is such that they may be told for the same. */
export function isStraight(between: string): boolean {
  return between.length < MAX_BETWEEN && STRAIGHT.test(between) && !JUMP.test(between);
}

/** Characters between two releases that are told for the same. */
const MAX_BETWEEN = 400;

/** A release in a loop's body, or in what the body calls, meets what the same call released on the turn before. */
function isInLoopOf({ frame, info }: OnPath, by: Release, release: Release): boolean {
  if (info.loop === undefined || frame.loops.byHead.get(info.loop) === undefined) return false;
  const [first, second] = [by.step, release.step];
  return first.unit === frame.unit || (first.unit === second.unit && first.span.start === second.span.start);
}

function nextHold({ s, info }: OnPath, r: Resource, call: ReleaseCall, release: Release): Hold {
  // `&pages[i], 1` is one page of many, also in the first turn.
  const isOne = !call.array || (call.count?.kind === 'int' && call.count.value === 1);
  if (!isOne && !call.offset) return { kind: 'released', by: release };
  if (!isMany(s, r)) return { kind: 'released', by: release };
  if (!isOne) return { kind: 'some', loop: undefined, by: release };
  return { kind: 'some', loop: info.loop, by: release };
}

/** Whether the path has seen the mapping succeed. */
function isMapped(s: PathState, m: Mapping): boolean {
  const i = intervalOf(s.facts, m.result);
  if (m.succeeds === 'zero') return i.low === 0 && i.high === 0;
  if (m.succeeds === 'positive') return i.low > 0;
  for (const [key, asked] of s.facts.intervals)
    if (asked.low === 0 && asked.high === 0 && key.startsWith('dma_mapping_error(') && key.includes(m.result.key))
      return true;
  return false;
}

/** Whether the function that holds a step takes a mapping back further up: of a callee nothing is known but what it does to pages. */
function unmapsBefore({ unit, span }: Step): boolean {
  const fn = functionAt(unit, span.start);
  return fn !== undefined && /unmap\w*\s*\(/i.test(unit.code.slice(fn.bodySpan.start, span.start));
}

function reportMapped(frame: Frame, s: PathState, r: Resource, release: Release): void {
  if (r.mapped === undefined || !isMapped(s, r.mapped)) return;
  reportProblem(frame, {
    kind: 'release-before-dma-unmap',
    step: release.step,
    functionName: release.functionName,
    resource: r,
    steps: [...r.origin.chain, r.mapped.step, ...trailSteps(s)],
    confidence: r.origin.chain.length === 0 && release.functionName === frame.fn.name ? 'medium' : 'low',
    detail: release.api,
  });
}
