/** What can be wrong about a release for itself, or about the references that are left at the end, beside how it fits the acquire. */
import { intervalOf } from '../../flow/facts.ts';
import { hasOffset, regionOf, type Value } from '../../flow/value.ts';
import { type Frame, mayBeHeld, type OnPath, reportProblem, trailSteps } from './frame.ts';
import { handedOut, type PathState } from './path-state.ts';
import type { Resource, Step } from './resource.ts';

/** A release call as far as this looks at it. */
interface Given {
  readonly api: string;
  /** The argument as written; undefined in a callee. */
  readonly pointer: Value | undefined;
  readonly value: Value;
  readonly array: boolean;
  readonly count: Value | undefined;
}

/** A release of a page that is NULL, or of an array that holds nothing else, because the call that was to fill it took none. */
export function checkNullRelease(on: OnPath, given: Given, step: Step): void {
  const { frame, s } = on;
  if (given.pointer === undefined || !frame.model.rows(given.api).some((row) => row.family === 'release')) return;
  if (given.array && (given.count === undefined || intervalOf(s.facts, given.count).low <= 0)) return;
  // A number out of one of several elements says nothing of what the others hold.
  if (given.array && given.count !== undefined && OF_ONE_ELEMENT.test(given.count.key)) return;
  const behind = given.value.prov.flatMap((id) => s.resources.get(id) ?? []);
  const [resource] = behind;
  if (behind.length === 0 || !behind.every((r) => isStillNull(s, r, given))) return;
  reportProblem(frame, {
    kind: 'release-of-null-pages',
    step,
    functionName: frame.fn.name,
    resource,
    steps: trailSteps(s),
    confidence: s.facts.dropped || frame.cfg.gaps.length > 0 ? 'medium' : 'high',
    detail: given.api,
  });
}

const OF_ONE_ELEMENT = /\[\*\][^~]*~/;

/** Whether what an acquire call was to fill was NULL before it, and the call took nothing. */
function isStillNull(s: PathState, r: Resource, { array, pointer, count }: Given): boolean {
  if (r.hold.kind !== 'held' || r.origin.chain.length > 0 || mayBeHeld(s, r)) return false;
  const found = (key: string): boolean => s.facts.nonzero.has(key) || (s.facts.intervals.get(key)?.low ?? 0) > 0;
  if (r.guards.some(found)) return false;
  if (array && isOneOfMany(pointer, count)) return r.preset;
  if (!array || pointer?.kind === 'address') return r.preset || r.unset === true;
  const region = pointer === undefined ? '' : regionOf(pointer);
  return region.startsWith('heapz') && !s.env.has(handedOut(region));
}

/** Whether one of several entries is given back: `unpin_user_pages_dirty_lock(&pages[i], 1, true)`. Something else may tell which were filled. */
function isOneOfMany(pointer: Value | undefined, count: Value | undefined): boolean {
  if (pointer === undefined || hasOffset(pointer)) return pointer !== undefined;
  return pointer.kind === 'address' && pointer.place.endsWith('[*]') && count?.key === '#1';
}

/** Plain references that a function took of pinned pages and leaves behind. */
export function checkExtraReferences(frame: Frame, s: PathState): void {
  for (const r of s.resources.values()) {
    if (r.reference !== 'pin' || r.extraReferences <= 0 || r.extraAt === undefined || !mayBeHeld(s, r)) continue;
    reportProblem(frame, {
      kind: 'extra-reference-on-pinned',
      step: r.extraAt,
      functionName: frame.fn.name,
      resource: r,
      steps: [...r.origin.chain, ...trailSteps(s)],
      confidence: 'medium',
      detail: '',
    });
  }
}
