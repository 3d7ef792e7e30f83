/** A release put behind a test: `if (got > 0)`, `if (iov_iter_extract_will_pin(iter))`. */
import type { ApiCall } from '../../analysis/sites/site.ts';
import type { Edit, FixProposal } from '../define.ts';
import { indentAt, indentStep } from './layout.ts';
import { skipBack, skipForward } from './text-scan.ts';

/** The call behind an `if`, under the name given; undefined where it is no statement of its own, or not one that may become an `if`. */
export function behindTest(
  { unit, span, nameSpan }: ApiCall,
  { condition, name, ...fix }: Pick<FixProposal, 'title' | 'applicability'> & { condition: string; name: string },
): FixProposal | undefined {
  const { code, text } = unit;
  const semicolon = skipForward(code, span.end);
  if (code[semicolon] !== ';') return undefined;
  const indent = indentAt(text, span.start);
  const before = skipBack(code, span.start);
  const lineStart = text.lastIndexOf('\n', span.start - 1) + 1;
  if (!/[;{}:)]/.test(code[before - 1] ?? '') || /\S/.test(text.slice(lineStart, span.start))) return undefined;
  // An `else` behind it would become the new test's.
  if (/^else\b/.test(code.slice(skipForward(code, semicolon + 1)))) return undefined;
  const args = text.slice(nameSpan.end, semicolon + 1).replace(/\n/g, `\n${indentStep(unit)}`);
  const edit: Edit = {
    unit,
    span: { start: span.start, end: semicolon + 1 },
    newText: `if (${condition})\n${indent}${indentStep(unit)}${name}${args}`,
  };
  return { ...fix, edits: [edit] };
}
