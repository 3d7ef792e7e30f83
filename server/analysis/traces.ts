/**
 * Follows the pages of a site through its file: from the acquiring function over fields, carriers and calls to releases and uses.
 * By names, within budgets; `complete` says whether a budget ended the search.
 */
import type { Model } from '../../model/index.ts';
import { type CNode, childByField, walk } from '../syntax/node.ts';
import type { CUnit, FunctionDef } from '../syntax/unit.ts';
import { callsOf, functionAt, isNamedWithoutCall, treeOf } from './call-index.ts';
import { afford } from './effort.ts';
import { argumentOf, readingRows } from './flags.ts';
import { localNames, parameters } from './locals.ts';
import type { NameScope } from './names.ts';
import { fieldOwner } from './owners.ts';
import type { ProjectView } from './project-view.ts';
import type { CallSite } from './site.ts';
import { type HolderKind, type Holders, type TraceEvent, traceFunction } from './trace-function.ts';
import { argumentNodes, bare, codeOf, operatorOf } from './trees.ts';

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
const MAX_FUNCTIONS = 60;

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
  readonly fn: FunctionDef;
  readonly seeds: ReadonlyMap<string, HolderKind>;
}

/** Traces of sites that put pages into the same place of the same function are the same. */
const traceCache = new WeakMap<CUnit, Map<string, PageTrace>>();

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
  const known = traceCache.get(unit) ?? new Map<string, PageTrace>();
  traceCache.set(unit, known);
  const key = pages === undefined ? '' : `${fn.span.start} ${codeOf(unit, pages)}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const scope: NameScope = { unit, model, project };
  const holders: Holders = { names: new Map(), fields: new Map() };
  const handedOut = pages === undefined ? false : seed(scope, fn, pages, holders);
  const trace = follow(scope, site, { pages, holders, handedOut });
  if (pages !== undefined) known.set(key, trace);
  return trace;
}

/** The argument that receives the pages. */
export function pagesOf(site: CallSite, model: Model): CNode | undefined {
  const rows = readingRows(model, site.api, site.args.length);
  const argument = argumentOf({ rows, args: site.args }, 'pages') ?? argumentOf({ rows, args: site.args }, 'folios');
  return argument?.node;
}

/** Makes the pages argument's variable or field a holder; whether it is a parameter that points to the caller's memory. */
function seed(scope: NameScope, fn: FunctionDef, pages: CNode, holders: Holders): boolean {
  const { unit } = scope;
  const n = innermost(pages);
  if (n.type === 'field_expression') {
    addField(scope, fn, n, holders);
    return false;
  }
  if (n.type !== 'identifier') return false;
  const name = codeOf(unit, n);
  holders.names.set(name, 'page');
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
    if (from.type === 'field_expression') addField(scope, fn, from, holders);
    const source = from.type === 'identifier' ? localNames(unit, tree).get(codeOf(unit, from)) : undefined;
    if (source?.param !== undefined && source.pointers > 0) fromCaller = true;
    return true;
  });
  return fromCaller;
}

function declared(n: CNode): CNode | undefined {
  let d = childByField(n, 'declarator');
  while (d !== undefined && d.type !== 'identifier') d = childByField(d, 'declarator');
  return d;
}

function addField(scope: NameScope, fn: FunctionDef, n: CNode, holders: Holders): void {
  const { unit, project } = scope;
  const field = childByField(n, 'field');
  if (field === undefined) return;
  const tag = fieldOwner(unit, treeOf(unit, fn), n, project);
  holders.fields.set(codeOf(unit, field), { kind: 'page', tags: tag === undefined ? undefined : new Set([tag]) });
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
  /** Calls whose results are the pages, by function. */
  readonly sources: Map<FunctionDef, Set<CNode>>;
  readonly queue: Work[];
  readonly searchedFields: Set<string>;
  /** Functions whose callers were looked up. */
  readonly climbed: Set<string>;
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
    queue: fn === undefined ? [] : [{ fn, seeds: holders.names }],
    searchedFields: new Set(),
    climbed: new Set(),
    open: false,
  };
  if (fn !== undefined && start.pages === undefined && site.node !== undefined) s.sources.set(fn, new Set([site.node]));
  if (fn !== undefined && start.handedOut) climb(s, fn, rootParameter(scope.unit, fn, start.pages));
  let visits = 0;
  for (let work = s.queue.shift(); work !== undefined && visits < MAX_FUNCTIONS; work = s.queue.shift()) {
    if (visit(s, work, site)) visits++;
  }
  const seen = [...s.events.values()].sort((a, b) => a.node.start - b.node.start);
  return {
    events: seen,
    pages: start.pages,
    handedOut: s.climbed.size === 0 ? 'no' : s.open ? 'open' : 'known-callers',
    fields: new Set(holders.fields.keys()),
    complete: visits < MAX_FUNCTIONS,
  };
}

/** Follows the pages through one function; false when nothing new is known there. */
function visit(s: Search, work: Work, site: CallSite): boolean {
  const { unit } = s.scope;
  const own = s.names.get(work.fn) ?? new Map<string, HolderKind>();
  const size = own.size;
  for (const [name, kind] of work.seeds) own.set(name, kind);
  if (s.names.has(work.fn) && own.size === size && work.seeds.size > 0) return false;
  s.names.set(work.fn, own);
  if (!afford(unit, work.fn.span)) return false;
  const sources = s.sources.get(work.fn) ?? new Set();
  const trace = traceFunction(s.scope, work.fn, { names: own, fields: s.holders.fields }, sources);
  for (const e of trace.events) s.events.set(`${e.kind} ${e.fn.span.start} ${e.node.start} ${e.node.end}`, e);
  for (const h of trace.handovers) {
    const param = parameters(unit, treeOf(unit, h.fn))[h.param];
    if (param !== undefined) s.queue.push({ fn: h.fn, seeds: new Map([[param.name, h.kind]]) });
  }
  for (const field of s.holders.fields.keys()) {
    if (s.searchedFields.has(field) || TOO_COMMON.has(field)) continue;
    s.searchedFields.add(field);
    for (const fn of functionsWithField(unit, field)) s.queue.push({ fn, seeds: new Map() });
  }
  for (const e of trace.events) if (work.fn === site.fn && e.kind === 'handed-out') climb(s, work.fn, e.param);
  return true;
}

/** The parameter that the pages argument starts from; undefined where it is none. */
function rootParameter(unit: CUnit, fn: FunctionDef, pages: CNode | undefined): number | undefined {
  const n = pages === undefined ? undefined : innermost(pages);
  return n === undefined ? undefined : localNames(unit, treeOf(unit, fn)).get(codeOf(unit, n))?.param;
}

/** Follows pages that a function hands out, through parameter `param` or its result, into its callers in the unit. */
function climb(s: Search, fn: FunctionDef, param: number | undefined): void {
  const { unit } = s.scope;
  const key = `${fn.span.start} ${param ?? 'ret'}`;
  if (s.climbed.has(key)) return;
  s.climbed.add(key);
  const callers = callsOf(unit, fn.name).filter((c) => c.fn !== fn);
  if (!fn.isStatic || callers.length === 0 || isNamedWithoutCall(unit, fn.name)) s.open = true;
  for (const caller of callers) {
    if (param === undefined) {
      const sources = s.sources.get(caller.fn) ?? new Set();
      s.sources.set(caller.fn, sources.add(caller.node));
      s.queue.push({ fn: caller.fn, seeds: new Map() });
      continue;
    }
    const argument = argumentNodes(caller.node)[param];
    if (argument === undefined) continue;
    const seeds: Holders = { names: new Map(), fields: s.holders.fields };
    const further = seed(s.scope, caller.fn, argument, seeds);
    s.queue.push({ fn: caller.fn, seeds: seeds.names });
    if (further) climb(s, caller.fn, rootParameter(unit, caller.fn, argument));
  }
}

const fieldCache = new WeakMap<CUnit, Map<string, ReadonlySet<FunctionDef>>>();

/** The functions of a unit that name a field. Cached by unit. */
function functionsWithField(unit: CUnit, field: string): ReadonlySet<FunctionDef> {
  const known = fieldCache.get(unit) ?? new Map<string, ReadonlySet<FunctionDef>>();
  fieldCache.set(unit, known);
  const before = known.get(field);
  if (before !== undefined) return before;
  const found = new Set<FunctionDef>();
  for (const m of unit.code.matchAll(new RegExp(`(?:->|\\.)\\s*${field}\\b`, 'g'))) {
    const fn = functionAt(unit, m.index);
    if (fn !== undefined) found.add(fn);
  }
  known.set(field, found);
  return found;
}
