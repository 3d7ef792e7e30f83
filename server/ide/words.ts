/**
 * Reading C around a place without a parser: the word at an offset, the call an offset stands in, the arguments of a call.
 * Works on text that is being typed; bounded in how far it looks, so a question costs the same in any file.
 */
import type { Span } from '../base/span.ts';

/** A word of the text. */
export interface Word extends Span {
  readonly text: string;
}

/** The identifier that covers or ends at an offset; undefined where there is none. */
export function wordAt(text: string, offset: number): Word | undefined {
  let start = offset;
  while (start > 0 && offset - start < 200 && /\w/.test(text.charAt(start - 1))) start--;
  let end = offset;
  while (end < text.length && end - offset < 200 && /\w/.test(text.charAt(end))) end++;
  const word = text.slice(start, end);
  return /^[A-Za-z_]/.test(word) ? { text: word, start, end } : undefined;
}

/** How far a call's argument list is followed, in UTF-16 units. */
const REACH = 4000;

const PIECES = /"(?:\\[\s\S]|[^"\\\n])*"?|'(?:\\[\s\S]|[^'\\\n])*'?|\/\*[\s\S]*?(?:\*\/|$)|\/\/[^\n]*|[()[\]{};,]/g;

/** The arguments of the call whose callee's name ends at `nameEnd`; undefined when no argument list follows or it does not end. */
export function argumentsAfter(text: string, nameEnd: number): readonly Span[] | undefined {
  const rest = text.slice(nameEnd, nameEnd + REACH);
  const open = /^\s*\(/.exec(rest);
  if (open === null) return undefined;
  const spans: Span[] = [];
  let depth = 0;
  let start = open[0].length;
  for (const m of rest.slice(open[0].length).matchAll(PIECES)) {
    const at = open[0].length + m.index;
    const piece = m[0];
    if (piece === ';' && depth === 0) return undefined;
    if (piece === '(' || piece === '[' || piece === '{') depth++;
    else if ((piece === ')' || piece === ']' || piece === '}') && depth > 0) depth--;
    else if (piece === ')' || (piece === ',' && depth === 0)) {
      const span = trimmed(rest, start, at);
      if (piece === ',' || spans.length > 0 || span.start < span.end)
        spans.push({ start: nameEnd + span.start, end: nameEnd + span.end });
      if (piece === ')') return spans;
      start = at + 1;
    } else if (piece === '}' || piece === ']') return undefined;
  }
  return undefined;
}

function trimmed(text: string, start: number, end: number): Span {
  let from = start;
  let to = end;
  while (from < to && /\s/.test(text.charAt(from))) from++;
  while (to > from && /\s/.test(text.charAt(to - 1))) to--;
  return { start: from, end: to };
}

/** A call that an offset stands in the arguments of. */
export interface OpenCall {
  readonly callee: string;
  /** The argument, from 0. */
  readonly index: number;
  /** Where its text starts; it may not be finished. */
  readonly start: number;
}

/** The innermost call around an offset, its argument list finished or not; undefined outside of calls, in comments and in strings. */
export function callAround(text: string, offset: number): OpenCall | undefined {
  const from = Math.max(0, offset - REACH);
  const before = text.slice(from, offset);
  const stack: { index: number; start: number; name: string | undefined }[] = [];
  for (const m of before.matchAll(PIECES)) {
    const piece = m[0];
    const end = m.index + piece.length;
    if (piece.startsWith('/*') && !piece.endsWith('*/')) return undefined;
    if (piece.startsWith('//') && end === before.length) return undefined;
    if (/^["']/.test(piece) && end === before.length && (piece.length === 1 || piece.at(-1) !== piece[0]))
      return undefined;
    if (piece === '(') {
      const name = /([A-Za-z_]\w*)\s*$/.exec(before.slice(Math.max(0, m.index - 100), m.index))?.[1];
      stack.push({ index: 0, start: end, name });
    } else if (piece === '[') stack.push({ index: 0, start: end, name: undefined });
    else if (piece === ')' || piece === ']') stack.pop();
    else if (piece === ';' || piece === '{' || piece === '}') stack.length = 0;
    const top = stack.at(-1);
    if (piece === ',' && top !== undefined) {
      top.index++;
      top.start = end;
    }
  }
  const call = stack.findLast((s) => s.name !== undefined && !/^(?:if|while|for|switch|return|sizeof)$/.test(s.name));
  return call?.name === undefined ? undefined : { callee: call.name, index: call.index, start: from + call.start };
}
