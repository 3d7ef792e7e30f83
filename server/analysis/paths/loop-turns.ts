/**
 * Turns of loops: turn one as it is, one widened turn for all the others, and what a complete exit means for pages that the body
 * gives back one by one.
 */
import { intervalOf } from '../../flow/facts.ts';
import type { Expr } from '../../flow/ir.ts';
import { opValue, symbol } from '../../flow/value.ts';
import { pickRow } from './apply-call.ts';
import { resolvePlace } from './evaluate.ts';
import type { Frame } from './frame.ts';
import { noteSummed } from './page-counts.ts';
import { fork, isSummaryPlace, type PathState, reaches, setResource, withEntry } from './path-state.ts';

/** Names the turns of the loops around a point, so that each turn's values have names of their own. */
export function turnTag(s: PathState | undefined, heads: readonly number[]): string {
  if (s === undefined || heads.length === 0) return '';
  return `_${heads.map((h) => s.turns.get(h) ?? 0).join('')}`;
}

/** What was being given back one by one is given back wholly when the loop ends by its own condition. */
export function completeLoop(s: PathState, head: number): void {
  for (const r of [...s.resources.values()]) {
    if (r.hold.kind === 'some' && r.hold.loop === head)
      setResource(s, { ...r, hold: { kind: 'released', by: r.hold.by } });
  }
}

const acting = new WeakMap<Frame, Map<number, boolean>>();

/** Whether a loop's body releases, moves or maps pages; such a loop takes at least one turn where there are pages. */
export function loopActs(frame: Frame, head: number): boolean {
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

/** Whether a loop's body gives pages back by a call of the model. */
export function loopReleases(frame: Frame, head: number): boolean {
  const gives = (name: string): boolean =>
    frame.model.rows(name).some((row) => row.effects.some((e) => e.op === 'release' && e.ref !== 'none'));
  return [...(frame.loops.byHead.get(head)?.blocks ?? [])].some((id) =>
    frame.cfg.blocks[id]?.instrs.some((i) => i.kind === 'call' && i.callee !== undefined && gives(i.callee)),
  );
}

/** Whether a loop's body gives pages back, by a call of the model or of a function of the project, or hands on elements that may be pages. */
export function loopGivesBack(frame: Frame, head: number): boolean {
  const unmaps = (name: string): boolean =>
    frame.model.readable(name).some((row) => row.effects.some((e) => e.op === 'unmap'));
  return [...(frame.loops.byHead.get(head)?.blocks ?? [])].some((id) =>
    frame.cfg.blocks[id]?.instrs.some((i) => {
      if (i.kind === 'assign' || i.kind === 'temp') return readsElement(i.value);
      if (i.kind !== 'call') return false;
      return callActs(frame, i.callee, i.args.length) || (i.args.some(readsElement) && !unmaps(i.callee ?? ''));
    }),
  );
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

function callActs(frame: Frame, called: string | undefined, arity: number): boolean {
  if (called === undefined) return false;
  const name = frame.program.behindAlias(frame.unit, called);
  const row = pickRow(frame.program.rowsFor(frame.unit, name), arity);
  if (row !== undefined)
    return row.effects.some(
      (e) => e.op === 'release' || e.op === 'alias' || e.op === 'map' || e.op === 'dirty' || e.op === 'transfer',
    );
  return frame.program.mayRelease(frame.unit, name);
}

/**
 * Moves a path along an edge; nothing when it ends there (a loop has had its turns). What a loop's own test asks after a turn are the values
 * of that turn: a path that leaves then keeps them, only one that goes on for all other turns forgets them.
 */
export function enterBlock(
  frame: Frame,
  { from, to }: { from: number; to: number },
  s: PathState,
): readonly PathState[] {
  const loop = frame.loops.byHead.get(to);
  if (loop === undefined) return [s];
  if (!frame.loops.isBackEdge(from, to)) {
    s.turns = withEntry(s.turns, to, 0);
    return [s];
  }
  const turn = (s.turns.get(to) ?? 0) + 1;
  if (turn > LAST_TURN) return [];
  const tested = isLeftByTest(frame, to);
  const leaving = tested && turn < LAST_TURN ? [fork(s)] : [];
  for (const l of leaving) l.turns = withEntry(l.turns, to, LAST_TURN);
  s.turns = withEntry(s.turns, to, turn);
  if (!tested || turn < LAST_TURN) widen(frame, s, to, turn);
  return [...leaving, s];
}

/** The turn that no body has: a path that is in it leaves the loop. */
export const LAST_TURN = 2;

const tests = new WeakMap<Frame, ReadonlySet<number>>();

/** Whether the loop with this head is left by a test in front of its body. */
export function isLeftByTest(frame: Frame, head: number): boolean {
  let heads = tests.get(frame);
  if (heads === undefined) {
    heads = new Set(
      frame.cfg.blocks.flatMap(({ term }) => {
        const loop = term.kind === 'branch' && term.cond.kind !== 'int' ? frame.cfg.loops[term.loop ?? -1] : undefined;
        return loop?.test === 'before' ? [loop.head] : [];
      }),
    );
    tests.set(frame, heads);
  }
  return heads.has(head);
}

/** Forgets what the loop's body assigns; what only grows or only shrinks keeps its bound. */
function widen(frame: Frame, s: PathState, head: number, turn: number): void {
  const tag = `w${head}_${turn}${turnTag(s, frame.loops.headsOf(head))}`;
  for (const { place, how, floor } of frame.loops.byHead.get(head)?.assigned ?? []) {
    const at = resolvePlace(s, place, { point: tag });
    const old = s.env.get(at.key);
    if (old === undefined || reaches(old) || isSummaryPlace(at.key)) continue;
    const pointer = place.kind === 'var' && (place.type?.pointers ?? 0) > 0;
    if (pointer && how !== 'set') {
      // A pointer that walks stays in what it points into.
      s.env.set(at.key, opValue('+', [old, symbol(`${tag}:${at.key}`)]));
      continue;
    }
    const i = intervalOf(s.facts, old);
    const later = symbol(`${tag}:${at.key}`, {
      owner: at.owner,
      low: floor === undefined ? Number.NEGATIVE_INFINITY : Math.min(i.low, floor),
      high: how === 'down' ? i.high : Number.POSITIVE_INFINITY,
    });
    if (how === 'up') noteSummed(s, old, later);
    s.env.set(at.key, later);
  }
}
