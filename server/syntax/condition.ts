/**
 * Works out `#if` expressions as functions of the kernel's version, three-valued, and what is left of one that stays unknown.
 * Macros come from a `Definitions`; everything else about the preprocessor's state is its business.
 */
import { type KernelRange, kernelVersion } from '../../model/version.ts';
import { type Expr, printExpr } from './expr.ts';
import {
  and,
  combine,
  constant,
  type Held,
  type Known,
  map,
  not,
  or,
  type Piece,
  type Piecewise,
  type VersionTerm,
  valueAt,
} from './piecewise.ts';

/** What a macro name stands for on one kernel: a definition, not defined (`null`), or not known (`undefined`). */
export type Meaning = MacroText | null | undefined;

/** A macro as a condition sees it. `body` is undefined when it is defined but its text is not known. */
export interface MacroText {
  readonly params: readonly string[] | undefined;
  readonly body: Expr | undefined;
}

/** Where macro names are looked up. */
export interface Definitions {
  meaning(name: string): Piecewise<Meaning>;
}

/** Expansions nest no deeper than this: real headers stay below ten, and a macro may name itself. */
const MAX_EXPANSION = 24;
/** Names looked up for one condition: macros that name each other twice would double the work at each level. */
const MAX_LOOKUPS = 500;

type Scope = ReadonlyMap<string, Piecewise<Held>>;
const NO_SCOPE: Scope = new Map();
const UNKNOWN: Piecewise<Held> = constant(undefined);

/** The truth of a condition by kernel: 1, 0 or not known. */
export function evaluate(e: Expr, defs: Definitions): Piecewise<Known> {
  return truth(value(e, { defs, scope: NO_SCOPE, depth: 0, spent: { lookups: 0 } }));
}

interface Context {
  readonly defs: Definitions;
  readonly scope: Scope;
  readonly depth: number;
  readonly spent: { lookups: number };
}

function exhausted(c: Context): boolean {
  return c.depth >= MAX_EXPANSION || c.spent.lookups++ >= MAX_LOOKUPS;
}

function truth(v: Piecewise<Held>): Piecewise<Known> {
  return map<Held, Known>(v, (x) => (x === undefined ? undefined : typeof x === 'number' ? (x === 0 ? 0 : 1) : 1));
}

function value(e: Expr, c: Context): Piecewise<Held> {
  switch (e.kind) {
    case 'number':
      return constant<Held>(e.value);
    case 'bad':
      return UNKNOWN;
    case 'name':
      return nameValue(e.name, c);
    case 'defined':
      return map<Meaning, Held>(c.defs.meaning(e.name), (m) => (m === undefined ? undefined : m === null ? 0 : 1));
    case 'call':
      return callValue(e.name, e.args, c);
    case 'unary':
      return unaryValue(e.op, value(e.of, c));
    case 'choice': {
      const test = truth(value(e.test, c));
      const yes = value(e.yes, c);
      const no = value(e.no, c);
      const picked = combine<Known, Held, Held>(test, yes, (t, y) => (t === 1 ? y : undefined));
      return combine<[Known, Held], Held, Held>(pairs(test, picked), no, ([t, y], n) => (t === 0 ? n : y));
    }
    case 'binary':
      if (e.op === '&&') return and(truth(value(e.left, c)), truth(value(e.right, c)));
      if (e.op === '||') return or(truth(value(e.left, c)), truth(value(e.right, c)));
      return combine<Held, Held, Held>(value(e.left, c), value(e.right, c), (a, b) => binaryValue(e.op, a, b));
  }
}

function pairs<A, B>(a: Piecewise<A>, b: Piecewise<B>): Piecewise<[A, B]> {
  const out: Piece<[A, B]>[] = [];
  for (const p of combine<A, B, { a: A; b: B }>(a, b, (x, y) => ({ a: x, b: y }))) {
    out.push({ since: p.since, until: p.until, value: [p.value.a, p.value.b] });
  }
  return out;
}

function unaryValue(op: string, v: Piecewise<Held>): Piecewise<Held> {
  if (op === '!') return not(truth(v));
  return map<Held, Held>(v, (x) => {
    if (typeof x !== 'number') return undefined;
    return op === '-' ? -x : op === '~' ? ~x : x;
  });
}

/** LINUX_VERSION_CODE and the parts of it that linux/version.h names since 5.13. */
const VERSION_NAMES: ReadonlyMap<string, VersionTerm> = new Map([
  ['LINUX_VERSION_CODE', { shift: 0, mask: -1 }],
  ['LINUX_VERSION_MAJOR', { shift: 16, mask: -1 }],
  ['LINUX_VERSION_PATCHLEVEL', { shift: 8, mask: 255 }],
  ['LINUX_VERSION_SUBLEVEL', { shift: 0, mask: 255 }],
]);

function nameValue(name: string, c: Context): Piecewise<Held> {
  const bound = c.scope.get(name);
  if (bound !== undefined) return bound;
  const term = VERSION_NAMES.get(name);
  if (term !== undefined) return constant<Held>(term);
  if (exhausted(c)) return UNKNOWN;
  const inner: Context = { ...c, scope: NO_SCOPE, depth: c.depth + 1 };
  return map<Meaning, Held>(c.defs.meaning(name), (m) => {
    if (m === undefined) return undefined;
    if (m === null) return 0;
    return m.params === undefined && m.body !== undefined ? value(m.body, inner) : undefined;
  });
}

function callValue(name: string, args: readonly Expr[], c: Context): Piecewise<Held> {
  if (name === 'KERNEL_VERSION' && args.length === 3) {
    const [a, b, s] = args.map((arg) => value(arg, c)) as [Piecewise<Held>, Piecewise<Held>, Piecewise<Held>];
    const high = combine<Held, Held, Held>(a, b, (x, y) => bothNumbers(x, y, (m, n) => (m << 16) + (n << 8)));
    return combine<Held, Held, Held>(high, s, (x, y) => bothNumbers(x, y, (m, n) => m + Math.min(n, 255)));
  }
  const first = args[0];
  if (/^IS_(ENABLED|BUILTIN|MODULE|REACHABLE)$/.test(name) && first?.kind === 'name')
    return isEnabled(name, first.name, c);
  if (exhausted(c)) return UNKNOWN;
  const values = args.map((a) => value(a, c));
  return map<Meaning, Held>(c.defs.meaning(name), (m) => {
    if (m === undefined) return undefined;
    if (m === null) return distributionVersion(name, values);
    if (m.params === undefined || m.body === undefined || m.params.length !== values.length) return undefined;
    const scope = new Map(m.params.map((p, i) => [p, values[i] ?? UNKNOWN]));
    return value(m.body, { ...c, scope, depth: c.depth + 1 });
  });
}

/** RHEL_RELEASE_VERSION(8, 4) and the like where the distribution is not meant: above any code of a kernel without it, which is 0. */
function distributionVersion(name: string, args: readonly Piecewise<Held>[]): Held {
  if (!/_VERSION$/.test(name)) return undefined;
  const all = args.map((a) => valueAt(a, 0));
  return all.reduce<number>((sum, x) => sum * 256 + (typeof x === 'number' ? x : 1), 0) + 1;
}

/** linux/kconfig.h: CONFIG_X is 1 when built in, CONFIG_X_MODULE when a module. */
function isEnabled(macro: string, name: string, c: Context): Piecewise<Held> {
  const isOne = (n: string) =>
    map<Held, Known>(nameValue(n, c), (v) => (typeof v === 'number' ? (v === 1 ? 1 : 0) : undefined));
  const builtin = isOne(name);
  if (macro === 'IS_BUILTIN') return builtin;
  const module = isOne(`${name}_MODULE`);
  return macro === 'IS_MODULE' ? module : or(builtin, module);
}

function bothNumbers(a: Held, b: Held, f: (a: number, b: number) => number): Held {
  return typeof a === 'number' && typeof b === 'number' ? f(a, b) : undefined;
}

/** Comparison operators as they read with the sides exchanged. */
export const FLIPPED: Readonly<Record<string, string>> = {
  '<': '>',
  '>': '<',
  '<=': '>=',
  '>=': '<=',
  '==': '==',
  '!=': '!=',
};

function binaryValue(op: string, a: Held, b: Held): Held | Piecewise<Held> {
  if (a === undefined || b === undefined) return undefined;
  if (typeof a === 'number' && typeof b === 'number') return arithmetic(op, a, b);
  if (typeof a !== 'number' && typeof b === 'number') {
    if (op === '>>' && b >= 0 && b <= 24) return { shift: a.shift + b, mask: a.mask === -1 ? -1 : a.mask >> b };
    if (op === '&' && b >= 0 && (b & (b + 1)) === 0) return { shift: a.shift, mask: a.mask === -1 ? b : a.mask & b };
    return FLIPPED[op] === undefined ? undefined : compareTerm(a, op, b);
  }
  if (typeof a === 'number' && typeof b !== 'number') {
    const flipped = FLIPPED[op];
    return flipped === undefined ? undefined : compareTerm(b, flipped, a);
  }
  return undefined;
}

function arithmetic(op: string, a: number, b: number): Held {
  switch (op) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return b === 0 ? undefined : Math.trunc(a / b);
    case '%':
      return b === 0 ? undefined : a % b;
    case '<<':
      return a * 2 ** b;
    case '>>':
      return Math.floor(a / 2 ** b);
    case '&':
      return Number(BigInt(Math.trunc(a)) & BigInt(Math.trunc(b)));
    case '|':
      return Number(BigInt(Math.trunc(a)) | BigInt(Math.trunc(b)));
    case '^':
      return Number(BigInt(Math.trunc(a)) ^ BigInt(Math.trunc(b)));
    default:
      return compare(op, a, b) ? 1 : 0;
  }
}

function compare(op: string, a: number, b: number): boolean {
  switch (op) {
    case '<':
      return a < b;
    case '>':
      return a > b;
    case '<=':
      return a <= b;
    case '>=':
      return a >= b;
    case '==':
      return a === b;
    default:
      return a !== b;
  }
}

/** Majors that a masked term is looked at on; Linux is far from the last. */
const MAX_MAJOR = 32;

/** Where `term op c` holds. */
function compareTerm(term: VersionTerm, op: string, c: number): Piecewise<Held> {
  const holds = (order: number): boolean => compare(op, order, 0);
  if (term.mask === -1) return compareShifted({ since: 0, until: Number.POSITIVE_INFINITY }, term.shift, c, holds);
  if (term.shift !== 8 || term.mask !== 255) return UNKNOWN;
  const out: Piece<Held>[] = [];
  for (let major = 0; major <= MAX_MAJOR; major++) {
    const since = kernelVersion(major, 0);
    const until = major === MAX_MAJOR ? Number.POSITIVE_INFINITY : kernelVersion(major + 1, 0);
    out.push(...compareShifted({ since, until }, 8, c, holds));
  }
  return out;
}

/** `(v - since) >> shift` against `c` for v in a range, where `holds` tells for less (-1), equal (0) and greater (1): at most three pieces. */
function compareShifted(
  range: KernelRange,
  shift: number,
  c: number,
  holds: (order: number) => boolean,
): Piece<Held>[] {
  const { since, until } = range;
  const clamp = (v: number): number => Math.min(until, Math.max(since, v));
  const low = clamp(since + Math.ceil(c) * 2 ** shift);
  const high = clamp(since + (Math.floor(c) + 1) * 2 ** shift);
  const parts: [number, number, number][] = [
    [since, low, -1],
    [low, high, 0],
    [high, until, 1],
  ];
  return parts
    .filter(([s, u]) => s < u)
    .map(([from, to, order]) => ({ since: from, until: to, value: holds(order) ? 1 : 0 }));
}

/**
 * What an unknown condition comes down to on one kernel: parts that are known there are dropped. `negated` tells that the
 * normal form is the opposite of the condition, so that `#ifdef X` and `#ifndef X` share one form.
 */
export function residual(e: Expr, defs: Definitions, at: number): { readonly text: string; readonly negated: boolean } {
  const rest = reduce(e, defs, at);
  let inner = rest;
  let negated = false;
  while (inner.kind === 'unary' && inner.op === '!') {
    negated = !negated;
    inner = inner.of;
  }
  if (inner.kind === 'binary' && inner.op === '!=')
    return { text: printExpr({ ...inner, op: '==' }), negated: !negated };
  return { text: printExpr(inner), negated };
}

function reduce(e: Expr, defs: Definitions, at: number): Expr {
  if (e.kind === 'unary' && e.op === '!') return { ...e, of: reduce(e.of, defs, at) };
  if (e.kind !== 'binary' || (e.op !== '&&' && e.op !== '||')) return e;
  const neutral = e.op === '&&' ? 1 : 0;
  const left = reduce(e.left, defs, at);
  const right = reduce(e.right, defs, at);
  if (valueAt(evaluate(e.left, defs), at) === neutral) return right;
  if (valueAt(evaluate(e.right, defs), at) === neutral) return left;
  const [first, second] = printExpr(left) <= printExpr(right) ? [left, right] : [right, left];
  return { ...e, left: first, right: second };
}
