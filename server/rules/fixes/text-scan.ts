/**
 * Looking left and right of a place in C text, over white space, comments and continued lines: what edit builders need
 * to remove a piece and its operator cleanly. Offsets are those of the unit; nothing here parses.
 */
import type { Span } from '../../base/span.ts';
import type { CUnit } from '../../syntax/unit.ts';

/**
 * The text to scan around a span: the code with comments blanked, or the file's own text where the code is blanked too
 * (the body of a macro). Both have the same offsets.
 */
export function scanText(unit: CUnit, span: Span): string {
  const blank =
    unit.code.slice(span.start, span.end).trim() === '' && unit.text.slice(span.start, span.end).trim() !== '';
  return blank ? unit.text : unit.code;
}

/** Offset of the first character at or after `at` that is neither white space nor a continued line's backslash. */
export function skipForward(text: string, at: number): number {
  let i = at;
  while (i < text.length && isSpace(text, i)) i++;
  return i;
}

/** Offset just after the last character before `at` that is neither white space nor a continued line's backslash. */
export function skipBack(text: string, at: number): number {
  let i = at;
  while (i > 0 && isSpace(text, i - 1)) i--;
  return i;
}

function isSpace(text: string, i: number): boolean {
  const c = text[i];
  if (c === '\\') return /^\\\r?\n/.test(text.slice(i, i + 3));
  return c === ' ' || c === '\t' || c === '\n' || c === '\r' || c === '\f' || c === '\v';
}

/** The span with the parentheses that hold nothing else, outermost first; parentheses of a call or cast are left out. */
export function withParentheses(text: string, span: Span): Span {
  let out = span;
  for (;;) {
    const open = skipBack(text, out.start) - 1;
    const close = skipForward(text, out.end);
    if (text[open] !== '(' || text[close] !== ')') return out;
    if (/[\w)\]]/.test(text[skipBack(text, open) - 1] ?? '')) return out;
    out = { start: open, end: close + 1 };
  }
}

/** The whole lines of a span, the line break included, when nothing but a comment on it stands there; the span itself otherwise. */
export function wholeLines(text: string, span: Span): Span {
  let start = span.start;
  while (start > 0 && (text[start - 1] === ' ' || text[start - 1] === '\t')) start--;
  let end = span.end;
  const rest =
    /^[ \t]*(?:\/\/[^\n\r]*|\/\*(?:(?!\*\/)[^\n\r])*\*\/[ \t]*)?/.exec(text.slice(end, end + 400))?.[0] ?? '';
  end += rest.length;
  if (text[end] === '\r') end++;
  const alone = (start === 0 || text[start - 1] === '\n') && text[end] === '\n';
  return alone ? { start, end: end + 1 } : span;
}

/** A pattern for a variable or field as it may be written, with blanks around its arrows and dots. */
export function spellingsOf(place: string): string {
  return place.replace(/[.>-]+/g, '\\s*(?:->|\\.)\\s*');
}

/** Whether a text gives a variable, or something it leads to, another value. */
export function isSet(text: string, name: string): boolean {
  const assigned = new RegExp(`(?<![\\w.>])${name}(?:(?:->|\\.)\\w+|\\[[^\\]]*\\])*\\s*(?:[-+*/%&|^]|<<|>>)?=(?!=)`);
  const counted = new RegExp(`(?:\\+\\+|--)\\s*${name}\\b|(?<![\\w.>])${name}(?:->\\w+)*\\s*(?:\\+\\+|--)`);
  return assigned.test(text) || counted.test(text);
}
