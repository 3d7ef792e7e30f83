/** In which order paths are taken on through the blocks of a function with loops. */
import type { Cfg } from './ir.ts';
import type { LoopForest } from './loops.ts';
import { nextOf, orderFrom } from './order.ts';

/** Where paths wait that came back to the head of a loop, as another block than the head itself. */
export function nextTurn(head: number): number {
  return -1 - head;
}

/**
 * The blocks of a function with each loop in one piece, and behind each loop its `nextTurn`: all paths of a turn have gone as far as they
 * go in the loop before the next turn starts, and those of all turns meet behind the loop before they go on.
 */
export function loopwiseOrder(cfg: Cfg, loops: LoopForest): readonly number[] {
  if (loops.byHead.size === 0) return cfg.order;
  const around = new Map(cfg.order.map((id) => [id, [...loops.headsOf(id)].reverse()]));
  const out: number[] = [];
  const place = (members: readonly number[], entry: number, depth: number): void => {
    // Each loop at this depth goes by its head, every other block by itself.
    const partOf = new Map(members.map((id) => [id, around.get(id)?.[depth] ?? id]));
    const parts = new Map<number, number[]>();
    for (const [id, part] of partOf) {
      const inside = parts.get(part);
      if (inside === undefined) parts.set(part, [id]);
      else inside.push(id);
    }
    const next = (part: number): number[] =>
      (parts.get(part) ?? []).flatMap((id) => nextOf(cfg.blocks, id).flatMap((to) => partOf.get(to) ?? []));
    for (const part of new Set([...orderFrom(entry, next), ...parts.keys()])) {
      const inside = parts.get(part) ?? [];
      const isLoop = inside.some((id) => around.get(id)?.[depth] === part);
      if (isLoop) place(inside, part, depth + 1);
      else out.push(...inside);
      if (isLoop) out.push(nextTurn(part));
    }
  };
  place(cfg.order, around.get(cfg.entry)?.[0] ?? cfg.entry, 0);
  return out;
}
