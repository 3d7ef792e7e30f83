/**
 * A release that a function makes on another way out, put on the way that leaks: the call of the API, or of the project's function that gives
 * the same pages back. It serves where the acquire call stands in a callee and its result is out of sight.
 */
import { callsIn, functionAt, treeOf } from '../../analysis/calls/call-index.ts';
import { areSeparate } from '../../analysis/evidence/reached.ts';
import type { Step } from '../../analysis/paths/resource.ts';
import { argumentNodes, isLoop, loopsAround, pathTo } from '../../analysis/trees.ts';
import type { Span } from '../../base/span.ts';
import { type CNode, walk } from '../../syntax/node.ts';
import { variablesOf } from '../../syntax/types.ts';
import type { CUnit, FunctionDef } from '../../syntax/unit.ts';
import type { FixProposal, RulePass } from '../define.ts';
import type { PageFinding } from '../support/flow-report.ts';
import { resultVariable } from '../support/results/result-variable.ts';
import { isJumpedBackTo } from '../support/surroundings.ts';
import { insideArms, type ReleaseLines } from './arm-edits.ts';
import { type FailingArm, failingArms } from './failing-arms.ts';
import { callText, columnAt, indentsWithBlanks } from './layout.ts';
import { isSet, skipForward } from './text-scan.ts';

/** Where the leaking function takes the pages: the call of the API or of the callee that leads to it. */
interface Taking {
  readonly unit: CUnit;
  readonly fn: FunctionDef;
  readonly span: Span;
}

/** The fix; undefined where the function has no such release, or what it names is another at the place. */
export function releaseAsElsewhere(pass: RulePass, finding: PageFinding): FixProposal | undefined {
  // How many of them a short count brought, another way out does not know.
  const taking = finding.problem.kind === 'pin-leaked' ? takingOf(finding) : undefined;
  if (taking === undefined || isInVariable(finding, taking)) return undefined;
  if (isJumpedBackTo(taking.unit, taking.fn, taking.span)) return undefined;
  const arms = failingArms(pass, finding, taking);
  if (arms === undefined || arms.length === 0 || arms.length > MAX_ARMS) return undefined;
  for (const call of releasesIn(pass, finding, taking)) {
    if (!arms.every((arm) => isFit(taking, arm, call))) continue;
    return insideArms(taking.unit, arms, (offset) => asWritten(taking.unit, call, offset));
  }
  return undefined;
}

/** A call as a statement in the column of another place. */
function asWritten(unit: CUnit, call: CNode, offset: number): ReleaseLines {
  const name = /^\w+/.exec(unit.code.slice(call.start, call.end))?.[0] ?? '';
  const args = argumentNodes(call).map((n) => unit.text.slice(n.start, n.end).replace(/\s*\n\s*/g, ' '));
  const blanks = indentsWithBlanks(unit, offset);
  const first = skipForward(unit.code, unit.code[offset] === '{' ? offset + 1 : offset);
  return { name, lines: [callText(name, args, { column: columnAt(unit.text, first), blanks })] };
}

/** Ways out that are mended one by one; more ask for a label. */
const MAX_ARMS = 3;

function takingOf({ problem, resource }: PageFinding): Taking | undefined {
  const { unit, span } = problem.step;
  const fn = functionAt(unit, span.start);
  if (fn === undefined || resource.maybeTaken !== undefined) return undefined;
  const { origin } = resource;
  const places: readonly Pick<Step, 'unit' | 'span'>[] = [origin, ...origin.chain];
  const place = places.find(
    (p) => p.unit === unit && fn.bodySpan.start <= p.span.start && p.span.end <= fn.bodySpan.end,
  );
  if (place === undefined || place.span.start > span.start) return undefined;
  const node = pathTo(treeOf(unit, fn), place.span).findLast((n) => n.type === 'call_expression');
  return node === undefined ? undefined : { unit, fn, span: { start: node.start, end: node.end } };
}

/**
 * Whether the taking is the acquire call itself, its result in a variable: that one says how many there are, and not what is given back elsewhere.
 * Of one page there is nothing to count.
 */
function isInVariable({ site, resource }: PageFinding, { span }: Taking): boolean {
  return site?.span.start === span.start && resultVariable(site) !== undefined && !isSingle(resource);
}

function isSingle({ requested }: PageFinding['resource']): boolean {
  return requested?.kind === 'int' && requested.value === 1;
}

/** The calls behind the taking that are seen to give the pages back, each a statement of its own; those that mark nothing dirty first. */
function releasesIn(pass: RulePass, { resource }: PageFinding, { unit, fn, span }: Taking): readonly CNode[] {
  const tree = treeOf(unit, fn);
  const facts = pass.flow.releases.filter(
    ({ origin, matches }) =>
      matches && origin.unit === resource.origin.unit && origin.span.start === resource.origin.span.start,
  );
  const direct = new Set(facts.filter((f) => f.release.step.unit === unit).map((f) => f.release.step.span.start));
  const helpers = new Set(facts.map((f) => f.release.functionName).filter((name) => name !== fn.name));
  const found: CNode[] = [];
  for (const [name, calls] of callsIn(unit, fn)) {
    const helps = helpers.has(name) && releasesArgument(pass, name, resource.lost !== undefined);
    const own = calls.filter((c) => direct.has(c.start) || helps);
    found.push(...own.filter((c) => c.start > span.end && isStatement(tree, c) && isWhole(pass, name, resource, c)));
  }
  const rank = (n: CNode): number => (/dirty/.test(unit.code.slice(n.start, n.end)) ? 1 : 0);
  return found.sort((a, b) => rank(a) - rank(b) || a.start - b.start);
}

/**
 * Whether a function of the directory gives back what it gets as arguments and takes nothing; nor frees anything, where the way that leaks frees
 * by itself.
 */
function releasesArgument({ flow }: RulePass, name: string, frees: boolean): boolean {
  const summaries = [...flow.summaries.values()].filter((s) => s.name === name);
  const always = summaries.every(
    ({ cases, complete }) =>
      complete &&
      cases.some((c) => c.events.some((e) => e.kind === 'release')) &&
      cases.every((c) => c.resources.length === 0 && c.locksTaken.length === 0) &&
      !(frees && cases.some((c) => c.events.some((e) => e.kind === 'free'))),
  );
  return summaries.length > 0 && always;
}

/** Whether a call gives back all that was taken: an array with its number, the one page asked for, or what a function of the file knows. */
function isWhole({ model }: RulePass, name: string, resource: PageFinding['resource'], call: CNode): boolean {
  return isSingle(resource) || model.rows(name).length === 0 || argumentNodes(call).length > 1;
}

function isStatement(tree: CNode, call: CNode): boolean {
  return pathTo(tree, call).at(-2)?.type === 'expression_statement';
}

/**
 * Whether a call's arguments mean at an arm what they mean where it stands: variables of the whole function that nobody sets in between; and no
 * loop around the call that is not around the arm.
 */
function isFit({ unit, fn, span }: Taking, arm: FailingArm, call: CNode): boolean {
  const tree = treeOf(unit, fn);
  if (runsAfter(tree, arm, call)) return false;
  if (call.start < arm.body.start && !areSeparate({ unit, fn, node: call }, arm.jump)) return false;
  // What an earlier turn took has no name there.
  const loops = [...loopsAround(tree, call), ...loopsAround(tree, span)];
  if (loops.some((loop) => loop.start > arm.body.start || loop.end < arm.jump.end)) return false;
  const names = new Set(argumentNodes(call).flatMap((n) => variablesIn(unit, n)));
  const locals = variablesOf(unit, fn).filter((v) => names.has(v.name));
  const between =
    call.start < arm.body.start ? { start: call.end, end: arm.body.start } : { start: arm.body.end, end: call.start };
  const text = blankLeaving(unit, tree, between);
  return (
    locals.every((v) => v.scope.start <= span.start && v.scope.end >= Math.max(call.end, arm.body.end)) &&
    [...names].every((name) => !isSet(text, name))
  );
}

/** Whether a way that leaves by an arm comes by a call all the same: in the arm, at the label it jumps to, behind the loop it breaks. */
function runsAfter(tree: CNode, { body, jump, rung }: FailingArm, call: CNode): boolean {
  if (body.start <= call.start && call.start < jump.end) return true;
  if (rung !== undefined) return call.start >= rung.span.start;
  if (jump.type !== 'break_statement') return false;
  const left = pathTo(tree, jump).findLast((n) => isLoop(n) || n.type === 'switch_statement');
  return left === undefined || call.start >= left.end;
}

/** Names in an expression that are no fields. */
function variablesIn(unit: CUnit, node: CNode): string[] {
  const names: string[] = [];
  walk(node, (n) => {
    if (n.type === 'identifier') names.push(unit.code.slice(n.start, n.end));
    return true;
  });
  return names;
}

/** A stretch of a function's text without the branches in it that leave. */
function blankLeaving(unit: CUnit, tree: CNode, { start, end }: Span): string {
  let text = unit.code.slice(start, end);
  walk(tree, (n) => {
    if (n.type !== 'compound_statement' || n.start < start || n.end > end) return true;
    if (!/^(?:goto|return|break|continue)_statement$/.test(n.children.at(-1)?.type ?? '')) return true;
    text = text.slice(0, n.start - start) + ' '.repeat(n.end - n.start) + text.slice(n.end - start);
    return false;
  });
  return text;
}
