/**
 * Positions in the encoding that the client speaks. Inside, columns are UTF-16 code units; a client may count bytes of UTF-8 or
 * code points instead.
 */
import type { Position, Range } from 'vscode-languageserver/node';
import type { Location } from '../engine/protocol.ts';

/** The encodings of the protocol. */
export type Encoding = 'utf-16' | 'utf-8' | 'utf-32';

/** The encoding to speak with a client: UTF-16 wherever it takes that. */
export function chooseEncoding(offered: readonly string[] | undefined): Encoding {
  if (offered === undefined || offered.length === 0 || offered.includes('utf-16')) return 'utf-16';
  if (offered.includes('utf-8')) return 'utf-8';
  return offered.includes('utf-32') ? 'utf-32' : 'utf-16';
}

function width(codePoint: number, encoding: Encoding): number {
  if (encoding === 'utf-32') return 1;
  if (encoding === 'utf-16') return codePoint > 0xffff ? 2 : 1;
  return codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
}

/** UTF-16 units of a line before a client's character; clamped to the line. */
export function toUnits(line: string, character: number, encoding: Encoding): number {
  if (encoding === 'utf-16') return Math.min(Math.max(0, character), line.length);
  let units = 0;
  let counted = 0;
  for (const c of line) {
    if (counted >= character) break;
    counted += width(c.codePointAt(0) ?? 0, encoding);
    units += c.length;
  }
  return units;
}

/** A client's character of a place in a line, given in UTF-16 units. */
function fromUnits(line: string, units: number, encoding: Encoding): number {
  if (encoding === 'utf-16') return units;
  let counted = 0;
  for (const c of line.slice(0, units)) counted += width(c.codePointAt(0) ?? 0, encoding);
  return counted;
}

/** The text of a line of a file, 0-based; undefined when the file is not at hand. */
export type LineSource = (file: string, line: number) => string | undefined;

/** A place of the engine's results in the client's encoding. */
export function rangeOf(location: Location, encoding: Encoding, lineOf: LineSource): Range {
  const at = (line: number, column: number): Position => {
    const units = column - 1;
    if (encoding === 'utf-16') return { line: line - 1, character: units };
    const text = lineOf(location.file, line - 1);
    return { line: line - 1, character: text === undefined ? units : fromUnits(text, units, encoding) };
  };
  return { start: at(location.line, location.column), end: at(location.endLine, location.endColumn) };
}

/** A client's range as a place of a file. */
export function locationOf(file: string, range: Range, encoding: Encoding, lineOf: LineSource): Location {
  const column = ({ line, character }: Position): number =>
    encoding === 'utf-16' ? character + 1 : toUnits(lineOf(file, line) ?? '', character, encoding) + 1;
  return {
    file,
    line: range.start.line + 1,
    column: column(range.start),
    endLine: range.end.line + 1,
    endColumn: column(range.end),
  };
}
