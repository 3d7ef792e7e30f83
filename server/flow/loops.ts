/** Natural loops of a control-flow graph, goto loops included: which blocks they hold and what these assign. */
import type { Cfg, Expr, PlaceExpr } from './ir.ts';
import { successors } from './order.ts';

/** What a turn of a loop may do to a place. */
export interface LoopAssignment {
  readonly place: PlaceExpr;
  /** `up`/`down`: every assignment in the loop only adds to it, or only takes away. */
  readonly how: 'set' | 'up' | 'down';
  /** The smallest constant assigned, where everything else only adds: the place never falls below it and what it had before. */
  readonly floor: number | undefined;
}

/** One loop, known by its head block. */
export interface NaturalLoop {
  readonly head: number;
  readonly blocks: ReadonlySet<number>;
  readonly assigned: readonly LoopAssignment[];
}

/** Loops by head, and which edges go back. */
export interface LoopForest {
  readonly byHead: ReadonlyMap<number, NaturalLoop>;
  /** Whether the edge leads back to a loop head it is inside of. */
  isBackEdge(from: number, to: number): boolean;
  /** Heads of the loops a block is in, innermost first. */
  headsOf(block: number): readonly number[];
}

/** Finds the loops of a graph by its retreating edges. */
export function findLoops(cfg: Cfg): LoopForest {
  const index = new Map(cfg.order.map((id, i) => [id, i]));
  const predecessors = new Map<number, number[]>();
  const back: { from: number; to: number }[] = [];
  for (const id of cfg.order) {
    const block = cfg.blocks[id];
    if (block === undefined) continue;
    for (const to of successors(block.term)) {
      predecessors.set(to, [...(predecessors.get(to) ?? []), id]);
      if ((index.get(to) ?? 0) <= (index.get(id) ?? 0)) back.push({ from: id, to });
    }
  }
  const members = new Map<number, Set<number>>();
  for (const edge of back) collect(members, predecessors, edge);
  const byHead = new Map<number, NaturalLoop>();
  for (const [head, blocks] of members) byHead.set(head, { head, blocks, assigned: assignments(cfg, blocks) });
  const bySize = [...byHead.values()].sort((a, b) => a.blocks.size - b.blocks.size);
  return {
    byHead,
    isBackEdge: (from, to) => (index.get(to) ?? 0) <= (index.get(from) ?? 0),
    headsOf: (block) => bySize.filter((l) => l.blocks.has(block)).map((l) => l.head),
  };
}

function collect(
  members: Map<number, Set<number>>,
  predecessors: ReadonlyMap<number, readonly number[]>,
  edge: { from: number; to: number },
): void {
  const set = members.get(edge.to) ?? new Set([edge.to]);
  members.set(edge.to, set);
  const stack = [edge.from];
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    if (set.has(id)) continue;
    set.add(id);
    stack.push(...(predecessors.get(id) ?? []));
  }
}

function assignments(cfg: Cfg, blocks: ReadonlySet<number>): LoopAssignment[] {
  const found = new Map<string, LoopAssignment>();
  for (const id of blocks) {
    for (const instr of cfg.blocks[id]?.instrs ?? []) {
      if (instr.kind !== 'assign') continue;
      const key = placeText(instr.target);
      found.set(key, joinAssignments(found.get(key), assignmentOf(instr.target, instr.value)));
    }
  }
  return [...found.values()];
}

function assignmentOf(place: PlaceExpr, value: Expr): LoopAssignment {
  const how = direction(place, value);
  const plain = value.kind === 'convert' ? value.arg : value;
  const floor = how === 'up' ? Number.POSITIVE_INFINITY : plain.kind === 'int' ? plain.value : undefined;
  return { place, how, floor };
}

function joinAssignments(a: LoopAssignment | undefined, b: LoopAssignment): LoopAssignment {
  if (a === undefined) return b;
  const floor = a.floor === undefined || b.floor === undefined ? undefined : Math.min(a.floor, b.floor);
  return { place: a.place, how: a.how === b.how ? a.how : 'set', floor };
}

function direction(target: PlaceExpr, value: Expr): 'set' | 'up' | 'down' {
  const v = value.kind === 'convert' ? value.arg : value;
  if (v.kind !== 'binary' || (v.op !== '+' && v.op !== '-')) return 'set';
  if (v.left.kind !== 'read' || placeText(v.left.place) !== placeText(target)) return 'set';
  return v.op === '+' ? 'up' : 'down';
}

/** A spelling of a place that is equal for equal expressions; for comparing within one function. */
export function placeText(place: PlaceExpr): string {
  switch (place.kind) {
    case 'var':
      return place.name;
    case 'field':
      return `${placeText(place.base)}.${place.name}`;
    case 'deref':
      return `*(${exprText(place.pointer)})`;
    case 'index':
      return `${exprText(place.pointer)}[]`;
  }
}

/** A spelling of an expression, for messages' keys and comparisons within one function. */
export function exprText(e: Expr): string {
  switch (e.kind) {
    case 'int':
      return String(e.value);
    case 'read':
      return placeText(e.place);
    case 'address':
      return `&${placeText(e.place)}`;
    case 'temp':
      return `t${e.id}`;
    case 'not':
      return `!${exprText(e.arg)}`;
    case 'negate':
      return `-${exprText(e.arg)}`;
    case 'convert':
      return exprText(e.arg);
    case 'binary':
      return `(${exprText(e.left)} ${e.op} ${exprText(e.right)})`;
    case 'container':
      return `container_of(${exprText(e.arg)}, ${e.member})`;
    case 'unknown':
      return e.text ?? `?(${e.parts.map(exprText).join()})`;
  }
}
