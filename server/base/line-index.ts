/** Offsets to lines and back. Lines end at \n, \r\n or a lone \r, as editors count them. Imports nothing. */

/** A place as compilers print it: 1-based line, 1-based column in UTF-16 code units. */
export interface LineColumn {
  readonly line: number;
  readonly column: number;
}

/** Offsets behind the line ends of a stretch of a text. */
function startsIn(text: string, from: number, to: number): number[] {
  const starts: number[] = [];
  for (let i = from; i < to; i++) {
    const c = text.charCodeAt(i);
    if (c === 10 || (c === 13 && text.charCodeAt(i + 1) !== 10)) starts.push(i + 1);
  }
  return starts;
}

/** Finds the line of an offset in O(log n); built once per text in O(n). */
export class LineIndex {
  readonly #starts: readonly number[];
  readonly #length: number;

  constructor(text: string, starts: readonly number[] = [0, ...startsIn(text, 0, text.length)]) {
    this.#starts = starts;
    this.#length = text.length;
  }

  /** The index of a text of the same length that differs from this one's in a stretch alone. */
  retyped(text: string, { start, end }: { readonly start: number; readonly end: number }): LineIndex {
    // Whether a carriage return ends a line depends on the character behind it.
    const from = Math.max(0, start - 1);
    const before = this.#starts.slice(0, this.at(from).line);
    return new LineIndex(text, before.concat(startsIn(text, from, end), this.#starts.slice(this.at(end).line)));
  }

  /** Number of lines; a text that ends in a line break has an empty last line. */
  get lineCount(): number {
    return this.#starts.length;
  }

  /** 1-based line and column of an offset; offsets outside the text are clamped to it. */
  at(offset: number): LineColumn {
    const o = Math.max(0, Math.min(offset, this.#length));
    let lo = 0;
    let hi = this.#starts.length - 1;
    while (lo < hi) {
      const mid = (lo + hi + 1) >> 1;
      if ((this.#starts[mid] ?? 0) <= o) lo = mid;
      else hi = mid - 1;
    }
    return { line: lo + 1, column: o - (this.#starts[lo] ?? 0) + 1 };
  }

  /** Offset of a 1-based line and column; clamped to the text. */
  offset(place: LineColumn): number {
    const line = Math.max(1, Math.min(place.line, this.#starts.length));
    const start = this.#starts[line - 1] ?? 0;
    const next = this.#starts[line] ?? this.#length;
    return Math.min(start + Math.max(0, place.column - 1), next);
  }

  /** Offset at which a 1-based line starts; the text's length for a line past the end. */
  lineStart(line: number): number {
    return this.#starts[line - 1] ?? this.#length;
  }
}
