/** Reads one preprocessor line: what it is and what it says. Conditions are read by `expr.ts`, evaluated elsewhere. */
import type { Span } from '../base/span.ts';
import { type Directive, type Stripped, textOf } from './strip.ts';

/** A directive by meaning. Spans are into the file; `text` of a condition has its comments blanked. */
export type ParsedDirective =
  | { readonly kind: 'if' | 'elif'; readonly at: Directive; readonly text: string }
  | { readonly kind: 'ifdef' | 'ifndef' | 'elifdef' | 'elifndef'; readonly at: Directive; readonly name: string }
  | { readonly kind: 'else' | 'endif' | 'other'; readonly at: Directive }
  | {
      readonly kind: 'define';
      readonly at: Directive;
      readonly name: string;
      readonly params: readonly string[] | undefined;
      readonly nameSpan: Span;
      readonly bodySpan: Span;
      /** The body with comments and the insides of literals blanked. */
      readonly body: string;
    }
  | { readonly kind: 'undef'; readonly at: Directive; readonly name: string }
  | { readonly kind: 'include'; readonly at: Directive; readonly path: string; readonly quoted: boolean };

const KEYWORD = /#\s*([A-Za-z_]\w*)/y;
const NAME = /\s*([A-Za-z_$][\w$]*)/y;
const PARAMS = /\(([^()]*)\)/y;
const INCLUDE = /\s*(?:"([^"\n]*)"|<([^>\n]*)>)/y;

/** Reads a directive. `text` is the file's text, `stripped` its stripped form. */
function parseDirective(text: string, stripped: string, at: Directive): ParsedDirective {
  KEYWORD.lastIndex = at.start;
  const keyword = KEYWORD.exec(stripped);
  if (keyword === null || KEYWORD.lastIndex > at.end) return { kind: 'other', at };
  const from = KEYWORD.lastIndex;
  switch (keyword[1]) {
    case 'if':
    case 'elif':
      return { kind: keyword[1], at, text: stripped.slice(from, at.end) };
    case 'elsif':
    case 'elseif':
      // No directives: skipped where the branch ahead is off, an error where it is on. Meant as #elif in both.
      return { kind: 'elif', at, text: stripped.slice(from, at.end) };
    case 'ifdef':
    case 'ifndef':
    case 'elifdef':
    case 'elifndef':
      return { kind: keyword[1], at, name: nameAt(stripped, from, at.end)?.name ?? '' };
    case 'else':
    case 'endif':
      return { kind: keyword[1], at };
    case 'define':
      return parseDefine(stripped, from, at);
    case 'undef':
      return { kind: 'undef', at, name: nameAt(stripped, from, at.end)?.name ?? '' };
    case 'include':
    case 'include_next':
    case 'import':
      return parseInclude(text, from, at);
    default:
      return { kind: 'other', at };
  }
}

function nameAt(text: string, from: number, end: number): { readonly name: string; readonly span: Span } | undefined {
  NAME.lastIndex = from;
  const m = NAME.exec(text);
  if (m?.[1] === undefined || NAME.lastIndex > end) return undefined;
  return { name: m[1], span: { start: NAME.lastIndex - m[1].length, end: NAME.lastIndex } };
}

function parseDefine(stripped: string, from: number, at: Directive): ParsedDirective {
  const found = nameAt(stripped, from, at.end);
  if (found === undefined) return { kind: 'other', at };
  let bodyStart = found.span.end;
  let params: readonly string[] | undefined;
  PARAMS.lastIndex = bodyStart;
  const list = PARAMS.exec(stripped);
  if (list?.[1] !== undefined && PARAMS.lastIndex <= at.end) {
    params = list[1].trim() === '' ? [] : list[1].split(',').map((p) => p.trim());
    bodyStart = PARAMS.lastIndex;
  }
  let end = at.end;
  while (bodyStart < end && isSpace(stripped, bodyStart)) bodyStart++;
  while (end > bodyStart && isSpace(stripped, end - 1)) end--;
  return {
    kind: 'define',
    at,
    name: found.name,
    params,
    nameSpan: found.span,
    bodySpan: { start: bodyStart, end },
    body: stripped.slice(bodyStart, end),
  };
}

function parseInclude(text: string, from: number, at: Directive): ParsedDirective {
  INCLUDE.lastIndex = from;
  const m = INCLUDE.exec(text);
  if (m === null || INCLUDE.lastIndex > at.end) return { kind: 'other', at };
  return { kind: 'include', at, path: m[1] ?? m[2] ?? '', quoted: m[1] !== undefined };
}

function isSpace(s: string, i: number): boolean {
  return s.charCodeAt(i) <= 32;
}

/** The directives of a stripped file in order. Only their own stretches of the text are turned into strings. */
export function parseDirectives(text: string, stripped: Stripped): readonly ParsedDirective[] {
  if (stripped.directives.length === 0) return [];
  return stripped.directives.map((at) => shifted(text, stripped, at));
}

function shifted(text: string, stripped: Stripped, at: Directive): ParsedDirective {
  const local = { start: 0, end: at.end - at.start };
  const line = textOf(stripped.code.subarray(at.start, at.end));
  const d = parseDirective(text.slice(at.start, at.end), line, local);
  if (d.kind !== 'define') return { ...d, at };
  const move = (s: Span): Span => ({ start: s.start + at.start, end: s.end + at.start });
  return { ...d, at, nameSpan: move(d.nameSpan), bodySpan: move(d.bodySpan) };
}
