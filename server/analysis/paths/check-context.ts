/** Demands of a call on its surroundings, where the path itself shows that they are not met. */

import type { ApiRow } from '../../../model/schema.ts';
import { functionAt } from '../calls/call-index.ts';
import { type OnPath, reportProblem, stepAt } from './frame.ts';
import type { PathState } from './path-state.ts';
import type { Resource, Step } from './resource.ts';

/** Locks under which nothing may sleep. */
const ATOMIC: readonly string[] = ['spin', 'rcu', 'irq', 'preempt'];

/** Whether nothing may sleep under a lock; a row that names none means a spinlock. */
export function isAtomicLock(lock: string | undefined): boolean {
  return ATOMIC.includes(lock ?? 'spin');
}

function atomicLock(s: PathState): Step | undefined {
  for (const kind of ATOMIC) {
    const step = s.locks.get(kind);
    if (step !== undefined) return step;
  }
  return undefined;
}

/** An acquire under mmap_lock that takes it itself, or in atomic context. */
export function checkAcquireContext(on: OnPath, row: ApiRow): void {
  const { s } = on;
  const mmap = s.locks.get('mmap');
  if (row.context.mmapLock === 'not-held' && mmap !== undefined)
    report(on, { kind: 'mmap-lock-held', confidence: 'high' }, row.name, mmap);
  const atomic = atomicLock(s);
  if (row.context.sleeps === true && atomic !== undefined)
    report(on, { kind: 'gup-in-atomic', confidence: 'high' }, row.name, atomic);
}

/** What a callee took the same way, under locks of its caller: unless a function on the way drops locks. */
export function checkCalleeContext(on: OnPath, callee: string, taken: readonly Resource[]): void {
  const { frame, s } = on;
  const mmap = ownLock(frame, s.locks.get('mmap'));
  const atomic = ownLock(frame, atomicLock(s));
  if (mmap === undefined && atomic === undefined) return;
  for (const { origin } of taken) {
    const { context } = frame.model.readable(origin.api).at(-1) ?? {};
    if (context === undefined || passesUnlock(origin)) continue;
    if (mmap !== undefined && context.mmapLock === 'not-held')
      report(on, { kind: 'mmap-lock-held', confidence: 'medium' }, callee, mmap);
    if (atomic !== undefined && context.sleeps === true)
      report(on, { kind: 'gup-in-atomic', confidence: 'medium' }, callee, atomic);
  }
}

/** A lock that the function at hand took itself: what a callee left locked may hang on what is not followed. */
function ownLock({ unit, fn }: OnPath['frame'], lock: Step | undefined): Step | undefined {
  const own = lock?.unit === unit && fn.bodySpan.start <= lock.span.start && lock.span.start < fn.bodySpan.end;
  return own ? lock : undefined;
}

/**
 * Whether a function between the call and the acquire drops a lock before, perhaps that of its caller, or itself handles mmap_lock on some
 * path: it then knows which of its ways is for callers who hold it.
 */
function passesUnlock({ unit, span, chain }: Resource['origin']): boolean {
  return [{ unit, span }, ...chain].some((place) => {
    const { start } = place.span;
    const fn = functionAt(place.unit, start);
    if (fn === undefined) return true;
    const body = place.unit.code.slice(fn.bodySpan.start, fn.bodySpan.end);
    const before = body.slice(0, start - fn.bodySpan.start);
    return (
      /(?:unlock|\bup_(?:read|write))\w*\s*\(/.test(before) || /\bmmap_(?:read|write)_(?:try)?lock\w*\s*\(/.test(body)
    );
  });
}

/** A release that takes the page lock while a spinlock or the like is held. */
export function checkReleaseContext(on: OnPath, row: ApiRow, dirties: 'yes' | 'no' | 'maybe'): void {
  const { s } = on;
  const atomic = atomicLock(s);
  if (atomic === undefined) return;
  const sleeps = row.context.sleeps === true || (row.context.sleeps === 'when-dirty' && dirties !== 'no');
  const confidence = dirties === 'maybe' ? 'medium' : 'high';
  if (sleeps) report(on, { kind: 'sleeping-release-in-atomic', confidence }, row.name, atomic);
}

/** What is wrong, and how sure that is. */
interface Verdict {
  readonly kind: 'mmap-lock-held' | 'gup-in-atomic' | 'sleeping-release-in-atomic';
  readonly confidence: 'high' | 'medium';
}

function report({ frame, info }: OnPath, { kind, confidence }: Verdict, api: string, lock: Step): void {
  reportProblem(frame, {
    kind,
    step: stepAt(frame, info.instr.span, `${api}() is called here`),
    functionName: frame.fn.name,
    resource: undefined,
    steps: [lock],
    confidence,
    detail: api,
  });
}
