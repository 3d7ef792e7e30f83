/** Brackets in the text of a program whose comments and strings are blanked. */

/** Where the parenthesis opens that closes at an offset; undefined where none does. */
export function openingOf(code: string, close: number): number | undefined {
  let depth = 0;
  for (let i = close; i >= 0; i--) {
    if (code[i] === ')') depth++;
    else if (code[i] === '(' && --depth === 0) return i;
  }
  return undefined;
}
