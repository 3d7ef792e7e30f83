/**
 * Follows page holders through one function, by names alone: which variables and fields reach the pages, and what is done to them.
 * A first approximation beside the flow analysis: order, paths and aliases through memory of unknown owners are not looked at.
 */
import type { ApiRow, Effect } from '../../model/schema.ts';
import { type CNode, childByField, walk } from '../syntax/node.ts';
import type { CUnit, FunctionDef } from '../syntax/unit.ts';
import { treeOf } from './call-index.ts';
import { type LocalName, localNames } from './locals.ts';
import { meaningOf, type NameScope } from './names.ts';
import { argumentNodes, bare, calleeOf, codeOf, isAddressOf } from './trees.ts';

/** What a name reaches: the pages, their data through a kernel address, their number, or an object that carries them. */
export type HolderKind = 'page' | 'data' | 'number' | 'carrier';

/** What happens to pages at a place. `stored`: into a field. `passed`: to a function nobody knows. `handed-out`: to the caller. */
export type TraceKind =
  | 'release'
  | 'dirty'
  | 'dma'
  | 'read'
  | 'write'
  | 'carrier'
  | 'mapped'
  | 'number'
  | 'stored'
  | 'transfer'
  | 'passed'
  | 'handed-out';

/** One thing done to the pages. */
export interface TraceEvent {
  readonly kind: TraceKind;
  readonly unit: CUnit;
  readonly fn: FunctionDef;
  readonly node: CNode;
  /** The model's function that does it; undefined for plain C. */
  readonly api: string | undefined;
  readonly rows: readonly ApiRow[];
  /** stored: the field's name. */
  readonly field: string | undefined;
}

/** Names known to reach the pages while one function is followed. Fields are shared by all functions of the unit. */
export interface Holders {
  readonly names: Map<string, HolderKind>;
  readonly fields: Map<string, HolderKind>;
}

/** Pages passed to a function of the same unit. */
export interface Handover {
  readonly fn: FunctionDef;
  readonly param: number;
  readonly kind: HolderKind;
}

/** What one function does. */
export interface FunctionTrace {
  readonly events: readonly TraceEvent[];
  readonly handovers: readonly Handover[];
}

interface Walk {
  readonly scope: NameScope;
  readonly unit: CUnit;
  readonly fn: FunctionDef;
  readonly holders: Holders;
  readonly locals: ReadonlyMap<string, LocalName>;
  /** The call whose result is the pages, for APIs that return them. */
  readonly source: CNode | undefined;
  readonly events: TraceEvent[];
  readonly handovers: Handover[];
  grown: boolean;
}

/** Turns over a function: a name that is tracked late may have been copied before. */
const MAX_TURNS = 4;

/** Follows the holders through a function; `holders` grows. `source` is the acquiring call where its result is the pages. */
export function traceFunction(
  scope: NameScope,
  fn: FunctionDef,
  holders: Holders,
  source: CNode | undefined,
): FunctionTrace {
  const { unit } = scope;
  const tree = treeOf(unit, fn);
  const locals = localNames(unit, tree);
  for (let turn = 0; ; turn++) {
    const w: Walk = { scope, unit, fn, holders, locals, source, events: [], handovers: [], grown: false };
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
    case 'return_statement': {
      const value = n.children[0];
      if (value !== undefined && carries(w, value) === 'page') event(w, 'handed-out', n);
      break;
    }
    default:
      touch(w, n);
  }
}

function event(w: Walk, kind: TraceKind, node: CNode, more: Partial<TraceEvent> = {}): void {
  w.events.push({ kind, unit: w.unit, fn: w.fn, node, api: undefined, rows: [], field: undefined, ...more });
}

function grow(w: Walk, map: Map<string, HolderKind>, name: string, kind: HolderKind): void {
  if (map.has(name)) return;
  map.set(name, kind);
  w.grown = true;
}

/** What an expression reaches; undefined: no page. */
function carries(w: Walk, node: CNode): HolderKind | undefined {
  const n = bare(node);
  switch (n.type) {
    case 'identifier':
      return w.holders.names.get(codeOf(w.unit, n));
    case 'field_expression': {
      const field = childByField(n, 'field');
      const named = field === undefined ? undefined : w.holders.fields.get(codeOf(w.unit, field));
      const base = childByField(n, 'argument');
      // A field of a carrier that is tracked itself (`sgt->sgl`, `bio->bi_io_vec`) reaches the same pages.
      return named ?? (base !== undefined && carries(w, base) === 'carrier' ? 'carrier' : undefined);
    }
    case 'subscript_expression':
    case 'pointer_expression': {
      const argument = childByField(n, 'argument');
      return argument === undefined ? undefined : carries(w, argument);
    }
    case 'binary_expression': {
      const op = childByField(n, 'operator');
      if (op !== undefined && !/^[-+|&<>]{1,2}$/.test(codeOf(w.unit, op))) return undefined;
      const left = childByField(n, 'left');
      return left === undefined ? undefined : carries(w, left);
    }
    case 'conditional_expression': {
      const arms = [childByField(n, 'consequence'), childByField(n, 'alternative')];
      return arms.map((a) => (a === undefined ? undefined : carries(w, a))).find((k) => k !== undefined);
    }
    case 'assignment_expression': {
      const right = childByField(n, 'right');
      return right === undefined ? undefined : carries(w, right);
    }
    case 'call_expression':
      return n === w.source ? 'page' : resultOf(w, n);
    default:
      return undefined;
  }
}

/** What the result of a call reaches, by the model's aliases: the page of an address, the address of a page. */
function resultOf(w: Walk, n: CNode): HolderKind | undefined {
  const args = argumentNodes(n);
  for (const row of rowsOf(w, n)) {
    for (const e of row.effects) {
      if ((e.op !== 'alias' && e.op !== 'map') || e.to === undefined || !e.to.startsWith('ret')) continue;
      const from = args[argumentIndex(e.place) ?? -1];
      if (from === undefined || carries(w, from) === undefined) continue;
      if (/\bvoid\s*\*/.test(row.ret)) return 'data';
      return row.ret.includes('*') ? 'page' : 'number';
    }
  }
  return undefined;
}

function rowsOf(w: Walk, n: CNode): readonly ApiRow[] {
  const callee = calleeOf(n);
  if (callee === undefined) return [];
  const meaning = meaningOf(w.scope, codeOf(w.unit, callee));
  if (meaning.kind !== 'api') return [];
  const rows = w.scope.model.rows(meaning.api);
  return rows.length > 0 ? rows : w.scope.model.allRows(meaning.api);
}

/** The argument that a place pattern starts from: 2 of `arg2[*]`, `*arg2`, `(*arg2)[*]`. */
export function argumentIndex(place: string): number | undefined {
  const m = /^[(*]*arg(\d+)/.exec(place);
  return m === null ? undefined : Number(m[1]);
}

/** What an object of this name is when pages are put into it. */
function assign(w: Walk, left: CNode | undefined, right: CNode | undefined, at: CNode): void {
  if (left === undefined || right === undefined) return;
  const kind = carries(w, right);
  if (kind !== undefined) store(w, left, kind, at);
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
    if (through && local?.param !== undefined && kind === 'page') event(w, 'handed-out', at);
    if (local !== undefined || /^[a-z_]\w*$/.test(name)) grow(w, w.holders.names, name, kind);
  } else if (n.type === 'field_expression') {
    const field = childByField(n, 'field');
    if (field === undefined) return;
    const name = codeOf(w.unit, field);
    grow(w, w.holders.fields, name, kind);
    event(w, kind === 'number' ? 'number' : 'stored', at, { field: name });
  }
}

function assignField(w: Walk, n: CNode): void {
  const value = childByField(n, 'value');
  const designator = childByField(n, 'designator');
  const kind = value === undefined ? undefined : carries(w, value);
  const field = designator?.children.find((c) => c.type === 'field_identifier') ?? designator;
  if (kind === undefined || field === undefined) return;
  const name = codeOf(w.unit, field).replace(/^\./, '');
  grow(w, w.holders.fields, name, kind);
  event(w, 'stored', n, { field: name });
}

function call(w: Walk, n: CNode): void {
  if (n === w.source) return;
  const args = argumentNodes(n);
  const callee = calleeOf(n);
  const name = callee === undefined ? undefined : codeOf(w.unit, callee);
  const rows = rowsOf(w, n);
  if (rows.length > 0) {
    const seen = new Set<TraceKind>();
    for (const row of rows) for (const e of row.effects) effect(w, n, { e, args, rows, seen, api: row.name });
    return;
  }
  const reached = args.map((a) => carries(w, a));
  const own = name === undefined ? undefined : w.scope.unit.functions.find((f) => f.name === name);
  reached.forEach((kind, param) => {
    if (kind === undefined) return;
    if (own !== undefined) w.handovers.push({ fn: own, param, kind });
    else if (kind !== 'number' || name !== undefined) event(w, 'passed', n);
  });
}

interface EffectCall {
  readonly e: Effect;
  readonly args: readonly CNode[];
  readonly rows: readonly ApiRow[];
  readonly seen: Set<TraceKind>;
  readonly api: string;
}

function effect(w: Walk, n: CNode, c: EffectCall): void {
  const { e, args } = c;
  const from = args[argumentIndex(e.place) ?? -1];
  const kind = from === undefined ? undefined : carries(w, from);
  if (kind === undefined) return;
  const made = kindsOf(e, kind);
  for (const k of made) {
    if (c.seen.has(k)) continue;
    c.seen.add(k);
    event(w, k, n, { api: c.api, rows: c.rows });
  }
  const to = e.to === undefined ? undefined : args[argumentIndex(e.to) ?? -1];
  if (e.op === 'alias' && to !== undefined) store(w, to, 'carrier', n);
}

function kindsOf(e: Effect, kind: HolderKind): TraceKind[] {
  switch (e.op) {
    case 'release':
    case 'dirty':
    case 'transfer':
      return kind === 'data' || kind === 'number' ? [] : [e.op];
    case 'map':
      return ['dma'];
    case 'access':
      if (e.access === 'read') return ['read'];
      if (e.access === 'write') return ['write'];
      return e.access === 'read-write' ? ['read', 'write'] : ['dma'];
    case 'alias':
      return e.to?.startsWith('ret') === true ? ['mapped'] : ['carrier'];
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
  if (argument === undefined || carries(w, argument) !== 'data') return;
  const after = w.unit.code.slice(n.end, n.end + 8);
  event(w, /^\s*(?:[-+*/|&^]|<<|>>)?=(?!=)/.test(after) || /^\s*(?:\+\+|--)/.test(after) ? 'write' : 'read', n);
}
