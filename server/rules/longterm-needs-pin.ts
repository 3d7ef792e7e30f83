/**
 * ## What it does
 * Finds pages that are held for as long as user space wants (case 2) under a plain reference of `get_user_pages*()`.
 *
 * ## Why is this bad?
 * Long-held pages must not lie in CMA or movable memory, nor belong to a file on a DAX file system, and their data must not be written back
 * or copied by fork behind the back of whoever uses them. FOLL_LONGTERM with a pin sees to that; a reference does not.
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
 * 	int got = get_user_pages_fast(addr, n, FOLL_WRITE, r->pages);
 *
 * 	if (got != n) {
 * 		if (got > 0)
 * 			release_pages(r->pages, got);
 * 		return -EFAULT;
 * 	}
 * 	r->nr = n;
 * 	return sg_alloc_table_from_pages(&r->sgt, r->pages, n, 0, n << PAGE_SHIFT, GFP_KERNEL);
 * }
 *
 * static void demo_unregister(struct demo_region *r)
 * {
 * 	release_pages(r->pages, r->nr);
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
 * 5.7 and later. An error where FOLL_LONGTERM is passed to a get function on a kernel that refuses it (5.10 and later); where
 * nobody named a kernel, a warning.
 *
 * ## Limits
 * How long the pages are held is judged by who reaches their release. On `iov_iter_get_pages*()` an info: no function takes long-term pins of
 * what an iterator stands for. A driver that is registered for MMU notifiers is case 3 and not reported.
 *
 * ## Fix safety
 * Unsafe. The call, all calls that share releases with it, and every release of their pages in the files of the directory change together:
 * loops over an array become one call, marks of dirty pages become its argument, a count that may be an errno is tested first, variables that
 * only the loops used go. Where some of the pages may come from elsewhere, or a release cannot be found, none is offered and a step says why.
 * FOLL_LONGTERM is added.
 *
 * ## References
 * Documentation/core-api/pin_user_pages.rst, case 2.
 */

import type { SiteRecord } from '../engine/protocol.ts';
import { defineRule, type RulePass } from './define.ts';
import { conversionOf } from './fixes/conversion/plan.ts';
import { judgedCalls, pinnable, reportCase } from './support/case-report.ts';
import { USES } from './support/evidence-steps.ts';
import { isLockedCheck, refusalOf } from './support/facts.ts';
import { callsOf } from './support/file-calls.ts';
import { bothOf, isEmpty } from './support/kernels.ts';
import { pinAdvice } from './support/pin-advice.ts';
import { freesOwn } from './support/releases/releases-of-site.ts';

/** See the head of the file. */
export const longtermNeedsPin = defineRule({
  name: 'longterm-needs-pin',
  group: 'case',
  summary: 'Pages are held for a long time by reference only',
  severity: 'warning',
  fix: 'unsafe',
  check(pass) {
    for (const judged of judgedCalls(pass)) {
      const { site, record } = judged;
      if (record.case !== 2 || site.reference !== 'get' || isOwnPage(pass, record)) continue;
      const on = pinnable(pass, site);
      const refused = site.flags.must.has('FOLL_LONGTERM')
        ? refusalOf(site, {
            model: pass.model,
            flags: [...site.flags.must],
            which: (row) => row.flags?.anyOf?.includes('FOLL_LONGTERM') === true && !isLockedCheck(row),
          }).kernels
        : [];
      const fails = !isEmpty(bothOf(on, refused));
      const iterator = site.api.startsWith('iov_iter_');
      const why = fails
        ? '{kernels} refuses it with FOLL_LONGTERM'
        : 'on {kernels} fork, writeback and CMA know nothing of the hold';
      reportCase(pass, judged, {
        message: `${site.api}() takes plain references to pages that are held for as long as user space wants (case 2): ${why}; ${pinAdvice(pass, site, { flag: iterator ? '' : ' with FOLL_LONGTERM', release: 'unpin them' })}`,
        on,
        severity: fails && pass.kernelKnown ? 'error' : iterator ? 'info' : 'warning',
        ...(site.via === undefined ? { conversion: conversionOf(pass, judged) } : {}),
        shows: USES,
        hold: true,
      });
    }
  },
});

/** Functions that put pages of the kernel's own into a user's mapping (linux/mm.h). */
const INSERTERS: readonly string[] = ['vm_insert_page', 'vm_insert_pages', 'vm_map_pages', 'vm_map_pages_zero'];

/**
 * Whether the pages of a site only go back to the page allocator, in a file that puts pages into a mapping itself: it looks up its own there,
 * which no pin is for.
 */
function isOwnPage(pass: RulePass, { releases }: SiteRecord): boolean {
  if (releases.length === 0 || !releases.every(({ api }) => freesOwn(pass, api))) return false;
  return INSERTERS.some((name) => callsOf([pass.unit], name).length > 0);
}
