/** Statements put in front of a return, which gets a block where it has none. */
import type { CallSite } from '../../analysis/sites/site.ts';
import { openingOf } from '../../base/brackets.ts';
import type { Edit } from '../define.ts';
import { asIndented, indentStep, outdented } from './layout.ts';
import { skipBack, skipForward } from './text-scan.ts';

/** Lines in front of a return that stands in the block of an `if`, or alone behind one; undefined where it stands otherwise. */
export function insertBefore(
  { unit }: Pick<CallSite, 'unit'>,
  at: { start: number; end: number },
  lines: readonly string[],
): Edit[] | undefined {
  const { code, text } = unit;
  if (!/^return\b/.test(code.slice(at.start, at.end))) return undefined;
  const lineStart = text.lastIndexOf('\n', at.start - 1) + 1;
  const indent = text.slice(lineStart, at.start);
  if (/\S/.test(indent)) return onOneLine({ unit }, at, lines);
  const body = `${asIndented(unit, lines)
    .map((l) => indent + l)
    .join('\n')}\n`;
  const before = skipBack(code, at.start);
  const insert: Edit = { unit, span: { start: lineStart, end: lineStart }, newText: body };
  const last = code[before - 1];
  if (last === '{' || last === ';' || last === '}') return opensIf(code, at.start) ? [insert] : undefined;
  if (last !== ')' || !isIf(code, before)) return undefined;
  if (/^else\b/.test(code.slice(skipForward(code, at.end)))) return undefined;
  const outer = outdented(unit, indent);
  return [
    { unit, span: { start: before, end: before }, newText: ' {' },
    insert,
    { unit, span: { start: at.end, end: at.end }, newText: `\n${outer}}` },
  ];
}

/** Lines in front of a statement that stands on the line of its `if`, which gets a block. */
export function onOneLine(
  { unit }: Pick<CallSite, 'unit'>,
  at: { start: number; end: number },
  lines: readonly string[],
): Edit[] | undefined {
  const { code, text } = unit;
  const before = skipBack(code, at.start);
  const outer = /^[ \t]*/.exec(text.slice(text.lastIndexOf('\n', at.start - 1) + 1))?.[0] ?? '';
  const isStatement = /(?:^|[;{}:]|\belse)\s*if\s*$/.test(
    code.slice(Math.max(0, before - 400), openingOf(code, before - 1) ?? 0),
  );
  if (code[before - 1] !== ')' || !isIf(code, before) || !isStatement) return undefined;
  if (/^else\b/.test(code.slice(skipForward(code, at.end)))) return undefined;
  const body = [...asIndented(unit, lines), text.slice(at.start, at.end)]
    .map((l) => `\n${outer}${indentStep(unit)}${l}`)
    .join('');
  const rest = /^[ \t]*(?:\n|\/[/*])/.test(text.slice(at.end)) ? '' : `\n${outer}`;
  const end = rest === '' ? at.end : at.end + (/^[ \t]*/.exec(text.slice(at.end))?.[0].length ?? 0);
  return [{ unit, span: { start: before, end }, newText: ` {${body}\n${outer}}${rest}` }];
}

/** Whether the innermost block around an offset is that of an `if` or `else`. */
function opensIf(code: string, offset: number): boolean {
  let depth = 0;
  for (let i = offset - 1; i >= 0; i--) {
    if (code[i] === '}') depth++;
    else if (code[i] === '{' && depth-- === 0) {
      const before = skipBack(code, i);
      return code[before - 1] === ')'
        ? isIf(code, before)
        : /\belse$/.test(code.slice(Math.max(0, before - 5), before));
    }
  }
  return false;
}

/** Whether the parentheses that end here belong to an `if`. */
function isIf(code: string, end: number): boolean {
  const open = openingOf(code, end - 1) ?? 0;
  return /\bif\s*$/.test(code.slice(Math.max(0, open - 8), open));
}
