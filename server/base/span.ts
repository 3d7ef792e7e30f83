/** Half-open ranges of a text in UTF-16 code units. Imports nothing. */

/** `[start, end)` in UTF-16 code units from the beginning of the text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Whether `inner` lies within `outer`. */
export function covers(outer: Span, inner: Span): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}
