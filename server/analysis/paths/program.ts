/**
 * The functions of a cluster of units analysed bottom-up on demand: who calls whom, summaries, problems. One value per run; the
 * result does not depend on the order in which functions are asked for.
 */

import type { Model } from '../../../model/index.ts';
import type { ApiRow } from '../../../model/schema.ts';
import { kept } from '../../base/kept.ts';
import type { LowerTables } from '../../flow/lower-context.ts';
import type { CUnit, FunctionDef } from '../../syntax/unit.ts';
import type { CallSite, FlagSet } from '../sites/site.ts';
import { alwaysFails } from './always-fails.ts';
import { CallGraph, type Known } from './call-graph.ts';
import { type DroppedLocks, LockDrops } from './dropped-locks.ts';
import { execute } from './execute.ts';
import { summarize } from './exits.ts';
import { type FlowMemo, type FunctionFlow, ListeningProgram } from './flow-memo.ts';
import type { EndFact, FlowProblem, HeldFact, ReleaseFact } from './flow-problem.ts';
import type { Asked, Callee, Caller, Frame, Program } from './frame.ts';
import { keepsPage } from './keeps-page.ts';
import { keepsPointer } from './keeps-pointer.ts';
import { withoutCleanedUp } from './left-on-failure.ts';
import { lowered } from './lower-unit.ts';
import { Holders } from './may-hold.ts';
import { keepsNothing } from './outside.ts';
import { isQuestion } from './page-nature.ts';
import type { EntryEvent } from './path-state.ts';
import { withoutCleanedShort } from './short-on-failure.ts';
import { onlyResult, type Summary, touchesPages } from './summary.ts';
import { WrongAlone } from './wrong-alone.ts';

/** What the program is made of. */
export interface ProgramInput {
  readonly units: readonly CUnit[];
  readonly model: Model;
  readonly tables: LowerTables;
  readonly sites: readonly CallSite[];
  /** What was found out before, and where to keep what is found out now. */
  readonly memo?: FlowMemo | undefined;
}

/** What path analysis found in a cluster. */
export interface FlowResult {
  readonly problems: readonly FlowProblem[];
  readonly releases: readonly ReleaseFact[];
  readonly held: readonly HeldFact[];
  readonly ends: readonly EndFact[];
  /** Releases and dirtyings of pages found in owners, over all functions analysed. */
  readonly events: readonly EntryEvent[];
  readonly skipped: readonly { readonly unit: CUnit; readonly functionName: string; readonly reason: string }[];
  readonly summaries: ReadonlyMap<FunctionDef, Summary>;
}

/**
 * Analyses every function of the cluster that can take pages, and those that give back what lies in the owners that were found to
 * hold some.
 */
export function analyzeProgram(input: ProgramInput): FlowResult {
  const run = new Run(input);
  const withSites = new Set(input.sites.map((s) => s.unit));
  const units = input.units.filter((u) => withSites.has(u));
  for (const unit of units)
    for (const fn of unit.functions)
      if (run.graph.does('acquires', fn) && run.holders.mayHold({ unit, fn })) run.follow({ unit, fn });
  const words = run.ownerFields();
  for (const unit of input.units) {
    for (const fn of unit.functions)
      if (run.graph.does('releases', fn) && mentions(unit, fn, words)) run.follow({ unit, fn });
  }
  // What else gives pages back here gives back those of others: only what is wrong in itself counts.
  const result = run.result();
  const alone = new WrongAlone(run, (unit) => !withSites.has(unit));
  for (const unit of units) {
    for (const fn of unit.functions)
      if (run.graph.does('releases', fn) && alone.possible({ unit, fn })) run.follow({ unit, fn });
  }
  return { ...result, problems: run.result().problems };
}

/** Whether a function's text names one of the fields. */
function mentions(unit: CUnit, fn: FunctionDef, words: ReadonlySet<string>): boolean {
  if (words.size === 0) return false;
  const text = unit.code.slice(fn.bodySpan.start, fn.bodySpan.end);
  for (const m of text.matchAll(/(?:->|\.)\s*(\w+)/g)) if (words.has(m[1] ?? '')) return true;
  return false;
}

/** What a function asks of those it calls while it holds no pages. */
const NOTHING_HELD: Asked = { withPages: false, holding: false, returned: false, holdsBelow: () => false };

/** One analysis of a cluster; memoises summaries. */
class Run implements Program {
  readonly graph: CallGraph;
  readonly #summaries = new Map<FunctionDef, Summary | 'running'>();
  /** Functions whose analysis is under way, outermost first. */
  readonly #running: FunctionDef[] = [];
  readonly #recursive = new Set<FunctionDef>();
  readonly #idle = new Map<FunctionDef, boolean>();
  /** Whether a function is there to ask what kind of page one is. */
  readonly #questions = new Map<FunctionDef, boolean>();
  readonly holders = new Holders(this);
  readonly #problems: FlowProblem[] = [];
  readonly #releases: ReleaseFact[] = [];
  readonly #held: HeldFact[] = [];
  readonly #ends: EndFact[] = [];
  readonly #events: EntryEvent[] = [];
  readonly #skipped: { unit: CUnit; functionName: string; reason: string }[] = [];
  readonly #flags = new Map<string, FlagSet>();
  readonly #lockDrops: LockDrops;

  constructor(readonly input: ProgramInput) {
    this.graph = input.memo?.graph(input.units, input.model) ?? new CallGraph(input.units, input.model);
    this.#lockDrops = new LockDrops(this.graph, input.model);
    for (const site of input.sites) this.#flags.set(`${site.unit.path}:${site.span.start}`, site.flags);
  }

  /** Runs a function unless nothing in it can concern pages. */
  follow(known: Known): void {
    if (!this.isIdle(known)) this.summaryOf(known);
  }

  /** Fields in which pages were found to be held. A name that nothing declares, as in half a statement, is none of other objects. */
  ownerFields(): ReadonlySet<string> {
    return new Set(this.#held.flatMap(({ owner }) => (owner.global === true ? [] : [owner.field])));
  }

  flagsAt(unit: CUnit, callStart: number): FlagSet | undefined {
    return this.#flags.get(`${unit.path}:${callStart}`);
  }

  behindField(caller: Caller, tag: string | undefined, field: string, asked: Asked): readonly Callee[] {
    const fitting = this.graph
      .inField(caller.unit, field)
      .filter((n) => tag === undefined || n.tag === undefined || n.tag === tag);
    return fitting.map((n) => this.callee(caller, n.name, asked));
  }

  jumpingMacros({ unit, fn }: Caller): readonly string[] {
    return this.graph.macros.spelledIn(unit, this.graph.calledIn({ unit, fn }));
  }

  behindAlias(unit: CUnit, name: string): string {
    return this.graph.behindAlias(unit, name);
  }

  callee(caller: Caller, name: string, asked: Asked): Callee {
    const known = this.graph.lookup(caller.unit, name);
    if (known === undefined) return { kind: 'external' };
    const ends = this.graph.does('frees', known.fn) || this.graph.does('gives', known.fn);
    const mayFree = ends && asked.holding && asked.holdsBelow();
    const withPages = asked.withPages || keepsPage(known.unit, known.fn);
    const unmaps = asked.returned && this.graph.does('unmaps', known.fn);
    const worth =
      mayFree ||
      unmaps ||
      (this.#isWorth(caller, known, { ...asked, withPages }) && (withPages || !this.isIdle(known)));
    const asks = kept(this.#questions, known.fn, () => isQuestion(known.fn, this.graph.calledIn(known)));
    const summary = worth || asks ? this.summaryOf(known) : undefined;
    if (summary?.effective === true) return { kind: 'summary', summary };
    const answer = asks ? onlyResult(summary) : undefined;
    const { unit, fn } = known;
    return {
      kind: 'plain',
      fails: alwaysFails(unit, fn),
      answer,
      keeps: (i) => keepsPointer(unit, fn, i, keepsNothing),
    };
  }

  /** The model's rows of a called name; of other releases only where the project has no function of that name. */
  rowsFor(unit: CUnit, name: string): readonly ApiRow[] {
    return this.graph.lookup(unit, name) === undefined ? this.input.model.readable(name) : this.input.model.rows(name);
  }

  dropsLocks(unit: CUnit, name: string | undefined): DroppedLocks {
    return this.#lockDrops.of(unit, name);
  }

  mayRelease(unit: CUnit, name: string): boolean {
    const known = this.graph.lookup(unit, name);
    return known !== undefined && this.graph.does('releases', known.fn);
  }

  /**
   * A callee that takes pages always counts. One that gives some back counts in its own file; in other files where pages are held,
   * and in functions that take none themselves: what those do to the pages of their callers is all that is asked of them.
   */
  #isWorth(caller: Caller, { unit, fn }: Known, asked: Asked): boolean {
    if (asked.withPages || this.graph.does('acquires', fn)) return true;
    return (
      this.graph.does('releases', fn) &&
      (asked.holding || unit === caller.unit || !this.graph.does('acquires', caller.fn))
    );
  }

  summaryOf(known: Known): Summary | undefined {
    const old = this.#summaries.get(known.fn);
    if (old === 'running') this.#meetsItself(known.fn);
    if (old === 'running') return undefined;
    if (old !== undefined) return old;
    this.#summaries.set(known.fn, 'running');
    this.#running.push(known.fn);
    const flow = this.input.memo?.recall(known.fn, this.input.model, this) ?? this.#analyse(known);
    this.#running.pop();
    if (flow === undefined) {
      this.#summaries.delete(known.fn);
      this.#skipped.push({ unit: known.unit, functionName: known.fn.name, reason: 'nested too deeply' });
      return undefined;
    }
    this.#summaries.set(known.fn, flow.summary);
    this.#add(known, flow);
    return flow.summary;
  }

  /** Runs a function; undefined for one that nests too deeply. */
  #analyse({ unit, fn }: Known): FunctionFlow | undefined {
    const { model, tables, memo } = this.input;
    const program = memo === undefined ? this : new ListeningProgram(this);
    const spelled = program.jumpingMacros({ unit, fn });
    const graph = lowered(unit, fn, { tables, macros: this.graph.macros, spelled });
    if (graph === undefined) return undefined;
    const { cfg, loops } = graph;
    const frame: Frame = { unit, fn, cfg, loops, model, program, problems: [], releases: [], held: [], ends: [] };
    const { exits, complete } = execute(frame);
    const summary = summarize(frame, exits, complete);
    const { problems, releases, held, ends } = frame;
    const flow: FunctionFlow = { summary, problems, releases, held, ends, complete };
    if (memo !== undefined && program instanceof ListeningProgram && !this.#recursive.has(fn))
      memo.remember(fn, { model, questions: program.questions(), flow });
    return flow;
  }

  /** What is known of functions that call themselves through others depends on which of them was asked for first. */
  #meetsItself(fn: FunctionDef): void {
    for (const f of this.#running.slice(this.#running.indexOf(fn))) this.#recursive.add(f);
  }

  #add({ unit, fn }: Known, { summary, problems, releases, held, ends, complete }: FunctionFlow): void {
    if (!complete) this.#skipped.push({ unit, functionName: fn.name, reason: 'too many paths' });
    else this.#problems.push(...problems);
    this.#releases.push(...releases);
    this.#held.push(...held);
    this.#ends.push(...ends);
    for (const c of summary.cases) this.#events.push(...c.events);
  }

  /**
   * Whether nothing in a function can concern pages: it calls nothing of the model that does, none of the functions it calls does
   * anything its callers must know, and it calls through no field that is known to lead to one. One that is handed pages may still
   * put them somewhere.
   */
  isIdle(known: Known): boolean {
    let idle = this.#idle.get(known.fn);
    if (idle === undefined) {
      // What calls itself is not idle while that is being found out.
      this.#idle.set(known.fn, false);
      idle = this.#findIdle(known);
      this.#idle.set(known.fn, idle);
    }
    return idle;
  }

  #findIdle({ unit, fn }: Known): boolean {
    for (const name of this.graph.calledIn({ unit, fn })) {
      const callee = this.graph.lookup(unit, name);
      if (callee === undefined && this.graph.touchesPages(this.graph.behindAlias(unit, name))) return false;
      if (callee === undefined) continue;
      if (callee.fn === fn || !this.#isWorth({ unit, fn }, callee, NOTHING_HELD)) continue;
      if (!this.isIdle(callee) && this.summaryOf(callee)?.cases.some(touchesPages) !== false) return false;
    }
    return !this.graph.callsThroughField({ unit, fn });
  }

  result(): FlowResult {
    const summaries = new Map<FunctionDef, Summary>();
    for (const [fn, s] of this.#summaries) if (s !== 'running') summaries.set(fn, s);
    return {
      problems: nearestLeaks(withoutCleanedShort(withoutCleanedUp(this.#problems, this.#releases), this.#ends)),
      releases: [...this.#releases],
      held: [...this.#held],
      ends: [...this.#ends],
      events: [...this.#events],
      skipped: this.#skipped,
      summaries,
    };
  }
}

const LEAKS: ReadonlySet<string> = new Set(['pin-leaked', 'partial-pin-leaked']);

/** Of leaks of one site the sure ones, and those nearest to the acquire: callers further out, on the same way to it, only repeat them. */
function nearestLeaks(problems: readonly FlowProblem[]): FlowProblem[] {
  const leaks = problems.filter((p) => LEAKS.has(p.kind));
  const sites = new Set(leaks.filter((p) => p.confidence !== 'low').map((p) => waysIn(p).at(-1)));
  const told = new Set(leaks.filter((p) => p.confidence !== 'low' || !sites.has(waysIn(p).at(-1))));
  const ways = new Set([...told].map((p) => waysIn(p)[0]));
  return problems.filter(
    (p) =>
      !LEAKS.has(p.kind) ||
      (told.has(p) &&
        !waysIn(p)
          .slice(1)
          .some((way) => ways.has(way))),
  );
}

/** The calls that lead to the acquire, from the function of the leak on, and from each function on the way on. */
function waysIn({ resource }: FlowProblem): string[] {
  const origin = resource?.origin;
  if (origin === undefined) return [];
  const calls = [...origin.chain, origin].map(({ unit, span }) => `${unit.path}:${span.start}`);
  return calls.map((_, i) => calls.slice(i).join(' '));
}
