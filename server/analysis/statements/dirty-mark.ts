/** A statement that marks one page dirty with the lock, always or on a condition. */
import { type CNode, childByField } from '../../syntax/node.ts';
import type { CUnit } from '../../syntax/unit.ts';
import { bare, calleeOf, codeOf, shownText } from '../trees.ts';
import { callOf, compact, conditionOf, statementsIn } from './statement-place.ts';

/** What marks a page dirty. */
export interface DirtyMark {
  readonly statement: CNode;
  /** The page, without white space. */
  readonly page: string;
  /** When it does, as code; `true` where it always does. */
  readonly when: string;
}

/** The mark that a statement is; undefined for anything else, for marks without the lock, and where an `else` does something more. */
export function dirtyMarkOf(unit: CUnit, statement: CNode): DirtyMark | undefined {
  if (statement.type !== 'if_statement') {
    const call = callOf(unit, statement);
    const page = call?.args[0];
    if (call?.name !== 'set_page_dirty_lock' || page === undefined) return undefined;
    return { statement, page: compact(unit, page), when: 'true' };
  }
  const body = childByField(statement, 'consequence');
  const condition = conditionOf(statement);
  if (body === undefined || condition === undefined || childByField(statement, 'alternative') !== undefined)
    return undefined;
  const [only, more] = statementsIn(body);
  const inner = only === undefined || more !== undefined ? undefined : dirtyMarkOf(unit, only);
  if (inner === undefined) return undefined;
  const asked = conjuncts(unit, condition).filter((c) => !asksForMark(unit, c, inner.page));
  const when = [...asked.map((c) => shownText(unit, c)), ...(inner.when === 'true' ? [] : [inner.when])];
  return { statement, page: inner.page, when: when.length === 0 ? 'true' : when.join(' && ') };
}

/** The operands of a chain of `&&`. */
function conjuncts(unit: CUnit, node: CNode): readonly CNode[] {
  const n = bare(node);
  const operator = n.type === 'binary_expression' ? childByField(n, 'operator') : undefined;
  const left = childByField(n, 'left');
  const right = childByField(n, 'right');
  if (operator === undefined || codeOf(unit, operator) !== '&&' || left === undefined || right === undefined)
    return [n];
  return [...conjuncts(unit, left), ...conjuncts(unit, right)];
}

/** `!PageDirty(page)`, `!PageReserved(page)`: questions that unpin_user_pages_dirty_lock() asks itself, or that no user page needs. */
function asksForMark(unit: CUnit, node: CNode, page: string): boolean {
  const operator = node.type === 'unary_expression' ? childByField(node, 'operator') : undefined;
  const argument = childByField(node, 'argument');
  if (operator === undefined || argument === undefined || codeOf(unit, operator) !== '!') return false;
  const call = bare(argument);
  const callee = call.type === 'call_expression' ? calleeOf(call) : undefined;
  const given = childByField(call, 'arguments')?.children[0];
  if (callee === undefined || given === undefined || compact(unit, given) !== page) return false;
  return /^Page(?:Dirty|Reserved)$/.test(codeOf(unit, callee));
}
