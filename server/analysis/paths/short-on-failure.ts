/**
 * A short count in an array of the caller, lost: the function knows that fewer pages came than it asked for, returns an error instead of
 * the number, and stores that nowhere. Whoever is told of the failure cannot know how many to give back.
 */
import { isMadeOf } from '../../flow/value.ts';
import type { EndFact, FlowProblem } from './flow-problem.ts';
import { type Frame, isShort, reportProblem, stepAt, trailSteps } from './frame.ts';
import { isError, type Open } from './left-on-failure.ts';
import type { PathState } from './path-state.ts';
import type { Handle } from './reachability.ts';
import { isCountedHere, type Origin, type Resource } from './resource.ts';

/** The detail of such a problem. */
export const SHORT_LEFT = 'short left';

/** Reports what failing exits leave of short counts in arrays of the callers. */
export function checkShortOnFailure(frame: Frame, open: readonly Open[]): void {
  for (const { exit, resource: r, handles } of open) {
    if (!isError(exit) || !isCountedHere(r) || r.maybeTaken !== undefined) continue;
    if (r.unit !== 'pages' || r.heldWhen !== 'positive' || r.reference === 'either') continue;
    if (!isShort(exit.state, r) || !handles.every(isCallers)) continue;
    if (isKnownToCallers(exit.state, r)) continue;
    reportProblem(frame, {
      kind: 'partial-pin-leaked',
      step: stepAt(frame, exit.span, 'fails here with what came of the pages'),
      functionName: frame.fn.name,
      resource: r,
      steps: trailSteps(exit.state),
      confidence: exit.state.facts.dropped || frame.cfg.gaps.length > 0 ? 'low' : 'medium',
      detail: SHORT_LEFT,
    });
  }
}

/** Whether pages lie in memory of a caller, or in an array that was made here and that such memory leads to. */
function isCallers({ place, root }: Handle): boolean {
  return /^arg\d+\b/.test(place) || (place.startsWith('heap') && /^arg\d+\b/.test(root));
}

/** Whether the count, or something made of it, lies in memory that outlives the function. */
function isKnownToCallers(s: PathState, { result }: Resource): boolean {
  let found = false;
  s.env.forEach((v, place) => {
    found ||= !/^(?:l|t):/.test(place) && !place.startsWith('heap') && isMadeOf(v, result.key);
  });
  return found;
}

/**
 * Drops problems of pages that all callers in sight give back all the same when they are told of the failure, and those of sites with a
 * leak that needs no convention.
 */
export function withoutCleanedShort(problems: readonly FlowProblem[], ends: readonly EndFact[]): FlowProblem[] {
  const proved = new Set(
    problems.flatMap((p) =>
      p.detail !== SHORT_LEFT && /leaked$/.test(p.kind) && p.confidence !== 'low' ? [siteKey(p.resource?.origin)] : [],
    ),
  );
  return problems.filter(({ detail, resource }) => {
    if (detail !== SHORT_LEFT) return true;
    const key = siteKey(resource?.origin);
    const above = ends.filter((e) => e.failed && siteKey(e.origin) === key);
    return !proved.has(key) && (above.length === 0 || above.some((e) => e.open && e.hold === 'held'));
  });
}

function siteKey(origin: Origin | undefined): string {
  return `${origin?.unit.path}:${origin?.span.start}`;
}
