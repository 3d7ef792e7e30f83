/**
 * Whether a function that takes no pages could do wrong in itself, by its text and by what it calls: most that give back those of their
 * callers cannot, and need not be followed along paths for that.
 */
import { CALLBACK_ROWS } from '../../model/callbacks.ts';
import type { CUnit, FunctionDef } from '../syntax/unit.ts';
import { isStraight } from './apply-release.ts';
import { type CallGraph, type Known, MAX_CALLERS } from './call-graph.ts';
import { namesBeforeBrackets } from './call-index.ts';
import { macroBehind } from './macro-functions.ts';

const REGISTERS: ReadonlySet<string> = new Set(CALLBACK_ROWS.map((r) => r.name));

/** Tells of functions that take no pages whether following them may find something wrong. */
export class WrongAlone {
  readonly #graph: CallGraph;
  readonly #elsewhere: (unit: CUnit) => boolean;
  readonly #known = new Map<FunctionDef, boolean>();

  /** `elsewhere`: whether nobody asks of a unit's functions but through those that call them. */
  constructor(graph: CallGraph, elsewhere: (unit: CUnit) => boolean) {
    this.#graph = graph;
    this.#elsewhere = elsewhere;
  }

  /** Whether the function, or one elsewhere that it calls, may do wrong. */
  possible(at: Known, depth = 0): boolean {
    let known = this.#known.get(at.fn);
    if (known === undefined) {
      this.#known.set(at.fn, false);
      known = this.#itself(at) || (depth < MAX_CALLERS && this.#below(at, depth));
      this.#known.set(at.fn, known);
    }
    return known;
  }

  #below({ unit, fn }: Known, depth: number): boolean {
    return [...this.#graph.calledIn({ unit, fn })].some((name) => {
      const callee = this.#graph.lookup(unit, name);
      return callee !== undefined && this.#elsewhere(callee.unit) && this.possible(callee, depth + 1);
    });
  }

  /**
   * It may sleep under a lock, unmap after it gave back, give back twice in a row; pages may come from a callee further down than
   * is counted, from one that it calls through a field or that it registers.
   */
  #itself(at: Known): boolean {
    const graph = this.#graph;
    const { unit, fn } = at;
    if (graph.does('unmaps', fn) || (graph.does('locks', fn) && graph.does('minds', fn))) return true;
    if (graph.callsThroughField(at)) return true;
    for (const name of graph.calledIn(at)) {
      const callee = graph.lookup(unit, name);
      if (REGISTERS.has(name) || (callee !== undefined && graph.does('acquires', callee.fn))) return true;
    }
    return macroBehind(fn) !== undefined || this.#repeats(at);
  }

  /** Whether two calls that give pages back stand straight one after the other. */
  #repeats({ unit, fn }: Known): boolean {
    const { start, end } = fn.bodySpan;
    for (const [name, offsets] of namesBeforeBrackets(unit)) {
      if (offsets.length < 2 || !this.#graph.touchesPages(this.#graph.behindAlias(unit, name))) continue;
      for (const [i, at] of offsets.entries()) {
        const next = offsets[i + 1];
        if (at < start || next === undefined || next >= end) continue;
        const between = unit.code.slice(at, next);
        const behind = between.indexOf(';');
        if (behind < 0 || isStraight(between.slice(behind + 1))) return true;
      }
    }
    return false;
  }
}
