/**
 * Room behind the functions of an open document: blanks behind each closing brace at the margin that ends its line. Typing in one function
 * then moves none of the others, so that all that is known of them stays right (`LiveUnit.takeOver`). Lines and columns of the text are those of the document:
 * only offsets differ.
 */

/** Where a function ends, as the kernel writes it. */
const END = /^\}(?=[ \t]*\r?$)/gm;

/** Characters left behind a function at first, and behind one that has used them up. */
const ROOM = 160;
const MORE_ROOM = 1024;

/** One document as it changes. */
export class Slack {
  /** Characters given to each piece, up to a closing brace and with the room behind it. */
  #given: readonly number[] = [];

  /** The document's text with room in it; where every piece still fits into what it was given, nothing but that piece differs. */
  widen(text: string): string {
    const pieces = piecesOf(text);
    const last = pieces.pop() ?? '';
    const given = this.#given;
    const known = pieces.length === given.length;
    if (!known || pieces.some((piece, i) => piece.length > (given[i] ?? 0)))
      this.#given = pieces.map((piece, i) => {
        const full = known && piece.length > (given[i] ?? 0);
        return piece.length + (full ? MORE_ROOM : ROOM);
      });
    return pieces.map((piece, i) => piece.padEnd(this.#given[i] ?? 0)).join('') + last;
  }
}

/** The text in pieces that end with a closing brace; the last one holds what follows. */
function piecesOf(text: string): string[] {
  const pieces: string[] = [];
  let from = 0;
  for (const { index } of text.matchAll(END)) {
    pieces.push(text.slice(from, index + 1));
    from = index + 1;
  }
  pieces.push(text.slice(from));
  return pieces;
}
