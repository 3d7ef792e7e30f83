/**
 * Which of its caller's locks a function may drop: by the order of locking and unlocking in its text and in that of the functions it
 * calls, and by its name where it is out of sight. Errs towards dropping: what stays is held against the calls that follow.
 */
import type { Model } from '../../../model/index.ts';
import { macroText } from '../calls/call-text.ts';
import { macroBehind } from '../calls/macro-functions.ts';
import type { CallGraph, Known } from './call-graph.ts';

/** Kinds of locks that are dropped, as effects name them; `all` where nobody can tell. */
export type DroppedLocks = readonly string[] | 'all';

/** Functions below the one that is asked about. */
const MAX_DEPTH = 3;

/** Names of functions that end what another one began. */
const ENDS = /(?:un_?lock|restore|enable)|(?:^|_)(?:leave|exit|end|up|release|drop|put)(?:_|$)/i;

/** What the functions that path analysis looks at do to locks that are held where they are called. */
export class LockDrops {
  readonly #graph: CallGraph;
  readonly #model: Model;
  readonly #known = new Map<Known['fn'], ReadonlySet<string>>();

  constructor(graph: CallGraph, model: Model) {
    this.#graph = graph;
    this.#model = model;
  }

  /** Of a function by its name as seen from a unit. */
  of(unit: Known['unit'], name: string | undefined): DroppedLocks {
    if (name === undefined) return [];
    const known = this.#graph.lookup(unit, name);
    if (known === undefined) return ENDS.test(name) ? 'all' : [];
    return [...this.#in(known, MAX_DEPTH)];
  }

  #in(known: Known, depth: number): ReadonlySet<string> {
    const found = this.#known.get(known.fn);
    if (found !== undefined) return found;
    const dropped = new Set<string>();
    const taken = new Set<string>();
    this.#known.set(known.fn, dropped);
    const { unit, fn } = known;
    const macro = macroBehind(fn)?.macro;
    const text = macro === undefined ? unit.code.slice(fn.bodySpan.start, fn.bodySpan.end) : macroText(unit, macro);
    for (const [call, name = ''] of text.matchAll(/\b(\w+)\s*\([^;]{0,80}/g)) {
      const callee = this.#graph.lookup(unit, name);
      if (callee !== undefined && callee.fn !== fn && depth > 0)
        for (const lock of this.#in(callee, depth - 1)) if (!taken.has(lock)) dropped.add(lock);
      for (const effect of this.#model.readable(name).flatMap((row) => row.effects)) {
        if (effect.op !== 'lock' && effect.op !== 'unlock') continue;
        const lock = effect.lock === 'rwsem' && /\bmmap_(?:sem|lock)\b/.test(call) ? 'mmap' : (effect.lock ?? 'spin');
        if (effect.op === 'lock') taken.add(lock);
        else if (!taken.has(lock)) dropped.add(lock);
      }
    }
    return dropped;
  }
}
