/**
 * What path analysis found out of functions, kept while an editor's files change. A function's analysis sees the rest of the program
 * through `Program` alone: what it asked there is written down with the answers, and what it gave stands as long as the program still
 * answers the same.
 */
import type { Model } from '../../../model/index.ts';
import type { CUnit, FunctionDef } from '../../syntax/unit.ts';
import { CallGraph } from './call-graph.ts';
import type { EndFact, FlowProblem, HeldFact, ReleaseFact } from './flow-problem.ts';
import type { Asked, Caller, Program } from './frame.ts';
import { Moves, sameData } from './same-data.ts';
import type { Summary } from './summary.ts';

/** What the analysis of one function gave. */
export interface FunctionFlow {
  readonly summary: Summary;
  readonly problems: readonly FlowProblem[];
  readonly releases: readonly ReleaseFact[];
  readonly held: readonly HeldFact[];
  readonly ends: readonly EndFact[];
  /** False when it has more paths than are followed. */
  readonly complete: boolean;
}

interface Question {
  readonly ask: (program: Program) => unknown;
  readonly answer: unknown;
}

interface Remembered {
  readonly model: Model;
  readonly questions: readonly Question[];
  readonly flow: FunctionFlow;
}

/** What was found out of functions, by identity: a function whose text changes is another one. */
export class FlowMemo {
  readonly #known = new WeakMap<FunctionDef, Remembered>();
  readonly #graphs = new WeakMap<CUnit, CallGraph>();

  /** Who calls whom in some units: the graph of the last time, as long as functions call what they called. */
  graph(units: readonly CUnit[], model: Model): CallGraph {
    const [first] = units;
    const known = first === undefined ? undefined : this.#graphs.get(first);
    if (known?.follows(units, model) === true) return known;
    const made = new CallGraph(units, model);
    if (first !== undefined) this.#graphs.set(first, made);
    return made;
  }

  /** What the analysis of a function gave before, if it would give the same now but for places that moved. */
  recall(fn: FunctionDef, model: Model, program: Program): FunctionFlow | undefined {
    const known = this.#known.get(fn);
    if (known === undefined || known.model !== model) return undefined;
    const moves = new Moves();
    const questions: Question[] = [];
    for (const { ask, answer } of known.questions) {
      const now = ask(program);
      if (!sameData(now, answer, moves)) return undefined;
      questions.push({ ask, answer: now });
    }
    if (!moves.any) return known.flow;
    const flow = moves.apply(known.flow);
    this.#known.set(fn, { model, questions, flow });
    return flow;
  }

  remember(fn: FunctionDef, remembered: Remembered): void {
    this.#known.set(fn, remembered);
  }
}

/** Told in place of an answer when a question leads to one that was not asked before. */
const ASKED_MORE: unique symbol = Symbol('asked more');

/** A program that writes down what it is asked. */
export class ListeningProgram implements Program {
  readonly #program: Program;
  readonly #questions = new Map<string, Question>();

  constructor(program: Program) {
    this.#program = program;
  }

  /** What was asked so far, each question once. */
  questions(): readonly Question[] {
    return [...this.#questions.values()];
  }

  callee(caller: Caller, name: string, asked: Asked) {
    return this.#under(`callee ${name}`, asked, (program, as) => program.callee(caller, name, as));
  }

  behindField(caller: Caller, tag: string | undefined, field: string, asked: Asked) {
    return this.#under(`field ${tag} ${field}`, asked, (program, as) => program.behindField(caller, tag, field, as));
  }

  behindAlias(...args: Parameters<Program['behindAlias']>) {
    return this.#listen(`alias ${args[0].path} ${args[1]}`, (program) => program.behindAlias(...args));
  }

  jumpingMacros(caller: Caller) {
    return this.#listen('macros', (program) => program.jumpingMacros(caller));
  }

  rowsFor(...args: Parameters<Program['rowsFor']>) {
    return this.#listen(`rows ${args[0].path} ${args[1]}`, (program) => program.rowsFor(...args));
  }

  mayRelease(...args: Parameters<Program['mayRelease']>) {
    return this.#listen(`releases ${args[0].path} ${args[1]}`, (program) => program.mayRelease(...args));
  }

  dropsLocks(...args: Parameters<Program['dropsLocks']>) {
    return this.#listen(`locks ${args[0].path} ${args[1]}`, (program) => program.dropsLocks(...args));
  }

  flagsAt(...args: Parameters<Program['flagsAt']>) {
    return this.#listen(`flags ${args[0].path} ${args[1]}`, (program) => program.flagsAt(...args));
  }

  #listen<T>(key: string, ask: (program: Program) => T): T {
    const answer = ask(this.#program);
    this.#questions.set(key, { ask, answer });
    return answer;
  }

  /** A question whose answer may depend on what is held on the path: asked again only in so far as it was asked. */
  #under<T>(
    key: string,
    { withPages, holding, returned, holdsBelow }: Asked,
    ask: (program: Program, asked: Asked) => T,
  ): T {
    let below: boolean | undefined;
    const first: Asked = {
      withPages,
      holding,
      returned,
      holdsBelow: () => {
        below ??= holdsBelow();
        return below;
      },
    };
    const answer = ask(this.#program, first);
    const again = (program: Program): T | typeof ASKED_MORE => {
      let more = false;
      const same: Asked = {
        withPages,
        holding,
        returned,
        holdsBelow: () => {
          more ||= below === undefined;
          return below === true;
        },
      };
      const now = ask(program, same);
      return more ? ASKED_MORE : now;
    };
    this.#questions.set(`${key} ${withPages} ${holding} ${returned} ${below}`, { ask: again, answer });
    return answer;
  }
}
