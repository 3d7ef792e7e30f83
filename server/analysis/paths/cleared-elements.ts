/**
 * Elements that are set to NULL while the page in them is held: `pages[i] = NULL` drops the last pointer to the page that the turn of the
 * loop has read there, where nobody has given it back, moved it on or handed it to anyone by the time the function returns.
 */
import type { Instr } from '../../flow/ir.ts';
import type { Value } from '../../flow/value.ts';
import { type Frame, isMany, isSurelyHeld, mayBeHeld, reportProblem, stepAt, trailSteps } from './frame.ts';
import { isSummaryPlace, type PathState, setResource } from './path-state.ts';
import type { Handle } from './reachability.ts';
import type { Resource } from './resource.ts';

/** Notes an element set to NULL; the loop around it must have read the page into a variable of its own: what clears a tail does not. */
export function noteCleared(
  frame: Frame,
  s: PathState,
  instr: Extract<Instr, { kind: 'assign' }>,
  at: { readonly key: string; readonly value: Value; readonly loop: number | undefined },
): void {
  const { key, value, loop } = at;
  if (loop === undefined || value.kind !== 'int' || value.value !== 0 || !isSummaryPlace(key)) return;
  const prov = s.env.get(key)?.prov ?? [];
  const [id] = prov;
  const r = prov.length === 1 ? s.resources.get(id ?? '') : undefined;
  if (r === undefined || !isOwn(r) || !isMany(s, r) || !mayBeHeld(s, r) || !isReadInLoop(frame, s, r.id, loop)) return;
  const step = stepAt(frame, instr.span, 'the element is set to NULL here while the page is held');
  setResource(s, { ...r, cleared: r.cleared ?? { step, place: key } });
}

/** Whether pages are held by the function that took them, and nobody else may have them. */
function isOwn(r: Resource): boolean {
  return (
    r.hold.kind === 'held' &&
    r.maybeTaken === undefined &&
    r.told !== true &&
    !r.carried &&
    r.extraReferences === 0 &&
    r.origin.chain.length === 0
  );
}

function isReadInLoop(frame: Frame, s: PathState, id: string, loop: number): boolean {
  return (frame.loops.byHead.get(loop)?.assigned ?? []).some(
    ({ place }) => place.kind === 'var' && place.scope === 'local' && s.env.get(`l:${place.name}`)?.prov.includes(id),
  );
}

/** Reports at an exit the pages that only such an element led to. */
export function checkCleared(frame: Frame, s: PathState, r: Resource, handles: readonly Handle[]): void {
  const { cleared } = r;
  if (cleared === undefined || !isOwn(r) || !isSurelyHeld(s, r)) return;
  if (handles.some((h) => h.place !== cleared.place)) return;
  reportProblem(frame, {
    kind: 'pin-leaked',
    step: cleared.step,
    functionName: frame.fn.name,
    resource: { ...r, lost: cleared.step },
    steps: trailSteps(s),
    confidence: s.facts.dropped || frame.cfg.gaps.length > 0 ? 'low' : 'medium',
    detail: '',
  });
}
