/**
 * Whether a function that takes no pages could do wrong in itself, by its text and by what it calls: most that give back those of their
 * callers cannot, and need not be followed along paths for that.
 */
import { CALLBACK_ROWS } from '../../../model/callbacks.ts';
import { kept } from '../../base/kept.ts';
import type { CUnit, FunctionDef } from '../../syntax/unit.ts';
import { namesBeforeBrackets, namesCalledIn } from '../calls/call-index.ts';
import { macroBehind } from '../calls/macro-functions.ts';
import { isStraight } from './apply-release.ts';
import { type CallGraph, type Known, MAX_CALLERS } from './call-graph.ts';
import type { CallKind } from './call-kind.ts';
import type { Below, Holders } from './may-hold.ts';

const REGISTERS: ReadonlySet<string> = new Set(CALLBACK_ROWS.map((r) => r.name));

/** What is told without knowing what is held stands as long as the graph and the function. */
const byCalls = new WeakMap<CallGraph, WeakMap<FunctionDef, boolean>>();

/** Tells of functions that take no pages whether following them may find something wrong. */
export class WrongAlone {
  readonly #program: Below & { readonly holders: Holders };
  readonly #elsewhere: (unit: CUnit) => boolean;
  readonly #known = new Map<FunctionDef, boolean>();
  readonly #itself = new Map<FunctionDef, boolean>();

  /** `elsewhere`: whether nobody asks of a unit's functions but through those that call them. */
  constructor(program: Below & { readonly holders: Holders }, elsewhere: (unit: CUnit) => boolean) {
    this.#program = program;
    this.#elsewhere = elsewhere;
  }

  /** Whether the function, or one elsewhere that it calls over a few others, may do wrong. */
  possible(at: Known): boolean {
    return kept(this.#known, at.fn, () => this.#alone(at) || this.#below(at));
  }

  #below(at: Known): boolean {
    const met = new Set([at.fn]);
    let level: readonly Known[] = [at];
    for (let depth = 0; depth < MAX_CALLERS && level.length > 0; depth++) {
      level = level
        .flatMap((caller) => this.#program.graph.calleesOf(caller))
        .filter(({ unit, fn }) => {
          const isNew = !met.has(fn) && this.#elsewhere(unit);
          met.add(fn);
          return isNew;
        });
      if (level.some((callee) => this.#alone(callee))) return true;
    }
    return false;
  }

  #alone(at: Known): boolean {
    return kept(this.#itself, at.fn, () => this.#mayDoWrong(at));
  }

  /**
   * It may sleep under a lock, unmap after it gave back, give back twice in a row; pages may come from a callee further down than
   * is counted, or from a function that it registers.
   */
  #mayDoWrong(at: Known): boolean {
    const { graph, holders } = this.#program;
    const known = byCalls.get(graph) ?? new WeakMap<FunctionDef, boolean>();
    byCalls.set(graph, known);
    const may = known.get(at.fn) ?? this.#mayByCalls(at);
    known.set(at.fn, may);
    return may || holders.mayHold(at);
  }

  /** What its text and those it calls say of it. */
  #mayByCalls(at: Known): boolean {
    const { graph } = this.#program;
    if (macroBehind(at.fn) !== undefined || graph.outside(at).some((name) => REGISTERS.has(name))) return true;
    if (graph.does('minds', at.fn) && this.#mayLock(at)) return true;
    return this.#unmapsBehind(at) || this.#repeats(at);
  }

  /** Whether something in the function may run under a lock that it or one of those it calls took. */
  #mayLock(at: Known): boolean {
    const { graph } = this.#program;
    return graph.does('locks', at.fn) || graph.calleesOf(at).some(({ fn }) => graph.does('locks', fn));
  }

  /** The places of a function at which a name is called, for each name of which something is wanted. */
  *#placesOf({ unit, fn }: Known, isWanted: (called: string) => boolean): Generator<readonly number[]> {
    const { graph } = this.#program;
    const { start, end } = fn.bodySpan;
    for (const name of namesCalledIn(unit).get(fn) ?? []) {
      if (!isWanted(graph.behindAlias(unit, name))) continue;
      yield (namesBeforeBrackets(unit).get(name) ?? []).filter((at) => start <= at && at < end);
    }
  }

  /** Whether a mapping is taken back further down in the text than something is given back. */
  #unmapsBehind(at: Known): boolean {
    const { graph } = this.#program;
    if (!graph.does('unmaps', at.fn) || !graph.does('releases', at.fn)) return false;
    const isOf = (kind: CallKind) => (called: string) => {
      const known = graph.lookup(at.unit, called);
      return known === undefined ? graph.kindOf(called).has(kind) : graph.does(kind, known.fn);
    };
    const unmaps = [...this.#placesOf(at, isOf('unmaps'))].flat();
    if (unmaps.length === 0) return false;
    const last = Math.max(...unmaps);
    return [...this.#placesOf(at, isOf('releases'))].flat().some((start) => start < last);
  }

  /** Whether two calls that give pages back stand straight one after the other. */
  #repeats(at: Known): boolean {
    const { graph } = this.#program;
    for (const offsets of this.#placesOf(at, (called) => graph.touchesPages(called))) {
      for (const [i, first] of offsets.entries()) {
        const next = offsets[i + 1];
        if (next === undefined) continue;
        const between = at.unit.code.slice(first, next);
        const behind = between.indexOf(';');
        if (behind < 0 || isStraight(between.slice(behind + 1))) return true;
      }
    }
    return false;
  }
}
