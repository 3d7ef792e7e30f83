/** Where a function names a local variable, and whether anybody asks for its value behind a statement. By structure, on the safe side. */
import { type CNode, childByField, walk } from '../../syntax/node.ts';
import type { CUnit } from '../../syntax/unit.ts';
import { codeOf, isLoop, pathTo } from '../trees.ts';
import { placeOfStatement } from './statement-place.ts';

/** One use of a name: its node, and how it is used. */
export interface VariableUse {
  readonly node: CNode;
  readonly kind: 'declared' | 'assigned' | 'read';
}

/** The uses of a local name in a tree, in text order. Fields and labels of that name are none. */
export function usesOf(unit: CUnit, tree: CNode, name: string): readonly VariableUse[] {
  const uses: VariableUse[] = [];
  walk(tree, (node, parent) => {
    if (node.type !== 'identifier' || codeOf(unit, node) !== name) return true;
    const set = parent?.type === 'assignment_expression' && node.field === 'left' && isPlain(unit, parent);
    uses.push({ node, kind: node.field === 'declarator' ? 'declared' : set ? 'assigned' : 'read' });
    return true;
  });
  return uses.sort((a, b) => a.node.start - b.node.start);
}

function isPlain(unit: CUnit, assignment: CNode): boolean {
  const operator = childByField(assignment, 'operator');
  return operator === undefined || codeOf(unit, operator) === '=';
}

/**
 * Whether nobody reads what the variable holds when the statement is done: before every read that may come later stands an assignment in a
 * block around that read, with no label in between. Loops around the statement, and labels that a goto behind it leads back to, start over.
 */
export function isDeadAfter(unit: CUnit, tree: CNode, statement: CNode, name: string): boolean {
  const place = placeOfStatement(tree, statement);
  if (place === undefined) return false;
  const uses = usesOf(unit, tree, name);
  const end = returnBehind(place.block, statement)?.end ?? tree.end;
  const starts = [...place.around.filter(isLoop), ...labelsBehind(tree, statement)].map((n) => n.start);
  const again = end < tree.end ? statement.start : Math.min(statement.start, ...starts);
  const labels = nodesOf(tree, 'labeled_statement');
  const isSet = (read: CNode, from: number): boolean =>
    uses.some(
      ({ kind, node }) =>
        kind === 'assigned' &&
        node.start >= from &&
        node.start < read.start &&
        scopeOf(tree, node).end >= read.end &&
        !labels.some((l) => l.start > node.start && l.start <= read.start),
    );
  return uses.every(({ kind, node }) => {
    if (kind !== 'read' || (node.start >= statement.start && node.end <= statement.end)) return true;
    if (node.start >= statement.end) return node.start >= end || isSet(node, statement.end);
    return node.start < again || isSet(node, again);
  });
}

/** The `return` of the same block behind a statement. */
function returnBehind(block: CNode | undefined, statement: CNode): CNode | undefined {
  const rest = block?.children.slice(block.children.indexOf(statement) + 1) ?? [];
  const at = rest.findIndex((n) => n.type === 'return_statement');
  return rest.slice(0, at).some((n) => nodesOf(n, 'goto_statement').length > 0) ? undefined : rest[at];
}

/** The labels before a statement, where a goto stands behind it. */
function labelsBehind(tree: CNode, statement: CNode): readonly CNode[] {
  const jumps = nodesOf(tree, 'goto_statement').some((n) => n.start >= statement.end);
  return jumps
    ? nodesOf(tree, 'labeled_statement').filter((n) => n.start < statement.start && n.end <= statement.start)
    : [];
}

function nodesOf(root: CNode, type: string): CNode[] {
  const found: CNode[] = [];
  walk(root, (n) => {
    if (n.type === type) found.push(n);
    return true;
  });
  return found;
}

/** The stretch in which an assignment has surely been made, from itself on: the block of its statement, or the arm that it is. */
function scopeOf(tree: CNode, node: CNode): CNode {
  const path = pathTo(tree, node);
  for (let i = path.length - 1; i > 0; i--) {
    const n = path[i];
    const above = path[i - 1];
    if (n === undefined || above === undefined) break;
    if (above.type === 'compound_statement' || above.type === 'case_statement') return above;
    if (n.field === 'consequence' || n.field === 'alternative' || n.field === 'body' || n.field === 'update') return n;
    if (n.field === 'right' && above.type === 'binary_expression') return n;
  }
  return tree;
}
