/**
 * ## What it does
 * Finds paths that give up because fewer pages came than were asked for, and do not give those back that came.
 *
 * ## Why is this bad?
 * A short count is normal: the range ends in the middle, a signal arrives, memory is tight. Each failing call then leaves some pages pinned
 * for ever, and user space can repeat it at will. It is the mistake found most often in reviews of drivers.
 *
 * ## Example
 * ```c bad
 * static int demo_pin(unsigned long addr, int n, struct page **pages)
 * {
 * 	int got = pin_user_pages_fast(addr, n, FOLL_WRITE, pages);
 *
 * 	if (got != n) {
 * 		kvfree(pages);
 * 		return -EFAULT;
 * 	}
 * 	return 0;
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static int demo_pin(unsigned long addr, int n, struct page **pages)
 * {
 * 	int got = pin_user_pages_fast(addr, n, FOLL_WRITE, pages);
 *
 * 	if (got != n) {
 * 		if (got > 0)
 * 			unpin_user_pages(pages, got);
 * 		kvfree(pages);
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
 * As for pin-leaked. An array that belongs to the caller is judged with the callers: they may give back what a failed call left in it.
 *
 * ## Fix safety
 * Unsafe: `if (got > 0) unpin_user_pages(pages, got);` is put in front of the return, at the start of the arm that fails, or under a label of
 * its own in the function's ladder, where the acquire call stands in the same function.
 *
 * ## References
 * get_user_pages() in mm/gup.c: "returns either number of pages pinned (which may be less than the number requested), or an error".
 */
import { SHORT_LEFT } from '../analysis/paths/short-on-failure.ts';
import { defineRule } from './define.ts';
import { releaseBefore } from './fixes/release-before.ts';
import { acquiredBy, pageFindings, releaseFor, reportFlow, takenWord, takerSteps } from './support/flow-report.ts';
import { asksEntries } from './support/results/tested-entries.ts';
import { isTestedUnsigned, unsignedTests } from './support/results/unsigned-test.ts';

/** See the head of the file. */
export const partialPinLeaked = defineRule({
  name: 'partial-pin-leaked',
  group: 'release',
  summary: 'The pages of a short count are not given back',
  severity: 'error',
  fix: 'unsafe',
  check(pass) {
    const tests = unsignedTests(pass);
    for (const finding of pageFindings(pass, 'partial-pin-leaked')) {
      if (isTestedUnsigned(finding, tests)) continue;
      const { problem, resource } = finding;
      if (problem.detail === SHORT_LEFT && asksEntries(pass, resource.origin)) continue;
      const taken = takenWord(resource.reference);
      reportFlow(pass, finding, {
        message: `${problem.functionName}() gives up when ${acquiredBy(finding)} gets fewer pages than asked for and leaves those that came ${taken}: user space can bring this about at will (a hole in the range is enough), and each time pages are lost for good; call ${releaseFor(resource)} on as many as came`,
        fixes: releaseBefore(pass, finding),
        steps: takerSteps(finding),
      });
    }
  },
});
