/**
 * Follows the pages of a site through its file: from the acquiring function over fields, carriers and calls to releases and uses.
 * By names, within budgets; `complete` says whether a budget ended the search.
 */

import type { Model } from '../../../model/index.ts';
import { keptBeside } from '../../base/kept.ts';
import { type CNode, childByField, walk } from '../../syntax/node.ts';
import type { CUnit, FunctionDef } from '../../syntax/unit.ts';
import { functionAt, isNamedWithoutCall, treeOf } from '../calls/call-index.ts';
import type { NameScope } from '../calls/names.ts';
import { afford } from '../effort.ts';
import { callersOf } from '../evidence/callers.ts';
import { argumentOf, rowsOf } from '../flags/flags.ts';
import { localNames, parameters } from '../locals.ts';
import { notifierIn } from '../notifier.ts';
import { type ProjectView, usersOf, type VisibleFunction } from '../project-view.ts';
import type { CallSite } from '../sites/site.ts';
import { fieldStruct } from '../structs/owners.ts';
import { argumentNodes, bare, codeOf, operatorOf } from '../trees.ts';
import { traceFunction } from './trace-function.ts';
import { functionsWithVariable } from './trace-globals.ts';
import { releasesFromObjects } from './trace-objects.ts';
import { type HolderKind, type Holders, rootTag, type TraceEvent } from './trace-reach.ts';

/** Everything seen of the pages of one site. */
export interface PageTrace {
  readonly events: readonly TraceEvent[];
  /** The pages argument; undefined for APIs that return the page. */
  readonly pages: CNode | undefined;
  /** Whether the pages come out of the acquiring function, and whether all its callers are in this file. */
  readonly handedOut: 'no' | 'known-callers' | 'open';
  /** Names of the fields that hold the pages or what carries them. */
  readonly fields: ReadonlySet<string>;
  readonly complete: boolean;
}

/** Functions followed for one site; a driver's file has fewer that touch pages. */
const MAX_FUNCTIONS = 90;

/** Files beside the site's in which one field is looked for. */
const MAX_BESIDE = 16;

/** Fields with these names say nothing by themselves: any list or object has them. */
const TOO_COMMON = new Set([
  'list',
  'next',
  'prev',
  'head',
  'node',
  'dev',
  'lock',
  'data',
  'private',
  'priv',
  'private_data',
  'ops',
  'flags',
]);

interface Work {
  readonly unit: CUnit;
  readonly fn: FunctionDef;
  readonly seeds: ReadonlyMap<string, HolderKind>;
}

/** Traces of sites that put pages into the same place of the same function are the same. */
const traceCache = new WeakMap<CUnit['surroundings'], Map<string, PageTrace>>();

/** Follows the pages of a site. `model` is the model of the kernels aimed at. */
export function tracePages(site: CallSite, model: Model, project: ProjectView): PageTrace {
  const { unit, fn } = site;
  const pages = pagesOf(site, model);
  if (fn === undefined || site.macro !== undefined) {
    return {
      events: [],
      pages,
      handedOut: site.macro === undefined ? 'no' : 'open',
      fields: new Set(),
      complete: true,
    };
  }
  const known = traceCache.get(unit.surroundings) ?? new Map<string, PageTrace>();
  traceCache.set(unit.surroundings, known);
  const from = pages === undefined ? `${site.api} ${site.nameSpan.start}` : codeOf(unit, pages);
  const key = `${fn.span.start} ${from}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const scope: NameScope = { unit, model, project };
  const holders: Holders = { roots: new Set(), names: new Map(), fields: new Map() };
  const handedOut = pages === undefined ? false : seed(scope, { fn, pages }, holders);
  const trace = follow(scope, site, { pages, holders, handedOut });
  known.set(key, trace);
  return trace;
}

/** The argument that receives the pages. */
function pagesOf(site: CallSite, model: Model): CNode | undefined {
  const rows = rowsOf(site, model);
  const roles = ['pages', 'folios', 'page'] as const;
  const argument = roles.map((role) => argumentOf({ rows, args: site.args }, role)).find((a) => a !== undefined);
  return argument?.node;
}

/** A place in a function that reaches the pages. */
interface Seed {
  readonly fn: FunctionDef;
  readonly pages: CNode;
  /** Default: page. */
  readonly kind?: HolderKind;
}

/** Makes the pages argument's variable or field a holder; whether it is a parameter that points to the caller's memory. */
function seed(scope: NameScope, { fn, pages, kind = 'page' }: Seed, holders: Holders): boolean {
  const { unit } = scope;
  const n = innermost(pages);
  if (n.type === 'field_expression') {
    addField(scope, { fn, pages: n, kind }, holders);
    return false;
  }
  if (n.type !== 'identifier') return false;
  const name = codeOf(unit, n);
  holders.names.set(name, kind);
  const local = localNames(unit, treeOf(unit, fn)).get(name);
  const addressOfIt =
    operatorOf(unit, bare(pages)) === '&' && bare(childByField(bare(pages), 'argument') ?? pages) === n;
  // `&page` of one page is the variable itself; `&pages` of an array is what it points to.
  if (local === undefined || (addressOfIt && !local.isArray && local.pointers < 2)) return false;
  if (local.param !== undefined) return local.pointers > 0 || local.isArray;
  return containers(scope, fn, name, holders);
}

/** What a local array variable was set to point into before the call: a field of an object, or the caller's array. */
function containers(scope: NameScope, fn: FunctionDef, name: string, holders: Holders): boolean {
  const { unit } = scope;
  const tree = treeOf(unit, fn);
  let fromCaller = false;
  walk(tree, (n) => {
    const left =
      n.type === 'assignment_expression'
        ? childByField(n, 'left')
        : n.type === 'init_declarator'
          ? declared(n)
          : undefined;
    const right = childByField(n, 'right') ?? childByField(n, 'value');
    if (left === undefined || right === undefined || left.type !== 'identifier' || codeOf(unit, left) !== name)
      return true;
    const from = innermost(right);
    if (from.type === 'field_expression') addField(scope, { fn, pages: from }, holders);
    const array = from.type === 'identifier' ? codeOf(unit, from) : '';
    const source = localNames(unit, tree).get(array);
    if (source?.param !== undefined && source.pointers > 0) fromCaller = true;
    else if (source !== undefined && (source.pointers > 1 || source.isArray) && !holders.names.has(array)) {
      holders.names.set(array, 'page');
      fromCaller = containers(scope, fn, array, holders) || fromCaller;
    }
    return true;
  });
  return fromCaller;
}

function declared(n: CNode): CNode | undefined {
  let d = childByField(n, 'declarator');
  while (d !== undefined && d.type !== 'identifier') d = childByField(d, 'declarator');
  return d;
}

function addField(scope: NameScope, { fn, pages: n, kind = 'page' }: Seed, holders: Holders): void {
  const { unit, project } = scope;
  const field = childByField(n, 'field');
  if (field === undefined) return;
  const tag = fieldStruct(unit, treeOf(unit, fn), n, project);
  const root = rootTag(unit, treeOf(unit, fn), n);
  if (root !== undefined) holders.roots.add(root);
  holders.fields.set(codeOf(unit, field), { kind, tags: tag === undefined ? undefined : new Set([tag]) });
}

/** The variable or field at the root of `&x[i]`, `x + n`, `*x`. */
function innermost(node: CNode): CNode {
  let n = bare(node);
  while (n.type === 'pointer_expression' || n.type === 'subscript_expression' || n.type === 'binary_expression') {
    const inner = childByField(n, 'argument') ?? childByField(n, 'left');
    if (inner === undefined) return n;
    n = bare(inner);
  }
  return n;
}

interface Start {
  readonly pages: CNode | undefined;
  readonly holders: Holders;
  readonly handedOut: boolean;
}

/** The search while it runs. */
interface Search {
  readonly scope: NameScope;
  readonly holders: Holders;
  readonly events: Map<string, TraceEvent>;
  readonly names: Map<FunctionDef, Map<string, HolderKind>>;
  /** Calls whose results are the pages or reach them, by function. */
  readonly sources: Map<FunctionDef, Map<CNode, HolderKind>>;
  readonly queue: Work[];
  readonly searchedFields: Set<string>;
  readonly searchedVariables: Set<string>;
  /** Functions whose callers were looked up. */
  readonly climbed: Set<string>;
  /** Functions that got the pages from one they call. */
  readonly reached: Set<FunctionDef>;
  /** Whether the acquiring function hands the pages out. */
  handedOut: boolean;
  /** Whether some function that hands the pages out may be called from elsewhere. */
  open: boolean;
}

function follow(scope: NameScope, site: CallSite, start: Start): PageTrace {
  const { fn } = site;
  const { holders } = start;
  const s: Search = {
    scope,
    holders,
    events: new Map(),
    names: new Map(),
    sources: new Map(),
    queue: fn === undefined ? [] : [{ unit: scope.unit, fn, seeds: holders.names }],
    searchedFields: new Set(),
    searchedVariables: new Set(),
    climbed: new Set(),
    reached: new Set(),
    handedOut: false,
    open: false,
  };
  if (fn !== undefined && start.pages === undefined && site.node !== undefined)
    s.sources.set(fn, new Map([[site.node, 'page']]));
  if (fn !== undefined && start.handedOut)
    climb(s, { unit: scope.unit, fn }, rootParameter(scope.unit, fn, start.pages));
  let visits = 0;
  for (let work = s.queue.shift(); work !== undefined && visits < MAX_FUNCTIONS; work = s.queue.shift()) {
    if (visit(s, work, site)) visits++;
  }
  if (![...s.events.values()].some((e) => e.kind === 'release' && e.fn !== fn))
    for (const e of releasesFromObjects(scope, site, holders.roots))
      s.events.set(`${e.unit.path} ${e.kind} ${e.node.start} ${e.node.end}`, e);
  const away = (e: TraceEvent): number => (e.unit === site.unit ? 0 : 1);
  const seen = [...s.events.values()].sort((a, b) => away(a) - away(b) || a.node.start - b.node.start);
  return {
    events: seen,
    pages: start.pages,
    handedOut: !s.handedOut ? 'no' : s.open ? 'open' : 'known-callers',
    fields: new Set(holders.fields.keys()),
    complete: visits < MAX_FUNCTIONS,
  };
}

/** Follows the pages through one function; false when nothing new is known there. */
function visit(s: Search, work: Work, site: CallSite): boolean {
  const { unit } = work;
  const own = s.names.get(work.fn) ?? new Map<string, HolderKind>();
  const size = own.size;
  for (const [name, kind] of work.seeds) own.set(name, kind);
  if (s.names.has(work.fn) && own.size === size && work.seeds.size > 0) return false;
  s.names.set(work.fn, own);
  if (!afford(site.unit, work.fn.span)) return false;
  const sources = s.sources.get(work.fn) ?? new Map<CNode, HolderKind>();
  const how = { sources, foreign: unit !== site.unit };
  const trace = traceFunction(
    { ...s.scope, unit },
    work.fn,
    { roots: s.holders.roots, names: own, fields: s.holders.fields },
    how,
  );
  for (const e of trace.events) s.events.set(`${unit.path} ${e.kind} ${e.node.start} ${e.node.end}`, e);
  for (const h of trace.handovers) {
    const param = parameters(h.unit, treeOf(h.unit, h.fn))[h.param];
    if (param !== undefined) s.queue.push({ unit: h.unit, fn: h.fn, seeds: new Map([[param.name, h.kind]]) });
  }
  searchFields(s, site);
  searchVariables(s, unit, own, work.fn);
  const climbs = work.fn === site.fn || s.reached.has(work.fn);
  for (const e of trace.events) {
    // What a function that finds the pages in an object returns are the pages, wherever it is called.
    if (e.kind === 'handed-out' && !climbs && e.param === undefined) climb(s, work, undefined, 'carrier');
    if (e.kind === 'data-out' && !climbs && e.param === undefined) giveAddress(s, work);
    if (!climbs) continue;
    if (e.kind === 'handed-out') climb(s, work, e.param);
    if (e.kind === 'number-out' && (e.param !== undefined || isResult(s, work, trace.events)))
      climb(s, work, e.param, 'number');
    if (e.kind === 'data-out') climb(s, work, e.param, 'data');
    if (e.kind === 'lent') climb(s, work, e.param, 'carrier');
  }
  return true;
}

/**
 * Whether a number that a function returns stands for a page that its callers then hold: the function does not give it back itself, nor put
 * it into page tables whose changes it follows.
 */
function isResult(s: Search, { fn }: Work, events: readonly TraceEvent[]): boolean {
  return !events.some((e) => e.kind === 'release' && e.fn === fn) && notifierIn(s.scope.unit) === undefined;
}

/** Queues the functions that name a field which holds the pages: in the site's file, and where its struct is known in the files beside it. */
function searchFields(s: Search, site: CallSite): void {
  const { project } = s.scope;
  for (const [field, holder] of s.holders.fields) {
    if (s.searchedFields.has(field) || (TOO_COMMON.has(field) && holder.tags === undefined)) continue;
    s.searchedFields.add(field);
    const headers = holder.tags === undefined ? [] : project.headers(site.unit).slice(0, MAX_BESIDE);
    const beside = holder.tags === undefined ? [] : usersOf(site.unit, field, project, MAX_BESIDE - headers.length);
    const units = [site.unit, ...headers, ...beside];
    for (const unit of units)
      for (const fn of functionsWithField(unit, field)) s.queue.push({ unit, fn, seeds: new Map() });
  }
}

/** Queues the functions that name a variable of the file which holds the pages. */
function searchVariables(s: Search, unit: CUnit, names: ReadonlyMap<string, HolderKind>, from: FunctionDef): void {
  const locals = localNames(unit, treeOf(unit, from));
  for (const [name, kind] of names) {
    if (locals.has(name) || s.searchedVariables.has(`${unit.path} ${name}`)) continue;
    s.searchedVariables.add(`${unit.path} ${name}`);
    for (const fn of functionsWithVariable(unit, name))
      if (fn !== from) s.queue.push({ unit, fn, seeds: new Map([[name, kind]]) });
  }
}

/** The parameter that the pages argument starts from; undefined where it is none. */
function rootParameter(unit: CUnit, fn: FunctionDef, pages: CNode | undefined): number | undefined {
  const n = pages === undefined ? undefined : innermost(pages);
  return n === undefined ? undefined : localNames(unit, treeOf(unit, fn)).get(codeOf(unit, n))?.param;
}

/** Follows what a function hands out, through parameter `param` or its result, into its callers. */
function climb(s: Search, from: VisibleFunction, param: number | undefined, kind: HolderKind = 'page'): void {
  const { unit, fn } = from;
  const key = `${unit.path} ${fn.span.start} ${param ?? 'ret'} ${kind}`;
  if (s.climbed.has(key)) return;
  s.climbed.add(key);
  const callers = callersOf(unit, fn, s.scope.project);
  if (kind === 'page') {
    s.handedOut = true;
    if (!fn.isStatic || callers.length === 0 || isNamedWithoutCall(unit, fn.name)) s.open = true;
  }
  for (const caller of callers) {
    s.reached.add(caller.fn);
    if (param === undefined) {
      const sources = s.sources.get(caller.fn) ?? new Map<CNode, HolderKind>();
      s.sources.set(caller.fn, sources.set(caller.node, kind));
      s.queue.push({ unit: caller.unit, fn: caller.fn, seeds: new Map() });
      continue;
    }
    const argument = argumentNodes(caller.node)[param];
    if (argument === undefined) continue;
    const seeds: Holders = { roots: s.holders.roots, names: new Map(), fields: s.holders.fields };
    const scope = { ...s.scope, unit: caller.unit };
    const further = seed(scope, { fn: caller.fn, pages: argument, kind }, seeds);
    s.queue.push({ unit: caller.unit, fn: caller.fn, seeds: seeds.names });
    if (further) climb(s, caller, rootParameter(caller.unit, caller.fn, argument), kind);
  }
}

/** A function that is given the pages returns an address of their data: those who give them to it have that. */
function giveAddress(s: Search, { unit, fn }: Work): void {
  for (const caller of callersOf(unit, fn, s.scope.project)) {
    const held = s.names.get(caller.fn);
    const sources = s.sources.get(caller.fn) ?? new Map<CNode, HolderKind>();
    if (held === undefined || sources.has(caller.node)) continue;
    const given = argumentNodes(caller.node).map((a) => codeOf(caller.unit, innermost(a)));
    if (!given.some((name) => held.has(name))) continue;
    s.sources.set(caller.fn, sources.set(caller.node, 'data'));
    s.queue.push({ unit: caller.unit, fn: caller.fn, seeds: new Map() });
  }
}

const fieldCache = new WeakMap<CUnit['version'], Map<string, ReadonlySet<FunctionDef>>>();

/** The functions of a unit that name a field. Cached by unit. */
function functionsWithField(unit: CUnit, field: string): ReadonlySet<FunctionDef> {
  return keptBeside(fieldCache, unit.version, field, () => {
    const places = unit.code.matchAll(new RegExp(`(?:->|\\.)\\s*${field}\\b`, 'g'));
    return new Set([...places].flatMap((m) => functionAt(unit, m.index) ?? []));
  });
}
