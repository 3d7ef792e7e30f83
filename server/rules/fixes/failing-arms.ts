/** The arms of tests in which a path that leaks leaves a function: by a return, or by a jump to the labels at its end. */

import { treeOf } from '../../analysis/calls/call-index.ts';
import type { FlowProblem } from '../../analysis/paths/flow-problem.ts';
import type { Step } from '../../analysis/paths/resource.ts';
import type { CallSite } from '../../analysis/sites/site.ts';
import { type Rung, rungsUsed } from '../../analysis/statements/exit-ladder.ts';
import { lastStatement } from '../../analysis/trees.ts';
import { type CNode, childByField, walk } from '../../syntax/node.ts';
import type { RulePass } from '../define.ts';
import type { PageFinding } from '../support/flow-report.ts';

/** An arm that leaks. */
export interface FailingArm {
  /** The block, or the single statement. */
  readonly body: CNode;
  /** The goto, return or break it ends with. */
  readonly jump: CNode;
  /** The label that the goto leads to; undefined for a return or break. */
  readonly rung: Rung | undefined;
  /** Whether an `else` follows. */
  readonly hasElse: boolean;
}

/** Where a function takes the pages: the acquire call, or that of a callee which leads to it. */
type Taken = Pick<CallSite, 'unit' | 'fn' | 'span'>;

const LEAKS: ReadonlySet<string> = new Set(['pin-leaked', 'partial-pin-leaked']);

/**
 * The arms of all paths on which what the finding speaks of is lost at the same return; undefined where one of them leaves in another way. In
 * the order of the text.
 */
export function failingArms(pass: RulePass, finding: PageFinding, site: Taken): readonly FailingArm[] | undefined {
  const { fn, unit } = site;
  if (fn === undefined) return undefined;
  const tree = treeOf(unit, fn);
  const arms = new Map<number, FailingArm>();
  for (const problem of pass.flow.problems.filter((p) => isSame(p, finding))) {
    const arm = armOf(problem, site, tree);
    if (arm === undefined) return undefined;
    arms.set(arm.body.start, arm);
  }
  return [...arms.values()].sort((a, b) => a.body.start - b.body.start);
}

function isSame({ kind, step, resource }: FlowProblem, { problem, resource: wanted }: PageFinding): boolean {
  const isAt = (a: Step | PageFinding['resource']['origin'], b: typeof a): boolean =>
    a.unit === b.unit && a.span.start === b.span.start;
  return LEAKS.has(kind) && isAt(step, problem.step) && resource !== undefined && isAt(resource.origin, wanted.origin);
}

/** The arm in which a path turned away last. */
function armOf({ steps, step }: FlowProblem, { unit, span }: Taken, tree: CNode): FailingArm | undefined {
  for (const test of steps.toReversed()) {
    const outcome = /is (true|false) on this path$/.exec(test.text)?.[1];
    if (outcome === undefined || test.unit !== unit || test.span.start < span.start) continue;
    const statement = ifAround(tree, test);
    if (statement === undefined) continue;
    const arm = leavingArm(statement, (outcome === 'true') !== isNegated(unit.code, test.span.start));
    if (arm === undefined) continue;
    const { jump } = arm;
    if (jump.type === 'break_statement') return { ...arm, rung: undefined };
    if (jump.type === 'return_statement')
      return jump.start === step.span.start ? { ...arm, rung: undefined } : undefined;
    const label = childByField(jump, 'label');
    const name = label === undefined ? '' : unit.code.slice(label.start, label.end);
    const rung = rungsUsed(unit, tree, { start: span.end, end: jump.end }).find((r) => r.label === name);
    if (rung === undefined || rung.span.start > step.span.start || rung.span.end < step.span.end) return undefined;
    return { ...arm, rung };
  }
  return undefined;
}

function ifAround(tree: CNode, { span }: Step): CNode | undefined {
  let found: CNode | undefined;
  walk(tree, (n) => {
    const condition = n.type === 'if_statement' ? childByField(n, 'condition') : undefined;
    if (condition !== undefined && condition.start <= span.start && span.end <= condition.end) found = n;
    return found === undefined;
  });
  return found;
}

/** Whether a test stands behind an odd number of `!`. */
function isNegated(code: string, start: number): boolean {
  const before = /[!(\s]*$/.exec(code.slice(Math.max(0, start - 20), start))?.[0] ?? '';
  return before.split('!').length % 2 === 0;
}

function leavingArm(statement: CNode, outcome: boolean): Omit<FailingArm, 'rung'> | undefined {
  const alternative = childByField(statement, 'alternative');
  const body = outcome ? childByField(statement, 'consequence') : alternative?.children.at(-1);
  const jump = lastStatement(body);
  if (body === undefined || jump === undefined || !/^(?:goto|return|break)_statement$/.test(jump.type))
    return undefined;
  return { body, jump, hasElse: outcome && alternative !== undefined };
}
