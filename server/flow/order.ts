/** Where a block leads to, and blocks in an order in which what leads to a block comes before it. */
import type { Block, Terminator } from './ir.ts';

/** Targets of a block's terminator. */
export function successors(term: Terminator): readonly number[] {
  switch (term.kind) {
    case 'jump':
      return [term.to];
    case 'branch':
      return [term.yes, term.otherwise];
    case 'return':
    case 'unreachable':
      return [];
  }
}

/** Reachable blocks so that, save for back edges, a block stands after all that lead to it. */
export function reversePostOrder(blocks: readonly Block[], entry: number): number[] {
  return orderFrom(entry, (id) => nextOf(blocks, id));
}

/** Where a block leads to; a block that is not there leads nowhere. */
export function nextOf(blocks: readonly Block[], id: number): readonly number[] {
  const block = blocks[id];
  return block === undefined ? [] : successors(block.term);
}

/** What can be reached from a node, in reverse post-order. */
export function orderFrom(entry: number, next: (node: number) => readonly number[]): number[] {
  const seen = new Set<number>([entry]);
  const out: number[] = [];
  const stack = [{ node: entry, left: [...next(entry)] }];
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    // The complete exit of a loop is visited first, so that it ends up after the body.
    const to = top.left.pop();
    if (to === undefined) {
      out.push(top.node);
      stack.pop();
    } else if (!seen.has(to)) {
      seen.add(to);
      stack.push({ node: to, left: [...next(to)] });
    }
  }
  return out.reverse();
}
