/**
 * ## What it does
 * Finds pages of a direct I/O request (case 1) on which `get_user_pages*()` or `iov_iter_get_pages*()` took a plain reference.
 *
 * ## Why is this bad?
 * A device or an I/O path reads or writes the data of the page while nothing tells writeback, fork and reclaim of it: fork may copy the page
 * away from under the transfer, writeback may clean it while the device still writes, and what was written is lost. A pin is what the kernel
 * looks for before it does so.
 *
 * ## Example
 * ```c bad
 * static int demo_transfer(struct device *dev, unsigned long addr)
 * {
 * 	struct page *pages[1];
 * 	dma_addr_t bus;
 *
 * 	if (get_user_pages_fast(addr, 1, FOLL_WRITE, pages) != 1)
 * 		return -EFAULT;
 * 	bus = dma_map_page(dev, pages[0], 0, PAGE_SIZE, DMA_FROM_DEVICE);
 * 	demo_run(dev, bus);
 * 	dma_unmap_page(dev, bus, PAGE_SIZE, DMA_FROM_DEVICE);
 * 	set_page_dirty_lock(pages[0]);
 * 	put_page(pages[0]);
 * 	return 0;
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static int demo_transfer(struct device *dev, unsigned long addr)
 * {
 * 	struct page *pages[1];
 * 	dma_addr_t bus;
 *
 * 	if (pin_user_pages_fast(addr, 1, FOLL_WRITE, pages) != 1)
 * 		return -EFAULT;
 * 	bus = dma_map_page(dev, pages[0], 0, PAGE_SIZE, DMA_FROM_DEVICE);
 * 	demo_run(dev, bus);
 * 	dma_unmap_page(dev, bus, PAGE_SIZE, DMA_FROM_DEVICE);
 * 	unpin_user_pages_dirty_lock(pages, 1, true);
 * 	return 0;
 * }
 * ```
 *
 * ## Kernels
 * 5.7 and later, where pins are counted.
 *
 * ## Limits
 * What the pages are used for is judged by evidence (`guplint sites` shows it). Where a wrapper leaves that to its callers, each caller is
 * judged where it calls, without a fix. On `iov_iter_get_pages*()` an info: most of its callers are
 * older than iov_iter_extract_pages(), which came with 6.3 and decides by itself whether to pin. An iterator over pages of the kernel, which
 * wants no pin, looks the same where its maker is out of sight.
 *
 * ## Fix safety
 * Unsafe. The call, all calls that share releases with it, and every release of their pages in the files of the directory change together:
 * loops over an array become one call, marks of dirty pages become its argument, a count that may be an errno is tested first, variables that
 * only the loops used go. Where some of the pages may come from elsewhere, or a release cannot be found, none is offered and a step says why.
 *
 * ## References
 * Documentation/core-api/pin_user_pages.rst, case 1.
 */

import { defineRule } from './define.ts';
import { conversionOf } from './fixes/conversion/plan.ts';
import { judgedCalls, pinnable, reportCase } from './support/case-report.ts';
import { pinAdvice } from './support/pin-advice.ts';

/** See the head of the file. */
export const dmaNeedsPin = defineRule({
  name: 'dma-needs-pin',
  group: 'case',
  summary: 'Pages of a direct I/O request are taken by reference only',
  severity: 'warning',
  fix: 'unsafe',
  check(pass) {
    for (const judged of judgedCalls(pass)) {
      const { site, record } = judged;
      if (record.case !== 1 || site.reference !== 'get') continue;
      const iterator = site.api.startsWith('iov_iter_');
      reportCase(pass, judged, {
        message: `${site.api}() takes plain references to pages that a device or I/O path accesses (case 1): on {kernels} nothing protects their data from fork and writeback; ${pinAdvice(pass, site, { release: 'unpin them' })}`,
        on: pinnable(pass, site),
        severity: iterator ? 'info' : 'warning',
        ...(site.via === undefined ? { conversion: conversionOf(pass, judged) } : {}),
        unsure: record.evidence.some((e) => e.kind === 'quiet'),
        shows: ['dma', 'carrier', 'register', 'hypervisor', 'number', 'marked'],
      });
    }
  },
});
