/**
 * ## What it does
 * Finds pages whose data the CPU writes (case 5) under a plain reference of `get_user_pages*()` or `iov_iter_get_pages2()`.
 *
 * ## Why is this bad?
 * Between the reference and the release writeback may clean the page and the file system may drop its buffers; a write after that, or a
 * set_page_dirty() on such a page, loses data or trips the file system. unpin_user_pages_dirty_lock() after a pin is the documented way.
 *
 * ## Example
 * ```c bad
 * static int demo_set(unsigned long addr, int bit)
 * {
 * 	struct page *page;
 * 	void *base;
 *
 * 	if (get_user_pages_fast(addr, 1, FOLL_WRITE, &page) != 1)
 * 		return -EFAULT;
 * 	base = kmap_local_page(page);
 * 	memset(base, bit, 8);
 * 	kunmap_local(base);
 * 	set_page_dirty_lock(page);
 * 	put_page(page);
 * 	return 0;
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static int demo_set(unsigned long addr, int bit)
 * {
 * 	struct page *page;
 * 	void *base;
 *
 * 	if (pin_user_pages_fast(addr, 1, FOLL_WRITE, &page) != 1)
 * 		return -EFAULT;
 * 	base = kmap_local_page(page);
 * 	memset(base, bit, 8);
 * 	kunmap_local(base);
 * 	unpin_user_pages_dirty_lock(&page, 1, true);
 * 	return 0;
 * }
 * ```
 *
 * ## Kernels
 * 5.7 and later, where pins are counted.
 *
 * ## Limits
 * A warning where the store and every release are in sight; else, and on iov_iter_get_pages*(), an info. Silent on pages that are only read,
 * and where the file makes the anonymous mapping itself.
 *
 * ## Fix safety
 * Unsafe. The call, all calls that share releases with it, and every release of their pages in the files of the directory change together:
 * loops over an array become one call, marks of dirty pages become its argument, a count that may be an errno is tested first, variables that
 * only the loops used go. Where some of the pages may come from elsewhere, or a release cannot be found, none is offered and a step says why.
 *
 * ## References
 * Documentation/core-api/pin_user_pages.rst, case 5.
 */

import { defineRule } from './define.ts';
import { conversionOf } from './fixes/conversion/plan.ts';
import { judgedCalls, pinnable, reportCase } from './support/case-report.ts';
import { isOwnMemory } from './support/dirty/own-memory.ts';
import { pinAdvice } from './support/pin-advice.ts';

/** See the head of the file. */
export const dataWriteNeedsPin = defineRule({
  name: 'data-write-needs-pin',
  group: 'case',
  summary: 'The CPU writes to the data of pages that are taken by reference only',
  severity: 'warning',
  fix: 'unsafe',
  check(pass) {
    if (isOwnMemory(pass)) return;
    for (const judged of judgedCalls(pass)) {
      const { site, record } = judged;
      if (record.case !== 5 || site.reference !== 'get' || !record.access.includes('write')) continue;
      const iterator = site.api.startsWith('iov_iter_');
      const stored = record.evidence.some((e) => e.kind === 'write');
      reportCase(pass, judged, {
        message: `${site.api}() takes plain references to pages whose data the CPU writes (case 5): on {kernels} writeback may run between the write and the release; ${pinAdvice(pass, site, { release: 'unpin_user_pages_dirty_lock()' })}`,
        on: pinnable(pass, site),
        severity: stored && record.releases.length > 0 && !iterator ? 'warning' : 'info',
        ...(site.via === undefined ? { conversion: conversionOf(pass, judged) } : {}),
        shows: ['write', 'data'],
      });
    }
  },
});
