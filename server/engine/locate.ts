/** Spans of a unit as places that results carry. */
import type { LineIndex } from '../base/line-index.ts';
import type { Span } from '../base/span.ts';
import type { Location } from './protocol.ts';

/** The place of a span: 1-based lines and columns in UTF-16 units, the end behind the last character. */
export function locate(source: { readonly path: string; readonly lines: LineIndex }, span: Span): Location {
  const from = source.lines.at(span.start);
  const to = source.lines.at(Math.max(span.start, span.end));
  return { file: source.path, line: from.line, column: from.column, endLine: to.line, endColumn: to.column };
}
