/**
 * Values that depend on the kernel's version: a function from versions to a number, or to "not known", in pieces.
 * Pieces are sorted, cover [0, Infinity) without gap or overlap, and neighbours differ.
 */
import type { KernelRange, KernelVersion } from '../../model/version.ts';

/** `undefined` is "not known". */
export type Known = number | undefined;

/** LINUX_VERSION_CODE itself, shifted right: it takes another value on every kernel. */
export interface VersionTerm {
  readonly shift: number;
  /** Applied behind the shift; `-1` for none. */
  readonly mask: number;
}

/** What a piece may hold. */
export type Held = Known | VersionTerm;

/** One stretch of versions with one value. */
export interface Piece<T> {
  readonly since: KernelVersion;
  readonly until: KernelVersion;
  readonly value: T;
}

/** A function of the kernel's version. */
export type Piecewise<T> = readonly Piece<T>[];

/** The same value on every kernel. */
export function constant<T>(value: T): Piecewise<T> {
  return [{ since: 0, until: Number.POSITIVE_INFINITY, value }];
}

/** `inside` on the given ranges (any order, may overlap), `outside` elsewhere. */
export function onRanges<T>(ranges: readonly KernelRange[], inside: T, outside: T): Piecewise<T> {
  const out: Piece<T>[] = [];
  let at = 0;
  for (const r of [...ranges].sort((a, b) => a.since - b.since)) {
    if (r.until <= at) continue;
    const since = Math.max(at, r.since);
    push(out, at, since, outside);
    push(out, since, r.until, inside);
    at = r.until;
  }
  push(out, at, Number.POSITIVE_INFINITY, outside);
  return out;
}

/** Appends a piece, joined to the last one when the values are equal; empty pieces are dropped. */
function push<T>(out: Piece<T>[], since: KernelVersion, until: KernelVersion, value: T): void {
  if (since >= until) return;
  const last = out[out.length - 1];
  if (last !== undefined && same(last.value, value)) out[out.length - 1] = { since: last.since, until, value };
  else out.push({ since, until, value });
}

function same(a: unknown, b: unknown): boolean {
  return a === b;
}

/** The value on one kernel. */
export function valueAt<T>(p: Piecewise<T>, v: KernelVersion): T {
  for (const piece of p) if (v < piece.until) return piece.value;
  return (p[p.length - 1] as Piece<T>).value;
}

/** Applies a function that may itself split each common piece of two values. */
export function combine<A, B, R>(a: Piecewise<A>, b: Piecewise<B>, f: (a: A, b: B) => R | Piecewise<R>): Piecewise<R> {
  const out: Piece<R>[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const pa = a[i] as Piece<A>;
    const pb = b[j] as Piece<B>;
    const since = Math.max(pa.since, pb.since);
    const until = Math.min(pa.until, pb.until);
    const r = f(pa.value, pb.value);
    if (Array.isArray(r)) {
      for (const p of r as Piecewise<R>) push(out, Math.max(since, p.since), Math.min(until, p.until), p.value);
    } else push(out, since, until, r as R);
    if (pa.until <= until) i++;
    if (pb.until <= until) j++;
  }
  return out;
}

/** Applies a function to every piece. */
export function map<A, R>(a: Piecewise<A>, f: (a: A) => R | Piecewise<R>): Piecewise<R> {
  return a.length === 1 && a[0] !== undefined ? asPieces(f(a[0].value)) : combine(a, constant(0), (x) => f(x));
}

function asPieces<R>(r: R | Piecewise<R>): Piecewise<R> {
  return Array.isArray(r) ? (r as Piecewise<R>) : constant(r as R);
}

/** More pieces than this are given up as not known: no project tells so many kernels apart in one condition. */
const MAX_PIECES = 512;

/** The function itself, or "not known" throughout when it has too many pieces. */
export function bounded<T>(a: Piecewise<T | undefined>): Piecewise<T | undefined> {
  return a.length > MAX_PIECES ? constant<T | undefined>(undefined) : a;
}

/** Three-valued and. */
export function and(a: Piecewise<Known>, b: Piecewise<Known>): Piecewise<Known> {
  const both = combine<Known, Known, Known>(a, b, (x, y) =>
    x === 0 || y === 0 ? 0 : x === undefined || y === undefined ? undefined : 1,
  );
  return bounded<number>(both);
}

/** Three-valued or. */
export function or(a: Piecewise<Known>, b: Piecewise<Known>): Piecewise<Known> {
  return not(and(not(a), not(b)));
}

/** Three-valued not. */
export function not(a: Piecewise<Known>): Piecewise<Known> {
  return map<Known, Known>(a, (x) => (x === undefined ? undefined : x === 0 ? 1 : 0));
}

/** The smallest range that holds every kernel on which the value is not surely 0; undefined when it is 0 on all. */
export function hullOfPossible(a: Piecewise<Known>): KernelRange | undefined {
  const live = a.filter((p) => p.value !== 0);
  const first = live[0];
  const last = live[live.length - 1];
  return first === undefined || last === undefined ? undefined : { since: first.since, until: last.until };
}
