/** What the path analysis of one function carries along: its graph, its model, its program, and where results are gathered. */
import type { Model } from '../../../model/index.ts';
import type { ApiRow } from '../../../model/schema.ts';
import { compare, intervalOf } from '../../flow/facts.ts';
import type { CallInstr, Cfg } from '../../flow/ir.ts';
import type { LoopForest } from '../../flow/loops.ts';
import type { CUnit, FunctionDef } from '../../syntax/unit.ts';
import type { FlagSet } from '../sites/site.ts';
import type { DroppedLocks } from './dropped-locks.ts';
import type { EndFact, FlowProblem, HeldFact, ReleaseFact } from './flow-problem.ts';
import type { PathState } from './path-state.ts';
import type { Resource, Step } from './resource.ts';
import type { Summary } from './summary.ts';

/** What is known of a function that is called. */
export type Callee =
  | { readonly kind: 'summary'; readonly summary: Summary }
  /**
   * Defined in the project but not analysed (recursion, budget, nothing of interest). `fails`: it only ever returns errors. `answer`: what it
   * gives for an ordinary page. `keeps`: whether it may leave an argument somewhere.
   */
  | {
      readonly kind: 'plain';
      readonly fails: boolean;
      readonly answer?: number | undefined;
      keeps(index: number): boolean;
    }
  /** Not in sight. */
  | { readonly kind: 'external' };

/** The circumstances of a call that decide whether its callee is looked into. */
export interface Asked {
  /** It is handed pages, so what it stores matters. */
  readonly withPages: boolean;
  /** Pages are held on the path. */
  readonly holding: boolean;
  /** Pages were given back on the path, of objects that it found. */
  readonly returned: boolean;
  /** Whether held pages are reached through memory that an argument points to. */
  holdsBelow(): boolean;
}

/** The function that asks. */
export type Caller = Pick<Frame, 'unit' | 'fn'>;

/** The rest of the program as one function's analysis sees it. What it answers may depend on the arguments alone. */
export interface Program {
  /** A function by name, as seen from the function at hand: its file's own static functions first. */
  callee(caller: Caller, name: string, asked: Asked): Callee;
  /** The name behind one that an object-like macro gives to a function; any other name itself. */
  behindAlias(unit: CUnit, name: string): string;
  /** How the macros of headers are spelled that jump or return and that a function calls. */
  jumpingMacros(caller: Caller): readonly string[];
  /** Functions that may stand behind a pointer field; empty when none is known. */
  behindField(caller: Caller, tag: string | undefined, field: string, asked: Asked): readonly Callee[];
  /** The model's rows of a called name; of other releases only where the project has no function of that name. */
  rowsFor(unit: CUnit, name: string): readonly ApiRow[];
  /** Whether a function of the cluster can give pages back, by the names it calls. */
  mayRelease(unit: CUnit, name: string): boolean;
  /** The locks of its caller that a function may drop. */
  dropsLocks(unit: CUnit, name: string | undefined): DroppedLocks;
  /** The folded flags of an acquire call, by the call expression's start; undefined when the call is no site. */
  flagsAt(unit: CUnit, callStart: number): FlagSet | undefined;
}

/** Analysis of one function in progress. */
export interface Frame {
  readonly unit: CUnit;
  readonly fn: FunctionDef;
  readonly cfg: Cfg;
  readonly loops: LoopForest;
  readonly model: Model;
  readonly program: Program;
  readonly problems: FlowProblem[];
  readonly releases: ReleaseFact[];
  readonly held: HeldFact[];
  readonly ends: EndFact[];
}

/** A call as the effect code sees it. */
export interface CallSiteInfo {
  readonly instr: CallInstr;
  /** Head of the innermost loop the call is in; undefined outside loops. */
  readonly loop: number | undefined;
  /** Names the program point and the loop turns. */
  readonly point: string;
}

/** A call on one path of the function at hand: what effects are applied to. */
export interface OnPath {
  readonly frame: Frame;
  readonly s: PathState;
  readonly info: CallSiteInfo;
}

/** A step at a call of this frame. */
export function stepAt(frame: Frame, span: { start: number; end: number }, text: string): Step {
  return { unit: frame.unit, span: { start: span.start, end: span.end }, text };
}

/** Whether pages can be held at all on this path: the result's tests say so. */
export function mayBeHeld(s: PathState, r: Resource): boolean {
  const isZero = (key: string): boolean => s.facts.intervals.get(key)?.high === 0;
  const isNone = (key: string): boolean => (s.facts.intervals.get(key)?.high ?? 1) <= 0;
  if (r.guards.some(isZero) || r.sums?.some(isZero) === true || r.elements?.some(isNone) === true) return false;
  // None were asked for.
  if (r.requested !== undefined && intervalOf(s.facts, r.requested).high <= 0) return false;
  const i = intervalOf(s.facts, r.result);
  switch (r.heldWhen) {
    case 'always':
      return true;
    case 'zero':
      return i.low <= 0 && i.high >= 0;
    case 'positive':
      return i.high > 0;
  }
}

/**
 * Whether the path has asked if the iterator is one over the kernel's own memory, of which nothing is held, and what it was told. Who asks gives
 * back what other iterators gave.
 */
export function isOfKernelVec({ facts }: PathState, { reference, guards }: Resource): boolean | undefined {
  if (reference !== 'either') return undefined;
  for (const g of guards) {
    const question = g.startsWith(USER_BACKED) ? g.replace(USER_BACKED, 'iov_iter_is_kvec') : '';
    const asked = facts.intervals.get(question);
    if (asked?.high === 0) return false;
    if (facts.nonzero.has(question) || (asked?.low ?? 0) > 0) return true;
  }
  return undefined;
}

const USER_BACKED = 'user_backed_iter';

/**
 * What the path has asked and knows of pages that came from an iterator: that they are pinned, or that none was taken hold of (`listed`);
 * undefined where it has not asked.
 */
export function pinAnswer(s: PathState, r: Resource): 'pinned' | 'listed' | undefined {
  if (r.reference !== 'either') return undefined;
  for (const g of r.guards) {
    if (g.startsWith('heap')) continue;
    const asked = s.facts.intervals.get(g);
    if (s.facts.nonzero.has(g) || (asked?.low ?? 0) > 0) return 'pinned';
    if (asked?.high === 0) return 'listed';
  }
  return undefined;
}

/** Whether the tests on this path leave no doubt that pages are held. */
export function isSurelyHeld(s: PathState, r: Resource): boolean {
  const i = intervalOf(s.facts, r.result);
  switch (r.heldWhen) {
    case 'always':
      return true;
    case 'zero':
      return i.low === 0 && i.high === 0;
    case 'positive':
      return i.low > 0;
  }
}

/** Whether the path knows that fewer were taken than asked for. */
export function isShort(s: PathState, r: Resource): boolean {
  return (
    r.requested !== undefined && r.unit !== 'one' && (compare(s.facts, r.result, r.requested) & 2) === 0 && isMany(s, r)
  );
}

/** Whether more than one page may be meant. */
export function isMany(s: PathState, r: Resource): boolean {
  if (r.unit === 'one') return false;
  return r.requested === undefined || intervalOf(s.facts, r.requested).high !== 1;
}

/** Branches of a path, oldest first, without repeats of the same place. */
export function trailSteps(s: PathState): Step[] {
  const out: Step[] = [];
  for (let t = s.trail; t !== undefined; t = t.before) out.push(t.step);
  return out.reverse();
}

/** Adds a step to what is shown of a path. */
export function noteStep(s: PathState, step: Step): void {
  s.trail = { step, before: s.trail, length: (s.trail?.length ?? 0) + 1 };
}

/** Reports a problem once per kind, site, place and way there; the surer one stays. */
export function reportProblem(frame: Frame, problem: FlowProblem): void {
  const rank = { high: 2, medium: 1, low: 0 };
  const i = frame.problems.findIndex(
    (p) =>
      p.kind === problem.kind &&
      p.step.span.start === problem.step.span.start &&
      p.step.unit === problem.step.unit &&
      p.jump?.span.start === problem.jump?.span.start &&
      p.resource?.origin.span.start === problem.resource?.origin.span.start,
  );
  const old = frame.problems[i];
  if (old === undefined) frame.problems.push(problem);
  else if (rank[problem.confidence] > rank[old.confidence]) frame.problems[i] = problem;
}
