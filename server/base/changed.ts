/** Where two texts differ. Imports nothing but spans. */
import type { Span } from './span.ts';

/** What stands in one text where the other has something else. */
export interface Difference {
  readonly before: Span;
  readonly after: Span;
}

/** Characters compared at once: a slice is compared much faster than its characters one by one. */
const STRETCH = 4096;

/** From the first to the last character that differs, in each of the texts; both empty where these are the same. */
export function differenceOf(a: string, b: string): Difference {
  const least = Math.min(a.length, b.length);
  let start = 0;
  while (start + STRETCH <= least && a.slice(start, start + STRETCH) === b.slice(start, start + STRETCH))
    start += STRETCH;
  while (start < least && a.charCodeAt(start) === b.charCodeAt(start)) start++;
  const most = least - start;
  const same = (n: number, size: number): boolean =>
    a.slice(a.length - n - size, a.length - n) === b.slice(b.length - n - size, b.length - n);
  let end = 0;
  while (end + STRETCH <= most && same(end, STRETCH)) end += STRETCH;
  while (end < most && a.charCodeAt(a.length - 1 - end) === b.charCodeAt(b.length - 1 - end)) end++;
  return { before: { start, end: a.length - end }, after: { start, end: b.length - end } };
}
