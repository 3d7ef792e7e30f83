/** The end of a block: where a path goes on, what a branch adds to it, which exits it takes. */
import type { Span } from '../../base/span.ts';
import type { Block, Expr, Terminator } from '../../flow/ir.ts';
import { maskOf } from '../../flow/relations.ts';
import { intValue, isMadeOf, type Value } from '../../flow/value.ts';
import type { ConfigCondition } from '../../syntax/unit.ts';
import { checkComparison, checkLoopBound } from './check-result.ts';
import { asksElement, assume, assumeTruth, evaluate } from './evaluate.ts';
import { type Frame, noteStep, stepAt } from './frame.ts';
import { completeLoop, isLeftByTest, LAST_TURN, loopActs, loopGivesBack, loopReleases, turnTag } from './loop-turns.ts';
import { fork, type PathState } from './path-state.ts';
import type { Step } from './resource.ts';

/** A path at its end. */
export interface Exit {
  readonly state: PathState;
  readonly value: Value | undefined;
  readonly span: Span;
}

/** Where paths that leave a block go. */
export interface Onward {
  readonly exits: Exit[];
  push(to: number, s: PathState): void;
}

/** Sends a path on by its block's terminator. */
export function leaveBlock(frame: Frame, block: Block, s: PathState, onward: Onward): void {
  const term: Terminator = block.term;
  switch (term.kind) {
    case 'jump':
      s.jump = term.goto ?? s.jump;
      return onward.push(term.to, s);
    case 'return':
      return leaveFunction(block, term, s, onward.exits);
    case 'unreachable':
      return;
    case 'branch':
      return branch({ frame, block, term }, s, onward);
  }
}

/** `return ret == n;`: the two results tell the caller different things, and are two exits where pages are at stake. */
function leaveFunction(
  block: Block,
  { value: returned, span }: Extract<Terminator, { kind: 'return' }>,
  s: PathState,
  exits: Exit[],
): void {
  const value = returned === undefined ? undefined : evaluate(s, returned, { point: `${block.id}ret` });
  if (value !== undefined && isNeverSet(s, value)) return;
  if (value?.kind !== 'op' || maskOf(value.op) === undefined || s.resources.size === 0) {
    exits.push({ state: s, value, span });
    return;
  }
  const no = fork(s);
  if (assumeTruth(s, value, true)) exits.push({ state: s, value: intValue(1), span });
  if (assumeTruth(no, value, false)) exits.push({ state: no, value: intValue(0), span });
}

/** Whether a value is that of a variable that was declared and nothing more: nobody returns one, so something rules the path out. */
function isNeverSet(s: PathState, value: Value): boolean {
  const name = value.kind === 'symbol' ? /^u\d[^:]*:(\w+)$/.exec(value.key)?.[1] : undefined;
  if (name === undefined) return false;
  const variable = `l:${name}`;
  let isStruct = false;
  s.env.forEachBelow(variable, (_, place) => {
    isStruct ||= place[variable.length] === '.';
  });
  return !isStruct;
}

/** A block's end that is a test. */
interface Branching {
  readonly frame: Frame;
  readonly block: Block;
  readonly term: Extract<Terminator, { kind: 'branch' }>;
}

function branch({ frame, block, term }: Branching, s: PathState, { push }: Onward): void {
  const point = `${block.id}b${turnTag(s, frame.loops.headsOf(block.id))}`;
  const loop = term.loop === undefined ? undefined : frame.cfg.loops[term.loop];
  const turn = loop === undefined ? 0 : (s.turns.get(loop.head) ?? 0);
  checkComparison(frame, s, term.cond, point);
  if (loop !== undefined && turn === 0 && loopActs(frame, loop.head))
    checkLoopBound({ frame, s }, term.cond, { point, releases: () => loopReleases(frame, loop.head) });
  const yes = fork(s);
  const no = s;
  const isOver = loop !== undefined && turn >= LAST_TURN && !isTestOf(frame, term.yes, term.loop);
  const canBeTrue = assume(yes, term.cond, true, { point }) && !isOver;
  const isOther = loop !== undefined && turn > 0 && asksElement(no, term.cond, { point });
  const canBeFalse = isOther || assume(no, term.cond, false, { point });
  const undecided = canBeTrue && canBeFalse;
  if ((undecided || isParted(s, term.cond, point)) && loop === undefined && s.resources.size > 0) {
    note(frame, yes, term.span, true);
    note(frame, no, term.span, false);
  }
  if (canBeTrue) push(term.yes, yes);
  if (!canBeFalse) return;
  if (loop === undefined) return push(term.otherwise, no);
  if (undecided && turn === 0 && loop.test === 'before' && takesTurns(frame, loop.head, s)) return;
  // The path that leaves after this turn goes on beside it, with what it knows.
  if (turn > 0 && turn < LAST_TURN && isLeftByTest(frame, loop.head)) return;
  completeLoop(no, loop.head);
  push(term.otherwise, no);
}

/**
 * Whether a loop is taken to have at least one turn: what it does to pages it does where there are some. In a function that holds none it is
 * its caller's number that decides, and a caller may have passed none for what it has not mapped.
 */
function takesTurns(frame: Frame, head: number, s: PathState): boolean {
  return loopActs(frame, head) && (s.resources.size > 0 || loopGivesBack(frame, head));
}

/** Whether a condition asks for an outcome that was told apart at the call. */
function isParted(s: PathState, cond: Expr, point: string): boolean {
  if (s.parted.length === 0) return false;
  if (cond.kind === 'not' || cond.kind === 'convert') return isParted(s, cond.arg, point);
  const asked = evaluate(s, cond.kind === 'binary' ? cond.left : cond, { point });
  return s.parted.some((key) => isMadeOf(asked, key));
}

/** Whether a block is a further test of the same loop, as the second one of `while (a && b)`. */
function isTestOf(frame: Frame, block: number, loop: number | undefined): boolean {
  const term = frame.cfg.blocks[block]?.term;
  return term?.kind === 'branch' && term.loop === loop;
}

/** Characters of a condition that a step shows. */
const MAX_CONDITION = 80;

function note(frame: Frame, s: PathState, span: Span, outcome: boolean): void {
  noteStep(s, directiveStep(frame, span, outcome) ?? conditionStep(frame, span, outcome));
}

function conditionStep(frame: Frame, span: Span, outcome: boolean): Step {
  const text = frame.unit.text.slice(span.start, span.end).replace(/\s+/g, ' ');
  const shown = text.length > MAX_CONDITION ? `${text.slice(0, MAX_CONDITION)}…` : text;
  return stepAt(frame, span, `${shown} is ${outcome ? 'true' : 'false'} on this path`);
}

/** The step at an #if that only configuration decides, which stands as `if ($n)` in the code. */
function directiveStep(frame: Frame, span: Span, outcome: boolean): Step | undefined {
  const { code, conditions } = frame.unit;
  const written = /^(!?)\s*(\$\w+)$/.exec(code.slice(span.start, span.end));
  if (written === null) return undefined;
  const distance = (c: ConfigCondition): number => Math.abs(c.span.start - span.start);
  const [directive] = conditions.filter((c) => c.symbol === written[2]).sort((a, b) => distance(a) - distance(b));
  if (directive === undefined) return undefined;
  // The span of `!$n` may be that of `$n` alone.
  const taken = written[1] === '' && code[span.start - 1] === '!' ? !outcome : outcome;
  const text = directive.text.replace(/\s+/g, ' ').slice(0, MAX_CONDITION);
  return stepAt(frame, directive.span, `${text} ${taken ? 'holds' : 'does not hold'} on this path`);
}
