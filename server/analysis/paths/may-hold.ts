/**
 * Whether a function may come to hold pages at all, found out from below: it takes some itself, or a callee hands some on. One whose
 * callees all give back what they take can do wrong only to the pages of others.
 */
import type { FunctionDef } from '../../syntax/unit.ts';
import type { CallGraph, Known } from './call-graph.ts';
import type { Summary } from './summary.ts';

/** What is asked of the functions below. */
export interface Below {
  readonly graph: CallGraph;
  /** The summary of a function; undefined where it cannot be told. */
  summaryOf(known: Known): Summary | undefined;
  /** Whether nothing in a function can concern pages. */
  isIdle(known: Known): boolean;
}

/** Tells of functions whether they may hold pages. */
export class Holders {
  readonly #below: Below;
  readonly #known = new Map<FunctionDef, boolean>();

  constructor(below: Below) {
    this.#below = below;
  }

  /** Whether the function may hold pages at some point of its paths. */
  mayHold(at: Known): boolean {
    let holds = this.#known.get(at.fn);
    if (holds === undefined) {
      // Of what calls itself, the summary tells.
      this.#known.set(at.fn, true);
      holds = this.#itself(at) || this.#below.graph.calleesOf(at).some((callee) => this.#handsOn(callee));
      this.#known.set(at.fn, holds);
    }
    return holds;
  }

  #itself(at: Known): boolean {
    const { graph } = this.#below;
    return graph.outside(at).some((name) => graph.kindOf(name).has('acquires'));
  }

  /** Whether a function leaves its callers pages that it took. */
  #handsOn(callee: Known): boolean {
    if (!this.#below.graph.does('acquires', callee.fn) || !this.mayHold(callee) || this.#below.isIdle(callee))
      return false;
    return this.#below.summaryOf(callee)?.cases.some((c) => c.resources.length > 0) !== false;
  }
}
