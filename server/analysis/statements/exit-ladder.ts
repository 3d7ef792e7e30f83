/** The labels at a function's end that undo what was done so far, and the gotos that lead there. */
import type { Span } from '../../base/span.ts';
import { type CNode, childByField, walk } from '../../syntax/node.ts';
import type { CUnit } from '../../syntax/unit.ts';
import { bodyOf } from '../locals.ts';
import { codeOf } from '../trees.ts';

/** A label of the ladder: what runs from it on, up to the return. */
export interface Rung {
  readonly label: string;
  /** From the label to the end of the return. */
  readonly span: Span;
  /** What is returned, as code; empty for nothing. */
  readonly returns: string;
}

/** The rungs that a goto between two places leads to, the one jumped to last first. */
export function rungsUsed(unit: CUnit, tree: CNode, between: Span): readonly Rung[] {
  const rungs = new Map(rungsOf(unit, tree).map((r) => [r.label, r]));
  const used: Rung[] = [];
  walk(tree, (n) => {
    if (n.type !== 'goto_statement' || n.start < between.start || n.end > between.end) return true;
    const label = childByField(n, 'label');
    const rung = label === undefined ? undefined : rungs.get(codeOf(unit, label));
    if (rung !== undefined && rung.span.start > between.end) used.push(rung);
    return true;
  });
  return used.reverse();
}

/** The labels of the function's own block that run on to a return. */
function rungsOf(unit: CUnit, tree: CNode): readonly Rung[] {
  const statements = bodyOf(tree)?.children ?? [];
  return statements.flatMap((n, i) => {
    const label = n.type === 'labeled_statement' ? childByField(n, 'label') : undefined;
    if (label === undefined) return [];
    const end = statements.slice(i).flatMap((s) => returnIn(s) ?? [])[0];
    if (end === undefined) return [];
    const value = end.children[0];
    const returns = value === undefined ? '' : codeOf(unit, value);
    return [{ label: codeOf(unit, label), span: { start: n.start, end: end.end }, returns }];
  });
}

/** The return that a statement is, also behind labels. */
function returnIn(statement: CNode): CNode | undefined {
  if (statement.type === 'return_statement') return statement;
  const last = statement.type === 'labeled_statement' ? statement.children.at(-1) : undefined;
  return last === undefined ? undefined : returnIn(last);
}
