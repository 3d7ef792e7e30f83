/** Small questions about syntax trees that several operators ask. */
import { pathTo } from '../../server/analysis/trees.ts';
import { type CNode, walk } from '../../server/syntax/node.ts';
import type { CUnit } from '../../server/syntax/unit.ts';

/** The expression statement that is nothing but this call; undefined where its result is used. */
export function statementOf(root: CNode, call: CNode): CNode | undefined {
  const path = pathTo(root, call);
  const at = path.lastIndexOf(call);
  const parent = path[at - 1];
  return parent?.type === 'expression_statement' ? parent : undefined;
}

/** The nodes round a node, nearest first. */
export function around(root: CNode, node: CNode): CNode[] {
  return pathTo(root, node)
    .filter((n) => n !== node && n.start <= node.start && n.end >= node.end)
    .reverse();
}

/** The statement of a block that holds a node, and the block. */
export function inBlock(root: CNode, node: CNode): { readonly block: CNode; readonly statement: CNode } | undefined {
  const path = [...pathTo(root, node)];
  for (let i = path.length - 1; i > 0; i--) {
    const block = path[i - 1];
    const statement = path[i];
    if (block?.type === 'compound_statement' && statement !== undefined) return { block, statement };
  }
  return undefined;
}

/** All nodes of some types below a node, in text order. */
export function nodesOf(root: CNode, ...types: readonly string[]): CNode[] {
  const found: CNode[] = [];
  walk(root, (n) => {
    if (types.includes(n.type)) found.push(n);
    return true;
  });
  return found;
}

/** A node's code on one line: comments gone, white space reduced. */
export function flat(unit: CUnit, node: { readonly start: number; readonly end: number }): string {
  return unit.code.slice(node.start, node.end).replace(/\s+/g, ' ').trim();
}

/** New text for a stretch, padded with the line breaks that the old one had, so that later lines keep their numbers. */
export function sameLines(old: string, text: string): string {
  const lines = (s: string): number => s.split('\n').length - 1;
  return text + '\n'.repeat(Math.max(0, lines(old) - lines(text)));
}
