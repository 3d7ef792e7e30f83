/**
 * All paths through one function: blocks in reverse post-order, states joined where paths meet, loops taken twice
 * (turn one as it is, one widened turn for all the others). Gives the states at the exits.
 */
import type { Span } from '../base/span.ts';
import { intervalOf } from '../flow/facts.ts';
import type { Block, Expr, Instr, PlaceExpr, Terminator } from '../flow/ir.ts';
import { opValue, symbol, type Value } from '../flow/value.ts';
import { executeCall, pickRow } from './apply-call.ts';
import { checkComparison, checkLoopBound } from './check-result.ts';
import { assume, evaluate, resolvePlace, variableKey } from './evaluate.ts';
import { type Frame, stepAt } from './frame.ts';
import { mergePaths, type Watched } from './merge.ts';
import {
  addEvent,
  dropBelow,
  entryState,
  fork,
  isSummaryPlace,
  type PathState,
  setResource,
  withEntry,
  writeKey,
} from './path-state.ts';

/** Block executions per function, counting each path: about 50 ms; the largest function with a site needs a third of it. */
export const MAX_STEPS = 6000;

/** A path at its end. */
export interface Exit {
  readonly state: PathState;
  readonly value: Value | undefined;
  readonly span: Span;
}

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
  const watched = watchedBy(frame);
  const pending = new Map<number, PathState[]>([[cfg.entry, [initialState(frame)]]]);
  const dead = deadTemps(frame);
  const exits: Exit[] = [];
  let steps = 0;
  for (let at = nextBlock(pending, index); at !== undefined; at = nextBlock(pending, index)) {
    const arrived = pending.get(at) ?? [];
    pending.delete(at);
    const block = cfg.blocks[at];
    if (block === undefined) continue;
    dropTemps(arrived, dead[index.get(at) ?? 0] ?? []);
    for (const s of mergePaths(arrived, `${at}${turnTag(arrived[0], loops.headsOf(at))}`, watched)) {
      if (++steps > MAX_STEPS) return { exits, complete: false };
      for (const after of runBlock(frame, block, s)) {
        leave(frame, block, after, exits, (to, state) => {
          if (!enter(frame, block.id, to, state)) return;
          pending.set(to, [...(pending.get(to) ?? []), state]);
        });
      }
    }
  }
  return { exits, complete: true };
}

/** For each position of the order: the temporaries that no block from there on reads. A loop sets its own anew each turn. */
function deadTemps(frame: Frame): number[][] {
  const last = new Map<number, number>();
  for (const [i, id] of frame.cfg.order.entries()) for (const t of tempsRead(frame.cfg.blocks[id])) last.set(t, i);
  const out: number[][] = frame.cfg.order.map(() => []);
  for (const [t, i] of last) out[i + 1]?.push(t);
  const written = new Set<number>();
  for (const id of frame.cfg.order)
    for (const instr of frame.cfg.blocks[id]?.instrs ?? [])
      if (instr.kind === 'call' || instr.kind === 'temp') written.add(instr.id);
  const unread = [...written].filter((t) => !last.has(t));
  for (const list of out) list.push(...unread);
  return out;
}

function dropTemps(states: readonly PathState[], temps: readonly number[]): void {
  for (const s of states) for (const t of temps) s.env.delete(`t:${t}`);
}

/** Temporaries that a block's instructions and its end read. */
function tempsRead(block: Block | undefined): Set<number> {
  const out = new Set<number>();
  const expr = (e: Expr): void => {
    switch (e.kind) {
      case 'temp':
        out.add(e.id);
        return;
      case 'read':
      case 'address':
        place(e.place);
        return;
      case 'not':
      case 'negate':
      case 'convert':
      case 'container':
        expr(e.arg);
        return;
      case 'binary':
        expr(e.left);
        expr(e.right);
        return;
      case 'unknown':
        for (const p of e.parts) expr(p);
        return;
      case 'int':
        return;
    }
  };
  const place = (p: PlaceExpr): void => {
    switch (p.kind) {
      case 'var':
        return;
      case 'field':
        place(p.base);
        return;
      case 'deref':
        expr(p.pointer);
        return;
      case 'index':
        expr(p.pointer);
        expr(p.index);
        return;
    }
  };
  for (const instr of block?.instrs ?? []) {
    if (instr.kind === 'assign') {
      expr(instr.value);
      place(instr.target);
    } else if (instr.kind === 'temp') expr(instr.value);
    else if (instr.kind === 'call') {
      for (const a of instr.args) expr(a);
      if (instr.target !== undefined) expr(instr.target);
    }
  }
  const term = block?.term;
  if (term?.kind === 'branch') expr(term.cond);
  if (term?.kind === 'return' && term.value !== undefined) expr(term.value);
  return out;
}

function nextBlock(
  pending: ReadonlyMap<number, readonly PathState[]>,
  index: ReadonlyMap<number, number>,
): number | undefined {
  let best: number | undefined;
  for (const id of pending.keys()) if (best === undefined || (index.get(id) ?? 0) < (index.get(best) ?? 0)) best = id;
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
  const row = pickRow(frame.model.rows(name), arity);
  if (row !== undefined) return row.effects.some((e) => e.op === 'release');
  return frame.program.mayRelease(frame.unit, name);
}

function turnTag(s: PathState | undefined, heads: readonly number[]): string {
  if (s === undefined || heads.length === 0) return '';
  return `_${heads.map((h) => s.turns.get(h) ?? 0).join('')}`;
}

function runBlock(frame: Frame, block: Block, start: PathState): PathState[] {
  const heads = frame.loops.headsOf(block.id);
  let states = [start];
  for (const [i, instr] of block.instrs.entries()) {
    const point = `${block.id}i${i}${turnTag(states[0], heads)}`;
    states = states.flatMap((s) => runInstr(frame, instr, s, { loop: heads[0], point }));
    if (states.length === 0) return [];
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
      writeKey(s, place.key, value, place.weak);
      if (instr.value.kind === 'read') copyStruct(frame, s, instr, instr.value.place, where.point);
      return [s];
    }
    case 'temp':
      s.env.set(`t:${instr.id}`, evaluate(s, instr.value, where));
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
        dropBelow(s, `l:${name}`);
        s.env.delete(`l:${name}`);
      }
      return [s];
  }
}

function copyStruct(
  frame: Frame,
  s: PathState,
  instr: Extract<Instr, { kind: 'assign' }>,
  source: PlaceExpr,
  point: string,
): void {
  const to = resolvePlace(s, instr.target, { point }).key;
  const from = resolvePlace(s, source, { point }).key;
  copyBelow(s, from, to, resolvePlace(s, instr.target, { point }).weak);
  const pointer = source.kind === 'deref' ? evaluate(s, source.pointer, { point }) : undefined;
  if (
    pointer?.kind !== 'symbol' ||
    pointer.path === undefined ||
    (instr.target.kind === 'var' && instr.target.type?.tag === undefined)
  )
    return;
  addEvent(s, {
    kind: 'copy',
    path: pointer.path,
    owner: pointer.owner,
    api: '',
    reference: 'none',
    step: stepAt(frame, instr.span, 'copied here with what it holds'),
    functionName: frame.fn.name,
    all: true,
    dirties: 'no',
  });
}

/** A struct assigned whole: what its fields hold goes along. */
function copyBelow(s: PathState, from: string, to: string, weak: boolean): void {
  if (from === to) return;
  for (const [place, v] of [...s.env])
    if (place.startsWith(`${from}.`)) writeKey(s, to + place.slice(from.length), v, weak);
}

type Push = (to: number, s: PathState) => void;

function leave(frame: Frame, block: Block, s: PathState, exits: Exit[], push: Push): void {
  const term: Terminator = block.term;
  switch (term.kind) {
    case 'jump':
      return push(term.to, s);
    case 'return':
      exits.push({
        state: s,
        value: term.value === undefined ? undefined : evaluate(s, term.value, { point: `${block.id}ret` }),
        span: term.span,
      });
      return;
    case 'unreachable':
      return;
    case 'branch':
      return branch(frame, block, term, s, push);
  }
}

function branch(
  frame: Frame,
  block: Block,
  term: Extract<Terminator, { kind: 'branch' }>,
  s: PathState,
  push: Push,
): void {
  const point = `${block.id}b${turnTag(s, frame.loops.headsOf(block.id))}`;
  const loop = term.loop === undefined ? undefined : frame.cfg.loops[term.loop];
  const turn = loop === undefined ? 0 : (s.turns.get(loop.head) ?? 0);
  checkComparison(frame, s, term.cond, point);
  if (loop !== undefined && turn === 0 && loopActs(frame, loop.head)) checkLoopBound(frame, s, term.cond, point);
  const yes = fork(s);
  const no = s;
  const canBeTrue = assume(yes, term.cond, true, { point }) && !(loop !== undefined && turn >= 2);
  const canBeFalse = assume(no, term.cond, false, { point });
  const undecided = canBeTrue && canBeFalse;
  if (undecided && loop === undefined && s.resources.size > 0) {
    note(frame, yes, term.span, true);
    note(frame, no, term.span, false);
  }
  if (canBeTrue) push(term.yes, yes);
  if (!canBeFalse) return;
  if (loop === undefined) return push(term.otherwise, no);
  if (undecided && turn === 0 && loop.test === 'before' && loopActs(frame, loop.head)) return;
  completeLoop(no, loop.head);
  push(term.otherwise, no);
}

function note(frame: Frame, s: PathState, span: Span, outcome: boolean): void {
  const text = frame.unit.text.slice(span.start, span.end).replace(/\s+/g, ' ').slice(0, 60);
  s.trail = {
    step: stepAt(frame, span, `${text} is ${outcome ? 'true' : 'false'} on this path`),
    before: s.trail,
    length: (s.trail?.length ?? 0) + 1,
  };
}

/** What was being given back one by one is given back wholly when the loop ends by its own condition. */
function completeLoop(s: PathState, head: number): void {
  for (const r of [...s.resources.values()]) {
    if (r.hold.kind === 'some' && r.hold.loop === head)
      setResource(s, { ...r, hold: { kind: 'released', by: r.hold.by } });
  }
}

const acting = new WeakMap<Frame, Map<number, boolean>>();

/** Whether a loop's body releases, moves or maps pages; such a loop takes at least one turn where there are pages. */
function loopActs(frame: Frame, head: number): boolean {
  const known = acting.get(frame) ?? new Map<number, boolean>();
  acting.set(frame, known);
  const cached = known.get(head);
  if (cached !== undefined) return cached;
  let found = false;
  for (const id of frame.loops.byHead.get(head)?.blocks ?? []) {
    for (const instr of frame.cfg.blocks[id]?.instrs ?? []) {
      if (instr.kind === 'call')
        found ||= callActs(frame, instr.callee, instr.args.length) || instr.args.some(readsElement);
      else if (instr.kind === 'assign' || instr.kind === 'temp') found ||= readsElement(instr.value);
    }
  }
  known.set(head, found);
  return found;
}

/** Whether an expression reads an element of an array. */
function readsElement(e: Expr): boolean {
  switch (e.kind) {
    case 'read':
      return e.place.kind === 'index';
    case 'binary':
      return readsElement(e.left) || readsElement(e.right);
    case 'unknown':
      return e.parts.some(readsElement);
    case 'convert':
    case 'not':
    case 'negate':
    case 'container':
      return readsElement(e.arg);
    default:
      return false;
  }
}

function callActs(frame: Frame, name: string | undefined, arity: number): boolean {
  if (name === undefined) return false;
  const row = pickRow(frame.model.rows(name), arity);
  if (row !== undefined)
    return row.effects.some(
      (e) => e.op === 'release' || e.op === 'alias' || e.op === 'map' || e.op === 'dirty' || e.op === 'transfer',
    );
  return frame.program.mayRelease(frame.unit, name);
}

/** Moves a path along an edge; false when it ends there (a loop has had its turns). */
function enter(frame: Frame, from: number, to: number, s: PathState): boolean {
  const loop = frame.loops.byHead.get(to);
  if (loop === undefined) return true;
  if (!frame.loops.isBackEdge(from, to)) {
    s.turns = withEntry(s.turns, to, 0);
    return true;
  }
  const turn = (s.turns.get(to) ?? 0) + 1;
  if (turn > 2) return false;
  s.turns = withEntry(s.turns, to, turn);
  widen(frame, s, to, turn);
  return true;
}

/** Forgets what the loop's body assigns; what only grows or only shrinks keeps its bound. */
function widen(frame: Frame, s: PathState, head: number, turn: number): void {
  const tag = `w${head}_${turn}${turnTag(s, frame.loops.headsOf(head))}`;
  for (const { place, how, floor } of frame.loops.byHead.get(head)?.assigned ?? []) {
    const at = resolvePlace(s, place, { point: tag });
    const old = s.env.get(at.key);
    if (old === undefined || old.prov.length > 0 || isSummaryPlace(at.key)) continue;
    const pointer = place.kind === 'var' && (place.type?.pointers ?? 0) > 0;
    if (pointer && how !== 'set') {
      // A pointer that walks stays in what it points into.
      s.env.set(at.key, opValue('+', [old, symbol(`${tag}:${at.key}`)]));
      continue;
    }
    const i = intervalOf(s.facts, old);
    s.env.set(
      at.key,
      symbol(`${tag}:${at.key}`, {
        owner: at.owner,
        low: floor === undefined ? Number.NEGATIVE_INFINITY : Math.min(i.low, floor),
        high: how === 'down' ? i.high : Number.POSITIVE_INFINITY,
      }),
    );
  }
}
