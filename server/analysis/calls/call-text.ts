/**
 * Calls found in text where no tree tells of them: in macro bodies, at file scope, and in functions whose tree is damaged.
 * Costs are linear in the stretch looked at; an argument list longer than `MAX_CALL` characters is not taken for a call.
 */
import type { Span } from '../../base/span.ts';
import type { CUnit, MacroDef } from '../../syntax/unit.ts';
import { closing, splitArguments } from '../flags/constants.ts';

/** Characters that one call may span. */
const MAX_CALL = 4000;

/** A call by its text. Offsets are those of the unit. */
export interface TextCall {
  readonly name: string;
  readonly nameSpan: Span;
  readonly span: Span;
  readonly args: readonly Span[];
}

/** The call whose callee's name starts at `offset` of `text`; undefined where no argument list follows. */
export function textCall(text: string, offset: number, limit = text.length): TextCall | undefined {
  const m = /^([A-Za-z_]\w*)\s*\)?\s*/.exec(text.slice(offset, Math.min(offset + 200, limit)));
  if (m?.[1] === undefined) return undefined;
  const open = offset + m[0].length;
  if (text[open] !== '(') return undefined;
  const close = closing(text, open, Math.min(limit, open + MAX_CALL));
  if (close < 0) return undefined;
  const nameSpan = { start: offset, end: offset + m[1].length };
  return { name: m[1], nameSpan, span: { start: offset, end: close + 1 }, args: splitArguments(text, open + 1, close) };
}

/** The text of a unit with everything blanked but one macro's body, of which comments, strings and line joints are blanked too. */
export function macroText(unit: CUnit, macro: MacroDef): string {
  const body = unit.text.slice(macro.bodySpan.start, macro.bodySpan.end);
  return body.replace(/\/\*.*?\*\/|\/\/[^\n]*|"(?:[^"\\\n]|\\.)*"|\\\r?\n/gs, (s) => ' '.repeat(s.length));
}

/** The calls of names that `wanted` asks for in a macro's body, in order, inner ones included. */
export function macroCalls(unit: CUnit, macro: MacroDef, wanted: (name: string) => boolean): TextCall[] {
  const text = macroText(unit, macro);
  const base = macro.bodySpan.start;
  const calls: TextCall[] = [];
  for (const m of text.matchAll(/(?<![\w.]|->)[A-Za-z_]\w*(?=\s{0,20}\()/g)) {
    const call = wanted(m[0]) ? textCall(text, m.index) : undefined;
    if (call !== undefined) calls.push(shifted(call, base));
  }
  return calls;
}

function shifted(call: TextCall, by: number): TextCall {
  const move = (s: Span): Span => ({ start: s.start + by, end: s.end + by });
  return { name: call.name, nameSpan: move(call.nameSpan), span: move(call.span), args: call.args.map(move) };
}

/** Keywords after which an expression starts. */
const BEFORE_EXPRESSION = /(?:^|\W)(?:return|else|do|case|goto|sizeof|typeof|in)$/;

/**
 * Whether a name before an argument list, judged by what stands before it, is called there and not declared:
 * a declaration has a type or a `*` of one before the name.
 */
export function looksCalled(code: string, offset: number, from: number): boolean {
  const before = code.slice(Math.max(from, offset - 200), offset).trimEnd();
  if (before === '') return false;
  const last = before[before.length - 1] ?? '';
  if (/\w/.test(last)) return BEFORE_EXPRESSION.test(before);
  if (last === '*')
    return !/(?:^|[;{}])\s*(?:(?:extern|static|inline|const|struct|union|unsigned|enum)\s+)*\w+\s*\**$/.test(before);
  return true;
}
