/**
 * Calls in a loop that store behind the pages of the turns before, and ask for as many as the first turn did: `pages + done` with `nr` in
 * `while (done < nr)`. By the text of the function.
 */
import type { CallSite } from '../../../analysis/sites/site.ts';
import type { RulePass } from '../../define.ts';
import { argumentOf } from '../facts.ts';

/** What such a call asks for, and from where on it stores. */
export interface Unreduced {
  readonly count: string;
  readonly cursor: string;
}

/** The count and the cursor of a call that asks for all pages anew each turn; undefined where it does not. */
export function unreducedCount(site: CallSite, pass: RulePass): Unreduced | undefined {
  const { unit, fn, span } = site;
  const count = argumentOf(site, 'nr', pass)?.text.trim() ?? '';
  const pages = argumentOf(site, 'pages', pass)?.text.trim() ?? '';
  const cursor = /^[\w.>-]+\s*\+\s*(\w+)$/.exec(pages)?.[1] ?? /^&\s*[\w.>-]+\[\s*(\w+)\s*\]$/.exec(pages)?.[1];
  if (fn === undefined || cursor === undefined || !/^[a-z]\w*$/.test(count) || count === cursor) return undefined;
  const body = unit.code.slice(fn.bodySpan.start, fn.bodySpan.end);
  const asks = new RegExp(`\\b(?:while\\s*\\(|for\\s*\\([^;()]*;)\\s*${cursor}\\s*(?:<|!=)\\s*${count}\\s*[;)]`).exec(
    body,
  );
  const behind = body.slice(span.end - fn.bodySpan.start);
  if (asks === null || !new RegExp(`\\b${cursor}\\s*\\+=\\s*\\w+\\s*;`).test(behind)) return undefined;
  const start = span.start - fn.bodySpan.start;
  const isDo = asks.index > start && /\}\s*$/.test(body.slice(0, asks.index)) && /\bdo\s*\{/.test(body.slice(0, start));
  if (!isDo && (asks.index > start || endOfLoop(body, asks.index) < start)) return undefined;
  const changes = new RegExp(`(?<![>.\\w])${count}\\s*(?:[-+*/|&]?=(?!=)|--|\\+\\+)`);
  return changes.test(body.slice(Math.min(asks.index, start))) ? undefined : { count, cursor };
}

/** Where the braces of a loop's body end. */
function endOfLoop(body: string, from: number): number {
  let depth = 0;
  for (let i = body.indexOf('{', from); i >= 0 && i < body.length; i++) {
    if (body[i] === '{') depth++;
    else if (body[i] === '}' && --depth === 0) return i;
  }
  return from;
}
