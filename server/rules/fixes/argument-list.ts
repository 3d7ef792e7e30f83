/**
 * The arguments of a call with one of them changed, in kernel style: where a line gets too long, or where the changed lines are not aligned
 * with the opening parenthesis, the list is laid out anew. A list with comments in it keeps its lines.
 */
import type { ApiCall, Argument } from '../../analysis/sites/site.ts';
import { type CNode, childByField, walk } from '../../syntax/node.ts';
import type { Edit } from '../define.ts';
import { columnAt, indentsWithBlanks, isTooLong, listText, padTo } from './layout.ts';

/** What changes in a call. */
export interface ArgumentChange {
  /** The argument that gets another text, by its start. */
  readonly changed: { readonly start: number; readonly text: string } | undefined;
  /** Columns by which the arguments on the first line move. */
  readonly shift: number;
  /** Whether the call's first line changes. */
  readonly firstLine: boolean;
}

/** The edits of the list; undefined where it cannot be read. */
export function argumentEdits(call: ApiCall, change: ArgumentChange): readonly Edit[] | undefined {
  const { unit, args } = call;
  const { changed, shift, firstLine } = change;
  const argument = args.find((a) => a.start === changed?.start);
  if (changed !== undefined && argument === undefined) return undefined;
  const direct: Edit[] =
    changed === undefined || argument === undefined
      ? []
      : [{ unit, span: { start: argument.start, end: argument.end }, newText: changed.text }];
  const end = changed === undefined || argument === undefined ? 0 : endColumn(call, argument, changed.text, shift);
  const long = isTooLong(end);
  if (!long && !(firstLine && isMisaligned(call, shift))) return [...direct, ...(firstLine ? castEdits(call) : [])];
  const texts = args.map((a) => (a === argument && changed !== undefined ? changed.text : argumentText(call, a)));
  const list = relaid(call, texts, shift);
  if (list !== undefined) return [list];
  return long && argument !== undefined && changed !== undefined ? [broken(call, argument, changed.text)] : direct;
}

/** The whole list laid out with these texts; undefined where it holds comments. */
export function relaid(call: ApiCall, texts: readonly string[], shift: number): Edit | undefined {
  const { unit, args } = call;
  const first = args[0];
  const last = args.at(-1);
  if (first === undefined || last === undefined) return undefined;
  if (/\/[/*]/.test(unit.text.slice(first.start, last.end))) return undefined;
  const lineEnd = unit.text.indexOf('\n', last.end);
  const tail = unit.text.slice(last.end, lineEnd < 0 ? undefined : lineEnd).replace(/\s*\/[/*].*$/, '');
  const column = columnAt(unit.text, first.start) + (onFirstLine(call, first) ? shift : 0);
  const blanks = indentsWithBlanks(unit, call.nameSpan.start);
  return { unit, span: { start: first.start, end: last.end }, newText: listText(texts, { column, tail, blanks }) };
}

/** An argument's text on one line, without blanks behind casts. */
export function argumentText({ unit }: ApiCall, argument: Argument): string {
  let text = unit.text.slice(argument.start, argument.end);
  const gaps = argument.node === undefined ? [] : castGaps(argument.node);
  for (const gap of gaps.sort((a, b) => b.start - a.start))
    text = text.slice(0, gap.start - argument.start) + text.slice(gap.end - argument.start);
  return text.replace(/\s*\n\s*/g, ' ');
}

function onFirstLine({ unit, nameSpan }: ApiCall, { start }: { readonly start: number }): boolean {
  return !unit.text.slice(nameSpan.start, start).includes('\n');
}

/** The column in which the line of an argument ends once its text is another. */
function endColumn(call: ApiCall, argument: Argument, text: string, shift: number): number {
  const lineEnd = call.unit.text.indexOf('\n', argument.end);
  const moved = onFirstLine(call, argument) ? shift : 0;
  return columnAt(call.unit.text, lineEnd) + text.length - (argument.end - argument.start) + moved;
}

/** Whether the line behind the call's first one begins elsewhere than below the first argument. */
function isMisaligned(call: ApiCall, shift: number): boolean {
  const { text } = call.unit;
  const first = call.args[0];
  if (first === undefined || !onFirstLine(call, first)) return false;
  const second = call.args.find((a) => !onFirstLine(call, a));
  if (second === undefined) return false;
  const begins = /^\s*$/.test(text.slice(text.lastIndexOf('\n', second.start - 1) + 1, second.start));
  return begins && columnAt(text, second.start) !== columnAt(text, first.start) + shift;
}

/** An argument broken behind its last operator, in a list that keeps its lines. */
function broken({ unit }: ApiCall, argument: Argument, text: string): Edit {
  const at = text.lastIndexOf(' | ');
  const pad = padTo(columnAt(unit.text, argument.start), indentsWithBlanks(unit, argument.start));
  const newText = at < 0 ? text : `${text.slice(0, at)} |\n${pad}${text.slice(at + 3)}`;
  return { unit, span: { start: argument.start, end: argument.end }, newText };
}

/** Blanks behind casts on the call's first line, which checkpatch.pl does not want on a changed line. */
function castEdits(call: ApiCall): readonly Edit[] {
  const { unit, node } = call;
  if (node === undefined) return [];
  return castGaps(node)
    .filter((gap) => onFirstLine(call, gap))
    .map((span) => ({ unit, span, newText: '' }));
}

function castGaps(node: CNode): { readonly start: number; readonly end: number }[] {
  const gaps: { start: number; end: number }[] = [];
  walk(node, (n) => {
    const type = n.type === 'cast_expression' ? childByField(n, 'type') : undefined;
    const value = n.type === 'cast_expression' ? childByField(n, 'value') : undefined;
    if (type !== undefined && value !== undefined && value.start - type.end === 2)
      gaps.push({ start: type.end + 1, end: value.start });
    return true;
  });
  return gaps;
}
