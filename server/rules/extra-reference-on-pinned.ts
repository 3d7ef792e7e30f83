/**
 * ## What it does
 * Finds get_page() and folio_get() on pages that the function has pinned, where the further reference is left behind.
 *
 * ## Why is this bad?
 * A second user that gets a plain reference beside the pin has no pin of its own. As soon as the first one unpins, the page may be
 * migrated, copied on write or cleaned under the second one's access; and who gives the two back in the wrong order, or both with
 * unpin_user_page(), takes 1023 references too many.
 *
 * ## Example
 * ```c bad
 * static int demo_share(struct demo_queue *q, unsigned long addr)
 * {
 * 	struct page *page;
 *
 * 	if (pin_user_pages_fast(addr, 1, FOLL_WRITE, &page) != 1)
 * 		return -EFAULT;
 * 	q->first = page;
 * 	get_page(page);
 * 	q->second = page;
 * 	return 0;
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static int demo_share(struct demo_queue *q, unsigned long addr)
 * {
 * 	if (pin_user_pages_fast(addr, 1, FOLL_WRITE, &q->first) != 1)
 * 		return -EFAULT;
 * 	if (pin_user_pages_fast(addr, 1, FOLL_WRITE, &q->second) != 1) {
 * 		unpin_user_page(q->first);
 * 		return -EFAULT;
 * 	}
 * 	return 0;
 * }
 * ```
 *
 * ## Kernels
 * 5.6 and later.
 *
 * ## Limits
 * References that the function gives back itself are fine. Whether a second pin is meant only the author knows: always a warning.
 *
 * ## Fix safety
 * No fix.
 *
 * ## References
 * Documentation/core-api/pin_user_pages.rst; folio_add_pin() in mm/gup.c, for mm and the block layer.
 */
import { defineRule } from './define.ts';
import { acquiredBy, pageFindings, reportFlow } from './support/flow-report.ts';

/** See the head of the file. */
export const extraReferenceOnPinned = defineRule({
  name: 'extra-reference-on-pinned',
  group: 'release',
  summary: 'A plain reference is taken of a page that is pinned',
  severity: 'warning',
  fix: 'none',
  check(pass) {
    for (const finding of pageFindings(pass, 'extra-reference-on-pinned')) {
      reportFlow(pass, finding, {
        message: `${finding.problem.functionName}() takes a plain reference to a page that ${acquiredBy(finding)} pinned and leaves it behind: it does not pin, so the page may be moved or copied once the pin is gone; a second user wants a pin of its own, and each is given back the way it was taken`,
        severity: 'warning',
      });
    }
  },
});
