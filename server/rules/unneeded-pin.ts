/**
 * ## What it does
 * Finds pages that are pinned although nothing accesses their data (case 4), or a driver follows the page tables with MMU notifiers (case 3).
 *
 * ## Why is this bad?
 * A pin makes fork copy the page early, keeps reclaim and migration away and costs two counters. Where only struct page is looked at, or the
 * driver is told of changes, `get_user_pages*()` is enough.
 *
 * ## Example
 * ```c bad
 * static bool demo_same(unsigned long addr, unsigned long pfn)
 * {
 * 	struct page *page;
 * 	bool same;
 *
 * 	if (pin_user_pages_fast(addr, 1, 0, &page) != 1)
 * 		return false;
 * 	same = page_to_pfn(page) == pfn;
 * 	unpin_user_page(page);
 * 	return same;
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static bool demo_same(unsigned long addr, unsigned long pfn)
 * {
 * 	struct page *page;
 * 	bool same;
 *
 * 	if (get_user_pages_fast(addr, 1, 0, &page) != 1)
 * 		return false;
 * 	same = page_to_pfn(page) == pfn;
 * 	put_page(page);
 * 	return same;
 * }
 * ```
 *
 * ## Kernels
 * 5.7 and later.
 *
 * ## Limits
 * An info: a pin is never wrong. A use of the data that stands in another directory is not seen. Nothing is said of pages of which it is asked
 * how they are held, as tests of the pins themselves do.
 *
 * ## Fix safety
 * Unsafe: the call, all calls that share releases with it, and every release of their pages change together. Refused where a release marks pages
 * dirty, or serves pages that need their pin.
 *
 * ## References
 * Documentation/core-api/pin_user_pages.rst, cases 3 and 4.
 */

import { defineRule } from './define.ts';
import { backToReference } from './fixes/conversion/back.ts';
import { judgedSites, pinnable, reportCase } from './support/case-report.ts';

/** See the head of the file. */
export const unneededPin = defineRule({
  name: 'unneeded-pin',
  group: 'case',
  summary: 'Pages are pinned though nothing accesses their data',
  severity: 'info',
  fix: 'unsafe',
  check(pass) {
    for (const judged of judgedSites(pass)) {
      const { site, record } = judged;
      if ((record.case !== 3 && record.case !== 4) || site.reference !== 'pin') continue;
      // Who asks whether the pages are pinned wants them pinned.
      if (record.evidence.some((e) => e.kind === 'asked')) continue;
      const why =
        record.case === 3
          ? 'a driver that follows the page tables uses (case 3)'
          : 'of which only struct page is used (case 4)';
      reportCase(pass, judged, {
        message: `${site.api}() pins pages ${why}: a plain reference of get_user_pages*() is enough`,
        on: pinnable(pass, site),
        severity: 'info',
        conversion: backToReference(pass, judged),
        shows: ['notifier', 'struct-page', 'number'],
      });
    }
  },
});
