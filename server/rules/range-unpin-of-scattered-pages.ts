/**
 * ## What it does
 * Finds `unpin_user_page_range_dirty_lock()` on the first element of an array that a `*_user_pages*()` call has filled, or on the array
 * itself.
 *
 * ## Why is this bad?
 * The function gives back pages that follow each other in memory, `page`, `page + 1` and so on. The pages behind a user's addresses
 * lie anywhere: all but the first that are unpinned belong to others, and those that were pinned stay so for ever.
 *
 * ## Example
 * ```c bad
 * static void demo_put(struct page **pages, unsigned long addr, int n)
 * {
 * 	int got = pin_user_pages_fast(addr, n, FOLL_WRITE, pages);
 *
 * 	if (got > 0)
 * 		unpin_user_page_range_dirty_lock(pages[0], got, true);
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static void demo_put(struct page **pages, unsigned long addr, int n)
 * {
 * 	int got = pin_user_pages_fast(addr, n, FOLL_WRITE, pages);
 *
 * 	if (got > 0)
 * 		unpin_user_pages_dirty_lock(pages, got, true);
 * }
 * ```
 *
 * ## Kernels
 * 5.13 and later, which have the function.
 *
 * ## Limits
 * Silent where the function compares page frame numbers, as code that looks for runs of neighbours does, and where one page is released.
 *
 * ## Fix safety
 * No fix.
 *
 * ## References
 * unpin_user_page_range_dirty_lock() in mm/gup.c.
 */
import { callsIn } from '../analysis/calls/call-index.ts';
import type { CallSite } from '../analysis/sites/site.ts';
import { defineRule, type RulePass } from './define.ts';
import { argumentOf } from './support/facts.ts';

const RELEASE = 'unpin_user_page_range_dirty_lock';

/** See the head of the file. */
export const rangeUnpinOfScatteredPages = defineRule({
  name: 'range-unpin-of-scattered-pages',
  group: 'release',
  summary: 'An array of pages is given back as if they lay side by side',
  severity: 'error',
  fix: 'none',
  check(pass) {
    for (const call of pass.calls) {
      const { fn, unit, args } = call;
      if (call.api !== RELEASE || unit !== pass.unit || fn === undefined || args[1]?.text === '1') continue;
      const array = /^[*]?\s*((?:\w+\s*(?:->|\.)\s*)*\w+)\s*(?:\[\s*0\s*\])?$/.exec(args[0]?.text ?? '')?.[1];
      const isElement = /\]$|^[*]/.test(args[0]?.text ?? '');
      if (array === undefined || looksForRuns(unit.code.slice(fn.bodySpan.start, fn.bodySpan.end))) continue;
      const site = pass.sites.find((s) => s.unit === unit && fills(s, array, isElement, pass));
      if (site === undefined || mayRefuseScattered(site)) continue;
      pass.report({
        message: `${RELEASE}() gives back pages that lie side by side in memory, and ${array} holds those that ${site.api}() found anywhere: use unpin_user_pages_dirty_lock() with the array`,
        at: { unit, span: call.nameSpan },
        functionName: fn.name,
        site,
        related: [{ at: { unit: site.unit, span: site.nameSpan }, message: `${site.api}() fills the array here` }],
      });
    }
  },
});

/** Whether the site fills this array with more than one page; a lone name must be one of the same function. */
function fills(site: CallSite, array: string, isElement: boolean, pass: RulePass): boolean {
  const pages = argumentOf(site, 'pages', pass)?.text.replace(/\s+/g, '');
  if (pages === undefined || (!isElement && pages.startsWith('&'))) return false;
  return pages === array.replace(/\s+/g, '') && argumentOf(site, 'nr', pass)?.text !== '1';
}

function looksForRuns(code: string): boolean {
  return /pfn|contig|nth_page/.test(code);
}

/** Whether the function that takes the pages, or one that it calls, compares their numbers: those that do not follow each other may be refused there. */
function mayRefuseScattered({ unit, fn }: CallSite): boolean {
  if (fn === undefined) return false;
  const called = unit.functions.filter((f) => f !== fn && callsIn(unit, fn).has(f.name));
  return [fn, ...called].some(({ bodySpan }) =>
    /\bpage_to_(?:pfn|phys)\s*\([^;{}]*[!=]=|[!=]=[^;{}]*\bpage_to_(?:pfn|phys)\s*\(|contig/.test(
      unit.code.slice(bodySpan.start, bodySpan.end),
    ),
  );
}
