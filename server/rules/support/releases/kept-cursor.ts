/**
 * Releases that go by a cursor which an object keeps: `unpin_user_page(b->pages[b->offset]); b->offset++;`. The next goes on where the one before
 * stopped, in whatever function it stands.
 */
import { functionAt } from '../../../analysis/calls/call-index.ts';
import type { UnitSpan } from '../../define.ts';

/** Whether two releases are of the entry at which one and the same field stands, and both step on in it. */
export function goOnByCursor(first: UnitSpan, second: UnitSpan): boolean {
  const cursor = cursorOf(first);
  return cursor !== undefined && cursor === cursorOf(second) && steps(first, cursor) && steps(second, cursor);
}

/** The field that tells which entry of an array a call gives back. */
function cursorOf({ unit, span }: UnitSpan): string | undefined {
  return /\[[^\][]*(?:->|\.)\s*(\w+)\s*(?:\+\+\s*|--\s*)?\]/.exec(unit.code.slice(span.start, span.end))?.[1];
}

/** Whether the function of a place counts a field up or down. */
function steps({ unit, span }: UnitSpan, field: string): boolean {
  const fn = functionAt(unit, span.start);
  const body = fn === undefined ? '' : unit.code.slice(fn.bodySpan.start, fn.bodySpan.end);
  const place = `(?:->|\\.)\\s*${field}\\b`;
  return new RegExp(`${place}\\s*(?:\\+\\+|--|[-+]=)|(?:\\+\\+|--)\\s*[\\w.>-]*${place}`).test(body);
}
