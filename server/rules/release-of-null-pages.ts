/**
 * ## What it does
 * Finds releases of a page that is NULL on the path, or was never set, because the call that was to fill it took nothing.
 *
 * ## Why is this bad?
 * put_page(), unpin_user_page() and unpin_user_pages() read the struct page they are given: of NULL they read at address 8, an oops on an
 * error path that nobody has tested; of a variable that was never set, wherever the stack points to.
 *
 * ## Example
 * ```c bad
 * static int demo_peek(unsigned long addr)
 * {
 * 	struct page *page = NULL;
 * 	int ret = 0;
 *
 * 	if (pin_user_pages_fast(addr, 1, 0, &page) != 1) {
 * 		ret = -EFAULT;
 * 		goto out;
 * 	}
 * 	demo_look(page);
 * out:
 * 	unpin_user_page(page);
 * 	return ret;
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static int demo_peek(unsigned long addr)
 * {
 * 	struct page *page = NULL;
 *
 * 	if (pin_user_pages_fast(addr, 1, 0, &page) != 1)
 * 		return -EFAULT;
 * 	demo_look(page);
 * 	unpin_user_page(page);
 * 	return 0;
 * }
 * ```
 *
 * ## Kernels
 * All.
 *
 * ## Limits
 * The NULL must be in sight in the function: an initialiser, an assignment, an array from kcalloc() and a count above 0. Variables that
 * nothing but another condition leaves NULL are not looked at; arrays of which only a part was filled are release-count-mismatch.
 *
 * ## Fix safety
 * No fix.
 *
 * ## References
 * page_folio() in include/linux/page-flags.h, unpin_user_pages() in mm/gup.c.
 */
import { defineRule } from './define.ts';
import { pageFindings, reportFlow } from './support/flow-report.ts';

/** See the head of the file. */
export const releaseOfNullPages = defineRule({
  name: 'release-of-null-pages',
  group: 'release',
  summary: 'A page that is NULL is given back',
  severity: 'error',
  fix: 'none',
  check(pass) {
    for (const finding of pageFindings(pass, 'release-of-null-pages')) {
      const { functionName, detail } = finding.problem;
      const holds = finding.resource.preset ? 'it is still NULL' : 'the variable was never set';
      reportFlow(pass, finding, {
        message: `${functionName}() gives a page back with ${detail}() that it does not have: ${finding.resource.origin.api}() took none, and ${holds}, and ${detail}() reads through it; leave before the release`,
      });
    }
  },
});
