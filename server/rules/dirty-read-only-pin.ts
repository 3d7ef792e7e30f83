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
import type { EntryEvent } from '../analysis/paths/path-state.ts';
import type { CallSite } from '../analysis/sites/site.ts';
import { ownerKey } from '../flow/value.ts';
import { defineRule, type RulePass } from './define.ts';
import { argumentOf } from './support/facts.ts';
import { ownersOf, sameOrigin } from './support/releases/owner-facts.ts';

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
      const met = pass.flow.ends.some((e) => e.dirtied && sameOrigin(e.origin, site));
      const kept = met ? [] : markedInField(pass, site);
      if (!met && kept.length === 0) continue;
      const releases = pass.flow.releases.filter((f) => f.dirtied && sameOrigin(f.origin, site)).map((f) => f.release);
      pass.report({
        message: `${site.api}() takes the pages without FOLL_WRITE here, and they are marked dirty later: a page taken for reading may be shared, so it must not be written, and if it is not there is nothing to mark; add FOLL_WRITE or drop the marking`,
        at: { unit: site.unit, span: site.nameSpan },
        functionName: site.fn?.name ?? '',
        site,
        confidence: 'medium',
        related: [...releases, ...kept].slice(0, 3).map(({ step }) => ({
          at: { unit: step.unit, span: step.span },
          message: `${step.text}, dirty`,
        })),
      });
    }
  },
});

/** What marks the pages of a field dirty in any case, where the site is the only one that fills it. */
function markedInField({ flow }: RulePass, site: CallSite): readonly EntryEvent[] {
  const owners = ownersOf(flow);
  const keys = new Set(flow.held.filter((h) => sameOrigin(h.origin, site)).map((h) => ownerKey(h.owner)));
  return [...keys].flatMap((key) => {
    const facts = key === undefined ? undefined : owners.get(key);
    if (facts === undefined || !facts.held.every((h) => sameOrigin(h.origin, site))) return [];
    return facts.events.filter((e) => (e.kind === 'release' || e.kind === 'dirty') && e.dirties === 'yes');
  });
}

function isReadOnly(pass: RulePass, site: CallSite): boolean {
  const { known, may, must } = site.flags;
  if (!known || may.has('FOLL_WRITE') || must.has('FOLL_WRITE')) return false;
  return argumentOf(site, 'flags', pass) !== undefined;
}
