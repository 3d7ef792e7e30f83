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
 * The length must be a parameter of a 64-bit type of the function that counts, or what copy_from_user() brought there, and neither it nor the
 * count may be compared with anything there but 0 and the end of the 64 bits, nor the length be handed to a function that may refuse it; a
 * caller's limit is not seen, so the confidence is low for parameters of static functions.
 *
 * ## Fix safety
 * No fix.
 *
 * ## References
 * The nr_pages argument of get_user_pages_fast() in mm/gup.c is an int.
 */
import type { CallSite } from '../analysis/sites/site.ts';
import type { Span } from '../base/span.ts';
import { isInteger } from '../syntax/ctype.ts';
import { defineRule, type RulePass } from './define.ts';
import { argumentOf } from './support/facts.ts';
import { isHandedOn } from './support/results/handed-on.ts';
import { variableType, type WideLength, wideLength } from './support/results/wide-length.ts';

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
        message: `${found.count} (${found.type}) takes the pages of ${found.length.text}, a 64-bit length that nothing limits here: the upper bits are lost and fewer pages are taken than the caller asked for; test the length, or keep the count in an unsigned long and refuse what is above INT_MAX`,
        at: { unit: site.unit, span: found.span },
        functionName: site.fn.name,
        confidence: site.fn.isStatic && !found.length.fromUser ? 'low' : 'medium',
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
  readonly length: WideLength;
}

function truncation(site: CallSite, pass: RulePass): Truncation | undefined {
  const { unit, fn, span } = site;
  const count = argumentOf(site, 'nr', pass)?.text.trim();
  if (fn === undefined || count === undefined || !/^\w+$/.test(count)) return undefined;
  const type = variableType(site, count);
  const before = unit.code.slice(fn.bodySpan.start, span.start);
  const assigned = [...before.matchAll(new RegExp(`\\b${count}\\s*=\\s*([^;=]+);`, 'g'))];
  const [m] = assigned;
  const text = m?.[1];
  if (type === undefined || !isInteger(type) || type.bits === undefined || type.bits > 32) return undefined;
  if (m === undefined || text === undefined || assigned.length !== 1) return undefined;
  if (!/>>\s*PAGE_SHIFT|PAGE_SIZE\s*\)?$/.test(text)) return undefined;
  const length = wideLength(site, text, count);
  if (length === undefined || isHandedOn(before, patternOf(length))) return undefined;
  const start = fn.bodySpan.start + m.index;
  return { span: { start, end: start + count.length }, count, type: type.base, length };
}

/** What matches a length, or the structure that has it as a whole, and no other member of that. */
function patternOf({ text }: WideLength): string {
  const [object = '', member] = text.split(/\.|->/);
  const other = member === undefined ? '' : `(?!\\s*(?:\\.|->)\\s*(?!${member}\\b))`;
  return `(?<![\\w.>])${object}\\b${other}`;
}
