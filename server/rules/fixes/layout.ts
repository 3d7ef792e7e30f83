/** Kernel style for what edit builders write: 80 columns, tabs of 8, further arguments below the opening parenthesis. */
import type { CUnit } from '../../syntax/unit.ts';

const WIDTH = 80;
const TAB = 8;

/** The column of an offset, from 0, with tabs up to the next multiple of 8. */
export function columnAt(text: string, offset: number): number {
  let column = 0;
  for (let i = text.lastIndexOf('\n', offset - 1) + 1; i < offset; i++)
    column = text[i] === '\t' ? column + TAB - (column % TAB) : column + 1;
  return column;
}

/** The white space at the start of an offset's line. */
export function indentAt(text: string, offset: number): string {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  return /^[ \t]*/.exec(text.slice(start, offset))?.[0] ?? '';
}

/** White space up to a column: tabs, then blanks; blanks alone where the file indents with them. */
export function padTo(column: number, blanks = false): string {
  return blanks ? ' '.repeat(column) : '\t'.repeat(Math.floor(column / TAB)) + ' '.repeat(column % TAB);
}

/** Whether the line of an offset is indented with blanks alone. */
export function indentsWithBlanks(unit: CUnit, offset: number): boolean {
  return /^ {2,}$/.test(indentAt(unit.text, offset));
}

/** One level of indentation as a file writes it: as many blanks as its least indented lines have, where most begin with blanks; else a tab. */
export function indentStep({ text }: CUnit): string {
  const tabs = text.match(/^\t/gm)?.length ?? 0;
  const blanks = [...text.matchAll(/^( {2,8})[^\s*]/gm)].map((m) => m[1]?.length ?? 0);
  return tabs >= blanks.length ? '\t' : ' '.repeat(Math.min(...blanks));
}

/** An indentation with one level less. */
export function outdented(unit: CUnit, indent: string): string {
  const step = indentStep(unit);
  return indent.endsWith(step) ? indent.slice(0, -step.length) : indent.replace(/(?:\t| {1,8})$/, '');
}

/** Lines whose tabs in front stand for levels, as the file indents. */
export function asIndented(unit: CUnit, lines: readonly string[]): readonly string[] {
  const step = indentStep(unit);
  return lines.map((line) => line.replace(/^\t+/, (tabs) => step.repeat(tabs.length)));
}

/** What a list of arguments stands in. */
export interface ListPlace {
  /** Column of the first argument. */
  readonly column: number;
  /** What follows the last argument on its line. */
  readonly tail: string;
  /** Whether continued lines are indented with blanks alone. */
  readonly blanks: boolean;
}

/** Arguments as they are written in a call: as many to a line as fit. */
export function listText(args: readonly string[], { column, tail, blanks }: ListPlace): string {
  let out = '';
  let at = column;
  args.forEach((arg, i) => {
    const end = i + 1 < args.length ? ',' : tail;
    const room = arg.length + end.length + (i === 0 ? 0 : 1);
    if (i > 0 && at + room > WIDTH) {
      out += `\n${padTo(column, blanks)}`;
      at = column;
    } else if (i > 0) {
      out += ' ';
      at++;
    }
    out += arg + (i + 1 < args.length ? ',' : '');
    at += arg.length + 1;
  });
  return out;
}

/** A call as a statement, at a column. */
export function callText(
  name: string,
  args: readonly string[],
  place: { readonly column: number; readonly blanks: boolean },
): string {
  const head = `${name}(`;
  const list = listText(args, { column: place.column + head.length, tail: ');', blanks: place.blanks });
  return `${head}${list});`;
}

/** Whether a line would be too long for the kernel's style. */
export function isTooLong(column: number): boolean {
  return column > WIDTH;
}
