/** Pages that are marked dirty behind their release, where neither end knows who took them: those of an object that a caller hands in. */
import type { Span } from '../../base/span.ts';
import type { CNode } from '../../syntax/node.ts';
import { treeOf } from '../calls/call-index.ts';
import { fixedLoop, goesUpTo } from '../statements/counting-loop.ts';
import { loopsAround } from '../trees.ts';
import { type Frame, isMany, type OnPath, reportProblem } from './frame.ts';
import { isSummaryPlace } from './path-state.ts';
import type { Resource, Step } from './resource.ts';

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
  if (before === undefined) return;
  if (isSummaryPlace(path.replace(/@$/, '')) && !areSameTurns(frame, before.step.span, info.instr.span)) return;
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

/**
 * Whether two calls go over the same elements of an array in loops of their own. Of any other element than the one given back nothing is
 * known.
 */
function areSameTurns(frame: Frame, a: Span, b: Span): boolean {
  const [first, second] = [loopAround(frame, a), loopAround(frame, b)];
  if (first === undefined || second === undefined || first === second) return false;
  const [x, y] = [fixedLoop(frame.unit, first), fixedLoop(frame.unit, second)];
  return x !== undefined && x.from === y?.from && x.count === y.count;
}

function loopAround({ unit, fn }: Frame, span: Span): CNode | undefined {
  return loopsAround(treeOf(unit, fn), span).at(-1);
}

/**
 * Whether a use of one of several pages may be of another part than the one that was given back: where the release names neither the loop's own
 * elements nor the count up to which the use goes from the first one on.
 */
export function mayBeOtherPart({ frame, s, info }: OnPath, r: Resource, by: Step): boolean {
  if (!isMany(s, r)) return false;
  const { unit, fn } = frame;
  const use = info.instr.span;
  if (by.unit !== unit || by.span.start < fn.bodySpan.start || by.span.end > fn.bodySpan.end) return true;
  if (areSameTurns(frame, by.span, use)) return false;
  const count = /,([\w.>-]+)(?:,[^,()]*)?\)$/.exec(
    unit.code.slice(by.span.start, by.span.end).replace(/\s+/g, ''),
  )?.[1];
  const loop = loopAround(frame, use);
  if (count === undefined) return true;
  if (loop === undefined) return !/\[0\]/.test(unit.code.slice(use.start, use.end).replace(/\s+/g, ''));
  const counted = fixedLoop(unit, loop);
  return counted === undefined || !goesUpTo(counted, count);
}
