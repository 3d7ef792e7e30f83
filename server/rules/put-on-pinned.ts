/**
 * ## What it does
 * Finds pages that a `pin_user_pages*()` function pinned and that put_page(), folio_put(), release_pages() or another function for
 * plain references gives back: on one path, in a helper, or through a struct field that holds them in between.
 *
 * ## Why is this bad?
 * A pin is 1024 references on a small page and a pin count of its own on a large folio. put_page() drops a single reference: 1023 stay
 * for good, so the page is never freed, cannot be migrated or offlined and looks pinned to fork, reclaim and writeback. On a large folio the
 * reference count comes out right and the pin count stays up, which 6.2 and later report as a bad page when the folio is freed.
 * nr_foll_pin_released in /proc/vmstat falls behind nr_foll_pin_acquired.
 *
 * ## Example
 * ```c bad
 * static int demo_send(unsigned long addr, int n, struct page **pages)
 * {
 * 	int i, got = pin_user_pages_fast(addr, n, 0, pages);
 *
 * 	for (i = 0; i < got; i++)
 * 		put_page(pages[i]);
 * 	return got;
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static int demo_send(unsigned long addr, int n, struct page **pages)
 * {
 * 	int i, got = pin_user_pages_fast(addr, n, 0, pages);
 *
 * 	for (i = 0; i < got; i++)
 * 		unpin_user_page(pages[i]);
 * 	return got;
 * }
 * ```
 *
 * ## Kernels
 * 5.7 and later. In 5.6 the pin functions take plain references and unpin_user_page() is put_page().
 *
 * ## Limits
 * A field that is filled in two ways, with pins and with other pages, is not looked at where both kinds of release occur. Where the file
 * takes other pages or further references too, what a field alone proves is a warning. So is what names alone tell, where the way of the
 * pages from the acquire call to the release could not be followed in values.
 *
 * ## Fix safety
 * Safe: offered where every page that is known to reach the call is pinned. put_page() becomes unpin_user_page(), release_pages()
 * unpin_user_pages(), folio_put() unpin_folio() on kernels that have it (6.11).
 *
 * ## References
 * Documentation/core-api/pin_user_pages.rst; gup_put_folio() in mm/gup.c.
 */
import { defineRule } from './define.ts';
import { acquiredBy, reportFlow } from './flow-report.ts';
import { renameRelease, whichPages, wrongReleases } from './wrong-release.ts';

/** Releases of references and their pin counterparts with the same arguments. */
const UNPIN: ReadonlyMap<string, string> = new Map([
  ['put_page', 'unpin_user_page'],
  ['release_pages', 'unpin_user_pages'],
  ['folio_put', 'unpin_folio'],
]);

/** See the head of the file. */
export const putOnPinned = defineRule({
  name: 'put-on-pinned',
  group: 'release',
  summary: 'Pinned pages are given back with put_page() or the like',
  severity: 'error',
  fix: 'safe',
  check(pass) {
    for (const wrong of wrongReleases(pass, 'put-on-pinned')) {
      const { release, problem } = wrong;
      const fix = wrong.only ? renameRelease(pass, wrong, { names: UNPIN, applicability: 'safe' }) : undefined;
      reportFlow(pass, wrong, {
        message: `${problem.functionName}() puts ${whichPages(wrong)} with ${release}() that ${acquiredBy(wrong)} pinned: on {kernels} a pin is 1024 references, ${release}() drops one, and the page is never freed and cannot be moved; use ${UNPIN.get(release) ?? 'unpin_user_page'}()`,
        kernels: wrong.on,
        fixes: fix === undefined ? [] : [fix],
      });
    }
  },
});
