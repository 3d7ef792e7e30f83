/**
 * ## What it does
 * Finds a number of pages that is computed from a 64-bit length or address range and kept in a narrower variable, with no limit tested
 * before the call.
 *
 * ## Why is this bad?
 * A caller that asks for 2^44 bytes and a page gets one page pinned, and the code goes on as if all were there. A count that turns
 * negative is refused or, as an unsigned size of an array, wraps round.
 *
 * ## Example
 * ```c bad
 * int demo_map(u64 addr, u64 len, struct page **pages)
 * {
 * 	int n = (offset_in_page(addr) + len + PAGE_SIZE - 1) >> PAGE_SHIFT;
 *
 * 	return pin_user_pages_fast(addr, n, FOLL_WRITE, pages);
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * int demo_map(u64 addr, u64 len, struct page **pages)
 * {
 * 	int n;
 *
 * 	if (len > DEMO_MAX_LEN)
 * 		return -EINVAL;
 * 	n = (offset_in_page(addr) + len + PAGE_SIZE - 1) >> PAGE_SHIFT;
 * 	return pin_user_pages_fast(addr, n, FOLL_WRITE, pages);
 * }
 * ```
 *
 * ## Kernels
 * All, on 64-bit machines.
 *
 * ## Limits
 * The length must be a parameter of a 64-bit type of the function that counts, or a variable that gets what copy_from_user() brought there,
 * and neither it nor the count may be compared with anything there, nor the length be handed to a function that may refuse it; a caller's limit is not seen, so the confidence is low for static functions.
 *
 * ## Fix safety
 * No fix.
 *
 * ## References
 * The nr_pages argument of get_user_pages_fast() in mm/gup.c is an int.
 */
import type { CallSite } from '../analysis/sites/site.ts';
import type { Span } from '../base/span.ts';
import { type CType, isInteger } from '../syntax/ctype.ts';
import { variablesOf } from '../syntax/types.ts';
import { defineRule, type RulePass } from './define.ts';
import { argumentOf } from './support/facts.ts';
import { isHandedOn } from './support/results/handed-on.ts';

/** See the head of the file. */
export const pageCountTruncated = defineRule({
  name: 'page-count-truncated',
  group: 'result',
  summary: 'A number of pages loses its upper bits before the call',
  severity: 'warning',
  fix: 'none',
  check(pass) {
    for (const site of pass.sites) {
      if (site.unit !== pass.unit || site.via !== undefined || site.fn === undefined) continue;
      const found = truncation(site, pass);
      if (found === undefined) continue;
      pass.report({
        message: `${found.count} (${found.type}) takes the pages of ${found.length}, a 64-bit length that nothing limits here: the upper bits are lost and fewer pages are taken than the caller asked for; test the length, or keep the count in an unsigned long and refuse what is above INT_MAX`,
        at: { unit: site.unit, span: found.span },
        functionName: site.fn.name,
        confidence: site.fn.isStatic ? 'low' : 'medium',
        site,
        related: [{ at: { unit: site.unit, span: site.nameSpan }, message: 'the pages are taken here' }],
      });
    }
  },
});

interface Truncation {
  readonly span: Span;
  readonly count: string;
  readonly type: string;
  readonly length: string;
}

function truncation(site: CallSite, pass: RulePass): Truncation | undefined {
  const { unit, fn, span } = site;
  const count = argumentOf(site, 'nr', pass)?.text.trim();
  if (fn === undefined || count === undefined || !/^\w+$/.test(count)) return undefined;
  const variables = variablesOf(unit, fn);
  const typeOf = (name: string): CType | undefined => {
    const all = variables.filter((v) => v.name === name);
    const type = all.length === 1 ? all[0]?.type : undefined;
    return type !== undefined && isInteger(type) ? type : undefined;
  };
  const isWide = (name: string): boolean => typeOf(name)?.bits === 64;
  const type = typeOf(count);
  const before = unit.code.slice(fn.bodySpan.start, span.start);
  const assigned = [...before.matchAll(new RegExp(`\\b${count}\\s*=\\s*([^;=]+);`, 'g'))];
  const [m] = assigned;
  const text = m?.[1];
  if (type?.bits === undefined || type.bits > 32 || m === undefined || text === undefined || assigned.length !== 1)
    return undefined;
  if (!/>>\s*PAGE_SHIFT|PAGE_SIZE\s*\)?$/.test(text)) return undefined;
  const head = unit.code.slice(fn.nameSpan.end, fn.bodySpan.start);
  const length = (text.match(/\b[a-z_]\w*\b/g) ?? []).find((word) => {
    const isGiven = new RegExp(`\\b${word}\\s*[,)]`).test(head) || isFromUser(before, word);
    return isGiven && isWide(word) && /len|size|count|bytes|end/.test(word);
  });
  if (length === undefined || isLimited(before, [count, length]) || isHandedOn(before, `(?<![\\w.>])${length}\\b`))
    return undefined;
  const start = fn.bodySpan.start + m.index;
  return { span: { start, end: start + count.length }, count, type: type.base, length };
}

/** Whether a local is assigned once, from a member of what user space gave: nobody has limited that before. */
function isFromUser(text: string, name: string): boolean {
  const [only, ...more] = text.matchAll(
    new RegExp(`(?<![>.\\w])${name}\\s*=\\s*(?:\\(u64\\)\\s*)?(\\w+)(?:\\.|->)(\\w+)\\s*;`, 'g'),
  );
  if (only?.[1] === undefined || only[2] === undefined || more.length > 0) return false;
  if (new RegExp(`(?<![>.\\w])${name}\\s*[-+*|&]?=(?!=)`, 'g').test(text.slice(only.index + only[0].length)))
    return false;
  return new RegExp(`\\bcopy_from_user\\s*\\(\\s*&?${only[1]}\\b`).test(text) && !isLimited(text, [only[2]]);
}

/** Whether one of the names is compared, or bounded otherwise, in a text. */
function isLimited(code: string, names: readonly string[]): boolean {
  // `addr + len < addr` asks whether the sum wraps round: what does not may be as long as memory.
  const text = code.replace(/\(?\b(\w+)\s*\+\s*(\w+)\b\s*\)?\s*<=?\s*(?:\1|\2)\b/g, '');
  return names.some((name) =>
    new RegExp(
      `\\b${name}\\s*\\)?\\s*(?:[<>]=?(?![<>])|[!=]=|>>\\s*(?:[23]\\d)\\b)|[^<>-][<>]=?\\s*\\(?\\s*${name}\\b|\\b(?:min|clamp|check|limit|overflow)\\w*\\s*\\([^;]*\\b${name}\\b`,
    ).test(text),
  );
}
