/**
 * Runs the directives of a stripped file for one kernel: blanks every directive and the branches that are off, and notes
 * macros, includes, the kernels of each branch, and the conditions that stay open. Offsets never change.
 */
import type { KernelRange, KernelVersion } from '../../model/version.ts';
import type { Span } from '../base/span.ts';
import { residual } from './condition.ts';
import { MacroState, runDirectives } from './definitions.ts';
import { type ParsedDirective, parseDirectives } from './directive.ts';
import type { Expr } from './expr.ts';
import { hullOfPossible, type Known, type Piecewise, valueAt } from './piecewise.ts';
import { blank, type Stripped } from './strip.ts';
import type { Include, MacroDef, PreprocessEnv } from './unit.ts';

/** Text between two directives of one #if, and the kernels on which its version conditions keep it. */
export interface Branch {
  /** The directive in front. */
  readonly at: Span;
  /** From behind that directive to the start of the next one of the group. */
  readonly body: Span;
  /** Kernels on which the branch may be live, from version conditions alone, surrounding ones included; undefined: on none. */
  readonly kernels: KernelRange | undefined;
  /** Whether some kernel surely drops the branch. */
  readonly versioned: boolean;
  /** 1 live, 0 off, undefined open: on the kernel this run is for, surrounding branches left aside. */
  readonly state: Known;
  /** Normal form of an open condition; undefined for #else and for conditions that are known. */
  readonly condition: { readonly text: string; readonly negated: boolean } | undefined;
  /** The condition as the file spells it, for an open one. */
  readonly source: string;
}

/** One #if with its branches. `end` is the #endif (empty, at the end of the text, when it is missing). */
export interface Group {
  readonly branches: readonly Branch[];
  readonly end: Span;
}

/** What a run found. */
export interface Preprocessed {
  readonly macros: readonly MacroDef[];
  readonly includes: readonly Include[];
  /** All groups that are not wholly inside a branch that is off, in the order of the text. */
  readonly groups: readonly Group[];
}

/** On which kernels each branch of a file is live; what `liveRanges` compares. */
export function livenessOf(
  path: string,
  directives: readonly ParsedDirective[],
  env: PreprocessEnv,
): readonly Piecewise<Known>[] {
  const state = new MacroState(env);
  const liveness: Piecewise<Known>[] = [];
  runDirectives(directives, state, {
    branch: (_, __, b) => liveness.push(b.live),
    include: (to, quoted, live) => state.include(path, to, quoted, live),
  });
  return liveness;
}

/** The kernel a range is represented by: its newest. */
function newestOf(range: KernelRange): KernelVersion {
  return range.until === Number.POSITIVE_INFINITY ? Math.max(range.since, 0x7fffff00) : range.until - 1;
}

interface OpenBranch {
  readonly at: Span;
  readonly live: Piecewise<Known>;
  readonly own: Piecewise<Known>;
  readonly condition: Expr | undefined;
  readonly residual: { readonly text: string; readonly negated: boolean } | undefined;
  readonly source: string;
}

/** Runs the pass and blanks in place. Groups with an open branch keep the text of all their branches that may be live. */
export function preprocess(path: string, text: string, stripped: Stripped, env: PreprocessEnv): Preprocessed {
  const at = newestOf(env.range);
  const state = new MacroState(env);
  const directives = parseDirectives(text, stripped);
  const macros: MacroDef[] = [];
  const includes: Include[] = [];
  const open = new Map<number, OpenBranch[]>();
  const groups: { readonly id: number; readonly group: Group }[] = [];
  const close = (id: number, end: Span): void => {
    const branches = open.get(id);
    open.delete(id);
    if (branches !== undefined) groups.push({ id, group: groupOf(branches, end, at) });
  };
  runDirectives(directives, state, {
    branch: (d, id, b) => {
      const known = valueAt(b.own, at);
      const rest = known === undefined && b.condition !== undefined ? residual(b.condition, state, at) : undefined;
      const list = open.get(id) ?? [];
      list.push({ at: d.at, ...b, residual: rest, source: rest === undefined ? '' : sourceOf(text, d) });
      open.set(id, list);
    },
    endif: (d, id) => close(id, d.at),
    define: (d, live) => {
      const active = hullOfPossible(live);
      if (active === undefined || valueAt(live, at) === 0) return;
      macros.push({ name: d.name, params: d.params, nameSpan: d.nameSpan, bodySpan: d.bodySpan, active });
    },
    include: (to, quoted, live, d) => {
      state.include(path, to, quoted, live);
      if (valueAt(live, at) !== 0) includes.push({ path: to, quoted, span: d.at });
    },
  });
  for (const id of [...open.keys()]) close(id, { start: text.length, end: text.length });
  for (const d of directives) stripped.code.fill(32, d.at.start, d.at.end);
  groups.sort((a, b) => a.id - b.id);
  const inOrder = groups.map((g) => g.group);
  return { macros, includes, groups: blankDead(stripped.code, inOrder) };
}

function sourceOf(text: string, d: ParsedDirective): string {
  return text.slice(d.at.start, d.at.end).trimEnd();
}

function groupOf(branches: readonly OpenBranch[], end: Span, at: KernelVersion): Group {
  let taken: Known = 0;
  const out: Branch[] = [];
  branches.forEach((b, i) => {
    const own = valueAt(b.own, at);
    let state: Known = own;
    if (taken === 1 || own === 0) state = 0;
    else if (taken === undefined) state = undefined;
    taken = taken === 1 || own === 1 ? 1 : taken === 0 && own === 0 ? 0 : undefined;
    const next = branches[i + 1]?.at ?? end;
    out.push({
      at: b.at,
      body: { start: b.at.end, end: next.start },
      kernels: hullOfPossible(b.live),
      versioned: b.live.some((p) => p.value === 0),
      state,
      condition: own === undefined ? b.residual : undefined,
      source: b.source,
    });
  });
  return { branches: out, end };
}

/** Blanks branches that are off and drops the groups inside them. `groups` are in the order of the text. */
function blankDead(code: Uint16Array, groups: readonly Group[]): readonly Group[] {
  const inDead = new Uint8Array(groups.length);
  groups.forEach((g, i) => {
    if (inDead[i] === 1 || g.branches.every((b) => b.state !== 0)) return;
    let j = i + 1;
    for (const b of g.branches) {
      if (b.state === 0) blank(code, b.body.start, b.body.end);
      for (; j < groups.length && startOf(groups[j]) < b.body.end; j++) if (b.state === 0) inDead[j] = 1;
    }
  });
  return groups.filter((_, i) => inDead[i] === 0);
}

function startOf(g: Group | undefined): number {
  return g?.branches[0]?.at.start ?? 0;
}
