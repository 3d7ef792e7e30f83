/**
 * ## What it does
 * Finds functions that return 0 for success and a short count of pages, a positive number, where fewer came than asked for.
 *
 * ## Why is this bad?
 * The pages are given back already, and the caller, who looks for a negative result, goes on with a buffer that holds none.
 *
 * ## Example
 * ```c bad
 * static int demo_take(unsigned long addr, int n, struct page **pages)
 * {
 * 	int got = pin_user_pages_fast(addr, n, FOLL_WRITE, pages);
 *
 * 	if (got != n) {
 * 		if (got > 0)
 * 			unpin_user_pages(pages, got);
 * 		return got;
 * 	}
 * 	return 0;
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static int demo_take(unsigned long addr, int n, struct page **pages)
 * {
 * 	int got = pin_user_pages_fast(addr, n, FOLL_WRITE, pages);
 *
 * 	if (got != n) {
 * 		if (got > 0)
 * 			unpin_user_pages(pages, got);
 * 		return got < 0 ? got : -EFAULT;
 * 	}
 * 	return 0;
 * }
 * ```
 *
 * ## Kernels
 * All.
 *
 * ## Limits
 * In the function that takes the pages, itself or through one that hands on the count, and gives them back.
 *
 * ## Fix safety
 * Unsafe: -EFAULT takes the place of the count, where a variable is returned; a caller that goes by the count would see it no more.
 *
 * ## References
 * pin_user_pages_fast() in mm/gup.c: the number of pages pinned, which may be fewer than asked for.
 */
import { defineRule } from './define.ts';
import { returnErrno } from './fixes/return-errno.ts';
import { acquiredBy, pageFindings, reportFlow } from './support/flow-report.ts';

/** See the head of the file. */
export const shortCountReturned = defineRule({
  name: 'short-count-returned',
  group: 'result',
  summary: 'A short count of pages is returned as a status',
  severity: 'warning',
  fix: 'unsafe',
  check(pass) {
    for (const finding of pageFindings(pass, 'short-count-returned')) {
      const fix = returnErrno(finding.problem.step);
      reportFlow(pass, finding, {
        message: `${finding.problem.functionName}() returns the number of pages that ${acquiredBy(finding)} got where fewer came than asked for: it is positive, and a caller that looks for a negative result takes it for success, with the pages given back; return an errno`,
        fixes: fix === undefined ? [] : [fix],
      });
    }
  },
});
