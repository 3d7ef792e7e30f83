/**
 * ## What it does
 * Finds pages whose data, address or struct page is used on a path after they were given back.
 *
 * ## Why is this bad?
 * From the release on the page may be freed, reclaimed or migrated, and belong to another process a moment later. What is read is somebody
 * else's data, what is written corrupts it.
 *
 * ## Example
 * ```c bad
 * static int demo_read(unsigned long addr, void *to)
 * {
 * 	struct page *page;
 * 	void *from;
 *
 * 	if (pin_user_pages_fast(addr, 1, 0, &page) != 1)
 * 		return -EFAULT;
 * 	unpin_user_page(page);
 * 	from = kmap_local_page(page);
 * 	memcpy(to, from, PAGE_SIZE);
 * 	kunmap_local(from);
 * 	return 0;
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static int demo_read(unsigned long addr, void *to)
 * {
 * 	struct page *page;
 * 	void *from;
 *
 * 	if (pin_user_pages_fast(addr, 1, 0, &page) != 1)
 * 		return -EFAULT;
 * 	from = kmap_local_page(page);
 * 	memcpy(to, from, PAGE_SIZE);
 * 	kunmap_local(from);
 * 	unpin_user_page(page);
 * 	return 0;
 * }
 * ```
 *
 * ## Kernels
 * All.
 *
 * ## Limits
 * Only uses by functions of the model are seen (maps, copies, DMA, scatterlists); freeing the array is no use of the pages.
 *
 * ## Fix safety
 * No fix: the release moves behind the last use, which may be elsewhere.
 *
 * ## References
 * Documentation/core-api/pin_user_pages.rst.
 */
import { defineRule } from './define.ts';
import { acquiredBy, givenBack, pageFindings, reportFlow } from './support/flow-report.ts';

/** See the head of the file. */
export const useAfterRelease = defineRule({
  name: 'use-after-release',
  group: 'release',
  summary: 'Pages are used after they were given back',
  severity: 'error',
  fix: 'none',
  check(pass) {
    for (const finding of pageFindings(pass, 'use-after-release')) {
      const { problem } = finding;
      const before = givenBack(finding);
      reportFlow(pass, finding, {
        message: `${problem.functionName}() uses pages taken by ${acquiredBy(finding)} with ${problem.detail}() after ${before.text}: by then they may be freed, moved, or another process's; release them after the last use`,
        steps: before.steps,
      });
    }
  },
});
