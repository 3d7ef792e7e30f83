/** Writes a table that a run made between its marks in a document. */
import { readFileSync, writeFileSync } from 'node:fs';

/** Replaces what stands between `<!-- table: COMMAND -->` and the next `<!-- end of table -->`. Throws where the marks are missing. */
export function writeTable(document: string, command: string, table: string): void {
  const begin = `<!-- table: ${command} -->`;
  const end = '<!-- end of table -->';
  const text = readFileSync(document, 'utf8');
  const from = text.indexOf(begin);
  const to = text.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`${document}: the marks of the table of ${command} are missing`);
  writeFileSync(document, `${text.slice(0, from + begin.length)}\n\n${table}\n\n${text.slice(to)}`);
}
