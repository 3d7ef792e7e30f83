/**
 * ## What it does
 * Finds user pages that `__free_page()`, `__free_pages()`, `free_page()` or another function of the page allocator gives back.
 *
 * ## Why is this bad?
 * The pages belong to a process. `__free_page()` drops one reference and, when that was the last, hands the page straight to the allocator
 * without taking it off the LRU list and without uncharging it: "Bad page state". Of a pinned page 1023 references stay for good.
 *
 * ## Example
 * ```c bad
 * static int demo_peek(unsigned long addr)
 * {
 * 	struct page *page;
 *
 * 	if (get_user_pages_fast(addr, 1, 0, &page) != 1)
 * 		return -EFAULT;
 * 	__free_page(page);
 * 	return 0;
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static int demo_peek(unsigned long addr)
 * {
 * 	struct page *page;
 *
 * 	if (get_user_pages_fast(addr, 1, 0, &page) != 1)
 * 		return -EFAULT;
 * 	put_page(page);
 * 	return 0;
 * }
 * ```
 *
 * ## Kernels
 * All.
 *
 * ## Limits
 * Pages must be known to come from an acquire call, on the path at hand or through a field that nothing else is put into. A function that
 * frees a field in two ways is left alone. Pages that could not be followed count, as a warning, where nothing in the files at hand allocates
 * pages; allocators out of sight are known by their names alone.
 *
 * ## Fix safety
 * `__free_page(page)` becomes put_page() or unpin_user_page(), whichever fits the acquire call: safe where nothing else is known to reach it,
 * unsafe elsewhere. No fix for the other functions.
 *
 * ## References
 * __free_pages() in mm/page_alloc.c; __folio_put() in mm/swap.c.
 */
import { defineRule } from './define.ts';
import { acquiredBy, reportFlow, takenWord } from './support/flow-report.ts';
import { renameRelease, whichPages, wrongReleases } from './support/releases/wrong-release.ts';

/** See the head of the file. */
export const freeOnGupPage = defineRule({
  name: 'free-on-gup-page',
  group: 'release',
  summary: 'User pages are given to the page allocator with __free_page() or the like',
  severity: 'error',
  fix: 'safe',
  check(pass) {
    for (const finding of wrongReleases(pass, 'free-on-gup-page')) {
      const { problem, resource } = finding;
      const isPin = resource.reference === 'pin' || resource.reference === 'either';
      const right = isPin ? 'unpin_user_page' : 'put_page';
      const harm = isPin
        ? 'it drops one of the 1024 references of a pin, and the page is never freed'
        : 'where it drops the last reference, the page goes back to the allocator while it is still on the LRU list';
      const names = new Map([['__free_page', right]]);
      const applicability = finding.only ? 'safe' : 'unsafe';
      const fix = resource.reference === 'either' ? undefined : renameRelease(pass, finding, { names, applicability });
      reportFlow(pass, finding, {
        message: `${problem.functionName}() frees user ${whichPages(finding)} ${takenWord(resource.reference)} by ${acquiredBy(finding)} with ${problem.detail}(), which is for pages of alloc_page(): ${harm}; use ${right}()`,
        fixes: fix === undefined ? [] : [fix],
      });
    }
  },
});
