/**
 * ## What it does
 * Finds paths on which pages that were pinned or taken are still held when the last pointer to them is gone: a return on an error path,
 * an array that is freed or filled again before its pages were given back. Helpers, callers and structs are followed. A function that
 * fails and leaves the pages in its caller's struct is reported where other failures of it give them back and no caller does; one that leaves
 * them in an array of its caller also where nothing it stores tells that there are any. A loop that gives pages back one by one and fails
 * in between leaves those behind. Of a return that is left by several gotos with the
 * pages held, the return tells of one, and up to two of the others are told where they leave.
 *
 * ## Why is this bad?
 * Nothing can give the pages back any more. They are never freed, a pinned page cannot be moved or offlined either, and a process that can
 * trigger the path again and again takes the memory of the machine away.
 *
 * ## Example
 * ```c bad
 * static int demo_map(struct device *dev, unsigned long addr, dma_addr_t *dma, struct page **out)
 * {
 * 	struct page *page;
 *
 * 	if (pin_user_pages_fast(addr, 1, FOLL_WRITE, &page) != 1)
 * 		return -EFAULT;
 * 	*dma = dma_map_page(dev, page, 0, PAGE_SIZE, DMA_FROM_DEVICE);
 * 	if (dma_mapping_error(dev, *dma))
 * 		return -EIO;
 * 	*out = page;
 * 	return 0;
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static int demo_map(struct device *dev, unsigned long addr, dma_addr_t *dma, struct page **out)
 * {
 * 	struct page *page;
 *
 * 	if (pin_user_pages_fast(addr, 1, FOLL_WRITE, &page) != 1)
 * 		return -EFAULT;
 * 	*dma = dma_map_page(dev, page, 0, PAGE_SIZE, DMA_FROM_DEVICE);
 * 	if (dma_mapping_error(dev, *dma)) {
 * 		unpin_user_page(page);
 * 		return -EIO;
 * 	}
 * 	*out = page;
 * 	return 0;
 * }
 * ```
 *
 * ## Kernels
 * All.
 *
 * ## Limits
 * Pages handed to a function that is not in sight may have been kept or given back there: low confidence, not shown by default. A path
 * on which something had to be assumed is a warning. Page arithmetic by pfn ranges is not followed. Macros that return or jump are
 * where the same file defines them; such a one of a header is a function that always comes back.
 *
 * ## Fix safety
 * Unsafe: a release is put in front of the return, at the start of the arm that fails, or under a label of the function's ladder, new or there already,
 * where the acquire call stands in the same function, and its result is still in a variable or a test for all pages stands behind it. Other
 * paths that come by are not looked at.
 *
 * ## References
 * Documentation/core-api/pin_user_pages.rst.
 */
import { LEFT, UNTOLD } from '../analysis/paths/left-on-failure.ts';
import { TAIL } from '../analysis/paths/tail-leaked.ts';
import { defineRule } from './define.ts';
import { releaseBefore } from './fixes/release-before.ts';
import {
  acquiredBy,
  type PageFinding,
  pageFindings,
  releaseFor,
  reportFlow,
  takenWord,
  takerSteps,
} from './support/flow-report.ts';

/** See the head of the file. */
export const pinLeaked = defineRule({
  name: 'pin-leaked',
  group: 'release',
  summary: 'A path drops the last pointer to pages that are still held',
  severity: 'error',
  fix: 'unsafe',
  check(pass) {
    for (const finding of pageFindings(pass, 'pin-leaked')) {
      const { problem, resource } = finding;
      const taken = takenWord(resource.reference);
      const moved = resource.reference === 'pin' ? ' and cannot be moved' : '';
      if (problem.detail === LEFT || problem.detail === UNTOLD) {
        const why =
          problem.detail === LEFT
            ? ', though it gives them back where it fails elsewhere: a caller that is told of a failure has no reason to give anything back'
            : " in its caller's array, and leaves nothing that tells of them: a caller that is told of a failure cannot know whether there are any";
        reportFlow(pass, finding, {
          message: `${problem.functionName}() fails with pages ${taken} by ${acquiredBy(finding)} still held${why}; call ${releaseFor(resource)} on this path`,
          fixes: releaseBefore(pass, finding),
        });
        continue;
      }
      reportFlow(pass, finding, {
        message: `${problem.functionName}() returns with pages ${taken} by ${acquiredBy(finding)} still held: ${lossOf(finding)}, so nothing can give them back and their memory is never freed${moved}; call ${releaseFor(resource)} on this path`,
        fixes: problem.detail === TAIL ? [] : releaseBefore(pass, finding),
        steps: takerSteps(finding),
      });
    }
  },
});

function lossOf({ problem, resource }: PageFinding): string {
  if (problem.detail === TAIL) return 'the loop that gives them back one by one ended before the last of them';
  const { lost } = resource;
  return lost === undefined ? 'no pointer to them is left' : lost.text.replace(' here ', ' ');
}
