/** Pages that are marked dirty behind their release, where neither end knows who took them: those of an object that a caller hands in. */
import { type CallSiteInfo, type Frame, type OnPath, reportProblem } from './frame.ts';
import { isSummaryPlace } from './path-state.ts';
import type { Step } from './resource.ts';

/** Pages of a caller's object that the function itself has given back, in a loop of their own where they are several. */
export function checkDirtyBehind({ frame, s, info }: OnPath, path: string, step: Step, api: string): void {
  const before = s.events.find(
    (e) =>
      e.kind === 'release' &&
      e.path === path &&
      e.functionName === frame.fn.name &&
      e.step.unit === frame.unit &&
      e.step.span.end < info.instr.span.start,
  );
  if (before === undefined || (isSummaryPlace(path.replace(/@$/, '')) && sharesLoop(frame, before.step, info))) return;
  reportProblem(frame, {
    kind: 'dirty-after-release',
    step,
    functionName: frame.fn.name,
    resource: undefined,
    steps: [before.step],
    confidence: s.facts.dropped || frame.cfg.gaps.length > 0 || before.reference !== 'pin' ? 'medium' : 'high',
    detail: api,
  });
}

/** Whether a call stands in the innermost loop around what is done now. */
function sharesLoop({ cfg, loops }: Frame, { span }: Step, { loop }: CallSiteInfo): boolean {
  const block = cfg.blocks.findIndex((b) => b.instrs.some((i) => i.kind === 'call' && i.span.start === span.start));
  return loop !== undefined && loops.headsOf(block).includes(loop);
}
