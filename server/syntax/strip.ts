/**
 * First pass over a text: a mutable copy of it, one unit a character, with comments, the insides of literals and line
 * continuations blanked, and the list of preprocessor directives. Length never changes; line breaks outside literals stay.
 */

/** Codes the scanners compare with. */
export const CH = {
  tab: 9,
  newline: 10,
  return: 13,
  space: 32,
  quote: 34,
  hash: 35,
  apostrophe: 39,
  star: 42,
  slash: 47,
  backslash: 92,
} as const;

/** One logical line that starts with `#`, continuation lines and comments inside included; the final line break is not. */
export interface Directive {
  readonly start: number;
  readonly end: number;
}

/** A text as the later passes change it in place. `code.length` is the text's length. */
export interface Stripped {
  readonly code: Uint16Array;
  readonly directives: readonly Directive[];
}

/** 1 for characters at which the fast loop stops. */
const STOP = new Uint8Array(128);
for (const c of [CH.newline, CH.return, CH.quote, CH.apostrophe, CH.slash, CH.hash, CH.backslash]) STOP[c] = 1;

/** Copies a text into an array of UTF-16 units. */
export function unitsOf(text: string): Uint16Array {
  const code = new Uint16Array(text.length);
  Buffer.from(code.buffer).write(text, 'utf16le');
  return code;
}

/** Turns units back into a string of the same length. */
export function textOf(code: Uint16Array): string {
  return Buffer.from(code.buffer, code.byteOffset, code.byteLength).toString('utf16le');
}

/** Overwrites `[start, end)` with spaces, keeping line breaks. */
export function blank(code: Uint16Array, start: number, end: number): void {
  for (let i = start; i < end; i++) {
    const c = code[i];
    if (c !== CH.newline && c !== CH.return) code[i] = CH.space;
  }
}

/** Runs the pass. Linear; any text is accepted. */
export function strip(text: string): Stripped {
  const code = unitsOf(text);
  const directives: Directive[] = [];
  const n = code.length;
  let directiveStart = -1;
  let lineStart = true;
  let i = 0;
  while (i < n) {
    const c = code[i] as number;
    if (c >= 128 || STOP[c] === 0) {
      if (c > CH.space) lineStart = false;
      i++;
      continue;
    }
    switch (c) {
      case CH.newline:
      case CH.return:
        if (directiveStart >= 0) {
          directives.push({ start: directiveStart, end: i });
          directiveStart = -1;
        }
        lineStart = true;
        i++;
        break;
      case CH.slash: {
        const next = code[i + 1];
        if (next === CH.star) i = blankBlockComment(code, i, directiveStart >= 0);
        else if (next === CH.slash) i = blankLineComment(code, i);
        else {
          lineStart = false;
          i++;
        }
        break;
      }
      case CH.quote:
      case CH.apostrophe:
        lineStart = false;
        i = blankLiteral(code, i, c);
        break;
      case CH.hash:
        if (lineStart && directiveStart < 0) directiveStart = i;
        lineStart = false;
        i++;
        break;
      default:
        i = skipContinuation(code, i);
    }
  }
  if (directiveStart >= 0) directives.push({ start: directiveStart, end: n });
  return { code, directives };
}

/** Length of the line break at `i`, 0 when there is none. */
function lineBreak(code: Uint16Array, i: number): number {
  if (code[i] === CH.newline) return 1;
  if (code[i] !== CH.return) return 0;
  return code[i + 1] === CH.newline ? 2 : 1;
}

/** At a backslash: blanks it and the line break behind it; a backslash elsewhere stays. Returns where to go on. */
function skipContinuation(code: Uint16Array, i: number): number {
  let j = i + 1;
  while (code[j] === CH.space || code[j] === CH.tab) j++;
  const width = lineBreak(code, j);
  if (width === 0) return i + 1;
  code.fill(CH.space, i, j + width);
  return j + width;
}

function blankBlockComment(code: Uint16Array, start: number, inDirective: boolean): number {
  const n = code.length;
  let i = start + 2;
  while (i < n && !(code[i] === CH.star && code[i + 1] === CH.slash)) i++;
  const end = Math.min(n, i + 2);
  if (inDirective) code.fill(CH.space, start, end);
  else blank(code, start, end);
  return end;
}

function blankLineComment(code: Uint16Array, start: number): number {
  const n = code.length;
  let i = start;
  while (i < n) {
    const c = code[i];
    if (c === CH.newline || c === CH.return) break;
    if (c === CH.backslash) {
      const width = lineBreak(code, i + 1);
      code.fill(CH.space, i, i + 1 + width);
      i += 1 + width;
      continue;
    }
    code[i] = CH.space;
    i++;
  }
  return i;
}

/** Blanks what stands between the quotes. A literal that is not closed ends at the line's end, as in prose under `#if 0`. */
function blankLiteral(code: Uint16Array, start: number, quote: number): number {
  const n = code.length;
  let i = start + 1;
  while (i < n) {
    const c = code[i];
    if (c === quote) {
      if (quote === CH.apostrophe && i > start + 1) code[start + 1] = 0x30;
      return i + 1;
    }
    if (c === CH.newline || c === CH.return) {
      code[start] = CH.space;
      return i;
    }
    if (c === CH.backslash) {
      const width = Math.max(1, lineBreak(code, i + 1));
      const end = Math.min(n, i + 1 + width);
      code.fill(CH.space, i, end);
      i = end;
      continue;
    }
    code[i] = CH.space;
    i++;
  }
  code[start] = CH.space;
  return n;
}
