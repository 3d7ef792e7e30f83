/**
 * Tests of a result that are the wrong way round, by the text of the function: one that holds for no result (`got > n`), and one that gives
 * up where all came (`if (got == n) return -EFAULT;`). Both let a short count pass.
 */
import { treeOf } from '../../../analysis/calls/call-index.ts';
import type { CallSite } from '../../../analysis/sites/site.ts';
import { compact, conditionOf } from '../../../analysis/statements/statement-place.ts';
import { bare, loopsAround, pathTo } from '../../../analysis/trees.ts';
import type { Span } from '../../../base/span.ts';
import { FLIPPED } from '../../../syntax/condition.ts';
import { type CNode, childByField, walk } from '../../../syntax/node.ts';
import type { CUnit, FunctionDef } from '../../../syntax/unit.ts';
import type { RulePass } from '../../define.ts';
import { argumentOf } from '../facts.ts';
import { assignedPlainly } from './lost-count.ts';
import { isAssignedIn, resultVariable } from './result-variable.ts';

/** A test the wrong way round. */
export interface TurnedTest {
  readonly span: Span;
  /** Whether it holds for no result at all, rather than for the whole count. */
  readonly never: boolean;
}

/** The test of a site's result against the number asked for that is the wrong way round; undefined where there is none, or another one. */
export function turnedTest(pass: RulePass, site: CallSite): TurnedTest | undefined {
  const { unit, fn } = site;
  const asked = argumentOf(site, 'nr', pass)?.text.replace(/\s+/g, '');
  if (fn === undefined || asked === undefined || site.rows.some((r) => r.returns !== 'pages')) return undefined;
  const tests = testsOf(site, asked);
  const [test] = tests;
  if (test === undefined || tests.length > 1) return undefined;
  const { node, operator } = test;
  const branch = pathTo(treeOf(unit, fn), node).findLast((n) => n.type === 'if_statement');
  const condition = branch === undefined ? undefined : conditionOf(branch);
  if (branch === undefined || condition === undefined || !holds(condition, node)) return undefined;
  if (operator === '>') return isReadBehind(site, branch) ? undefined : { span: node, never: true };
  const consequence = childByField(branch, 'consequence');
  if (condition !== node || consequence === undefined || hasElse(branch)) return undefined;
  const givesUp = fails(compact(unit, consequence));
  const alone = operator === '!=' && !isNamedTill(site, consequence.end, node);
  if (alone) return goesWell(unit, fn, { branch, consequence }) ? { span: node, never: false } : undefined;
  return operator === '==' && givesUp ? { span: node, never: false } : undefined;
}

/** Comparisons of the result, or of the variable that holds it, with the number asked for; the operator as if the result stood on the left. */
function testsOf(site: CallSite, asked: string): { readonly node: CNode; readonly operator: string }[] {
  const { unit, fn, node: call } = site;
  if (fn === undefined) return [];
  const name = resultVariable(site)?.name;
  const isResult = (n: CNode): boolean => bare(n) === call || (name !== undefined && compact(unit, n) === name);
  const found: { readonly node: CNode; readonly operator: string }[] = [];
  walk(treeOf(unit, fn), (node) => {
    if (node.type !== 'binary_expression' || node.end < site.span.start) return true;
    const left = childByField(node, 'left');
    const right = childByField(node, 'right');
    if (left === undefined || right === undefined) return true;
    const written = unit.code.slice(left.end, right.start).trim();
    const operator = isResult(left) ? written : isResult(right) ? FLIPPED[written] : undefined;
    const other = isResult(left) ? right : left;
    if (operator === undefined || FLIPPED[operator] === undefined || withoutCast(compact(unit, other)) !== asked)
      return true;
    if (name === undefined || !isAssignedIn(site, name, site.span.end, node.start)) found.push({ node, operator });
    return true;
  });
  return found;
}

/** `(int)n` as `n`. */
function withoutCast(code: string): string {
  return code.replace(/^\((?:int|long|unsignedint|unsignedlong|unsigned|size_t|ssize_t|u32|u64|s32|s64)\)(?=\w)/, '');
}

/** Whether a result is named between its call and a place, but in the test itself. */
function isNamedTill(site: CallSite, end: number, test: CNode): boolean {
  const name = resultVariable(site)?.name;
  const { code } = site.unit;
  const text = code.slice(site.span.end, test.start) + code.slice(test.end, end);
  return name !== undefined && new RegExp(`\\b${name}\\b`).test(text);
}

/** Whether a branch returns 0 at its end, and all that is behind it is the return of an error. */
function goesWell(
  unit: CUnit,
  fn: FunctionDef,
  { branch, consequence }: { readonly branch: CNode; readonly consequence: CNode },
): boolean {
  const behind = unit.code.slice(branch.end, fn.bodySpan.end);
  return (
    /return0;\}?$/.test(compact(unit, consequence)) && /^[^{}?:]*\breturn\s+-(?:E[A-Z]+|1)\s*;\s*\}\s*$/.test(behind)
  );
}

/** Calls that give pages back, by their names. */
const GIVES_BACK = /\b\w*(?:unpin|put|release)\w*\([^;{}]*;/g;

/**
 * Whether the result is read behind a statement, save to give back as many: whoever goes on with the count that came may ask in passing
 * whether it is too large.
 */
function isReadBehind(site: CallSite, statement: CNode): boolean {
  const { unit, fn } = site;
  const name = resultVariable(site)?.name;
  if (fn === undefined || name === undefined) return false;
  const [loop] = loopsAround(treeOf(unit, fn), statement);
  const nextTurn = loop === undefined ? '' : unit.code.slice(loop.start, site.span.start);
  const rest = unit.code.slice(statement.end, fn.bodySpan.end);
  const until = assignedPlainly(rest, name);
  const behind = (until < rest.length ? rest.slice(0, until) : rest + nextTurn).replace(GIVES_BACK, '');
  return new RegExp(`\\b${name}\\b(?!\\s*=[^=]|\\s*[<>!=]=?\\s*0\\b)`).test(behind);
}

/** Whether a condition is the test, or holds where the test does. */
function holds(condition: CNode, test: CNode): boolean {
  return (
    condition === test || (condition.type === 'binary_expression' && condition.children.some((c) => bare(c) === test))
  );
}

/** Whether a branch returns an error, or sets one and jumps. */
function fails(code: string): boolean {
  if (/(?:return|return[^;]*:)-E[A-Z]+;|returnERR_PTR\(-E/.test(code)) return true;
  return /[=:]-E[A-Z]+;|\b(?:dev|pr)_err\(/.test(code) && /goto\w+;\}?$/.test(code);
}

function hasElse(branch: CNode): boolean {
  return childByField(branch, 'alternative') !== undefined;
}
