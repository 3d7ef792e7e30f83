/**
 * The flags of a call, folded: which FOLL_ flags it must and may pass, and where each comes from.
 * Assignments are followed forward through the function, parameters to the callers in the unit. Conditions are not interpreted,
 * and writes through pointers to a struct by other functions are not seen (docs/corpus.md names what that costs).
 */
import type { Model } from '../../../model/index.ts';
import type { ApiRow, ParamRole } from '../../../model/schema.ts';
import type { KernelRange } from '../../../model/version.ts';
import type { Span } from '../../base/span.ts';
import { expressionTree, treeOf } from '../calls/call-index.ts';
import { holdsIn } from '../calls/row-range.ts';
import { parameters } from '../locals.ts';
import type { ProjectView } from '../project-view.ts';
import type { ApiCall, Argument, FlagSet, FlagTerm } from '../sites/site.ts';
import { shownText } from '../trees.ts';
import { folding } from './flag-eval.ts';
import { FLAG_STEPS, type FlagContext, type FlagScope, later } from './flag-scope.ts';
import { either, type FlagValue, weaken } from './flag-terms.ts';

const NO_FLAGS: FlagSet = { text: '', span: undefined, terms: [], must: new Set(), may: new Set(), known: true };

/** The argument of a call that has a role in some of its rows, the newest row first; undefined when there is none. */
export function argumentOf(call: Pick<ApiCall, 'rows' | 'args'>, role: ParamRole): Argument | undefined {
  for (const row of [...call.rows].reverse()) {
    const index = row.params.findIndex((p) => p.role === role);
    if (index >= 0) return call.args[index];
  }
  return undefined;
}

/**
 * The rows to read a call by: those of the kernels aimed at, narrowed to its number of arguments. A call that none of them takes was
 * written for another kernel and is read by the rows of that one.
 */
export function readingRows(model: Model, api: string, args: readonly Argument[]): readonly ApiRow[] {
  const here = model.rows(api);
  const all = model.allRows(api);
  return firstFitting([here, all], args) ?? (here.length > 0 ? here : all);
}

/** The rows that a call is read by: those of the kernels on which its #if keeps it, where its arguments fit any. */
export function rowsOf(call: Pick<ApiCall, 'api' | 'args' | 'rows'>, model: Model): readonly ApiRow[] {
  return firstFitting([call.rows], call.args) ?? readingRows(model, call.api, call.args);
}

/** Of several lists of rows, the first that has some that a call's arguments fit: those. */
export function firstFitting(
  lists: readonly (readonly ApiRow[])[],
  args: readonly Argument[],
): readonly ApiRow[] | undefined {
  const fitting = lists.map((rows) => rows.filter((r) => r.params.length === args.length));
  const surely = fitting.map((rows) => rows.filter((r) => startsAs(r, args) && meansPages(r, args)));
  return [...surely, ...fitting].find((rows) => rows.length > 0);
}

/** Whether the first argument may be what a row has there: forms of one length differ in the task that comes ahead of the mm. */
function startsAs(row: ApiRow, args: readonly Argument[]): boolean {
  const isMm = /mm\s*\)?$/.test(args[0]?.text ?? '');
  const role = row.params[0]?.role;
  return role === 'mm' ? isMm : role !== 'task' || !isMm;
}

/**
 * Whether what a row has for the pages may be that: forms of one length differ in whether two numbers come ahead of them, or one and a lock
 * behind. A number is no array of pages, an address no `force`; where no pages are asked for, `force` is a number.
 */
function meansPages(row: ApiRow, args: readonly Argument[]): boolean {
  const at = (role: string): string | undefined => args[row.params.findIndex((p) => p.role === role)]?.text;
  const pages = at('pages');
  const force = at('force');
  if (pages === undefined) return true;
  if (force === undefined) return !/^\d+$/.test(pages);
  return !force.startsWith('&') && (pages !== 'NULL' || /^(?:\d+|true|false)$/i.test(force));
}

/** A call seen from its caller through wrappers: the calls in their bodies down to the API's, and what the caller passes. */
export interface ThroughWrapper {
  readonly links: readonly CallParts[];
  readonly args: readonly Argument[];
}

/** What folding reads of a call. */
export type CallParts = Pick<ApiCall, 'unit' | 'fn' | 'macro' | 'args'>;

/** The flags of a call. With `through`, those that wrappers pass on when the first of them is called with these arguments. */
export function foldFlags(call: ApiCall, model: Model, project: ProjectView, through?: ThroughWrapper): FlagSet {
  const read: CallParts = through?.links.at(-1) ?? call;
  const rows = rowsOf({ ...call, args: read.args }, model);
  const at = { rows, args: read.args };
  const flags = argumentOf(at, 'flags');
  const write = argumentOf(at, 'write');
  const force = argumentOf(at, 'force');
  if (flags === undefined && write === undefined) return extractionFlags(argumentOf(at, 'extraction-flags'));
  const ctx: FlagContext = {
    model,
    project,
    busy: new Set(),
    budget: { left: FLAG_STEPS, nesting: 0 },
    folding,
  };
  const scope = through === undefined ? scopeOf(call) : innermostScope(call, through, ctx);
  const value = (a: Argument): FlagValue => argumentValue(a, scope, ctx);
  let terms: FlagValue = flags === undefined ? [] : value(flags);
  // Where a range has both forms of one argument (get_user_pages_fast around 5.2), it is read as flags.
  if (write !== undefined && write !== flags) terms = either(terms, truthAs('FOLL_WRITE', value(write), scope, write));
  if (force !== undefined) terms = either(terms, truthAs('FOLL_FORCE', value(force), scope, force));
  const parts = [write, force, flags].filter((a) => a !== undefined);
  const span = { start: Math.min(...parts.map((a) => a.start)), end: Math.max(...parts.map((a) => a.end)) };
  const sets = namesOf(terms, model, call.active);
  const own = through === undefined ? span : undefined;
  const inCall = (t: FlagTerm): boolean =>
    t.unit === call.unit && call.span.start <= t.span.start && t.span.end <= call.span.end;
  const placed = terms.map((t) => (inCall(t) ? { ...t, atCall: true } : t));
  return { text: shownText(read.unit, span), span: own, terms: placed, ...sets };
}

/** iov_iter_extract_pages and its kind take flags of their own (iov_iter_extraction_t, linux/uio.h): shown, not folded. */
function extractionFlags(argument: Argument | undefined): FlagSet {
  if (argument === undefined) return NO_FLAGS;
  return { ...NO_FLAGS, text: argument.text, span: { start: argument.start, end: argument.end } };
}

/** The scope that the arguments of a call are read in; macro parameters stand for themselves. */
function scopeOf(call: CallParts): FlagScope {
  const { unit, fn, macro } = call;
  const tree = fn === undefined || macro !== undefined ? undefined : treeOf(unit, fn);
  const own = (name: string): FlagTerm => {
    const span = macro?.nameSpan ?? { start: 0, end: 0 };
    return { kind: 'parameter', name, value: undefined, unit, span, must: true, atCall: false };
  };
  return {
    unit,
    fn,
    tree,
    bindings: new Map((macro?.params ?? []).map((name): [string, () => FlagValue] => [name, () => [own(name)]])),
  };
}

/** The scope of the last wrapper's body, with parameters bound to what is passed on from the first. */
function innermostScope(call: ApiCall, through: ThroughWrapper, ctx: FlagContext): FlagScope {
  let scope = scopeOf(call);
  let args = through.args;
  for (const link of through.links) {
    const inner = scopeOf(link);
    const names =
      link.macro?.params ?? (inner.tree === undefined ? [] : parameters(link.unit, inner.tree).map((p) => p.name));
    const outer = scope;
    const bindings = new Map<string, () => FlagValue>();
    for (const [i, name] of names.entries()) {
      const argument = args[i];
      if (argument !== undefined)
        bindings.set(
          name,
          later(() => argumentValue(argument, outer, ctx)),
        );
    }
    scope = { ...inner, bindings };
    args = link.args;
  }
  return scope;
}

function argumentValue(a: Argument, scope: FlagScope, ctx: FlagContext): FlagValue {
  const node = a.node ?? expressionTree(scope.unit, a);
  if (node === undefined) return [];
  return a.node !== undefined && scope.tree !== undefined
    ? ctx.folding.valueAt(node, scope, ctx)
    : ctx.folding.evaluate(node, scope, ctx);
}

/** A truth value as the flag it stood for before gup_flags (write and force up to 4.8, the fast functions up to 5.1). */
function truthAs(flag: string, value: FlagValue, scope: FlagScope, at: Span): FlagValue {
  const zero = value.filter((t) => t.kind === 'zero');
  if (zero.length === value.length && zero.length > 0) return zero;
  const certain =
    zero.length === 0 &&
    value.some((t) => t.must && (t.kind === 'literal' || t.kind === 'flag' || t.kind === 'foreign'));
  const span = { start: at.start, end: at.end };
  const made: FlagTerm = {
    kind: 'flag',
    name: flag,
    value: undefined,
    unit: scope.unit,
    span,
    must: certain,
    atCall: false,
  };
  return [...weaken(zero), made];
}

function namesOf(terms: FlagValue, model: Model, active: KernelRange): Pick<FlagSet, 'must' | 'may' | 'known'> {
  const must = new Set<string>();
  const may = new Set<string>();
  const add = (name: string, certain: boolean): void => {
    may.add(name);
    if (certain) must.add(name);
  };
  for (const t of terms) {
    if (t.kind === 'flag') add(t.name, t.must);
    else if (t.kind === 'literal' && t.value !== undefined) {
      for (const name of namesOfValue(model, t.value, active)) add(name, t.must);
    } else if (t.kind === 'comparison') for (const name of namesOfValue(model, 1, active)) add(name, false);
  }
  const known = !terms.some((t) => t.kind === 'parameter' || t.kind === 'unknown');
  return { must, may, known };
}

/** The flags that a number means on all kernels of the range; bits that mean several things there are left out. */
function namesOfValue(model: Model, value: number, active: KernelRange): string[] {
  const byBit = new Map<number, Set<string>>();
  for (const name of model.flagNames()) {
    for (const row of model.flags(name)) {
      if (!holdsIn(row, active) || (value & row.value) === 0) continue;
      const names = byBit.get(row.value) ?? new Set();
      byBit.set(row.value, names.add(name));
    }
  }
  return [...byBit.values()].flatMap((names) => (names.size === 1 ? [...names] : []));
}
