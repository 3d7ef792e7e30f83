/** Pages that were taken without FOLL_WRITE and that a call writes to, or gives to a device that does. */
import type { Provenance } from '../../flow/value.ts';
import { mayBeHeld, type OnPath, reportProblem, stepAt, trailSteps } from './frame.ts';

/** Reports the writing call for each of the pages that it may mean, where all of them were taken for reading alone and are held on this path. */
export function checkWritten({ frame, s, info }: OnPath, prov: Provenance, api: string): void {
  const reached = prov.map((id) => s.resources.get(id));
  if (reached.some((r) => r?.write !== 'no')) return;
  for (const r of reached) {
    if (r?.hold.kind !== 'held' || !mayBeHeld(s, r)) continue;
    reportProblem(frame, {
      kind: 'missing-foll-write',
      step: stepAt(frame, info.instr.span, `written by ${api}()`),
      functionName: frame.fn.name,
      resource: r,
      steps: [...r.origin.chain, ...trailSteps(s)],
      confidence: s.facts.dropped || prov.length > 1 ? 'medium' : 'high',
      detail: api,
    });
  }
}
