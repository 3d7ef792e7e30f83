/** The result of an acquire call as operators see it: the variable that gets it, and the comparisons that it meets. */
import { treeOf } from '../../server/analysis/calls/call-index.ts';
import type { CallSite } from '../../server/analysis/sites/site.ts';
import { bare, codeOf } from '../../server/analysis/trees.ts';
import { FLIPPED } from '../../server/syntax/condition.ts';
import { type CNode, childByField } from '../../server/syntax/node.ts';
import { rowOf } from './subject.ts';
import { around, flat, nodesOf } from './trees.ts';

/** A call's result. */
export interface Result {
  /** The tree of the calling function. */
  readonly root: CNode;
  readonly call: CNode;
  /** The local variable that gets the result. */
  readonly name: string | undefined;
}

/** The result of a site that returns a count; undefined for other contracts. */
export function resultOf(site: CallSite): Result | undefined {
  const { unit, fn, node } = site;
  const counts = rowOf(site)?.returns;
  if (fn === undefined || node === undefined || (counts !== 'pages' && counts !== 'bytes')) return undefined;
  const root = treeOf(unit, fn);
  const holder = around(root, node).find((n) => n.type === 'assignment_expression' || n.type === 'init_declarator');
  if (holder === undefined) return { root, call: node, name: undefined };
  const value = childByField(holder, holder.type === 'init_declarator' ? 'value' : 'right');
  const target = childByField(holder, holder.type === 'init_declarator' ? 'declarator' : 'left');
  const named = value !== undefined && bare(value) === node && target?.type === 'identifier';
  return { root, call: node, name: named ? codeOf(unit, target) : undefined };
}

/** A comparison of the result. */
export interface Comparison {
  readonly node: CNode;
  readonly operator: string;
  /** The other operand, as if the result stood on the left. */
  readonly other: string;
}

/** Comparisons of the result between the call and the next assignment of its variable, in text order. */
export function comparisons({ unit }: CallSite, { root, call, name }: Result): Comparison[] {
  const next = nodesOf(root, 'assignment_expression').find((n) => {
    const left = childByField(n, 'left');
    return n.start > call.end && left !== undefined && name !== undefined && codeOf(unit, left) === name;
  });
  const until = next?.start ?? root.end;
  return nodesOf(root, 'binary_expression').flatMap((node) => {
    const left = childByField(node, 'left');
    const right = childByField(node, 'right');
    if (left === undefined || right === undefined || node.end < call.start || node.start > until) return [];
    const operator = unit.code.slice(left.end, right.start).replace(/[\s()]/g, '');
    const isResult = (n: CNode): boolean => {
      const b = bare(n);
      return b === call || (name !== undefined && b.type === 'identifier' && codeOf(unit, b) === name);
    };
    const mirrored = FLIPPED[operator];
    if (mirrored === undefined) return [];
    if (isResult(left)) return [{ node, operator, other: flat(unit, right) }];
    return isResult(right) ? [{ node, operator: mirrored, other: flat(unit, left) }] : [];
  });
}

/** Whether a comparison decides on a loop. */
export function isLoopCondition(root: CNode, node: CNode): boolean {
  const nodes = around(root, node);
  const at = nodes.findIndex((n) => /_statement$/.test(n.type));
  return /^(?:while|do|for)_statement$/.test(nodes[at]?.type ?? '');
}
