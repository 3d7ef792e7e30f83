/**
 * The tail of an array: a loop gives back the pages of its elements one by one, a turn of it fails, and the elements behind that one are
 * given back by nobody.
 */
import type { Exit } from './edges.ts';
import { type Frame, isMany, reportProblem, stepAt, trailSteps } from './frame.ts';
import { isError, isLikelyHeld } from './left-on-failure.ts';
import type { Resource } from './resource.ts';

/** The detail of such a problem. */
export const TAIL = 'tail';

/** Reports pages of which a loop gave some back before the function failed, where no place leads to the others any more. */
export function checkTail(frame: Frame, exit: Exit, r: Resource): void {
  if (r.hold.kind !== 'some' || r.hold.loop === undefined || !isError(exit)) return;
  const s = exit.state;
  if (r.reference === 'either' || r.maybeTaken !== undefined || r.carried || r.told === true) return;
  if (!isMany(s, r) || !isLikelyHeld(s, r)) return;
  // A loop around the call as well gives other pages back each turn.
  if (frame.loops.headsOf(Number.parseInt(r.id, 10)).includes(r.hold.loop)) return;
  if (givesRestBack(frame, r, r.hold.loop)) return;
  reportProblem(frame, {
    kind: 'pin-leaked',
    step: stepAt(frame, exit.span, 'returns here with the pages behind still held'),
    jump: s.jump && stepAt(frame, s.jump, 'leaves the loop here with the pages behind still held'),
    functionName: frame.fn.name,
    resource: r,
    steps: [...r.origin.chain, ...trailSteps(s), r.hold.by.step],
    confidence: s.facts.dropped || frame.cfg.gaps.length > 0 || r.origin.chain.length > 1 ? 'low' : 'medium',
    detail: TAIL,
  });
}

/** Whether the function gives such pages back behind the loop as well: it knows how many are left there. */
function givesRestBack({ cfg, fn, loops, releases, unit }: Frame, { origin }: Resource, head: number): boolean {
  const spans = [...(loops.byHead.get(head)?.blocks ?? [])].flatMap((id) => cfg.blocks[id]?.instrs ?? []);
  const end = Math.max(...spans.map((i) => i.span.end));
  return releases.some(
    (f) =>
      f.origin.unit === origin.unit &&
      f.origin.span.start === origin.span.start &&
      f.release.step.unit === unit &&
      f.release.functionName === fn.name &&
      f.release.step.span.start > end,
  );
}
