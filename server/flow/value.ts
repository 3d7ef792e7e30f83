/**
 * Symbolic values: what a place may hold on one path. Equal keys mean the same value. Pointers are integers too: NULL is 0,
 * an ERR_PTR is negative, everything else positive, so one kind of interval serves counts, errnos and pointers.
 */
import type { CType } from './ir.ts';
import { elementsKey } from './keys.ts';

/** Resources (by id) whose pages can be reached through a value; sorted. */
export type Provenance = readonly string[];

/** `(struct tag, field)` that a value was first read from; the owner of what it points to. */
export interface Owner {
  readonly tag: string | undefined;
  readonly field: string;
  /** Path of the source file that defines the struct for itself; undefined for one of a header, or that nobody at hand defines. */
  readonly home?: string | undefined;
  /** A variable at file scope, or a name that nothing declares; no field. */
  readonly global?: true;
}

/** Names a field apart from all others of the program; undefined when its struct is unknown. */
export function ownerKey(owner: Owner | undefined): string | undefined {
  return owner?.tag === undefined ? undefined : `${owner.home ?? ''}:${owner.tag}.${owner.field}`;
}

/** A value on a path. */
export type Value =
  | { readonly kind: 'int'; readonly key: string; readonly value: number; readonly prov: Provenance }
  /** `low`/`high`: what is known from birth on. `path`: the entry place it was read from, as `arg0->pages`. */
  | {
      readonly kind: 'symbol';
      readonly key: string;
      readonly prov: Provenance;
      readonly owner: Owner | undefined;
      readonly path: string | undefined;
      readonly low: number;
      readonly high: number;
      /** A page's number, or an address at which it is mapped for a while: it tells the pages, and nobody takes them over by it. */
      readonly lent?: true;
      /** Of another name of a page (its number, its folio): key of what it was found by, where that is no entry place. */
      readonly of?: string | undefined;
    }
  | {
      readonly kind: 'op';
      readonly key: string;
      readonly op: string;
      readonly args: readonly Value[];
      readonly prov: Provenance;
    }
  | { readonly kind: 'address'; readonly key: string; readonly place: string; readonly prov: Provenance };

/** Closed interval; infinities for unknown ends. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Everything. */
export const TOP: Interval = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
const NONE: Provenance = [];
/** Nesting beyond which an operation is forgotten; keeps keys short. */
const MAX_KEY = 200;

/** Union of two sorted provenances. */
export function mergeProvenance(a: Provenance, b: Provenance): Provenance {
  if (a.length === 0 || a === b) return b;
  if (b.length === 0) return a;
  return [...new Set([...a, ...b])].sort();
}

/** Integers met so far. */
const integers = new Map<number, Value>();
/** How many of them are kept. */
const MAX_INTEGERS = 4096;

/** A known integer. */
export function intValue(value: number): Value {
  let known = integers.get(value);
  if (known === undefined) {
    known = { kind: 'int', key: `#${value}`, value, prov: NONE };
    if (integers.size < MAX_INTEGERS) integers.set(value, known);
  }
  return known;
}

/** A fresh or named unknown. */
export function symbol(
  key: string,
  extra: { prov?: Provenance; owner?: Owner | undefined; path?: string | undefined; low?: number; high?: number } = {},
): Value {
  return {
    kind: 'symbol',
    key,
    prov: extra.prov ?? NONE,
    owner: extra.owner,
    path: extra.path,
    low: extra.low ?? Number.NEGATIVE_INFINITY,
    high: extra.high ?? Number.POSITIVE_INFINITY,
  };
}

/** The address of a place. */
export function addressValue(place: string): Value {
  return { kind: 'address', key: `&${place}`, place, prov: NONE };
}

/** The same value, from which these resources can be reached as well. */
export function withProvenance(value: Value, prov: Provenance): Value {
  const merged = mergeProvenance(value.prov, prov);
  if (merged === value.prov || merged.length === value.prov.length) return value;
  if (value.kind === 'int')
    return symbol(`${value.key}~${merged.join('+')}`, { prov: merged, low: value.value, high: value.value });
  return { ...value, prov: merged };
}

/** Marks a value as a page's number or passing address. */
export function lent(value: Value): Value {
  return value.kind === 'symbol' ? { ...value, lent: true } : value;
}

/** No page has a number or a physical address as large. */
const MAX_NUMBER = 2 ** 56;

/** A page's number: not negative, and far from the values that stand for an error. */
export function pageNumber(value: Value): Value {
  if (value.kind !== 'symbol') return value;
  return { ...value, lent: true, low: Math.max(value.low, 0), high: Math.min(value.high, MAX_NUMBER) };
}

/** Whether the pages that a value reaches are reached by numbers and passing addresses alone. */
export function isLent(v: Value): boolean {
  if (v.kind === 'op') return v.args.every((a) => a.prov.length === 0 || isLent(a));
  return v.kind === 'symbol' && v.lent === true;
}

/** Whether a value is, or is computed from, a page's number or passing address, of whoever's page. */
export function isMadeOfLent(v: Value): boolean {
  return v.kind === 'op' ? v.args.some(isMadeOfLent) : v.kind === 'symbol' && v.lent === true;
}

/** Folds constants, `x + 0`, `(x + c) + d`, `x - x`. */
export function opValue(op: string, args: readonly Value[]): Value {
  const a = args[0];
  const b = args[1];
  if (a !== undefined && b !== undefined) {
    const folded = foldBinary(op, a, b);
    if (folded !== undefined) return folded;
  }
  const prov = args.reduce<Provenance>((acc, v) => mergeProvenance(acc, v.prov), NONE);
  const key = `(${op} ${args.map((v) => v.key).join(' ')})`;
  if (key.length > MAX_KEY) return symbol(`big${hashText(key)}`, { prov });
  return { kind: 'op', key, op, args, prov };
}

function foldBinary(op: string, a: Value, b: Value): Value | undefined {
  if (a.kind === 'int' && b.kind === 'int') {
    const n = foldInts(op, a.value, b.value);
    if (n !== undefined) return intValue(n);
  }
  if ((op === '+' || op === '-') && b.kind === 'int' && b.value === 0) return a;
  if (op === '+' && a.kind === 'int' && a.value === 0) return b;
  if (op === '-' && a.key === b.key) return intValue(0);
  if (op === '+' && a.kind === 'int') return opValue('+', [b, a]);
  if (op === '-' && b.kind === 'int') return opValue('+', [a, intValue(-b.value)]);
  if (op === '+' && b.kind === 'int' && a.kind === 'op' && a.op === '+') {
    const [x, c] = a.args;
    if (x !== undefined && c?.kind === 'int') return opValue('+', [x, intValue(c.value + b.value)]);
  }
  if (op === '|' && a.kind === 'int' && a.value === 0) return b;
  if (op === '&' && isConstantKey(b.key) && (a.key === b.key || hasFlag(a, b))) return symbol(b.key, { low: 1 });
  if (op === '&' && a.kind === 'op') return foldFlag(a, b);
  if (op === '-' && a.kind === 'op' && a.op === '+') {
    const [x, c] = a.args;
    if (x !== undefined && c !== undefined && x.key === b.key) return c;
    if (x !== undefined && c !== undefined && c.key === b.key) return x;
  }
  return undefined;
}

/** Whether a flag was put into a word: `x | FLAG`. A flag has a name because it is a bit, so that it is not 0. */
function hasFlag(a: Value, flag: Value): boolean {
  return a.kind === 'op' && a.op === '|' && a.args.some((v) => v.key === flag.key);
}

/** `(x | OTHER) & FLAG` is `x & FLAG`; a conversion that keeps 32 bits keeps the flag. */
function foldFlag(a: Extract<Value, { kind: 'op' }>, b: Value): Value | undefined {
  if (!isConstantKey(b.key)) return undefined;
  const wide = (conversionOf(a.op)?.bits ?? 0) >= 32;
  const rest = wide ? a.args : a.op === '|' ? a.args.filter((v) => !isOtherFlag(v, b)) : [];
  const [only] = rest;
  return only !== undefined && rest.length === 1 ? opValue('&', [only, b]) : undefined;
}

/** Whether a key is that of a named constant. */
export function isConstantKey(key: string): boolean {
  const first = key.charCodeAt(0);
  return ((first >= LETTER_A && first <= LETTER_Z) || first === UNDERSCORE) && /^[A-Z_][A-Z0-9_]*$/.test(key);
}

/** Whether a key is that of a constant that stands for the lack of a page or of its number, by its name. */
export function isNoPageKey(key: string): boolean {
  return isConstantKey(key) && /(?:^|_)(?:ERR|ERROR|INVALID|BAD|FAULT|NULL)(?:_|$)/.test(key);
}
const LETTER_A = 0x41;
const LETTER_Z = 0x5a;
const UNDERSCORE = 0x5f;

/** Whether two named constants are taken for different flags of one word: a name that says mask may hold the other. */
function isOtherFlag(a: Value, b: Value): boolean {
  const names = [a.key, b.key];
  return a.key !== b.key && names.every((n) => isConstantKey(n) && !/(?:^|_)(?:MASK|ALL|FLAGS|BITS)(?:_|$)/.test(n));
}

function foldInts(op: string, a: number, b: number): number | undefined {
  switch (op) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '<<':
      return b >= 0 && b < 32 ? a * 2 ** b : undefined;
    case '>>':
      return b >= 0 && b < 32 && a >= 0 ? Math.floor(a / 2 ** b) : undefined;
    case '/':
      return b > 0 && a >= 0 ? Math.floor(a / b) : undefined;
    case 'ceil':
      return b > 0 && a >= 0 ? Math.ceil(a / b) : undefined;
    case 'min':
      return Math.min(a, b);
    case 'max':
      return Math.max(a, b);
    case '<':
      return a < b ? 1 : 0;
    case '<=':
      return a <= b ? 1 : 0;
    case '>':
      return a > b ? 1 : 0;
    case '>=':
      return a >= b ? 1 : 0;
    case '==':
      return a === b ? 1 : 0;
    case '!=':
      return a !== b ? 1 : 0;
    default:
      return undefined;
  }
}

/** Conversion to an integer type; transparent when it cannot change the value, as one of an address to a number of its width. */
export function convertValue(value: Value, type: CType): Value {
  if (type.bits === undefined || type.pointers > 0) return value;
  if (type.bits >= 64 && (value.kind === 'address' || value.key.startsWith('heap'))) return value;
  if (value.kind === 'int' && value.value >= 0 && value.value < 2 ** (type.bits - 1)) return value;
  if (value.kind === 'op' && /^(?:[<>]=?|[!=]=)$/.test(value.op)) return value;
  const name = `${type.unsigned === true ? 'u' : 's'}${type.bits}`;
  if (type.unsigned !== true && type.bits >= 32) return withSign(value, type.bits);
  if (value.kind === 'op' && value.op === name) return value;
  return opValue(name, [value]);
}

/** `(long)count` of an unsigned long: the number with a sign that it was made of. */
function withSign(value: Value, bits: number): Value {
  const conv = value.kind === 'op' ? conversionOf(value.op) : undefined;
  const inner = value.kind === 'op' ? value.args[0] : undefined;
  return conv?.unsigned === true && conv.bits >= bits && inner !== undefined ? inner : value;
}

/** A conversion to an integer type. */
interface Conversion {
  readonly bits: number;
  readonly unsigned: boolean;
  /** What numbers of the type can be. */
  readonly range: Interval;
}

/** What operations convert to, by their names; there are few. */
const conversions = new Map<string, Conversion | undefined>();

function conversionTo(bits: number, unsigned: boolean): Conversion {
  const range = unsigned ? { low: 0, high: 2 ** bits - 1 } : { low: -(2 ** (bits - 1)), high: 2 ** (bits - 1) - 1 };
  return { bits, unsigned, range };
}

/** For `u32(x)` and the like: the width in bits and whether unsigned; undefined for other operations. */
export function conversionOf(op: string): Conversion | undefined {
  if (op.charCodeAt(1) > NINE || op.length < 2 || op.length > 4) return undefined;
  const known = conversions.get(op);
  if (known !== undefined || conversions.has(op)) return known;
  const m = /^([us])(\d+)$/.exec(op);
  const made = m === null ? undefined : conversionTo(Number(m[2]), m[1] === 'u');
  conversions.set(op, made);
  return made;
}

const NINE = 0x39;

/** The memory a pointer points into, as a key of places: `heap3[*]`, `l:page`. Offsets are forgotten. */
export function regionOf(pointer: Value): string {
  const base = baseOf(pointer);
  return base.kind === 'address' ? base.place : elementsKey(base.key);
}

/** Whether a value is the one with this key, or computed from it. */
export function isMadeOf(v: Value, key: string): boolean {
  return v.key === key || (v.kind === 'op' && v.args.some((a) => isMadeOf(a, key)));
}

/** A pointer without the offsets added to it. */
export function baseOf(pointer: Value): Value {
  if (pointer.kind !== 'op') return pointer;
  const a = pointer.args[0];
  const b = pointer.args[1];
  if (a === undefined) return pointer;
  if (conversionOf(pointer.op) !== undefined) return baseOf(a);
  if (pointer.op !== '+' && pointer.op !== '-') return pointer;
  return baseOf(a.kind !== 'int' && (b === undefined || b.kind === 'int' || !looksLikePointer(b)) ? a : (b ?? a));
}

/** Whether a pointer has an offset added: `pages + pinned`, `&pages[i]`. */
export function hasOffset(pointer: Value): boolean {
  return pointer.kind === 'op' && (pointer.op === '+' || pointer.op === '-');
}

function looksLikePointer(v: Value): boolean {
  return v.kind === 'address' || v.prov.length > 0 || v.key.startsWith('heap');
}

/** A short stable hash for keys that grew too long. */
export function hashText(text: string): string {
  let h = 2166136261;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 16777619);
  return (h >>> 0).toString(36);
}
