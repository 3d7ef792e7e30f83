/**
 * Follows page holders through one function, by names alone: which variables and fields reach the pages, and what is done to them.
 * A first approximation beside the flow analysis: order, paths and aliases through memory of unknown owners are not looked at.
 */
import type { ApiRow, Effect } from '../../../model/schema.ts';
import { type CNode, childByField, walk } from '../../syntax/node.ts';
import type { FunctionDef } from '../../syntax/unit.ts';
import { treeOf } from '../calls/call-index.ts';
import type { NameScope } from '../calls/names.ts';
import { type LocalName, localNames } from '../locals.ts';
import { definitionOf } from '../project-view.ts';
import { fieldStruct } from '../structs/owners.ts';
import { argumentNodes, bare, calleeOf, codeOf, isAddressOf } from '../trees.ts';
import { loopStores } from './trace-loop.ts';
import {
  argumentIndex,
  carries,
  type FunctionTrace,
  type HolderKind,
  type Holders,
  LOGGING,
  PLACES,
  rootTag,
  rowsOf,
  type TraceEvent,
  type TraceKind,
  type Walk,
} from './trace-reach.ts';
import { isAddressTaken, storeKind } from './trace-stores.ts';
import { behindField } from './trace-tables.ts';
import { fieldBehind } from './walked-field.ts';

/** Turns over a function: a name that is tracked late may have been copied before. */
const MAX_TURNS = 4;

/** Follows the holders through a function; `holders` grows. `sources` are calls whose results are the pages. */
export function traceFunction(
  scope: NameScope,
  fn: FunctionDef,
  holders: Holders,
  { sources, foreign }: { readonly sources: ReadonlyMap<CNode, HolderKind>; readonly foreign: boolean },
): FunctionTrace {
  const { unit } = scope;
  const tree = treeOf(unit, fn);
  const locals = localNames(unit, tree);
  for (let turn = 0; ; turn++) {
    const w: Walk = {
      scope,
      unit,
      fn,
      tree,
      holders,
      foreign,
      locals,
      sources,
      events: [],
      handovers: [],
      grown: false,
    };
    walk(tree, (n) => {
      visit(w, n);
      return true;
    });
    if (!w.grown || turn === MAX_TURNS) return { events: w.events, handovers: w.handovers };
  }
}

function visit(w: Walk, n: CNode): void {
  switch (n.type) {
    case 'assignment_expression':
      assign(w, childByField(n, 'left'), childByField(n, 'right'), n);
      break;
    case 'init_declarator':
      assign(w, childByField(n, 'declarator'), childByField(n, 'value'), n);
      break;
    case 'initializer_pair':
      assignField(w, n);
      break;
    case 'call_expression':
      call(w, n);
      break;
    case 'while_statement':
      for (const { place, kind } of loopStores(w, n)) store(w, place, kind, n);
      break;
    case 'return_statement': {
      const value = n.children[0];
      const kind = value === undefined ? undefined : carries(w, value);
      if (kind === 'page') event(w, 'handed-out', n);
      else if (kind === 'data') event(w, 'data-out', n);
      else if (kind === 'number') event(w, 'number-out', n);
      break;
    }
    default:
      touch(w, n);
  }
}

function event(w: Walk, kind: TraceKind, node: CNode, more: Partial<TraceEvent> = {}): void {
  w.events.push({
    kind,
    unit: w.unit,
    fn: w.fn,
    node,
    api: undefined,
    rows: [],
    field: undefined,
    callee: undefined,
    holder: undefined,
    param: undefined,
    ...more,
  });
}

function growName(w: Walk, name: string, kind: HolderKind): void {
  if (w.holders.names.has(name)) return;
  w.holders.names.set(name, kind);
  w.grown = true;
}

function growField(w: Walk, name: string, tag: string | undefined, kind: HolderKind): void {
  const known = w.holders.fields.get(name);
  if (known === undefined) w.holders.fields.set(name, { kind, tags: tag === undefined ? undefined : new Set([tag]) });
  else if (known.tags === undefined || (tag !== undefined && known.tags.has(tag))) return;
  else if (tag === undefined) known.tags = undefined;
  else known.tags.add(tag);
  w.grown = true;
}

/** What an object of this name is when pages are put into it. */
function assign(w: Walk, left: CNode | undefined, right: CNode | undefined, at: CNode): void {
  if (left === undefined || right === undefined) return;
  const kind = carries(w, right);
  if (kind !== undefined) store(w, left, kind, at);
  else callback(w, left, right);
}

/** `object->end = done` where the object carries the pages: `done` will be called with it. */
function callback(w: Walk, left: CNode, right: CNode): void {
  const value = bare(right);
  const target = bare(left);
  if (value.type !== 'identifier' || target.type !== 'field_expression') return;
  const object = childByField(target, 'argument');
  if (object === undefined || carries(w, object) !== 'carrier') return;
  const name = codeOf(w.unit, value);
  if (w.locals.has(name)) return;
  const fn = w.unit.functions.find((f) => f.name === name);
  if (fn !== undefined) w.handovers.push({ unit: w.unit, fn, param: 0, kind: 'carrier' });
}

/** The place on the left reaches what was on the right. */
function store(w: Walk, left: CNode, kind: HolderKind, at: CNode): void {
  let n = bare(left);
  let through = false;
  for (;;) {
    if (n.type === 'pointer_declarator' || n.type === 'array_declarator')
      n = childByField(n, 'declarator') ?? n.children[0] ?? n;
    else if (n.type === 'subscript_expression' || (n.type === 'pointer_expression' && !isAddressOf(w.unit, n))) {
      through = true;
      n = bare(childByField(n, 'argument') ?? n);
    } else if (n.type === 'pointer_expression') n = bare(childByField(n, 'argument') ?? n);
    else break;
    if (n.children.length === 0 && n.type !== 'identifier' && n.type !== 'field_identifier') break;
  }
  if (n.type === 'identifier') {
    const name = codeOf(w.unit, n);
    const local = w.locals.get(name);
    if (through && local?.param !== undefined) {
      const out = kind === 'page' || kind === 'carrier';
      event(w, out ? 'handed-out' : kind === 'number' ? 'number' : 'stored', at, { param: local.param });
      if (kind === 'number') event(w, 'number-out', at, { param: local.param });
      if (kind === 'data') event(w, 'data-out', at, { param: local.param });
    }
    const field = through ? fieldBehind(w, name) : undefined;
    if (field !== undefined) store(w, field, kind, at);
    if (kind === 'carrier') lend(w, name, at);
    if (local !== undefined || /^[a-z_]\w*$/.test(name)) growName(w, name, kind);
  } else if (n.type === 'field_expression') {
    const field = childByField(n, 'field');
    if (field === undefined) return;
    const name = codeOf(w.unit, field);
    growField(w, name, fieldStruct(w.unit, w.tree, n, w.scope.project), kind);
    const root = rootTag(w.unit, w.tree, n);
    if (root !== undefined) w.holders.roots.add(root);
    event(w, kind === 'number' ? 'number' : 'stored', at, { field: name, holder: kind });
  }
}

/** Pages are put into what a pointer points to: it lies in the object that the pointer was taken from. */
function fill(w: Walk, object: CNode, at: CNode): void {
  store(w, object, 'carrier', at);
  const n = bare(object);
  if (n.type !== 'identifier') return;
  const name = codeOf(w.unit, n);
  walk(w.tree, (a) => {
    const left = a.type === 'assignment_expression' ? childByField(a, 'left') : undefined;
    const right = bare(childByField(a, 'right') ?? a);
    if (left?.type !== 'identifier' || codeOf(w.unit, left) !== name || right.type !== 'field_expression') return true;
    store(w, right, 'carrier', at);
    return true;
  });
}

function assignField(w: Walk, n: CNode): void {
  const value = childByField(n, 'value');
  const designator = childByField(n, 'designator');
  const kind = value === undefined ? undefined : carries(w, value);
  const field = designator?.children.find((c) => c.type === 'field_identifier') ?? designator;
  if (kind === undefined || field === undefined) return;
  const name = codeOf(w.unit, field).replace(/^\./, '');
  growField(w, name, undefined, kind);
  event(w, kind === 'number' ? 'number' : 'stored', n, { field: name, holder: kind });
}

function call(w: Walk, n: CNode): void {
  if (w.sources.has(n)) return;
  const args = argumentNodes(n);
  const callee = calleeOf(n);
  const name = callee === undefined ? undefined : codeOf(w.unit, callee);
  const rows = rowsOf(w, n);
  if (rows.length > 0) {
    const seen = new Set<TraceKind>();
    for (const row of rows)
      for (const e of row.effects) effect(w, n, { e, args, rows, seen, api: row.name, ret: row.ret });
    return;
  }
  if (name !== undefined && LOGGING.test(name)) return;
  const reached = args.map((a) => carries(w, a));
  if (name !== undefined && DUMPS.test(name)) {
    if (reached.includes('page')) event(w, 'asked', n);
    return;
  }
  const reachesAny = reached.some((k) => k !== undefined);
  const own = name === undefined || !reachesAny ? undefined : definitionOf(w.unit, name, w.scope.project);
  const behind = callee === undefined && reachesAny ? behindField(w, n) : [];
  reached.forEach((kind, param) => {
    if (kind === undefined) return;
    for (const known of behind) w.handovers.push({ ...known, param, kind });
    if (own !== undefined) w.handovers.push({ ...own, param, kind });
    else if (kind === 'data' && PLACES.test(name ?? '')) event(w, 'looked-up', n, { api: name });
    else {
      const what = kind === 'data' ? 'data-passed' : kind === 'number' ? 'number' : 'passed';
      const holder = kind === 'page' && isPageArray(w, args[param]) ? 'carrier' : kind;
      event(w, what, n, { callee: name, ...(what === 'passed' ? { holder } : {}) });
    }
  });
  if (own?.unit !== w.unit && name !== undefined) outside(w, n, { name, args, reached, known: own !== undefined });
}

/** Functions that print all that is known of a page (mm/debug.c). */
const DUMPS = /^dump_page$/;

/** Whether an argument is an array of pages. */
function isPageArray(w: Walk, node: CNode | undefined): boolean {
  const n = node === undefined ? undefined : bare(node);
  if (n?.type === 'field_expression') return /(?:s|list|array|vec)$/i.test(codeOf(w.unit, n));
  const local = n?.type === 'identifier' ? w.locals.get(codeOf(w.unit, n)) : undefined;
  return local !== undefined && (local.pointers > 1 || local.isArray);
}

/** Names of functions outside of the project that put what they are given into an object. */
const FILLS = /(?:^|_)(?:add|append|attach|set|insert|push|enqueue|queue|fill|init|store|pages)(?:_|$)/;

/** Names of functions outside of the project that give pages back. */
const GIVES_BACK = /(?:^|_)(?:put|release|unpin|free)_(?:\w+_)?(?:pages?|folios?)(?:_|$)/;

/** A function nobody knows that gets the pages: by its name it gives them back, or fills the object it gets with them. */
function outside(
  w: Walk,
  n: CNode,
  {
    name,
    args,
    reached,
    known,
  }: {
    readonly name: string;
    readonly args: readonly CNode[];
    readonly reached: readonly (HolderKind | undefined)[];
    readonly known: boolean;
  },
): void {
  const given = reached.findIndex((k) => k === 'page' || k === 'carrier');
  if (given < 0) return;
  if (!known && GIVES_BACK.test(name)) {
    event(w, 'release', n, { api: name, callee: name });
    return;
  }
  if (!FILLS.test(name)) return;
  const object = args.find((a, i) => reached[i] === undefined && isObject(w, a));
  if (object !== undefined) fill(w, object, n);
}

/** Whether an argument is a pointer to a struct that this function declares as such. */
function isObject(w: Walk, node: CNode): boolean {
  const n = bare(node);
  if (n.type !== 'identifier') return false;
  const local = w.locals.get(codeOf(w.unit, n));
  return (
    local !== undefined &&
    local.pointers === 1 &&
    /^(?:const )?struct (?!device\b|file\b|task_struct\b|mm_struct\b)/.test(local.type)
  );
}

interface EffectCall {
  readonly e: Effect;
  readonly args: readonly CNode[];
  readonly rows: readonly ApiRow[];
  readonly seen: Set<TraceKind>;
  readonly api: string;
  /** C type of the result. */
  readonly ret: string;
}

function effect(w: Walk, n: CNode, c: EffectCall): void {
  const { e, args } = c;
  const from = args[argumentIndex(e.place) ?? -1];
  const kind = from === undefined ? undefined : carries(w, from);
  if (kind === undefined) return;
  const asks = e.op === 'query' && kind === 'page' && c.rows.some((row) => row.family === 'query');
  const made: TraceKind[] = asks ? ['asked'] : isArray(c, kind) ? ofMemory(e, kind) : kindsOf(e, kind, c.ret);
  for (const k of made) {
    if (c.seen.has(k)) continue;
    c.seen.add(k);
    event(w, k, n, { api: c.api, rows: c.rows });
  }
  const to = e.to === undefined ? undefined : args[argumentIndex(e.to) ?? -1];
  if (e.op === 'alias' && to !== undefined) fill(w, to, n);
}

/** Whether an access meets the memory that holds pages or their numbers, not their data: what takes any address reads or writes there. */
function isArray({ e, rows }: EffectCall, kind: HolderKind): boolean {
  if (e.op !== 'access' || kind === 'data') return false;
  const type = rows[0]?.params[argumentIndex(e.place) ?? -1]?.type ?? '';
  return /\b(?:void|char)\s*\*/.test(type);
}

/** What an access to such memory is: numbers that are copied somewhere are passed on (`copy_to_user(arg, &phys, sizeof(phys))`). */
function ofMemory({ access }: Effect, kind: HolderKind): TraceKind[] {
  return kind === 'number' && access?.startsWith('read') === true ? ['number'] : [];
}

/** What lies behind a pointer that the function was given now reaches the pages: its callers have it. */
function lend(w: Walk, name: string, at: CNode): void {
  const local = w.locals.get(name);
  if (local === undefined || local.pointers === 0) return;
  const from = local.param ?? sourceParam(w, local);
  if (from !== undefined) event(w, 'lent', at, { param: from });
}

/** The parameter that a local pointer starts from. */
function sourceParam(w: Walk, local: LocalName): number | undefined {
  const value = local.value === undefined ? undefined : bare(local.value);
  return value?.type === 'identifier' ? w.locals.get(codeOf(w.unit, value))?.param : undefined;
}

function kindsOf(e: Effect, kind: HolderKind, ret: string): TraceKind[] {
  switch (e.op) {
    case 'release':
    case 'dirty':
      return kind === 'data' || kind === 'number' ? [] : [e.op];
    case 'transfer':
      return [e.op];
    case 'map':
      return ['dma'];
    case 'access':
      if (e.access === 'read') return ['read'];
      if (e.access === 'write') return ['write'];
      return e.access === 'read-write' ? ['read', 'write'] : ['dma'];
    case 'alias':
      if (e.to?.startsWith('ret') !== true) return ['carrier'];
      return /\bvoid\s*\*/.test(ret) ? ['mapped'] : ret.includes('*') ? [] : ['looked-up'];
    default:
      return [];
  }
}

/** Plain C that reads or writes the data through a kernel address. */
function touch(w: Walk, n: CNode): void {
  if (n.type !== 'subscript_expression' && n.type !== 'field_expression' && n.type !== 'pointer_expression') return;
  if (n.type === 'pointer_expression' && isAddressOf(w.unit, n)) return;
  if (n.type === 'field_expression' && !codeOf(w.unit, n).includes('->')) return;
  const argument = childByField(n, 'argument');
  if (argument === undefined || carries(w, argument) !== 'data' || pointsToPointer(w, argument)) return;
  if (isAddressTaken(w.unit.code, n.start)) return;
  const kind = storeKind(w.unit.code, n);
  if (kind !== 'store') event(w, 'read', n);
  if (kind !== undefined) event(w, 'write', n);
}

/** Whether a name is a pointer to a pointer: what it points to is an address of the data, in or out of an array or a caller's variable. */
function pointsToPointer(w: Walk, node: CNode): boolean {
  const n = bare(node);
  return n.type === 'identifier' && (w.locals.get(codeOf(w.unit, n))?.pointers ?? 0) > 1;
}
