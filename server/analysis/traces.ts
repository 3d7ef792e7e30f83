/**
 * Follows the pages of a site through its file: from the acquiring function over fields, carriers and calls to releases and uses.
 * By names, within budgets; `complete` says whether a budget ended the search.
 */
import type { Model } from '../../model/index.ts';
import type { CNode } from '../syntax/node.ts';
import { childByField } from '../syntax/node.ts';
import type { CUnit, FunctionDef } from '../syntax/unit.ts';
import { functionAt, treeOf } from './call-index.ts';
import { argumentOf, readingRows } from './flags.ts';
import { localNames, parameters } from './locals.ts';
import type { NameScope } from './names.ts';
import type { ProjectView } from './project-view.ts';
import type { CallSite } from './site.ts';
import { type HolderKind, type Holders, type TraceEvent, traceFunction } from './trace-function.ts';
import { bare, codeOf, operatorOf } from './trees.ts';

/** Everything seen of the pages of one site. */
export interface PageTrace {
  readonly events: readonly TraceEvent[];
  /** The pages argument; undefined for APIs that return the page. */
  readonly pages: CNode | undefined;
  /** The pages come out through a parameter or the result of the acquiring function. */
  readonly handedOut: boolean;
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

/** Follows the pages of a site. `model` is the model of the kernels aimed at. */
export function tracePages(site: CallSite, model: Model, project: ProjectView): PageTrace {
  const { unit, fn } = site;
  const pages = pagesOf(site, model);
  if (fn === undefined || site.macro !== undefined) {
    return { events: [], pages, handedOut: site.macro !== undefined, fields: new Set(), complete: true };
  }
  const scope: NameScope = { unit, model, project };
  const holders: Holders = { names: new Map(), fields: new Map() };
  const handedOut = pages === undefined ? false : seed(unit, fn, pages, holders);
  return follow(scope, site, { pages, holders, handedOut });
}

/** The argument that receives the pages. */
export function pagesOf(site: CallSite, model: Model): CNode | undefined {
  const rows = readingRows(model, site.api, site.args.length);
  const argument = argumentOf({ rows, args: site.args }, 'pages') ?? argumentOf({ rows, args: site.args }, 'folios');
  return argument?.node;
}

/** Makes the pages argument's variable or field a holder; whether it is a parameter that points to the caller's memory. */
function seed(unit: CUnit, fn: FunctionDef, pages: CNode, holders: Holders): boolean {
  let n = bare(pages);
  const direct = operatorOf(unit, n) !== '&';
  while (n.type === 'pointer_expression' || n.type === 'subscript_expression' || n.type === 'binary_expression') {
    n = bare(childByField(n, 'argument') ?? childByField(n, 'left') ?? n.children[0] ?? n);
    if (n.children.length === 0) break;
  }
  if (n.type === 'field_expression') {
    const field = childByField(n, 'field');
    if (field !== undefined) holders.fields.set(codeOf(unit, field), 'page');
    return false;
  }
  if (n.type !== 'identifier') return false;
  const name = codeOf(unit, n);
  holders.names.set(name, 'page');
  const local = localNames(unit, treeOf(unit, fn)).get(name);
  return local?.param !== undefined && direct && local.pointers > 0;
}

interface Start {
  readonly pages: CNode | undefined;
  readonly holders: Holders;
  readonly handedOut: boolean;
}

function follow(scope: NameScope, site: CallSite, start: Start): PageTrace {
  const { unit } = scope;
  const { fields } = start.holders;
  const source = start.pages === undefined ? site.node : undefined;
  const events = new Map<string, TraceEvent>();
  const names = new Map<FunctionDef, Map<string, HolderKind>>();
  const queue: Work[] = site.fn === undefined ? [] : [{ fn: site.fn, seeds: start.holders.names }];
  const searched = new Set<string>();
  let visits = 0;
  for (let work = queue.shift(); work !== undefined; work = queue.shift()) {
    if (++visits > MAX_FUNCTIONS) break;
    const own = names.get(work.fn) ?? new Map<string, HolderKind>();
    const size = own.size;
    for (const [name, kind] of work.seeds) own.set(name, kind);
    if (names.has(work.fn) && own.size === size && work.seeds.size > 0) continue;
    names.set(work.fn, own);
    const trace = traceFunction(scope, work.fn, { names: own, fields }, work.fn === site.fn ? source : undefined);
    for (const e of trace.events) events.set(`${e.kind} ${e.fn.span.start} ${e.node.start} ${e.node.end}`, e);
    for (const h of trace.handovers) {
      const param = parameters(unit, treeOf(unit, h.fn))[h.param];
      if (param !== undefined) queue.push({ fn: h.fn, seeds: new Map([[param.name, h.kind]]) });
    }
    for (const field of fields.keys()) {
      if (searched.has(field) || TOO_COMMON.has(field)) continue;
      searched.add(field);
      for (const fn of functionsWithField(unit, field)) queue.push({ fn, seeds: new Map() });
    }
  }
  const seen = [...events.values()].sort((a, b) => a.node.start - b.node.start);
  const handedOut = start.handedOut || seen.some((e) => e.kind === 'handed-out' && e.fn === site.fn);
  return {
    events: seen,
    pages: start.pages,
    handedOut,
    fields: new Set(fields.keys()),
    complete: visits <= MAX_FUNCTIONS,
  };
}

function functionsWithField(unit: CUnit, field: string): Set<FunctionDef> {
  const found = new Set<FunctionDef>();
  for (const m of unit.code.matchAll(new RegExp(`(?:->|\\.)\\s*${field}\\b`, 'g'))) {
    const fn = functionAt(unit, m.index);
    if (fn !== undefined) found.add(fn);
  }
  return found;
}
