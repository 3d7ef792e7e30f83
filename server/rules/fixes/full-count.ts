/**
 * The number of pages held behind a test for all of them: `ret = pin_user_pages_fast(addr, nr, ...); if (ret != nr) return -EFAULT;` leaves
 * `nr`, whatever becomes of `ret`.
 */

import { treeOf } from '../../analysis/calls/call-index.ts';
import type { CallSite } from '../../analysis/sites/site.ts';
import { lastStatement } from '../../analysis/trees.ts';
import { type CNode, childByField, walk } from '../../syntax/node.ts';
import type { RulePass } from '../define.ts';
import { argumentOf } from '../support/facts.ts';
import { isAssignedIn } from '../support/results/result-variable.ts';

/**
 * The text of the count asked for, where everybody who comes to an offset has passed such a test of the call's result (`result`: the name of
 * its variable) and nothing in the text has changed since the call; undefined otherwise.
 */
export function fullCount(pass: RulePass, site: CallSite, result: string, offset: number): string | undefined {
  const { unit, fn, span } = site;
  const count = argumentOf(site, 'nr', pass)?.text.trim();
  if (fn === undefined || count === undefined || !/^[\w\s.>+*()-]+$/.test(count)) return undefined;
  const test = testBehind(treeOf(unit, fn), site, offset);
  if (test === undefined || !asksForAll(unit.code.slice(test.condition.start, test.condition.end), result, count))
    return undefined;
  const leaves = unit.code.slice(span.end, test.statement.end);
  const changes = (count.match(/[A-Za-z_]\w*/g) ?? []).some((name) => isChangedIn(site, name, offset));
  return /\bgoto\b/.test(leaves) || !isLeaving(test.arm) || changes ? undefined : count;
}

interface Test {
  readonly statement: CNode;
  readonly condition: CNode;
  readonly arm: CNode;
}

/** The `if` without `else` that stands directly behind the statement of the call. */
function testBehind(tree: CNode, { span }: CallSite, offset: number): Test | undefined {
  let found: Test | undefined;
  walk(tree, (n) => {
    const at = n.children.findIndex((c) => c.start <= span.start && span.end <= c.end);
    const statement = n.type === 'compound_statement' && at >= 0 ? n.children[at + 1] : undefined;
    if (statement?.type === 'if_statement' && statement.end <= offset && offset < n.end) {
      const condition = childByField(statement, 'condition');
      const arm = childByField(statement, 'consequence');
      const open = childByField(statement, 'alternative') !== undefined;
      found = condition === undefined || arm === undefined || open ? undefined : { statement, condition, arm };
    }
    return at >= 0;
  });
  return found;
}

/** `(ret != nr)`, `(ret < nr)`, with `unlikely()`, either way round. */
function asksForAll(condition: string, result: string, count: string): boolean {
  const bare = (text: string): string => text.replace(/\s+/g, '');
  const text = bare(condition)
    .replace(/^\((?:unlikely|likely)\((.*)\)\)$/, '($1)')
    .replace(/^\((.*)\)$/, '$1');
  return [
    `${result}!=${bare(count)}`,
    `${result}<${bare(count)}`,
    `${bare(count)}!=${result}`,
    `${bare(count)}>${result}`,
  ].includes(text);
}

function isLeaving(arm: CNode): boolean {
  return lastStatement(arm)?.type === 'return_statement';
}

function isChangedIn(site: CallSite, name: string, offset: number): boolean {
  const { code } = site.unit;
  const stepped = new RegExp(`(?:\\+\\+|--)\\s*${name}\\b|\\b${name}\\s*(?:\\+\\+|--)|&\\s*${name}\\b`);
  const field = new RegExp(`(?:->|\\.)\\s*${name}\\s*(?:[-+*/%&|^]|<<|>>)?=(?!=)`);
  const between = code.slice(site.span.end, offset);
  return isAssignedIn(site, name, site.span.end, offset) || stepped.test(between) || field.test(between);
}
