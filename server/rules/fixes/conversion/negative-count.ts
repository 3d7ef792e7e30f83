/**
 * Whether a count may be a negative errno where it is used: a loop up to it then does nothing, a release of a whole array would take it for a
 * huge number. A variable that gets the result of an acquire call, without a test of its sign before.
 */
import { compact, conditionOf, leaves, placeOfStatement } from '../../../analysis/statements/statement-place.ts';
import { bare, calleeOf, codeOf, pathTo } from '../../../analysis/trees.ts';
import { type CNode, childByField, walk } from '../../../syntax/node.ts';
import { variableAt } from '../../../syntax/types.ts';
import type { CUnit, FunctionDef } from '../../../syntax/unit.ts';

interface Where {
  readonly unit: CUnit;
  readonly fn: FunctionDef;
  readonly tree: CNode;
}

const ACQUIRES = /^(?:get|pin)_user_pages\w*$/;

/** Whether `count` may be below 0 at a statement. */
export function mayBeNegative(where: Where, statement: CNode, count: string): boolean {
  return isNegative(where, statement, count, MAX_COPIES);
}

/** Whether nobody comes to a statement of a block with `count` at 0 or below: each was tested for, and left at, before. */
export function isPositive({ unit, tree }: Where, statement: CNode, count: string): boolean {
  const around = placeOfStatement(tree, statement)?.around ?? [];
  const isLeft = (values: string): boolean =>
    around.some((n, i) => {
      const inner = i === 0 ? statement : around[i - 1];
      return inner !== undefined && isLeftAt(unit, n, { inner, count, compared: values });
    });
  return isLeft('<=0|<1') || (isLeft('<0') && isLeft('==0'));
}

/** Whether nobody comes to a statement of a block with `count` below 0. */
export function isNotNegative({ unit, tree }: Where, statement: CNode, count: string): boolean {
  const around = placeOfStatement(tree, statement)?.around ?? [];
  return around.some((n, i) => {
    const inner = i === 0 ? statement : around[i - 1];
    return inner !== undefined && isLeftAt(unit, n, { inner, count, compared: '<=?0|<1' });
  });
}

/** A result is copied on through this many variables. */
const MAX_COPIES = 3;

function isNegative(where: Where, statement: CNode, count: string, copies: number): boolean {
  const { unit, fn, tree } = where;
  if (!/^\w+(?:(?:->|\.)\w+)*$/.test(count)) return false;
  const variable = variableAt(unit, fn, count, statement.start);
  if (variable?.type.unsigned === true || !getsResult(where, count, copies)) return false;
  const around = placeOfStatement(tree, statement)?.around ?? [];
  return !around.some((n, i) => {
    const inner = i === 0 ? statement : around[i - 1];
    return inner !== undefined && (isGuarded(unit, n, { inner, count }) || isLeftBefore(unit, n, { inner, count }));
  });
}

/** Whether a place is assigned the result of an acquire call, or a copy of a place that may be negative where it is copied. */
function getsResult(where: Where, name: string, copies: number): boolean {
  const { unit, tree } = where;
  let found = false;
  walk(tree, (n) => {
    if (found || (n.type !== 'assignment_expression' && n.type !== 'init_declarator')) return !found;
    const left = childByField(n, 'left') ?? childByField(n, 'declarator');
    const right = childByField(n, 'right') ?? childByField(n, 'value');
    const operator = childByField(n, 'operator');
    if (operator !== undefined && codeOf(unit, operator) !== '=') return true;
    if (left === undefined || right === undefined || compact(unit, left) !== name) return true;
    const value = bare(right);
    const callee = value.type === 'call_expression' ? calleeOf(value) : undefined;
    if (callee !== undefined) found = ACQUIRES.test(codeOf(unit, callee));
    else if (value.type === 'identifier' && copies > 0 && compact(unit, value) !== name)
      found = isNegative(where, statementOf(tree, n), compact(unit, value), copies - 1);
    return !found;
  });
  return found;
}

function statementOf(tree: CNode, node: CNode): CNode {
  return pathTo(tree, node).findLast((n) => n.type === 'expression_statement' || n.type === 'declaration') ?? node;
}

interface Inner {
  readonly inner: CNode;
  readonly count: string;
}

/** `if (n > 0)` around it, `else` of `if (n < 0)`, `while (n > 0)`. */
function isGuarded(unit: CUnit, n: CNode, { inner, count }: Inner): boolean {
  const condition = conditionOf(n);
  if (condition === undefined) return false;
  const text = codeOf(unit, condition).replace(/\s+/g, '');
  const positive = new RegExp(`(?:^|&&|\\()${escaped(count)}(?:>0|>=0|>=1)(?:$|&&|\\))`);
  const negative = new RegExp(`^${escaped(count)}<=?0$`);
  if (inner.field === 'alternative') return negative.test(text);
  return inner.field !== 'initializer' && positive.test(text);
}

/** `if (n < 0) return …;` before it in the same block. */
function isLeftBefore(unit: CUnit, n: CNode, at: Inner): boolean {
  return isLeftAt(unit, n, { ...at, compared: '<=?0|<1', isAsGood: (arm) => zeroed(unit, arm, at.count) });
}

/** A comparison of a count, as a pattern, and arms that are as good as leaving. */
interface Left extends Inner {
  readonly compared: string;
  readonly isAsGood?: (arm: CNode | undefined) => boolean;
}

/** Whether an `if` ahead in the same block leaves where the count compares so. */
function isLeftAt(unit: CUnit, n: CNode, { inner, count, compared, isAsGood }: Left): boolean {
  if (n.type !== 'compound_statement') return false;
  const asks = new RegExp(`(?:^|\\|\\||\\()${escaped(count)}(?:${compared})(?:$|\\|\\||\\))`);
  return n.children.some((s) => {
    const condition = s.type === 'if_statement' && s.start < inner.start ? conditionOf(s) : undefined;
    const arm = childByField(s, 'consequence');
    if (condition === undefined) return false;
    const text = codeOf(unit, condition)
      .replace(/\s+/g, '')
      .replace(new RegExp(`!${escaped(count)}(?!\\w)`), `${count}==0`);
    return asks.test(text) && ((leaves(arm) && !comesBack(unit, n, s, inner)) || isAsGood?.(arm) === true);
  });
}

/** Whether a jump out of an `if` leads to a label between it and a statement of the same block. */
function comesBack(unit: CUnit, block: CNode, from: CNode, to: CNode): boolean {
  const labels = [...codeOf(unit, from).matchAll(/\bgoto\s+(\w+)/g)].map((m) => m[1]);
  return block.children.some(
    (c) =>
      c.type === 'labeled_statement' &&
      c.start > from.start &&
      c.start <= to.start &&
      labels.includes(/^\w+/.exec(codeOf(unit, c))?.[0]),
  );
}

/** `if (n < 0) n = 0;`. */
function zeroed(unit: CUnit, arm: CNode | undefined, count: string): boolean {
  return (
    arm !== undefined && new RegExp(`\\b${escaped(count)}\\s*=\\s*0\\s*;`).test(unit.code.slice(arm.start, arm.end))
  );
}

function escaped(place: string): string {
  return place.replace(/[.>-]/g, '\\$&');
}
