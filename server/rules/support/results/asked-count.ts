/**
 * Totals of a loop that grow by the number of pages asked for, where nothing compares it with the result: after a short count they say more
 * than came. By the text of the function.
 */
import type { CallSite } from '../../../analysis/sites/site.ts';
import type { Span } from '../../../base/span.ts';
import type { RulePass } from '../../define.ts';
import { argumentOf } from '../facts.ts';
import { isInLoop } from '../surroundings.ts';
import { resultVariable } from './result-variable.ts';

/** A total, and where it grows. */
export interface AskedCount {
  readonly total: string;
  readonly span: Span;
}

/** Where a total grows by what a call in a loop asked for and not by what came; undefined where the result is compared with anything but a constant. */
export function askedCount(pass: RulePass, site: CallSite): AskedCount | undefined {
  const { unit, fn, span } = site;
  const result = resultVariable(site)?.name;
  const asked = argumentOf(site, 'nr', pass)?.text.trim();
  if (fn === undefined || result === undefined || asked === undefined || !/^[a-z]\w*$/.test(asked)) return undefined;
  if (result === asked || !site.rows.every((row) => row.returns === 'pages') || !isInLoop(unit, fn, span.start))
    return undefined;
  const body = unit.code.slice(fn.bodySpan.start, fn.bodySpan.end);
  if (isCompared(body, result) || takesOver(body, asked, result)) return undefined;
  const behind = unit.code.slice(span.end, fn.bodySpan.end);
  const grows = new RegExp(`(?<![\\w.>])(\\w+)\\s*\\+=\\s*${asked}\\s*;`).exec(behind);
  if (grows?.[1] === undefined || !isGivenBackBy(body, grows[1])) return undefined;
  const start = span.end + grows.index;
  return { total: grows[1], span: { start, end: start + grows[0].length - 1 } };
}

/** Whether the result is compared with anything that is no number. */
function isCompared(body: string, result: string): boolean {
  const left = new RegExp(
    `\\b${result}\\s*\\)?\\s*(?:[!=<>]=|[<>](?![<>]))\\s*\\(?\\s*(?:\\([\\w\\s]+\\)\\s*)?[A-Za-z_*(]`,
  );
  const right = new RegExp(`[\\w)\\]]\\s*(?:[!=<>]=|(?<![-<>])[<>])\\s*(?:\\([\\w\\s]+\\)\\s*)?${result}\\b`);
  return left.test(body) || right.test(body);
}

/** Whether the number asked for becomes the one that came, or one made of it. */
function takesOver(body: string, asked: string, result: string): boolean {
  return new RegExp(`\\b${asked}\\s*[-+]?=(?!=)[^;]*\\b${result}\\b`).test(body);
}

/** Whether a total is a count of pages: some are given back by it. */
function isGivenBackBy(body: string, total: string): boolean {
  return new RegExp(`\\b(?:unpin|put|release)\\w*\\s*\\([^;]*\\b${total}\\b`).test(body);
}
