/** Tests and uses of an acquire's result that go wrong for -errno, for 0 or for a short count. */

import type { ApiRow } from '../../model/schema.ts';
import { compare, intervalOf } from '../flow/facts.ts';
import type { Expr } from '../flow/ir.ts';
import { conversionOf, type Value } from '../flow/value.ts';
import { evaluate } from './evaluate.ts';
import type { ProblemKind } from './flow-problem.ts';
import { type CallSiteInfo, type Frame, isMany, mayBeHeld, reportProblem, stepAt, trailSteps } from './frame.ts';
import type { PathState } from './path-state.ts';
import type { Resource, Step } from './resource.ts';

const LESS = 1;
const RELATIONAL: ReadonlySet<string> = new Set(['<', '<=', '>', '>=']);

/** A relational test in which a result that may be -errno was converted to unsigned: the error passes for a huge count. */
export function checkComparison(frame: Frame, s: PathState, cond: Expr, point: string): void {
  if (cond.kind === 'not') return checkComparison(frame, s, cond.arg, point);
  if (cond.kind !== 'binary' || !RELATIONAL.has(cond.op)) return;
  for (const side of [cond.left, cond.right]) {
    const inner = unsignedInside(evaluate(s, side, { point }));
    const r = inner === undefined ? undefined : resourceOf(s, inner);
    if (inner === undefined || r === undefined || r.heldWhen !== 'positive' || r.unit === 'one') continue;
    if (intervalOf(s.facts, inner).low >= 0) continue;
    report(
      frame,
      s,
      r,
      'errno-as-count',
      stepAt(frame, cond.span, 'a negative result is compared as an unsigned number here'),
      'high',
    );
  }
}

/** What an unsigned conversion of at least 32 bits was applied to, through further conversions. */
function unsignedInside(v: Value): Value | undefined {
  let found = false;
  let here = v;
  while (here.kind === 'op') {
    const conv = conversionOf(here.op);
    const inner = here.args[0];
    if (conv === undefined || inner === undefined) break;
    found ||= conv.unsigned;
    here = inner;
  }
  return found ? here : undefined;
}

/** The resource whose result a value is. */
export function resourceOf(s: PathState, v: Value): Resource | undefined {
  for (const r of s.resources.values()) if (r.result.key === v.key) return r;
  return undefined;
}

/** A count given to a release: negative where the acquire failed, or what was asked for where fewer may have come. */
export function checkReleaseCount(frame: Frame, s: PathState, r: Resource, count: Value, at: Step): void {
  if (r.unit !== 'pages' || r.heldWhen !== 'positive') return;
  const inner = unsignedInside(count) ?? count;
  if (inner.key === r.result.key) {
    const i = intervalOf(s.facts, inner);
    if (i.low < 0 && i.high > 0) report(frame, s, r, 'errno-as-count', at, 'high');
    return;
  }
  if (r.requested === undefined || inner.kind === 'int' || inner.key !== r.requested.key || !isMany(s, r)) return;
  const possible = compare(s.facts, r.result, r.requested);
  if (possible === LESS) report(frame, s, r, 'release-count-mismatch', at, 'high');
  else if ((possible & LESS) !== 0) report(frame, s, r, 'short-pin-as-success', at, 'medium');
}

/** `for (i = 0; i < requested; i++)` over pages of which fewer may have come. */
export function checkLoopBound(frame: Frame, s: PathState, cond: Expr, point: string): void {
  if (cond.kind !== 'binary' || !RELATIONAL.has(cond.op)) return;
  const bound = evaluate(s, cond.op === '<' || cond.op === '<=' ? cond.right : cond.left, { point });
  const plain = unsignedInside(bound) ?? bound;
  for (const r of s.resources.values()) {
    if (
      r.unit !== 'pages' ||
      r.hold.kind !== 'held' ||
      r.requested?.key !== plain.key ||
      plain.kind === 'int' ||
      !mayBeHeld(s, r)
    )
      continue;
    if ((compare(s.facts, r.result, r.requested) & LESS) === 0 || r.result.key === plain.key) continue;
    report(
      frame,
      s,
      r,
      'short-pin-as-success',
      stepAt(frame, cond.span, 'walks as many pages as were asked for, not as many as came'),
      'medium',
    );
  }
}

/** An acquire whose result nobody looks at. */
export function checkDiscarded(frame: Frame, s: PathState, info: CallSiteInfo, row: ApiRow): void {
  if (!info.instr.discarded || row.returns === 'void') return;
  const r = [...s.resources.values()].find(
    (x) => x.origin.span.start === info.instr.span.start && x.origin.unit === frame.unit,
  );
  if (r !== undefined && !r.preset)
    report(frame, s, r, 'result-ignored', stepAt(frame, info.instr.span, 'the result is thrown away here'), 'high');
}

function report(
  frame: Frame,
  s: PathState,
  r: Resource,
  kind: ProblemKind,
  step: Step,
  confidence: 'high' | 'medium',
): void {
  reportProblem(frame, {
    kind,
    step,
    functionName: frame.fn.name,
    resource: r,
    steps: [...r.origin.chain, ...trailSteps(s)],
    confidence: s.facts.dropped || frame.cfg.gaps.length > 0 ? 'medium' : confidence,
    detail: r.origin.api,
  });
}
