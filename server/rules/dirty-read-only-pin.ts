/**
 * ## What it does
 * Finds pages that were taken without FOLL_WRITE and are marked dirty all the same.
 *
 * ## Why is this bad?
 * Without FOLL_WRITE the page may be shared: the zero page, a page of a file that is mapped read-only, a page before copy-on-write. If it is
 * really written to, another process sees the data; if it is not, marking it dirty writes back what did not change, and file systems warn of
 * pages they did not prepare for it.
 *
 * ## Example
 * ```c bad
 * static int demo_send(struct demo_dev *dd, unsigned long addr, int n, struct page **pages)
 * {
 * 	int got = pin_user_pages_fast(addr, n, 0, pages);
 *
 * 	if (got <= 0)
 * 		return -EFAULT;
 * 	demo_run(dd, got);
 * 	unpin_user_pages_dirty_lock(pages, got, true);
 * 	return 0;
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static int demo_send(struct demo_dev *dd, unsigned long addr, int n, struct page **pages)
 * {
 * 	int got = pin_user_pages_fast(addr, n, 0, pages);
 *
 * 	if (got <= 0)
 * 		return -EFAULT;
 * 	demo_run(dd, got);
 * 	unpin_user_pages(pages, got);
 * 	return 0;
 * }
 * ```
 *
 * ## Kernels
 * All.
 *
 * ## Limits
 * The flags must be known, and FOLL_WRITE not among them on any path; a make_dirty argument that is not known counts for nothing.
 *
 * ## Fix safety
 * No fix: either the flag is missing or the marking is too much.
 *
 * ## References
 * "FOLL_WRITE" in the description of get_user_pages() in mm/gup.c.
 */
import type { CallSite } from '../analysis/sites/site.ts';
import { defineRule, type RulePass } from './define.ts';
import { argumentOf } from './support/facts.ts';
import { sameOrigin } from './support/releases/owner-facts.ts';

/** See the head of the file. */
export const dirtyReadOnlyPin = defineRule({
  name: 'dirty-read-only-pin',
  group: 'dirty',
  summary: 'Pages that were taken without FOLL_WRITE are marked dirty',
  severity: 'warning',
  fix: 'none',
  check(pass) {
    for (const site of pass.sites) {
      if (site.unit !== pass.unit || site.via !== undefined || !isReadOnly(pass, site)) continue;
      if (!pass.flow.ends.some((e) => e.dirtied && sameOrigin(e.origin, site))) continue;
      const facts = pass.flow.releases.filter((f) => f.dirtied && sameOrigin(f.origin, site));
      pass.report({
        message: `${site.api}() takes the pages without FOLL_WRITE here, and they are marked dirty later: a page taken for reading may be shared, so it must not be written, and if it is not there is nothing to mark; add FOLL_WRITE or drop the marking`,
        at: { unit: site.unit, span: site.nameSpan },
        functionName: site.fn?.name ?? '',
        site,
        confidence: 'medium',
        related: facts.slice(0, 3).map(({ release }) => ({
          at: { unit: release.step.unit, span: release.step.span },
          message: `${release.step.text}, dirty`,
        })),
      });
    }
  },
});

function isReadOnly(pass: RulePass, site: CallSite): boolean {
  const { known, may, must } = site.flags;
  if (!known || may.has('FOLL_WRITE') || must.has('FOLL_WRITE')) return false;
  return argumentOf(site, 'flags', pass) !== undefined;
}
