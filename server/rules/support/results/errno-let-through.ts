/**
 * First tests of a result that let an -errno pass: for 0 alone, or the wrong way round. What comes behind reckons with it as with a count, or
 * asks nothing more of it. By structure; silent where anything else is asked in between.
 */
import { treeOf } from '../../../analysis/calls/call-index.ts';
import type { CallSite } from '../../../analysis/sites/site.ts';
import { compact, conditionOf, leaves } from '../../../analysis/statements/statement-place.ts';
import { usesOf, type VariableUse } from '../../../analysis/statements/variable-use.ts';
import { argumentNodes, bare, calleeOf, codeOf, isLoop, loopsAround, pathTo } from '../../../analysis/trees.ts';
import type { Span } from '../../../base/span.ts';
import { FLIPPED } from '../../../syntax/condition.ts';
import { type CNode, childByField } from '../../../syntax/node.ts';
import type { CUnit } from '../../../syntax/unit.ts';
import type { RulePass } from '../../define.ts';
import { spellingsOf } from '../../fixes/text-scan.ts';
import { argumentOf } from '../facts.ts';
import { resultVariable } from './result-variable.ts';

/** Such a test. */
export interface LetThrough {
  readonly span: Span;
  /** Whether it leaves where pages came, rather than where none did. */
  readonly turned: boolean;
  /** Where the result is reckoned with next; undefined where nothing more is asked of it. */
  readonly used: Span | undefined;
}

/** The first test behind a call, where an -errno passes it; undefined for any other, and where more is asked of the result. */
export function errnoLetThrough(pass: RulePass, site: CallSite): LetThrough | undefined {
  const { unit, fn, node: call } = site;
  const name = resultVariable(site)?.name;
  if (fn === undefined || call === undefined || name === undefined) return undefined;
  // What does not sleep says 0 where it got none.
  if (/_only$/.test(site.api) || site.rows.some((r) => r.returns !== 'pages' && r.returns !== 'bytes'))
    return undefined;
  const tree = treeOf(unit, fn);
  const uses = usesOf(unit, tree, name);
  const test = firstTest(unit, tree, { call, uses });
  const condition = test === undefined ? undefined : conditionOf(test);
  const kind = condition === undefined ? undefined : kindOf(unit, condition, name);
  if (test === undefined || condition === undefined || kind === undefined) return undefined;
  if (childByField(test, 'alternative') !== undefined || !leaves(childByField(test, 'consequence'))) return undefined;
  const turned = kind === 'turned';
  const found = { span: { start: condition.start, end: condition.end }, turned, used: undefined };
  const next = uses.find(({ node }) => node.start >= test.end);
  const used = next?.kind === 'read' ? reckonedIn(unit, tree, test, next.node) : undefined;
  if (used !== undefined) return isAskedAgain(unit, fn.bodySpan.end, used) ? undefined : { ...found, used };
  const branch = turned ? codeOf(unit, test).slice(condition.end - test.start) : '';
  // What gives up although pages came, and gives none of them back.
  if (turned && GIVES_UP.test(branch) && !GIVES_BACK.test(branch)) return found;
  const isOver = (!turned || TELLS.test(branch)) && next === undefined && !isReadInTurn(tree, test, uses);
  return isOver && isUsedBehind(pass, site, test) ? found : undefined;
}

/** A return of an error and of nothing else. */
const GIVES_UP = /^\W*return\s[^;]*-E[A-Z]+\s*;\s*\}?$/;
/** Messages of failures. */
const TELLS = /\b(?:dev|pr|netdev)_(?:err|warn)\w*\s*\(/;
/** Calls that give pages back, by their names. */
const GIVES_BACK = /\b\w*(?:unpin|put|release|free)\w*\s*\(/;

/** The `if` behind a call that is the first to name its result; out of the arms of an `if` that the call stands in. */
function firstTest(
  unit: CUnit,
  tree: CNode,
  { call, uses }: { readonly call: CNode; readonly uses: readonly VariableUse[] },
): CNode | undefined {
  const path = pathTo(tree, call);
  for (let i = path.length - 1; i > 0; i--) {
    const [statement, block] = [path[i], path[i - 1]];
    if (statement === undefined || block === undefined) return undefined;
    if (isLoop(statement)) return undefined;
    if (!/^(?:compound|case)_statement$/.test(block.type) || statement.type === 'case_statement') continue;
    const behind = block.children.slice(block.children.indexOf(statement) + 1).filter((s) => !isEndOfCase(block, s));
    const first = behind.find((s) => uses.some(({ node }) => node.start >= s.start && node.end <= s.end));
    if (first !== undefined) return first.type === 'if_statement' ? first : undefined;
    // What is left of the arm neither names the result nor goes elsewhere.
    if (behind.some((s) => leaves(s) || codeOf(unit, s).includes('goto '))) return undefined;
  }
  return undefined;
}

function isEndOfCase({ type }: CNode, statement: CNode): boolean {
  return type === 'case_statement' && statement.type === 'break_statement';
}

/** What a condition asks of a variable: whether it is 0 and nothing else, or whether pages came. */
function kindOf(unit: CUnit, condition: CNode, name: string): 'zero' | 'turned' | undefined {
  const [inner] =
    condition.type === 'call_expression' && isHint(unit, condition) ? argumentNodes(condition) : [condition];
  if (inner === undefined) return undefined;
  const asked = bare(inner);
  if (asked.type === 'unary_expression')
    return compact(unit, asked).replace(/[()]/g, '') === `!${name}` ? 'zero' : undefined;
  const left = childByField(asked, 'left');
  const right = childByField(asked, 'right');
  if (asked.type !== 'binary_expression' || left === undefined || right === undefined) return undefined;
  const written = between(unit, left, right);
  const operator = compact(unit, left) === name && compact(unit, right) === '0' ? written : undefined;
  const mirrored = compact(unit, right) === name && compact(unit, left) === '0' ? FLIPPED[written] : undefined;
  const is = operator ?? mirrored;
  return is === '==' ? 'zero' : is === '>' || is === '>=' ? 'turned' : undefined;
}

function between(unit: CUnit, left: CNode, right: CNode): string {
  return unit.code.slice(left.end, right.start).replace(/[\s()]/g, '');
}

function isHint(unit: CUnit, call: CNode): boolean {
  const callee = calleeOf(call);
  return callee !== undefined && /^(?:un)?likely$/.test(codeOf(unit, callee));
}

/** Whether what gets a result, `ctx->nr` of `ctx->nr = got`, is itself compared behind. */
function isAskedAgain(unit: CUnit, end: number, used: Span): boolean {
  const kept = /^([\w.>-]+)\s*=(?!=)/.exec(unit.code.slice(used.start, used.end))?.[1];
  if (kept === undefined) return false;
  const place = spellingsOf(kept);
  return new RegExp(`(?<![\\w.>])${place}\\s*(?:<|>|[!=]=)|(?:<|>|[!=])=?\\s*${place}(?![\\w.(])`).test(
    unit.code.slice(used.end, end),
  );
}

/** Functions that reckon with a count. */
const RECKONS = /^(?:DIV_ROUND_UP\w*|PFN_UP|PAGE_ALIGN|atomic\w*_(?:add|sub)\w*)$/;

/** The sum that a read on every way behind a test is part of; undefined where something else is done with the value there. */
function reckonedIn(unit: CUnit, tree: CNode, test: CNode, read: CNode): Span | undefined {
  const path = pathTo(tree, read);
  const block = pathTo(tree, test).at(-2);
  const from = block === undefined ? -1 : path.indexOf(block);
  const inner = path.slice(from + 1);
  if (from < 0 || inner.some((n) => isLoop(n) || /^(?:if|switch|case|labeled|return)_|conditional/.test(n.type)))
    return undefined;
  for (let i = inner.length - 1; i > 0; i--) {
    const [n, above] = [inner[i], inner[i - 1]];
    if (n === undefined || above === undefined) return undefined;
    const left = childByField(above, 'left');
    const right = childByField(above, 'right');
    if (left !== undefined && right !== undefined) {
      const operator = between(unit, left, right);
      return /^[-+]=?$/.test(operator) || (operator === '=' && isCount(unit, left, right)) ? above : undefined;
    }
    const callee = above.type === 'argument_list' ? inner[i - 2] : undefined;
    const by = callee === undefined ? undefined : calleeOf(callee);
    if (callee !== undefined && by !== undefined && RECKONS.test(codeOf(unit, by))) return callee;
    if (bare(above) !== bare(n)) return undefined;
  }
  return undefined;
}

/** Whether an assignment makes a value a count: by a cast to a type without sign, or by the name of what gets it. */
function isCount(unit: CUnit, left: CNode, right: CNode): boolean {
  return (
    /^\(\s*(?:size_t|unsigned\b[\w\s]*|u32|u64)\s*\)/.test(codeOf(unit, right).trim()) ||
    /(?:^|[>._])(?:n|nr_?|num_?)?(?:pages|bytes|len|length|count|nents|size)$/.test(compact(unit, left))
  );
}

/** Whether a loop around the test reads the variable elsewhere: in the next turn, what is left of this one counts. */
function isReadInTurn(tree: CNode, test: CNode, uses: readonly VariableUse[]): boolean {
  const [loop] = loopsAround(tree, test);
  const inTest = (n: CNode): boolean => n.start >= test.start && n.end <= test.end;
  return uses.some(
    ({ kind, node }) => kind === 'read' && loop !== undefined && node.start >= loop.start && !inTest(node),
  );
}

/** Whether the pages are used behind a test, or lie in an object of the caller's, who uses them. */
function isUsedBehind(pass: RulePass, site: CallSite, test: CNode): boolean {
  const { unit, fn } = site;
  const pages = argumentOf(site, 'pages', pass)?.text.trim() ?? '';
  const root = /^&?\(?\*?(\w+)/.exec(pages)?.[1];
  if (fn === undefined || root === undefined) return false;
  if (/->/.test(pages)) return true;
  return new RegExp(`\\b${root}\\b`).test(unit.code.slice(test.end, fn.bodySpan.end));
}
