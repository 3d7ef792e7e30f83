/**
 * What a function does to its callers, split by how it returns: effects on what its arguments and globals reach.
 * Places and values are spelled as in `path-state.ts`, rooted at `arg0`, `arg1`, … and `g:name`.
 */
import { type Interval, isConstantKey, type Owner, type Value } from '../../flow/value.ts';
import { type EntryEvent, isEntryKey } from './path-state.ts';
import { isCountedHere, type Resource, type Step } from './resource.ts';

/** A value at an exit, in terms the caller can rebuild. */
export type Description =
  | { readonly kind: 'int'; readonly value: number }
  /** What was at this place at entry, or the argument itself. */
  | { readonly kind: 'entry'; readonly key: string }
  /** Made inside; the same key means the same value within one case. */
  | {
      readonly kind: 'made';
      readonly key: string;
      /** Resources of the case that can be reached through it. */
      readonly prov: readonly string[];
      readonly interval: Interval;
      /** The entry value whose pages it names in another way: their number, their address. */
      readonly from?: string | undefined;
      /** As in `Value`. */
      readonly lent?: true | undefined;
    };

/** One way to return. */
export interface SummaryCase {
  readonly returns: Interval;
  /** Of a result that may be of either sign: whether it is not 0, which an interval cannot tell. */
  readonly nonzero?: true | undefined;
  readonly result: Description;
  /** Conditions on entry values under which this happens, as far as they are simple. */
  readonly requires: readonly { readonly key: string; readonly interval: Interval; readonly nonzero: boolean }[];
  /** How entry values compare with named constants: bits less 1, equal 2, greater 4 that are possible. */
  readonly relations: readonly { readonly key: string; readonly constant: string; readonly mask: number }[];
  /** Entry values that are one of some named constants: the labels of a `switch`. */
  readonly oneOf: readonly { readonly key: string; readonly constants: readonly string[] }[];
  readonly writes: readonly {
    readonly place: string;
    readonly value: Description;
    /** The field that the place is, or lies below. */
    readonly owner: Owner | undefined;
  }[];
  readonly events: readonly EntryEvent[];
  /** Taken inside and still held. */
  readonly resources: readonly Resource[];
  /** How the count that came compares with the count asked for, by resource: bits less 1, equal 2, greater 4 that are possible. */
  readonly counts: readonly { readonly id: string; readonly mask: number }[];
  /** Locks taken and not dropped. */
  readonly locksTaken: readonly (readonly [string, Step])[];
  /** Whether this case's path forgot facts. */
  readonly dropped: boolean;
}

/** All ways of one function to return. */
export interface Summary {
  readonly name: string;
  readonly cases: readonly SummaryCase[];
  /** Whether any case does anything a caller must know of. */
  readonly effective: boolean;
  /** False when a budget or recursion cut the analysis short. */
  readonly complete: boolean;
}

/** Whether a function that ends so returns the count that it got itself, and notes it nowhere else. */
export function handsOnCount({ result, writes }: SummaryCase, r: Resource): boolean {
  if (result.kind !== 'made' || result.key !== r.result.key || !isCountedHere(r)) return false;
  return !writes.some(({ value }) => value.kind === 'made' && value.key.includes(r.result.key));
}

/** The number that a function returns whatever happens; undefined where there are several. */
export function onlyResult(summary: Summary | undefined): number | undefined {
  const [first] = summary?.cases ?? [];
  if (first === undefined || summary?.complete !== true) return undefined;
  const { low } = first.returns;
  return summary.cases.every(({ returns }) => returns.low === low && returns.high === low) ? low : undefined;
}

/** What happens beside pages, and counts where something is held or was given back. */
const WORDLESS: ReadonlySet<EntryEvent['kind']> = new Set(['doubt', 'told', 'unmap']);

/** Whether a case does anything to pages or locks: what else it writes matters to a caller only where this does. */
export function touchesPages(c: SummaryCase): boolean {
  return c.events.some((e) => !WORDLESS.has(e.kind)) || c.resources.length > 0 || c.locksTaken.length > 0;
}

/** Whether a case does anything besides returning. */
export function isEffective(c: SummaryCase): boolean {
  if (c.result.kind === 'entry' || (c.result.kind === 'made' && c.result.from !== undefined)) return true;
  const isOfField = ({ kind, path }: EntryEvent): boolean => kind === 'doubt' && path.endsWith('@');
  const counts = (e: EntryEvent): boolean => e.kind === 'told' || e.kind === 'unmap' || isOfField(e);
  return touchesPages(c) || c.writes.length > 0 || c.events.some(counts);
}

/** Whether a key is that of an argument, of an object found from one, or of what was in memory at entry. */
export function isArgument(key: string): boolean {
  return /^arg\d+(\^[\w~]+)?$/.test(key) || (isEntryKey(key) && key.endsWith('@'));
}

/** For `(& flags CONSTANT)` of an entry value: the two keys. A test of a flag in callee and caller agree by it. */
export function maskedArgument(key: string): { readonly value: string; readonly mask: string } | undefined {
  const m = /^\(& (\S+) (\S+)\)$/.exec(key);
  if (m === null) return undefined;
  const [, a = '', b = ''] = m;
  if (isArgument(a) && (isConstantKey(b) || b.startsWith('#'))) return { value: a, mask: b };
  if (isArgument(b) && (isConstantKey(a) || a.startsWith('#'))) return { value: b, mask: a };
  return undefined;
}

/** The entry value that a value was made from by what keeps its pages in reach: another name of them, arithmetic on it. */
export function sourceOf(v: Value): string | undefined {
  if (v.kind === 'symbol') return v.path !== undefined && isArgument(v.path) ? v.path : undefined;
  if (v.kind !== 'op' || !/^(?:[-+|&]|<<|>>|[us]\d+)$/.test(v.op)) return undefined;
  return v.args.map(sourceOf).find((from) => from !== undefined);
}
