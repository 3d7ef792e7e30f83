/**
 * Takes one flag out of a flags expression: the name with its `|`, the whole `flags |= NAME;`, or a 0 in its place when
 * nothing else stands there. Layout of what remains is left as it was.
 */
import type { Span } from '../../base/span.ts';
import type { CUnit } from '../../syntax/unit.ts';
import type { Edit } from '../define.ts';
import { scanText, skipBack, skipForward, wholeLines, withParentheses } from './text-scan.ts';

/** The edit that removes the operand at `span` from its expression; undefined where no clean removal is seen. */
export function dropFlag(unit: CUnit, span: Span): Edit | undefined {
  const text = scanText(unit, span);
  const operand = withParentheses(text, span);
  const before = skipBack(text, operand.start);
  if (isOr(text, before - 1)) {
    const left = skipBack(text, before - 1);
    return { unit, span: { start: left, end: operand.end }, newText: '' };
  }
  const after = skipForward(text, operand.end);
  if (isOr(text, after)) {
    return { unit, span: { start: operand.start, end: skipForward(text, after + 1) }, newText: '' };
  }
  if (text.slice(before - 2, before) === '|=') return dropStatement(unit, text, { start: before - 2, end: after });
  return { unit, span: operand, newText: '0' };
}

/** Whether a lone `|` stands at this offset. */
function isOr(text: string, at: number): boolean {
  return text[at] === '|' && text[at - 1] !== '|' && text[at + 1] !== '|' && text[at + 1] !== '=';
}

/** Removes `lvalue |= NAME;` (`at` runs from `|=` to the semicolon) when it is a statement among others. */
function dropStatement(unit: CUnit, text: string, at: Span): Edit | undefined {
  if (text[at.end] !== ';') return undefined;
  let start = skipBack(text, at.start);
  while (start > 0 && /[\w.>\-[\]*]/.test(text[start - 1] ?? '')) start--;
  const previous = text[skipBack(text, start) - 1];
  if (previous !== ';' && previous !== '{' && previous !== '}') return undefined;
  return { unit, span: wholeLines(unit.text, { start, end: at.end + 1 }), newText: '' };
}
