/**
 * The algebra of flag terms: what `|`, `&`, `?:` and the meeting of two paths make of what a flags expression may hold.
 * A value is a list of terms, at most one for a kind, name and place; `must` means on every path.
 */
import type { FlagTerm } from '../sites/site.ts';

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
function isFlagsOnly(v: FlagValue): boolean {
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
function masked(v: FlagValue, mask: FlagValue): FlagValue {
  const names = new Set(mask.filter((t) => t.kind === 'flag').map((t) => t.name));
  const kept = v.filter((t) => t.kind === 'zero' || (t.kind === 'flag' && names.has(t.name)));
  const open = v.some((t) => t.kind !== 'zero' && t.kind !== 'flag');
  if (!open) return kept;
  return dedupe([...kept, ...weaken(mask.filter((t) => t.kind === 'flag'))]);
}

/** The one number that a value is; undefined for anything else. */
export function numberOf(v: FlagValue): number | undefined {
  const only = v.length === 1 ? v[0] : undefined;
  return only?.kind === 'zero' ? 0 : only?.kind === 'literal' ? only.value : undefined;
}

/** `left & right`: flags of a mask, or constants of another family; `unknown` where neither side is that. */
export function conjunction(left: FlagValue, right: FlagValue, unknown: FlagValue): FlagValue {
  if (isFlagsOnly(right)) return masked(left, right);
  if (isFlagsOnly(left)) return masked(right, left);
  const mask = foreignOf(right);
  const other = foreignOf(left);
  const names = new Set(other.map((t) => t.name));
  // `rdwr & IOMMU_WRITE`: of the constants that `rdwr` may hold only those of the mask come through.
  const common = mask.filter((t) => names.has(t.name));
  if (common.length > 0) return weaken(common);
  return mask.length + other.length > 0 ? weaken([...mask, ...other]) : unknown;
}

function foreignOf(v: FlagValue): FlagValue {
  return v.filter((t) => t.kind === 'foreign');
}

/** `left * right` where one of them is made of flags and zeros alone: `write * FOLL_WRITE`; undefined for anything else. */
export function product(left: FlagValue, right: FlagValue): FlagValue | undefined {
  const flags = isFlagsOnly(left) ? left : isFlagsOnly(right) ? right : undefined;
  if (flags === undefined) return undefined;
  const factor = numberOf(flags === left ? right : left);
  return factor === 1 ? flags : weaken(flags);
}
