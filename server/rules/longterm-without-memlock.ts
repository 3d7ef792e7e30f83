/**
 * ## What it does
 * Finds long-term pins in a file that charges them to nobody: no `pinned_vm`, no account_locked_vm(), no RLIMIT_MEMLOCK.
 *
 * ## Why is this bad?
 * Pinned pages can neither be reclaimed nor moved. Where user space chooses how many, an unprivileged process takes all memory of the machine.
 *
 * ## Example
 * ```c bad
 * static int demo_register(unsigned long addr, int n, struct page **pages)
 * {
 * 	int got = pin_user_pages_fast(addr, n, FOLL_WRITE | FOLL_LONGTERM, pages);
 *
 * 	if (got > 0 && got != n)
 * 		unpin_user_pages(pages, got);
 * 	return got == n ? 0 : -EFAULT;
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static int demo_register(struct mm_struct *mm, unsigned long addr, int n, struct page **pages)
 * {
 * 	int got;
 *
 * 	if (account_locked_vm(mm, n, true))
 * 		return -ENOMEM;
 * 	got = pin_user_pages_fast(addr, n, FOLL_WRITE | FOLL_LONGTERM, pages);
 * 	if (got > 0 && got != n)
 * 		unpin_user_pages(pages, got);
 * 	if (got != n)
 * 		account_locked_vm(mm, n, false);
 * 	return got == n ? 0 : -EFAULT;
 * }
 * ```
 *
 * ## Kernels
 * 5.2 and later, where FOLL_LONGTERM exists.
 *
 * ## Limits
 * An info: another file may account, the number of pages may be small and fixed, or only root may call. Nothing is said of pages that are given
 * back before the function returns.
 *
 * ## Fix safety
 * No fix.
 *
 * ## References
 * mm/util.c, account_locked_vm(); Documentation/core-api/pin_user_pages.rst.
 */

import { defineRule } from './define.ts';
import { judgedSites, pinnable, reportCase } from './support/case-report.ts';

/** See the head of the file. */
export const longtermWithoutMemlock = defineRule({
  name: 'longterm-without-memlock',
  group: 'case',
  summary: 'Long-term pins are not charged to the locked memory of anybody',
  severity: 'info',
  fix: 'none',
  check(pass) {
    for (const judged of judgedSites(pass)) {
      const { site, record } = judged;
      if (site.reference !== 'pin' || !site.flags.must.has('FOLL_LONGTERM')) continue;
      if (record.lifetime === 'short' || record.evidence.some((e) => e.kind === 'accounting')) continue;
      const nr = site.args[site.rows[0]?.params.findIndex((p) => p.role === 'nr') ?? -1]?.text;
      if (nr !== undefined && /^\d+$/.test(nr)) continue;
      reportCase(pass, judged, {
        message: `${site.api}() pins pages for a long time and nothing in this file charges them to RLIMIT_MEMLOCK: an unprivileged process may pin all memory; see account_locked_vm()`,
        on: pinnable(pass, site),
        severity: 'info',
        shows: ['flag'],
      });
    }
  },
});
