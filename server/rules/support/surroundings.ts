/** What stands around a place in a function, told from the text: the loops it is in, and the statement that a loop's header governs. */
import { functionAt } from '../../analysis/calls/call-index.ts';
import { openingOf } from '../../base/brackets.ts';
import type { Span } from '../../base/span.ts';
import type { CUnit, FunctionDef } from '../../syntax/unit.ts';
import { skipBack, skipForward } from '../fixes/text-scan.ts';

/** Whether an offset lies in the block or the header of a loop of the function; a loop without braces around it counts only by its header. */
export function isInLoop(unit: CUnit, fn: FunctionDef, offset: number): boolean {
  const { code } = unit;
  let depth = 0;
  for (let i = offset - 1; i > fn.bodySpan.start; i--) {
    const c = code[i];
    if (c === '}' || c === ')') depth++;
    else if (c === '{' || c === '(') {
      if (depth > 0) depth--;
      else if (c === '(' ? isLoopWord(code, i) : opensLoop(code, i)) return true;
    }
  }
  return false;
}

/** Whether a `goto` behind a call leads to a label in front of it: what an earlier turn took has no name any more. */
export function isJumpedBackTo(unit: CUnit, fn: FunctionDef, { start, end }: Span): boolean {
  const ahead = unit.code.slice(fn.bodySpan.start, start);
  const behind = unit.code.slice(end, fn.bodySpan.end);
  return [...behind.matchAll(/\bgoto\s+(\w+)\s*;/g)].some(([, label]) =>
    new RegExp(`(?:^|[;{}:])\\s*${label}\\s*:(?!:)`).test(ahead),
  );
}

/** Whether the brace at an offset opens the body of a loop. */
function opensLoop(code: string, brace: number): boolean {
  const before = skipBack(code, brace);
  if (/\bdo$/.test(code.slice(Math.max(0, before - 3), before))) return true;
  if (code[before - 1] !== ')') return false;
  const open = openingOf(code, before - 1);
  return open !== undefined && isLoopWord(code, open);
}

/** Whether the parenthesis at an offset follows `while`, `for` or a macro named like a loop. */
function isLoopWord(code: string, open: number): boolean {
  const word = /(\w+)\s*$/.exec(code.slice(Math.max(0, open - 60), open))?.[1];
  return word !== undefined && /^(?:while|for|\w*for_each\w*)$/.test(word);
}

/** The statement behind the header that holds a condition: a block, or up to the semicolon. Empty where there is none. */
export function governedBy({ code }: Pick<CUnit, 'code'>, condition: Span): Span {
  let depth = 0;
  let i = condition.end;
  for (; i < code.length; i++) {
    if (code[i] === '(') depth++;
    else if (code[i] === ')' && depth-- === 0) break;
    else if (code[i] === '{' || code[i] === '}') return { start: condition.end, end: condition.end };
  }
  const start = skipForward(code, i + 1);
  depth = 0;
  for (let end = start; end < code.length; end++) {
    if (code[end] === '{') depth++;
    else if (code[end] === '}' && --depth <= 0) return { start, end: end + 1 };
    else if (code[end] === ';' && depth === 0) return { start, end: end + 1 };
  }
  return { start, end: start };
}

/** Whether two places stand in the two arms of one `if`: a single statement or a block in the first, `else`, and the second right behind. */
export function areArms({ code }: CUnit, a: number, b: number): boolean {
  const between = code.slice(Math.min(a, b), Math.max(a, b));
  return /^[^;{}]*;\s*\}?\s*else\b\s*(?:\{\s*)?[^;{}]*$/.test(between);
}

/** A statement's place in a file. */
interface Place {
  readonly unit: CUnit;
  readonly offset: number;
}

/** The `if` whose first statement begins here: its condition, with one level of calls in it. */
const OPENED_BY = /\bif\s*\(((?:[^()]|\([^()]*\))*)\)\s*\{?\s*$/;

/** Whether one statement of a function is the first behind `if (x)` and the other the first behind `if (!x)`, x being one name, field or call. */
export function excludeEachOther(a: Place, b: Place): boolean {
  if (a.unit !== b.unit || functionAt(a.unit, a.offset) !== functionAt(b.unit, b.offset)) return false;
  const first = conditionAt(a);
  const second = conditionAt(b);
  return first !== undefined && second !== undefined && (first === `!${second}` || second === `!${first}`);
}

/** The condition right before a statement, without blanks; undefined where there is none or it is more than one name, field or call. */
function conditionAt({ unit, offset }: Place): string | undefined {
  const fn = functionAt(unit, offset);
  const condition = fn && OPENED_BY.exec(unit.code.slice(fn.span.start, offset))?.[1]?.replace(/\s+/g, '');
  return condition !== undefined && /^!?\w+(?:(?:->|\.)\w+)*(?:\(\w*\))?$/.test(condition) ? condition : undefined;
}
