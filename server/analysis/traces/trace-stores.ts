/** What stands around a place of plain C: whether it is stored to, changed where it lies, or only its address taken. By the text alone. */
import type { Span } from '../../base/span.ts';

/** What goes on behind `p->a`: members and elements of what lies there. */
const BELOW = /^(?:\s*\.\s*\w+|\s*\[[^\][]*(?:\[[^\][]*\][^\][]*)*\]|\s*\))*/;

/** Macros that store into their first argument (asm-generic/rwonce.h). */
const STORES = /\b(?:WRITE_ONCE|ACCESS_ONCE_RW)\s*\(\s*$/;

/** Whether a place is stored to (linux/minmax.h: swap() reads it, too), or changed where it lies. */
export function storeKind(code: string, { start, end }: Span): 'store' | 'change' | undefined {
  const before = code.slice(Math.max(0, start - 40), start);
  if (STORES.test(before)) return 'store';
  if (/\bswap\s*\([^;()]*(?:\([^;()]*\)[^;()]*)*$/.test(before)) return 'change';
  const rest = code.slice(end, end + 200);
  const below = BELOW.exec(rest)?.[0] ?? '';
  if (/^\s*(?:[-+*/|&^]|<<|>>)?=(?!=)/.test(rest.slice(below.length))) return 'store';
  const next = rest.slice(below.replace(/\).*$/s, '').length);
  return /^\s*(?:\+\+|--)/.test(next) || /(?:\+\+|--)\s*$/.test(before) ? 'store' : undefined;
}

/** Whether `&` stands in front of a place as what takes its address: nothing is accessed there yet. */
export function isAddressTaken(code: string, start: number): boolean {
  const before = code.slice(Math.max(0, start - 40), start).replace(/[\s(]+$/, '');
  return /(?:^|[^&\w)\]\s]|\breturn|&&)\s*&$/.test(before);
}
