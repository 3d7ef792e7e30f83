/**
 * `guplint: ignore …` comments: what they say and which lines they speak of. Matching them with findings is suppress.ts.
 *
 *     guplint: ignore RULE[, RULE] -- reason             on the statement's first line, or alone on the line above
 *     guplint: ignore-function RULE[, RULE] -- reason    inside the function, or above it
 *     guplint: ignore-file RULE[, RULE] -- reason        anywhere
 */
import type { LineIndex } from '../base/line-index.ts';
import type { Span } from '../base/span.ts';
import { type Comment, commentsOf } from './comments.ts';

/** A rule's name as a directive spells it, with its place. */
export interface NamedRule extends Span {
  readonly name: string;
}

/** One directive. Lines are 1-based. */
export interface Directive {
  readonly kind: 'line' | 'function' | 'file';
  readonly rules: readonly NamedRule[];
  /** Empty when it gives none, and then it silences nothing. */
  readonly reason: string;
  /** The whole comment. */
  readonly comment: Comment;
  /** From the word `guplint:` to the end of the directive. */
  readonly span: Span;
  /** Nothing else but the comment stands on its lines. */
  readonly alone: boolean;
  /** kind line: the line of code it speaks of. */
  readonly targetLine: number;
}

const MARK = 'guplint:';
const SYNTAX = /guplint:[ \t]*ignore(-function|-file)?(?![\w-])[ \t]*([^\n]*)/g;

/** Directives of a text, in text order; none, and at no cost, where the text does not hold `guplint:`. */
export function directivesOf(text: string, lines: LineIndex): readonly Directive[] {
  if (!text.includes(MARK)) return [];
  const comments = commentsOf(text);
  const taken = commentLines(text, comments, lines);
  return comments.flatMap((comment) => directivesIn(text, comment, lines, taken));
}

function directivesIn(
  text: string,
  comment: Comment,
  lines: LineIndex,
  onlyComment: (line: number) => boolean,
): Directive[] {
  const body = text.slice(comment.start, comment.kind === 'block' ? comment.end - 2 : comment.end);
  const first = lines.at(comment.start).line;
  const last = lines.at(comment.end - 1).line;
  const alone = onlyComment(first) && onlyComment(last);
  const found: Directive[] = [];
  for (const m of body.matchAll(SYNTAX)) {
    const start = comment.start + m.index;
    const rest = m[2] ?? '';
    const restStart = start + m[0].length - rest.length;
    const dashes = /(?:^|\s)--(?:\s|$)/.exec(rest);
    const list = dashes === null ? rest : rest.slice(0, dashes.index);
    found.push({
      kind: m[1] === '-function' ? 'function' : m[1] === '-file' ? 'file' : 'line',
      rules: [...list.matchAll(/[^\s,]+/g)].map((r) => ({
        name: r[0],
        start: restStart + r.index,
        end: restStart + r.index + r[0].length,
      })),
      reason: dashes === null ? '' : rest.slice(dashes.index + dashes[0].length).trim(),
      comment,
      span: { start, end: start + m[0].trimEnd().length },
      alone,
      targetLine: alone ? nextCode(last, lines, onlyComment) : first,
    });
  }
  return found;
}

/** The line below a comment, comments in between skipped. */
function nextCode(line: number, lines: LineIndex, onlyComment: (line: number) => boolean): number {
  let next = line + 1;
  while (next <= lines.lineCount && onlyComment(next)) next++;
  return next;
}

/** Tells of a line whether it holds comment text and nothing else. */
function commentLines(text: string, comments: readonly Comment[], lines: LineIndex): (line: number) => boolean {
  const parts: string[] = [];
  let at = 0;
  for (const c of comments) {
    parts.push(text.slice(at, c.start), text.slice(c.start, c.end).replace(/[^\r\n]/g, ' '));
    at = c.end;
  }
  parts.push(text.slice(at));
  const code = parts.join('');
  const blank = (of: string, line: number): boolean =>
    of.slice(lines.lineStart(line), lines.lineStart(line + 1)).trim() === '';
  return (line) => blank(code, line) && !blank(text, line);
}
