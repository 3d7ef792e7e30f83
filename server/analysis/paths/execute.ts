/**
 * All paths through one function: blocks in reverse post-order with each loop in one piece, states joined where paths meet, loops taken twice
 * (turn one as it is, one widened turn for all the others). Gives the states at the exits.
 */
import type { Block, Instr } from '../../flow/ir.ts';
import { tempKey, variableKey } from '../../flow/keys.ts';
import { deadTemps } from '../../flow/liveness.ts';
import { loopwiseOrder, nextTurn } from '../../flow/loopwise.ts';
import { symbol } from '../../flow/value.ts';
import { executeCall, pickRow } from './apply-call.ts';
import { noteCleared } from './cleared-elements.ts';
import { copyStruct } from './copy-memory.ts';
import { type Exit, leaveBlock } from './edges.ts';
import { evaluate, resolvePlace } from './evaluate.ts';
import type { Frame } from './frame.ts';
import { enterBlock, turnTag } from './loop-turns.ts';
import { mergePaths, type Watched } from './merge.ts';
import { dropBelow, entryState, type PathState, writeElement, writeKey } from './path-state.ts';
import { noteUncounted } from './uncounted.ts';

/** Block executions per function, counting each path: about a second. No function of Linux with a site needs more, most a hundredth. */
const MAX_STEPS = 30_000;

/**
 * Paths that may go through a block together before they are joined already inside it. Calls in a row multiply them, each by up to the
 * cases of a summary: forty-four paths by eleven, three and twelve, of which the next block would keep thirty-two.
 */
const MAX_INSIDE = 64;

/** What running a function gave. */
export interface Execution {
  readonly exits: readonly Exit[];
  /** False when the budget ran out. */
  readonly complete: boolean;
}

/** Runs a function from its entry. */
export function execute(frame: Frame): Execution {
  const { cfg, loops } = frame;
  const index = new Map(cfg.order.map((id, i) => [id, i]));
  const rank = new Map(loopwiseOrder(cfg, loops).map((id, i) => [id, i]));
  const watched = watchedBy(frame);
  const pending = new Map<number, PathState[]>([[cfg.entry, [initialState(frame)]]]);
  const dead = deadTemps(frame.cfg);
  const exits: Exit[] = [];
  let steps = 0;
  for (let place = nextPlace(pending, rank); place !== undefined; place = nextPlace(pending, rank)) {
    const arrived = pending.get(place) ?? [];
    pending.delete(place);
    const at = place < 0 ? nextTurn(place) : place;
    const block = cfg.blocks[at];
    if (block === undefined) continue;
    dropTemps(arrived, dead[index.get(at) ?? 0] ?? []);
    for (const states of mergedByTurns(arrived, at, loops.headsOf(at), watched)) {
      steps += states.length;
      if (steps > MAX_STEPS) return { exits, complete: false };
      for (const after of runBlock(frame, block, states, watched)) {
        leaveBlock(frame, block, after, {
          exits,
          push: (to, state) => {
            const entering = enterBlock(frame, { from: block.id, to }, state);
            const where = loops.isBackEdge(block.id, to) ? nextTurn(to) : to;
            const waiting = pending.get(where);
            if (waiting === undefined) pending.set(where, [...entering]);
            else waiting.push(...entering);
          },
        });
      }
    }
  }
  return { exits, complete: true };
}

/** Paths that meet at a block, by the turns of the loops around it they are in; those in the same turns joined. */
function mergedByTurns(
  arrived: readonly PathState[],
  at: number,
  heads: readonly number[],
  watched: Watched,
): readonly (readonly PathState[])[] {
  const only = arrived[0];
  // One path is as it is.
  if (only !== undefined && arrived.length === 1) return [[only]];
  const groups = new Map<string, PathState[]>();
  for (const s of arrived) {
    const tag = turnTag(s, heads);
    const group = groups.get(tag);
    if (group === undefined) groups.set(tag, [s]);
    else group.push(s);
  }
  return [...groups].map(([tag, states]) => mergePaths(states, `${at}${tag}`, watched));
}

function dropTemps(states: readonly PathState[], temps: readonly number[]): void {
  if (temps.length === 0) return;
  const keys = temps.map(tempKey);
  for (const s of states) s.env.dropTemps(keys);
}

function nextPlace(
  pending: ReadonlyMap<number, readonly PathState[]>,
  rank: ReadonlyMap<number, number>,
): number | undefined {
  let best: number | undefined;
  for (const id of pending.keys()) if (best === undefined || (rank.get(id) ?? 0) < (rank.get(best) ?? 0)) best = id;
  return best;
}

function initialState(frame: Frame): PathState {
  const s = entryState();
  for (const [i, p] of frame.cfg.params.entries()) s.env.set(`l:${p.name}`, symbol(`arg${i}`, { path: `arg${i}` }));
  return s;
}

/** Variables that the function returns, and whether it gives pages back. */
function watchedBy(frame: Frame): Watched {
  const out = new Set<string>();
  for (const block of frame.cfg.blocks) {
    if (block.term.kind !== 'return' || block.term.value?.kind !== 'temp') continue;
    const id = block.term.value.id;
    for (const instr of block.instrs) {
      if (instr.kind === 'temp' && instr.id === id && instr.value.kind === 'read' && instr.value.place.kind === 'var') {
        out.add(variableKey(instr.value.place.name, instr.value.place.scope));
      }
    }
  }
  const releases = frame.cfg.blocks.some((b) =>
    b.instrs.some((i) => i.kind === 'call' && callReleases(frame, i.callee, i.args.length)),
  );
  return { places: [...out], releases };
}

function callReleases(frame: Frame, name: string | undefined, arity: number): boolean {
  if (name === undefined) return false;
  const row = pickRow(frame.program.rowsFor(frame.unit, name), arity);
  if (row !== undefined) return row.effects.some((e) => e.op === 'release');
  return frame.program.mayRelease(frame.unit, name);
}

/** Runs a block on paths that are in the same turns of the loops around it. */
function runBlock(frame: Frame, block: Block, start: readonly PathState[], watched: Watched): readonly PathState[] {
  const heads = frame.loops.headsOf(block.id);
  const tag = turnTag(start[0], heads);
  let states = start;
  for (let i = 0; i < block.instrs.length; i++) {
    const instr = block.instrs[i] as Instr;
    const where = { loop: heads[0], point: `${block.id}i${i}${tag}` };
    if (states.length > MAX_INSIDE && instr.kind === 'call') states = mergePaths(states, where.point, watched);
    const only = states[0];
    if (only === undefined) return [];
    states =
      states.length === 1
        ? runInstr(frame, instr, only, where)
        : states.flatMap((s) => runInstr(frame, instr, s, where));
  }
  return states;
}

function runInstr(
  frame: Frame,
  instr: Instr,
  s: PathState,
  where: { loop: number | undefined; point: string },
): PathState[] {
  switch (instr.kind) {
    case 'assign': {
      const value = evaluate(s, instr.value, where);
      const place = resolvePlace(s, instr.target, where);
      noteCleared(frame, s, instr, { key: place.key, value, loop: where.loop });
      if (place.element) writeElement(s, place.key, value, place.weak);
      else writeKey(s, place.key, value, place.weak);
      if (instr.value.kind === 'read') copyStruct({ frame, s, point: where.point }, instr, instr.value.place);
      return [s];
    }
    case 'temp':
      s.env.set(tempKey(instr.id), evaluate(s, instr.value, where));
      return [s];
    case 'call':
      return executeCall(frame, s, instr, where);
    case 'enter':
      for (const name of instr.names) {
        dropBelow(s, `l:${name}`);
        s.env.set(`l:${name}`, symbol(`u${where.point}:${name}`));
      }
      return [s];
    case 'leave':
      for (const name of instr.names) {
        noteUncounted(s, `l:${name}`);
        dropBelow(s, `l:${name}`);
        s.env.delete(`l:${name}`);
      }
      return [s];
  }
}
