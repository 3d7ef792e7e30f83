/**
 * Sets of kernel releases as sorted, disjoint ranges: where a fact holds, minus where it does not, as a message names it.
 * Rules say "on which kernels" with these; nothing here knows an API.
 */
import { formatRange, intersect, type KernelRange } from '../../../model/version.ts';

/** Sorted ranges that neither overlap nor touch. Empty: no kernel. */
export type Kernels = readonly KernelRange[];

/** Every release there is. */
export const EVERY_KERNEL: Kernels = [{ since: 0, until: Number.POSITIVE_INFINITY }];

/** The releases in any of the ranges, in any order. */
export function unionOf(ranges: readonly KernelRange[]): Kernels {
  const sorted = [...ranges].sort((a, b) => a.since - b.since);
  const out: KernelRange[] = [];
  for (const r of sorted) {
    const last = out[out.length - 1];
    if (last !== undefined && r.since <= last.until) {
      out[out.length - 1] = { since: last.since, until: Math.max(last.until, r.until) };
    } else {
      out.push(r);
    }
  }
  return out;
}

/** The releases in both sets. */
export function bothOf(a: Kernels, b: Kernels): Kernels {
  return unionOf(a.flatMap((x) => b.map((y) => intersect(x, y)).filter((r): r is KernelRange => r !== undefined)));
}

/** The releases of `a` that are not in `b`. */
export function without(a: Kernels, b: Kernels): Kernels {
  let rest: KernelRange[] = [...a];
  for (const cut of b) {
    rest = rest.flatMap((r) => {
      if (cut.until <= r.since || r.until <= cut.since) return [r];
      const parts: KernelRange[] = [];
      if (r.since < cut.since) parts.push({ since: r.since, until: cut.since });
      if (cut.until < r.until) parts.push({ since: cut.until, until: r.until });
      return parts;
    });
  }
  return unionOf(rest);
}

/** Whether no release is in the set. */
export function isEmpty(kernels: Kernels): boolean {
  return kernels.length === 0;
}

/** Whether every release of `inner` is in `outer`. */
export function includesAll(outer: Kernels, inner: Kernels): boolean {
  return isEmpty(without(inner, outer));
}

/** As a message says it: `6.12`, `6.1..6.12`, `5.4 or earlier and 6.3 or later`. */
export function showKernels(kernels: Kernels): string {
  return kernels.map(showRange).join(' and ');
}

function showRange(range: KernelRange): string {
  const text = formatRange(range);
  if (text === '..') return 'every kernel';
  if (text.startsWith('..')) return `${text.slice(2)} or earlier`;
  return text.endsWith('..') ? `${text.slice(0, -2)} or later` : text;
}
