/** Where a statement stands: its block, the statements beside it, the header that governs it. Read off trees; nothing here follows paths. */
import { type CNode, childByField } from '../../syntax/node.ts';
import type { CUnit } from '../../syntax/unit.ts';
import { argumentNodes, bare, calleeOf, codeOf, pathTo } from '../trees.ts';

/** A statement and what is around it. */
export interface StatementPlace {
  readonly statement: CNode;
  /** The nodes round the statement, nearest first. */
  readonly around: readonly CNode[];
  /** The block it is a statement of; undefined where it is the body of an `if` or a loop by itself. */
  readonly block: CNode | undefined;
}

/** The expression statement that is nothing but this call, and its place; undefined where the call is part of something else. */
export function callStatement(tree: CNode, call: CNode): StatementPlace | undefined {
  const path = pathTo(tree, call);
  const at = path.findLastIndex((n) => n.type === 'expression_statement');
  const statement = path[at];
  if (statement === undefined || statement.children[0] === undefined || bare(statement.children[0]) !== call)
    return undefined;
  return placeIn(path, at);
}

/** The place of a statement of the tree. */
export function placeOfStatement(tree: CNode, statement: CNode): StatementPlace | undefined {
  const path = pathTo(tree, statement);
  const at = path.lastIndexOf(statement);
  return at < 0 ? undefined : placeIn(path, at);
}

function placeIn(path: readonly CNode[], at: number): StatementPlace | undefined {
  const statement = path[at];
  if (statement === undefined) return undefined;
  const around = path.slice(0, at).reverse();
  const parent = around[0];
  return { statement, around, block: parent?.type === 'compound_statement' ? parent : undefined };
}

/** The statement of the same block right before this one; undefined for the first. */
export function statementBefore({ block, statement }: StatementPlace): CNode | undefined {
  return block?.children[block.children.indexOf(statement) - 1];
}

/** The statements that a body holds: those of a block, or the one statement that it is. */
export function statementsIn(body: CNode): readonly CNode[] {
  return body.type === 'compound_statement' ? body.children : [body];
}

/** A call that is a statement of its own: the name called and its arguments. */
export interface PlainCall {
  readonly name: string;
  readonly args: readonly CNode[];
  readonly node: CNode;
}

/** The call that a statement is, if it is one by name. */
export function callOf(unit: CUnit, statement: CNode): PlainCall | undefined {
  const inner = statement.type === 'expression_statement' ? statement.children[0] : undefined;
  const node = inner === undefined ? undefined : bare(inner);
  const callee = node?.type === 'call_expression' ? calleeOf(node) : undefined;
  if (node === undefined || callee === undefined) return undefined;
  return { name: codeOf(unit, callee), args: argumentNodes(node), node };
}

/** A node's code without white space: equal places have equal keys. */
export function compact(unit: CUnit, node: CNode): string {
  return codeOf(unit, bare(node)).replace(/\s+/g, '');
}

/** Whether a statement never goes on to the one behind it. */
export function leaves(statement: CNode | undefined): boolean {
  if (statement === undefined) return false;
  if (/^(?:return|goto|break|continue)_statement$/.test(statement.type)) return true;
  return statement.type === 'compound_statement' && leaves(statement.children.at(-1));
}

/** The condition of an `if` or a loop without its parentheses. */
export function conditionOf(node: CNode): CNode | undefined {
  const condition = childByField(node, 'condition');
  return condition === undefined ? undefined : bare(condition);
}
