/**
 * Places of an analysed text carried over to the text as it is now: what stands before or behind everything that was typed keeps
 * its place, what was typed into has none. Keeps lenses and hovers steady while an analysis is under way.
 */
import { LineIndex } from '../base/line-index.ts';
import type { Location } from '../engine/protocol.ts';

/** Carries places from one text to a later one. */
export type Follow = (location: Location) => Location | undefined;

/** Builds the mapping in one pass over both texts; equal texts cost nothing. */
export function follow(before: string, now: string): Follow {
  if (before === now) return (location) => location;
  const least = Math.min(before.length, now.length);
  let prefix = 0;
  while (prefix < least && before.charCodeAt(prefix) === now.charCodeAt(prefix)) prefix++;
  let suffix = 0;
  while (
    suffix < least - prefix &&
    before.charCodeAt(before.length - 1 - suffix) === now.charCodeAt(now.length - 1 - suffix)
  )
    suffix++;
  const from = new LineIndex(before);
  const to = new LineIndex(now);
  const shift = now.length - before.length;
  const move = (start: number, end: number): readonly [number, number] | undefined => {
    if (end <= prefix) return [start, end];
    if (start >= before.length - suffix) return [start + shift, end + shift];
    return undefined;
  };
  return (location) => {
    const start = from.offset(location);
    const end = from.offset({ line: location.endLine, column: location.endColumn });
    const moved = move(start, end);
    if (moved === undefined) return undefined;
    const a = to.at(moved[0]);
    const b = to.at(moved[1]);
    return { file: location.file, line: a.line, column: a.column, endLine: b.line, endColumn: b.column };
  };
}

/** Whether a 1-based place lies in a location or at its end. */
export function holds(location: Location, place: { readonly line: number; readonly column: number }): boolean {
  const { line, column, endLine, endColumn } = location;
  if (place.line < line || place.line > endLine) return false;
  return !(place.line === line && place.column < column) && !(place.line === endLine && place.column > endColumn);
}

/** Whether two locations of one file have a place in common; empty ones touch what they stand at. */
export function touches(a: Location, b: Location): boolean {
  const before = (x: Location, y: Location): boolean =>
    x.endLine < y.line || (x.endLine === y.line && x.endColumn < y.column);
  return !before(a, b) && !before(b, a);
}
