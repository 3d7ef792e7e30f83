/**
 * ## What it does
 * Finds a number of pages that is computed from a length alone, where the address need not begin a page.
 *
 * ## Why is this bad?
 * A buffer of one page that begins in the middle of a page lies in two. The last page is not taken, and the device or the copy runs over
 * its end.
 *
 * ## Example
 * ```c bad
 * static int demo_map(unsigned long addr, size_t len, struct page **pages)
 * {
 * 	int n = DIV_ROUND_UP(len, PAGE_SIZE);
 *
 * 	return pin_user_pages_fast(addr, n, FOLL_WRITE, pages);
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static int demo_map(unsigned long addr, size_t len, struct page **pages)
 * {
 * 	int n = DIV_ROUND_UP(offset_in_page(addr) + len, PAGE_SIZE);
 *
 * 	return pin_user_pages_fast(addr, n, FOLL_WRITE, pages);
 * }
 * ```
 *
 * ## Kernels
 * All.
 *
 * ## Limits
 * Address and length must come in as parameters of the function that counts the pages, and where it, or any function of the file, looks at the
 * alignment of an address, the file is taken to know; so is a caller that makes the address of a page's number. Of other counts it is told where the function rounds the address down for the call, or
 * asks behind it where in the page the address lies. Behind iov_iter_get_pages*() and
 * iov_iter_extract_pages() it is the result, in bytes, that must not be counted without the offset which the call gave.
 *
 * ## Fix safety
 * No fix.
 *
 * ## References
 * offset_in_page() in include/linux/mm.h.
 */
import { treeOf } from '../analysis/calls/call-index.ts';
import { textCall } from '../analysis/calls/call-text.ts';
import { parameters } from '../analysis/locals.ts';
import type { CallSite } from '../analysis/sites/site.ts';
import type { FunctionDef } from '../syntax/unit.ts';
import { defineRule, type RulePass } from './define.ts';
import { argumentOf } from './support/facts.ts';
import { callsOf, filesOf } from './support/file-calls.ts';
import { bytesWithoutOffset } from './support/results/bytes-without-offset.ts';
import { type CountedAlone, countedAlone } from './support/results/unaligned-start.ts';

/** Ways to look at where in a page an address lies, or to make it the beginning of one. */
const LOOKS =
  /\b(?:offset_in_page|PAGE_MASK|PAGE_ALIGNED|IS_ALIGNED|ALIGN_DOWN|round_down|rounddown|PFN_DOWN|untagged_addr|vm_start)\b|PAGE_SIZE\s*-\s*1\s*\)?\s*\)|%\s*\w*PAGE_SIZE\b|&\s*\(?\s*(?:SZ_\w+|PMD_SIZE|0x\w*fff)\b|\b(?:HPAGE|PMD)_MASK\b|\bmmap\b|\boffset\b/;

/** Addresses that begin a page: made of the number of one. */
const OF_NUMBER = /<<\s*PAGE_SHIFT\b|\*\s*PAGE_SIZE\b|\bPFN_PHYS\s*\(/;

/** See the head of the file. */
export const pageCountIgnoresOffset = defineRule({
  name: 'page-count-ignores-offset',
  group: 'result',
  summary: 'Pages are counted as if the address began a page',
  severity: 'warning',
  fix: 'none',
  check(pass) {
    for (const site of pass.sites) {
      const { unit, fn } = site;
      if (unit !== pass.unit || site.via !== undefined || fn === undefined) continue;
      reportBytes(pass, site);
      const shown = countedAlone(site, pass);
      const counted = shown ?? (LOOKS.test(withoutCount(unit.code)) ? undefined : countOf(site, pass));
      if (counted === undefined || (shown === undefined && isAlignedByCaller(pass, fn, counted))) continue;
      const { address, length } = counted;
      const why =
        shown === undefined ? `nothing says that ${address} begins a page` : `${address} need not begin a page`;
      pass.report({
        message: `the pages are counted from ${length} alone, and ${why}: the last page is missed where it does not; count offset_in_page(${address}) + ${length}`,
        at: { unit, span: counted.span },
        functionName: fn.name,
        confidence: 'medium',
        site,
        related: [{ at: { unit, span: site.nameSpan }, message: 'the pages are taken here' }],
      });
    }
  },
});

/** Pages that are counted from the bytes an iterator gave. */
function reportBytes(pass: RulePass, site: CallSite): void {
  const counted = bytesWithoutOffset(site);
  if (counted === undefined) return;
  const { length, offset, span } = counted;
  pass.report({
    message: `${site.api}() gave ${length} bytes from ${offset} bytes into the first page on, and the pages are counted without these: where they end in one page more, that page is missed, and never given back; count ${length} + ${offset}, rounded up`,
    at: { unit: site.unit, span },
    functionName: site.fn?.name ?? '',
    confidence: 'medium',
    site,
    related: [{ at: { unit: site.unit, span: site.nameSpan }, message: 'the pages are taken here' }],
  });
}

/** Whether some caller at hand makes the address of a page's number, or stands in a file that looks at addresses. */
function isAlignedByCaller(pass: RulePass, fn: FunctionDef, { address }: CountedAlone): boolean {
  const index = parameters(pass.unit, treeOf(pass.unit, fn)).findIndex((p) => p.name === address);
  return callsOf(filesOf(pass), fn.name).some(({ unit, offset }) => {
    const arg = textCall(unit.code, offset)?.args[index];
    if (arg !== undefined && OF_NUMBER.test(unit.code.slice(arg.start, arg.end))) return true;
    return unit !== pass.unit && LOOKS.test(withoutCount(unit.code));
  });
}

/** `(len + PAGE_SIZE - 1)` rounds a length up and says nothing of an address. */
function withoutCount(code: string): string {
  return code.replace(/\(\s*\w+\s*\+\s*PAGE_SIZE\s*-\s*1\s*\)/g, '');
}

/** The expression that counts the pages of a site from a length, both its parts parameters of the function. */
function countOf(site: CallSite, pass: RulePass): CountedAlone | undefined {
  const { unit, fn, span } = site;
  const count = argumentOf(site, 'nr', pass);
  const address = argumentOf(site, 'start', pass)?.text.replace(/^\(\s*unsigned\s+long\s*\)\s*/, '');
  if (count === undefined || fn === undefined || address === undefined || !isParameter(site, address)) return undefined;
  const name = /^\w+$/.test(count.text) ? count.text : undefined;
  const before = unit.code.slice(fn.bodySpan.start, span.start);
  const assigned =
    name === undefined ? undefined : [...before.matchAll(new RegExp(`\\b${name}\\s*=\\s*([^;=]+);`, 'g'))];
  if (assigned !== undefined && assigned.length !== 1) return undefined;
  const text = assigned?.[0]?.[1] ?? count.text;
  const length =
    /^DIV_ROUND_UP(?:_ULL)?\s*\(\s*(\w+)\s*,\s*PAGE_SIZE\s*\)$/.exec(text)?.[1] ??
    /^PAGE_ALIGN\s*\(\s*(\w+)\s*\)\s*(?:>>\s*PAGE_SHIFT|\/\s*PAGE_SIZE)$/.exec(text)?.[1] ??
    /^\(\s*(\w+)\s*\+\s*PAGE_SIZE\s*-\s*1\s*\)\s*(?:>>\s*PAGE_SHIFT|\/\s*PAGE_SIZE)$/.exec(text)?.[1];
  if (length === undefined || !isParameter(site, length)) return undefined;
  const [first] = assigned ?? [];
  const start = first === undefined ? count.start : fn.bodySpan.start + first.index + first[0].indexOf(text);
  return { span: { start, end: start + text.length }, length, address };
}

function isParameter({ unit, fn }: CallSite, name: string): boolean {
  if (fn === undefined || !/^\w+$/.test(name)) return false;
  const head = unit.code.slice(fn.nameSpan.end, fn.bodySpan.start);
  return new RegExp(`\\b${name}\\s*[,)]`).test(head);
}
