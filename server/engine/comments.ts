/** Finds the comments of a C text, to read `guplint:` directives in them. Only run on texts that hold the word. */
import type { Span } from '../base/span.ts';

/** A comment with its delimiters. */
export interface Comment extends Span {
  readonly kind: 'block' | 'line';
}

/** Literals first, so that a comment sign inside one is not taken for a comment. An unclosed literal ends with its line. */
const PIECES = /"(?:\\[\s\S]|[^"\\\n])*"?|'(?:\\[\s\S]|[^'\\\n])*'?|\/\*[\s\S]*?(?:\*\/|$)|\/\/(?:\\\r?\n|[^\n])*/g;

/** All comments in text order. */
export function commentsOf(text: string): readonly Comment[] {
  const found: Comment[] = [];
  for (const m of text.matchAll(PIECES)) {
    const piece = m[0];
    if (!piece.startsWith('/')) continue;
    found.push({ kind: piece.startsWith('/*') ? 'block' : 'line', start: m.index, end: m.index + piece.length });
  }
  return found;
}
