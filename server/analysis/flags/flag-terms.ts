/**
 * The algebra of flag terms: what `|`, `&`, `?:` and the meeting of two paths make of what a flags expression may hold.
 * A value is a list of terms, at most one for a kind, name and place; `must` means on every path.
 */
import type { FlagTerm } from '../site.ts';

/** What an expression may hold. An empty list: nothing is assigned yet. */
export type FlagValue = readonly FlagTerm[];

/** More terms than this in one value are cut to one unknown term: such code computes, it does not choose flags. */
const MAX_TERMS = 64;

function key(t: FlagTerm): string {
  return `${t.kind} ${t.name}`;
}

function exactKey(t: FlagTerm): string {
  return `${t.kind} ${t.name} ${t.unit.path} ${t.span.start}`;
}

function dedupe(terms: readonly FlagTerm[]): FlagValue {
  const map = new Map<string, FlagTerm>();
  for (const t of terms) {
    const k = exactKey(t);
    const old = map.get(k);
    map.set(k, old === undefined || old.must ? (old ?? t) : t);
  }
  const out = [...map.values()];
  const first = out[0];
  if (out.length <= MAX_TERMS || first === undefined) return out;
  return [{ ...first, kind: 'unknown', name: '', value: undefined, must: true }];
}

/** The same terms, none of them certain. */
export function weaken(v: FlagValue): FlagValue {
  return v.map((t) => (t.must ? { ...t, must: false } : t));
}

/** `a | b`. */
export function either(a: FlagValue, b: FlagValue): FlagValue {
  return dedupe([...a, ...b]);
}

/** One of two values: certain is what both are certain of. */
export function join(a: FlagValue, b: FlagValue): FlagValue {
  if (a.length === 0) return weaken(b);
  if (b.length === 0) return weaken(a);
  const inA = new Set(a.filter((t) => t.must).map(key));
  const inB = new Set(b.filter((t) => t.must).map(key));
  const keep = (t: FlagTerm): FlagTerm => (t.must && !(inA.has(key(t)) && inB.has(key(t))) ? { ...t, must: false } : t);
  return dedupe([...a.map(keep), ...b.map(keep)]);
}

/** One of several values. */
export function joinAll(values: readonly FlagValue[]): FlagValue {
  const [first, ...rest] = values;
  return rest.reduce<FlagValue>(join, first ?? []);
}

/** Whether a value is made of flag names and zeros alone. */
export function isFlagsOnly(v: FlagValue): boolean {
  return v.length > 0 && v.every((t) => t.kind === 'flag' || t.kind === 'zero');
}

/** `v & ~mask`. */
export function without(v: FlagValue, mask: FlagValue): FlagValue {
  const cleared = new Set(mask.filter((t) => t.kind === 'flag').map((t) => t.name));
  const certain = new Set(mask.filter((t) => t.kind === 'flag' && t.must).map((t) => t.name));
  return v.flatMap((t) => {
    if (t.kind !== 'flag' || !cleared.has(t.name)) return [t];
    return certain.has(t.name) ? [] : [{ ...t, must: false }];
  });
}

/** `v & mask` where one side is made of flag names: what is not known of the other side can only be a flag of the mask. */
export function masked(v: FlagValue, mask: FlagValue): FlagValue {
  const names = new Set(mask.filter((t) => t.kind === 'flag').map((t) => t.name));
  const kept = v.filter((t) => t.kind === 'zero' || (t.kind === 'flag' && names.has(t.name)));
  const open = v.some((t) => t.kind !== 'zero' && t.kind !== 'flag');
  if (!open) return kept;
  return dedupe([...kept, ...weaken(mask.filter((t) => t.kind === 'flag'))]);
}
