/**
 * The functions of a cluster of units analysed bottom-up on demand: who calls whom, summaries, problems. One value per run; the
 * result does not depend on the order in which functions are asked for.
 */
import type { Model } from '../../model/index.ts';
import type { LowerTables } from '../flow/lower-context.ts';
import type { CUnit, FunctionDef } from '../syntax/unit.ts';
import { namesBeforeBrackets } from './call-index.ts';
import { execute } from './execute.ts';
import { summarize } from './exits.ts';
import type { EndFact, FlowProblem, HeldFact, ReleaseFact } from './flow-problem.ts';
import type { Callee, Frame, Program } from './frame.ts';
import { lowered } from './lower-unit.ts';
import type { EntryEvent } from './path-state.ts';
import type { CallSite, FlagSet } from './site.ts';
import type { Summary } from './summary.ts';

/** How deep callees of callees are followed. */
export const MAX_DEPTH = 6;

/** What the program is made of. */
export interface ProgramInput {
  readonly units: readonly CUnit[];
  readonly model: Model;
  readonly tables: LowerTables;
  readonly sites: readonly CallSite[];
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

interface Known {
  readonly unit: CUnit;
  readonly fn: FunctionDef;
}

/** Analyses every function of the cluster that takes, gives back or passes on pages. */
export function analyzeProgram(input: ProgramInput): FlowResult {
  const run = new Run(input);
  const withSites = new Set(input.sites.map((s) => s.unit));
  for (const unit of input.units) {
    if (!withSites.has(unit)) continue;
    for (const fn of unit.functions) if (run.matters(unit, fn)) run.summaryOf({ unit, fn }, 0);
  }
  return run.result();
}

/** One analysis of a cluster; memoises summaries. */
class Run implements Program {
  readonly #byName = new Map<string, Known[]>();
  readonly #summaries = new Map<FunctionDef, Summary | 'running'>();
  readonly #matters = new Map<FunctionDef, boolean>();
  readonly #problems: FlowProblem[] = [];
  readonly #releases: ReleaseFact[] = [];
  readonly #held: HeldFact[] = [];
  readonly #ends: EndFact[] = [];
  readonly #events: EntryEvent[] = [];
  readonly #skipped: { unit: CUnit; functionName: string; reason: string }[] = [];
  readonly #flags = new Map<string, FlagSet>();
  readonly #fields = new Map<CUnit, ReadonlyMap<string, readonly FieldFunction[]>>();
  readonly #calls = new Map<FunctionDef, ReadonlySet<string>>();

  constructor(readonly input: ProgramInput) {
    for (const unit of input.units) {
      for (const fn of unit.functions) this.#byName.set(fn.name, [...(this.#byName.get(fn.name) ?? []), { unit, fn }]);
      indexCalls(unit, this.#calls);
      this.#fields.set(unit, functionFields(unit));
    }
    for (const site of input.sites) this.#flags.set(`${site.unit.path}:${site.span.start}`, site.flags);
  }

  flagsAt(unit: CUnit, callStart: number): FlagSet | undefined {
    return this.#flags.get(`${unit.path}:${callStart}`);
  }

  behindField(unit: CUnit, tag: string | undefined, field: string): readonly Callee[] {
    const names = this.#fields.get(unit)?.get(field) ?? [];
    const fitting = names.filter((n) => tag === undefined || n.tag === undefined || n.tag === tag);
    return fitting.map((n) => this.callee(unit, n.name));
  }

  callee(unit: CUnit, name: string, withPages = false): Callee {
    const known = this.#lookup(unit, name);
    if (known === undefined) return { kind: 'external' };
    if (!withPages && !this.matters(known.unit, known.fn)) return { kind: 'plain' };
    const summary = this.summaryOf(known, 1);
    return summary === undefined || !summary.effective ? { kind: 'plain' } : { kind: 'summary', summary };
  }

  /** Own functions of the file first, then others that are not static; the one with a site where there are two. */
  #lookup(unit: CUnit, name: string): Known | undefined {
    const all = this.#byName.get(name);
    if (all === undefined) return undefined;
    return all.find((k) => k.unit === unit) ?? all.find((k) => !k.fn.isStatic || k.unit.path.endsWith('.h'));
  }

  /** Whether a function can have effects: it names a function of the model that does something to pages, or calls one that matters. */
  matters(unit: CUnit, fn: FunctionDef): boolean {
    return this.#mattersAt(unit, fn, 0, new Set());
  }

  #mattersAt(unit: CUnit, fn: FunctionDef, depth: number, open: Set<FunctionDef>): boolean {
    const known = this.#matters.get(fn);
    if (known !== undefined) return known;
    if (depth > MAX_DEPTH || open.has(fn)) return false;
    open.add(fn);
    let found = false;
    for (const name of this.#calls.get(fn) ?? []) {
      const rows = this.#byName.has(name) ? [] : this.input.model.rows(name);
      if (
        rows.some((r) =>
          r.effects.some((e) => e.op === 'acquire' || e.op === 'release' || e.op === 'transfer' || e.op === 'dirty'),
        )
      )
        found = true;
      const callee = found ? undefined : this.#lookup(unit, name);
      if (callee !== undefined && callee.fn !== fn && this.#mattersAt(callee.unit, callee.fn, depth + 1, open))
        found = true;
      if (found) break;
    }
    open.delete(fn);
    if (found || depth === 0) this.#matters.set(fn, found);
    return found;
  }

  summaryOf(known: Known, _depth: number): Summary | undefined {
    const old = this.#summaries.get(known.fn);
    if (old === 'running') return undefined;
    if (old !== undefined) return old;
    this.#summaries.set(known.fn, 'running');
    const graph = lowered(known.unit, known.fn, this.input.tables);
    if (graph === undefined) {
      this.#summaries.delete(known.fn);
      this.#matters.set(known.fn, false);
      this.#skipped.push({ unit: known.unit, functionName: known.fn.name, reason: 'nested too deeply' });
      return undefined;
    }
    const { cfg, loops } = graph;
    const frame: Frame = {
      unit: known.unit,
      fn: known.fn,
      cfg,
      loops,
      model: this.input.model,
      program: this,
      problems: [],
      releases: [],
      held: [],
      ends: [],
    };
    const run = execute(frame);
    const summary = summarize(frame, run.exits, run.complete);
    if (!run.complete) this.#skipped.push({ unit: known.unit, functionName: known.fn.name, reason: 'too many paths' });
    else this.#problems.push(...frame.problems);
    this.#releases.push(...frame.releases);
    this.#held.push(...frame.held);
    this.#ends.push(...frame.ends);
    for (const c of summary.cases) this.#events.push(...c.events);
    this.#summaries.set(known.fn, summary);
    return summary;
  }

  result(): FlowResult {
    const summaries = new Map<FunctionDef, Summary>();
    for (const [fn, s] of this.#summaries) if (s !== 'running') summaries.set(fn, s);
    return {
      problems: nearestLeaks(this.#problems),
      releases: this.#releases,
      held: this.#held,
      ends: this.#ends,
      events: this.#events,
      skipped: this.#skipped,
      summaries,
    };
  }
}

const LEAKS: ReadonlySet<string> = new Set(['pin-leaked', 'partial-pin-leaked']);

/** Of leaks of one site those nearest to the acquire: callers further out only repeat them. */
function nearestLeaks(problems: readonly FlowProblem[]): FlowProblem[] {
  const nearest = new Map<string, number>();
  const key = (p: FlowProblem): string => `${p.resource?.origin.unit.path}:${p.resource?.origin.span.start}`;
  const distance = (p: FlowProblem): number =>
    (p.confidence === 'low' ? 100 : 0) + (p.resource?.origin.chain.length ?? 0);
  for (const p of problems)
    if (LEAKS.has(p.kind)) nearest.set(key(p), Math.min(nearest.get(key(p)) ?? Number.POSITIVE_INFINITY, distance(p)));
  return problems.filter((p) => !LEAKS.has(p.kind) || distance(p) === nearest.get(key(p)));
}

/** A function that an initialiser puts into a field: `.release = foo_release`. */
interface FieldFunction {
  readonly tag: string | undefined;
  readonly name: string;
}

/** Functions of a unit that initialisers at file scope put into fields, by field. */
function functionFields(unit: CUnit): ReadonlyMap<string, readonly FieldFunction[]> {
  const own = new Set(unit.functions.map((f) => f.name));
  const out = new Map<string, FieldFunction[]>();
  for (const d of unit.declarations) {
    if (d.kind !== 'variable') continue;
    const text = unit.code.slice(d.span.start, d.span.end);
    const tag = /\bstruct\s+(\w+)/.exec(text)?.[1];
    for (const m of text.matchAll(/\.(\w+)\s*=\s*&?(\w+)/g)) {
      const [, field = '', name = ''] = m;
      if (own.has(name)) out.set(field, [...(out.get(field) ?? []), { tag, name }]);
    }
  }
  return out;
}

/** Names called in each function of a unit, by text. */
function indexCalls(unit: CUnit, into: Map<FunctionDef, ReadonlySet<string>>): void {
  const sets = new Map<FunctionDef, Set<string>>();
  const functions = unit.functions;
  for (const [name, offsets] of namesBeforeBrackets(unit)) {
    for (const offset of offsets) {
      const fn = functionContaining(functions, offset);
      if (fn === undefined || offset < fn.bodySpan.start) continue;
      const set = sets.get(fn) ?? new Set();
      set.add(name);
      sets.set(fn, set);
    }
  }
  for (const [fn, set] of sets) into.set(fn, set);
}

function functionContaining(functions: readonly FunctionDef[], offset: number): FunctionDef | undefined {
  let lo = 0;
  let hi = functions.length - 1;
  while (lo <= hi) {
    const mid = (lo + hi) >> 1;
    const fn = functions[mid];
    if (fn === undefined) return undefined;
    if (offset < fn.span.start) hi = mid - 1;
    else if (offset >= fn.span.end) lo = mid + 1;
    else return fn;
  }
  return undefined;
}
