/**
 * What the names of one function reach while the pages of a site are followed: the vocabulary of a trace, and how an expression
 * comes to carry pages. By names alone; `trace-function.ts` walks the statements.
 */
import type { ApiRow } from '../../../model/schema.ts';
import { type CNode, childByField, walk } from '../../syntax/node.ts';
import type { CUnit, FunctionDef } from '../../syntax/unit.ts';
import { treeOf } from '../calls/call-index.ts';
import { macroText } from '../calls/call-text.ts';
import { meaningOf, type NameScope } from '../calls/names.ts';
import { type LocalName, localNames, parameters } from '../locals.ts';
import { type VisibleFunction, type VisibleMacro, visibleFunctions } from '../project-view.ts';
import { fieldOwnerAnywhere, fieldStruct, NO_OWNER } from '../structs/owners.ts';
import { argumentNodes, bare, calleeOf, codeOf, isAddressOf } from '../trees.ts';

/** What a name reaches: the pages, their data through a kernel address, their number, or an object that carries them. */
export type HolderKind = 'page' | 'data' | 'number' | 'carrier';

/**
 * What happens to pages at a place. `stored`: into a field. `passed`: to a function nobody knows, `data-passed`: a kernel address of
 * their data likewise. `asked`: how they are held is looked at. `number`: their number or bus address is kept or passed on. `mapped`: a kernel address of the data is made.
 * `looked-up`: a number is made. `handed-out`: the pages go to the caller. `number-out`: their number or bus address
 * does. `data-out`: a
 * kernel address of their data does. `lent`: the object behind a parameter reaches them.
 */
export type TraceKind =
  | 'release'
  | 'dirty'
  | 'dma'
  | 'read'
  | 'write'
  | 'carrier'
  | 'mapped'
  | 'looked-up'
  | 'number'
  | 'stored'
  | 'transfer'
  | 'passed'
  | 'asked'
  | 'data-passed'
  | 'number-out'
  | 'data-out'
  | 'lent'
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
  /** passed, data-passed, number: the function that gets them, where nothing else is known of it. */
  readonly callee: string | undefined;
  /** stored: what is kept there; passed: what is given, where an array of pages is a carrier of them. */
  readonly holder: HolderKind | undefined;
  /** handed-out: the parameter whose memory they are put into; undefined for the result. */
  readonly param: number | undefined;
  /** Found because an object of the kind that holds the pages is at hand, and nothing more. */
  readonly guessed?: boolean;
}

/** A field that reaches the pages, and the structs it was seen in, as `fieldStruct` names them; undefined where declarations at hand do not tell. */
export interface HolderField {
  readonly kind: HolderKind;
  tags: Set<string> | undefined;
}

/** Names known to reach the pages while one function is followed. Fields are shared by all functions of the unit. */
export interface Holders {
  /** Tags of the structs whose objects the fields were reached from. */
  readonly roots: Set<string>;
  readonly names: Map<string, HolderKind>;
  readonly fields: Map<string, HolderField>;
}

/** Pages passed to a function of the project whose body is at hand. */
export interface Handover {
  readonly unit: CUnit;
  readonly fn: FunctionDef;
  readonly param: number;
  readonly kind: HolderKind;
}

/** What one function does. */
export interface FunctionTrace {
  readonly events: readonly TraceEvent[];
  readonly handovers: readonly Handover[];
}

/** One function while it is followed. */
export interface Walk {
  readonly scope: NameScope;
  readonly unit: CUnit;
  readonly fn: FunctionDef;
  readonly tree: CNode;
  readonly holders: Holders;
  /** Whether the function stands in another file than the site: fields of unknown structs are then not taken for the same. */
  readonly foreign: boolean;
  readonly locals: ReadonlyMap<string, LocalName>;
  /** Calls whose results are the pages. */
  readonly sources: ReadonlyMap<CNode, HolderKind>;
  readonly events: TraceEvent[];
  readonly handovers: Handover[];
  grown: boolean;
}

/** Functions that print or check what they are given (linux/printk.h, dev_printk.h, bug.h, tracepoint.h): no use of the pages. */
export const LOGGING =
  /^(?:pr|dev|netdev|drm|trace)_\w+$|^_?printk\w*$|^(?:VM_)?(?:WARN|BUG)(?:_ON)?(?:_ONCE|_PAGE|_FOLIO)*$|^(?:un)?likely$|^IS_ERR\w*$|^PTR_ERR$/;

/** What a field that is tracked reaches; undefined where the struct is known to be another. */
function fieldKind(w: Walk, n: CNode, name: string): HolderKind | undefined {
  const holder = w.holders.fields.get(name);
  if (holder?.tags === undefined) return w.foreign ? undefined : holder?.kind;
  const near = fieldStruct(w.unit, w.tree, n, w.scope.project);
  if (near !== undefined) return holder.tags.has(near) ? holder.kind : undefined;
  if (!w.foreign) return holder.kind;
  const tag = fieldOwnerAnywhere(w.unit, w.fn, n, w.scope.project);
  return tag !== undefined && holder.tags.has(tag) && !NO_OWNER.has(tag) ? holder.kind : undefined;
}

/** Operators inside one another that are looked through. */
const MAX_NESTING = 60;

/** Nesting up to which a function of the project is looked into for what it returns. */
const MAX_CALLEES = 6;

/** What an expression reaches; undefined: no page. */
export function carries(w: Walk, node: CNode, depth = 0): HolderKind | undefined {
  if (depth > MAX_NESTING) return undefined;
  const n = bare(node);
  switch (n.type) {
    case 'identifier':
      return w.holders.names.get(codeOf(w.unit, n));
    case 'field_expression': {
      const field = childByField(n, 'field');
      const named = field === undefined ? undefined : fieldKind(w, n, codeOf(w.unit, field));
      const base = childByField(n, 'argument');
      // A field of a carrier that is tracked itself (`sgt->sgl`, `bio->bi_io_vec`) reaches the same pages.
      const behind = named !== undefined || base === undefined ? undefined : carries(w, base, depth + 1);
      if (behind === 'page' && field !== undefined && /^(?:bv_)?(?:page|folio)s?$/.test(codeOf(w.unit, field)))
        return 'page';
      return named ?? (behind === 'carrier' ? 'carrier' : undefined);
    }
    case 'update_expression':
    case 'subscript_expression':
    case 'pointer_expression': {
      const argument = childByField(n, 'argument');
      if (argument !== undefined && n.type === 'pointer_expression' && isAddressOf(w.unit, n)) {
        const within = pointerTo(w, argument);
        if (within !== undefined && carries(w, within, depth + 1) === 'data') return 'data';
      }
      const kind = argument === undefined ? undefined : carries(w, argument, depth + 1);
      // What a kernel address points to is the data itself, a value.
      return kind === 'data' && isValue(w, n) ? undefined : kind;
    }
    case 'binary_expression': {
      const op = childByField(n, 'operator');
      if (op !== undefined && !/^[-+|&<>]{1,2}$/.test(codeOf(w.unit, op))) return undefined;
      const left = childByField(n, 'left');
      return left === undefined ? undefined : carries(w, left, depth + 1);
    }
    case 'conditional_expression': {
      const arms = [childByField(n, 'consequence'), childByField(n, 'alternative')];
      return arms.map((a) => (a === undefined ? undefined : carries(w, a, depth + 1))).find((k) => k !== undefined);
    }
    case 'assignment_expression': {
      const right = childByField(n, 'right');
      return right === undefined ? undefined : carries(w, right, depth + 1);
    }
    case 'call_expression':
      return w.sources.get(n) ?? resultOf(w, n, depth + 1);
    default:
      return undefined;
  }
}

/** Functions that write a number another way, as a device wants it (linux/byteorder/generic.h, kernel.h, asm/mem_encrypt.h). */
const ENCODES = /^_*(?:cpu_to_[bl]e\d+|hton[ls]|swab\d+|(?:lower|upper)_32_bits|sme_set)$/;

/** Names of functions that tell where a page is, of those that projects write for themselves: `own_page_pa(page)`. */
const NUMBERS = /(?:^|_)(?:page|folio)_(?:to_)?(?:pa|paddr|phys|phys_addr|pfn|mfn|gfn|bus|bus_addr|dma_addr)$/;

/** Names of functions that tell where the memory at a kernel address is, as architectures and projects have them: `__virt_to_bus(addr)`. */
export const PLACES =
  /(?:^|_)(?:virt|va|vaddr|kva|kaddr)(?:_to_|2)(?:pa|paddr|phys|phys_addr|pfn|mfn|gfn|bus|bus_addr|dma|dma_addr)$/;

/** What the result of a call reaches, by the model's aliases: the page of an address, the address of a page. */
function resultOf(w: Walk, n: CNode, depth: number): HolderKind | undefined {
  const args = argumentNodes(n);
  for (const row of rowsOf(w, n)) {
    for (const e of row.effects) {
      if ((e.op !== 'alias' && e.op !== 'map') || e.to === undefined || !e.to.startsWith('ret')) continue;
      const from = args[argumentIndex(e.place) ?? -1];
      if (from === undefined || carries(w, from, depth) === undefined) continue;
      if (/\bvoid\s*\*/.test(row.ret)) return 'data';
      return row.ret.includes('*') ? 'page' : 'number';
    }
  }
  // What a function nobody knows finds in a carrier carries, too: an entry of a list, a part of a request.
  const callee = calleeOf(n);
  const unknown = callee !== undefined && rowsOf(w, n).length === 0 && !LOGGING.test(codeOf(w.unit, callee));
  if (!unknown || args.length === 0) return undefined;
  if (ENCODES.test(codeOf(w.unit, callee))) return args.map((a) => carries(w, a, depth)).find((k) => k === 'number');
  const [known] = visibleFunctions(w.unit, codeOf(w.unit, callee), w.scope.project);
  if (known !== undefined) return numberFrom(w, known, args, depth);
  const first = args[0] === undefined ? undefined : carries(w, args[0], depth);
  if (first === 'page') return NUMBERS.test(codeOf(w.unit, callee)) ? 'number' : undefined;
  if (first === 'data') return PLACES.test(codeOf(w.unit, callee)) ? 'number' : undefined;
  return first === 'carrier' ? first : undefined;
}

/** Whether a function of the project returns the number of the page that it gets, and nothing else of it. */
function numberFrom(
  w: Walk,
  { unit, fn }: VisibleFunction,
  args: readonly CNode[],
  depth: number,
): HolderKind | undefined {
  const param = args.findIndex((a) => carries(w, a, depth) === 'page');
  const tree = param < 0 || depth > MAX_CALLEES ? undefined : treeOf(unit, fn);
  const name = tree === undefined ? undefined : parameters(unit, tree)[param]?.name;
  if (tree === undefined || name === undefined) return undefined;
  const holders: Holders = { roots: new Set(), names: new Map([[name, 'page']]), fields: new Map() };
  const inner: Walk = { ...w, unit, fn, tree, holders, locals: localNames(unit, tree), sources: new Map() };
  let found = false;
  walk(tree, (at) => {
    const value = at.type === 'return_statement' ? at.children[0] : undefined;
    found ||= value !== undefined && carries(inner, value, depth + 2) === 'number';
    return !found;
  });
  return found ? 'number' : undefined;
}

/** The pointer behind which a place lies: `p` of `p->a.b[i]`, `p[i].a` and `(*p).a`; undefined for a variable and its own members. */
function pointerTo(w: Walk, place: CNode): CNode | undefined {
  let n = bare(place);
  for (;;) {
    const argument = childByField(n, 'argument');
    const op = n.type === 'field_expression' ? childByField(n, 'operator') : undefined;
    if (argument === undefined || (n.type !== 'field_expression' && !isValue(w, n))) return undefined;
    if (n.type !== 'field_expression') {
      const inner = bare(argument);
      if (inner.type !== 'field_expression' && inner.type !== 'subscript_expression') return argument;
    } else if (op !== undefined && codeOf(w.unit, op) === '->') return argument;
    n = bare(argument);
  }
}

/** Whether an expression is what lies behind a pointer, not the pointer. */
function isValue(w: Walk, n: CNode): boolean {
  return n.type === 'subscript_expression' || (n.type === 'pointer_expression' && !isAddressOf(w.unit, n));
}

/** The one function that a macro calls with its own parameters, in their order: `#define my_put(page) put_page(page)`. */
function passesOn({ unit, macro }: VisibleMacro): string | undefined {
  const m = /^[\s(]*(\w+)\s*\(([^()]*)\)[\s);]*$/.exec(macroText(unit, macro));
  const args = m?.[2]?.split(',').map((a) => a.trim()) ?? [];
  return args.every((a, i) => a === macro.params?.[i]) ? m?.[1] : undefined;
}

/**
 * The release at the end of a macro of statements about one page: `({ struct page *p = (page); SetPageDirty(p); put_page(p); })`, `do { ... }
 * while (0)`.
 */
function givesBack({ model }: NameScope, { unit, macro }: VisibleMacro): string | undefined {
  const { params = [] } = macro;
  const m = /\b(\w+)\s*\(\s*\(?\s*(\w+)\s*\)?\s*\)[;\s})]*(?:while\s*\(\s*0\s*\)\s*)?$/.exec(macroText(unit, macro));
  const [, name = '', what = ''] = m ?? [];
  const isCopy = new RegExp(`\\*\\s*${what}\\s*=[\\s(]*${params[0] ?? ''}[\\s)]*;`).test(macroText(unit, macro));
  if (params.length !== 1 || (what !== params[0] && !isCopy)) return undefined;
  return model.readable(name).some((row) => row.effects.some((e) => e.op === 'release')) ? name : undefined;
}

/** The function that a called name stands for, itself or through a macro of the project; undefined for one that nobody knows. */
export function apiOf(scope: NameScope, called: string): string | undefined {
  const meaning = meaningOf(scope, called);
  if (meaning.kind === 'macro')
    return meaning.macros.map((m) => passesOn(m) ?? givesBack(scope, m)).find((name) => name !== undefined);
  return meaning.kind === 'api' ? meaning.api : undefined;
}

/** The model's rows of the function that a call names; empty for one it does not know. */
export function rowsOf(w: Walk, n: CNode): readonly ApiRow[] {
  const callee = calleeOf(n);
  const name = callee === undefined ? undefined : apiOf(w.scope, codeOf(w.unit, callee));
  return name === undefined ? [] : w.scope.model.readable(name);
}

/** The argument that a place pattern starts from: 2 of `arg2[*]`, `*arg2`, `(*arg2)[*]`. */
export function argumentIndex(place: string): number | undefined {
  const m = /^[(*]*arg(\d+)/.exec(place);
  return m === null ? undefined : Number(m[1]);
}

/** The tag of the struct that the variable at the root of `a->b.c[i]` points to. */
export function rootTag(unit: CUnit, tree: CNode, node: CNode): string | undefined {
  let n = bare(node);
  while (n.type === 'field_expression' || n.type === 'subscript_expression' || n.type === 'pointer_expression') {
    const inner = childByField(n, 'argument');
    if (inner === undefined) return undefined;
    n = bare(inner);
  }
  const local = n.type === 'identifier' ? localNames(unit, tree).get(codeOf(unit, n)) : undefined;
  return local === undefined ? undefined : /^(?:const )?struct (\w+)$/.exec(local.type)?.[1];
}
