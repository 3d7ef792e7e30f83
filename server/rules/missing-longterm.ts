/**
 * ## What it does
 * Finds pages that are pinned for as long as user space wants (case 2) without FOLL_LONGTERM.
 *
 * ## Why is this bad?
 * Without the flag the pages may lie in CMA or movable memory, which the pin then blocks for good, or belong to a file on a DAX file system,
 * whose blocks are then written after truncation gave them to somebody else.
 *
 * ## Example
 * ```c bad
 * struct demo_region {
 * 	struct page **pages;
 * 	int nr;
 * 	struct sg_table sgt;
 * };
 *
 * static int demo_register(struct demo_region *r, unsigned long addr, int n)
 * {
 * 	int got = pin_user_pages_fast(addr, n, FOLL_WRITE, r->pages);
 *
 * 	if (got != n) {
 * 		if (got > 0)
 * 			unpin_user_pages(r->pages, got);
 * 		return -EFAULT;
 * 	}
 * 	r->nr = n;
 * 	return sg_alloc_table_from_pages(&r->sgt, r->pages, n, 0, n << PAGE_SHIFT, GFP_KERNEL);
 * }
 *
 * static void demo_unregister(struct demo_region *r)
 * {
 * 	unpin_user_pages_dirty_lock(r->pages, r->nr, true);
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * struct demo_region {
 * 	struct page **pages;
 * 	int nr;
 * 	struct sg_table sgt;
 * };
 *
 * static int demo_register(struct demo_region *r, unsigned long addr, int n)
 * {
 * 	int got = pin_user_pages_fast(addr, n, FOLL_WRITE | FOLL_LONGTERM, r->pages);
 *
 * 	if (got != n) {
 * 		if (got > 0)
 * 			unpin_user_pages(r->pages, got);
 * 		return -EFAULT;
 * 	}
 * 	r->nr = n;
 * 	return sg_alloc_table_from_pages(&r->sgt, r->pages, n, 0, n << PAGE_SHIFT, GFP_KERNEL);
 * }
 *
 * static void demo_unregister(struct demo_region *r)
 * {
 * 	unpin_user_pages_dirty_lock(r->pages, r->nr, true);
 * }
 * ```
 *
 * ## Kernels
 * 5.7 and later; pin_user_pages_unlocked() takes the flag since 6.2.
 *
 * ## Limits
 * How long the pages are held is judged by who reaches their release. Silent where the flags come from places that are not seen.
 * iov_iter_extract_pages() cannot be asked for long-term pins: there is no fix.
 *
 * ## Fix safety
 * Unsafe: FOLL_LONGTERM is added to the flags; pages of DAX files are refused from then on.
 *
 * ## References
 * Documentation/core-api/pin_user_pages.rst, case 2.
 */
import type { CallSite } from '../analysis/site.ts';
import { judgedSites, pinnable, reportCase } from './case-report.ts';
import { defineRule, type FixProposal } from './define.ts';
import { refusalOf } from './facts.ts';
import { addLongterm } from './fixes/add-longterm.ts';
import { without } from './kernels.ts';

const LONGTERM = 'FOLL_LONGTERM';

/** See the head of the file. */
export const missingLongterm = defineRule({
  name: 'missing-longterm',
  group: 'case',
  summary: 'Pages are pinned for a long time without FOLL_LONGTERM',
  severity: 'warning',
  fix: 'unsafe',
  check(pass) {
    for (const judged of judgedSites(pass)) {
      const { site, record } = judged;
      if (record.case !== 2 || record.lifetime !== 'long') continue;
      if (site.reference !== 'pin' && !site.api.startsWith('iov_iter_extract')) continue;
      const implied = record.flags.implied.includes(LONGTERM);
      if (implied || site.flags.may.has(LONGTERM) || !site.flags.known) continue;
      const iterator = site.api.startsWith('iov_iter_');
      const refusal = refusalOf(site, {
        model: pass.model,
        flags: [LONGTERM],
        which: (row) => row.flags?.anyOf?.includes(LONGTERM) === true,
      });
      const advice = iterator ? 'pin_user_pages_fast() can be asked for such pins' : `pass ${LONGTERM}`;
      reportCase(pass, judged, {
        message: `${site.api}() pins pages that are held for as long as user space wants (case 2) without ${LONGTERM}: they may block CMA and movable memory or belong to a DAX file; ${advice}`,
        on: without(pinnable(pass, site), refusal.kernels),
        severity: 'warning',
        fixes: iterator ? [] : withFlag(site),
        shows: ['release', 'dma', 'accounting'],
      });
    }
  },
});

/** The flag added to the argument. */
function withFlag(site: CallSite): readonly FixProposal[] {
  const edits = addLongterm(site);
  return edits.length === 0 ? [] : [{ title: `Add ${LONGTERM}`, applicability: 'unsafe', edits }];
}
