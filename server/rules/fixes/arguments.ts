/** Edits of a call: its name, one argument's text, an argument taken out, two arguments swapped. */
import type { ApiCall, Argument } from '../../analysis/sites/site.ts';
import type { Edit } from '../define.ts';
import { columnAt, indentsWithBlanks, listText } from './layout.ts';

/** Puts another function's name in place; undefined where the text says a macro that stands for the function. */
export function renameCall(call: ApiCall, newName: string): Edit | undefined {
  if (call.spelled !== call.api) return undefined;
  return { unit: call.unit, span: call.nameSpan, newText: newName };
}

/** Replaces the text of an argument. */
export function replaceArgument(call: ApiCall, argument: Argument, newText: string): Edit {
  return { unit: call.unit, span: { start: argument.start, end: argument.end }, newText };
}

/** Swaps the texts of two arguments. */
export function swapArguments(call: ApiCall, i: number, j: number): readonly Edit[] {
  const a = call.args[i];
  const b = call.args[j];
  if (a === undefined || b === undefined) return [];
  const text = call.unit.text;
  return [replaceArgument(call, a, text.slice(b.start, b.end)), replaceArgument(call, b, text.slice(a.start, a.end))];
}

/** Replaces a whole call, in kernel style; undefined where the text says a macro that stands for the function. */
export function replaceCall(
  call: Pick<ApiCall, 'unit' | 'span' | 'spelled' | 'api'>,
  name: string,
  args: readonly string[],
): Edit | undefined {
  const { unit, span } = call;
  if (call.spelled !== call.api) return undefined;
  const column = columnAt(unit.text, span.start) + name.length + 1;
  const lineEnd = unit.text.indexOf('\n', span.end);
  const tail = `)${unit.text.slice(span.end, lineEnd < 0 ? undefined : lineEnd)}`.replace(/\s*\/[/*].*$/, '');
  const blanks = indentsWithBlanks(unit, span.start);
  return { unit, span, newText: `${name}(${listText(args, { column, tail, blanks })})` };
}
