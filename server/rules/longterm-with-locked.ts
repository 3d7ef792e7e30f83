/**
 * ## What it does
 * Finds FOLL_LONGTERM in a call that may drop mmap_lock: `pin_user_pages_unlocked()`, `pin_user_pages_locked()`, and
 * `pin_user_pages_remote()` with a `locked` pointer.
 *
 * ## Why is this bad?
 * Up to 6.1 the long-term core could not drop the lock, and these calls were refused with WARN_ON_ONCE and -EINVAL.
 *
 * ## Example
 * ```c bad kernel=6.1
 * static long demo_register(unsigned long addr, unsigned long n, struct page **pages)
 * {
 * 	return pin_user_pages_unlocked(addr, n, pages, FOLL_WRITE | FOLL_LONGTERM);
 * }
 * ```
 *
 * ## Use instead
 * ```c good kernel=6.1
 * static int demo_register(unsigned long addr, int n, struct page **pages)
 * {
 * 	return pin_user_pages_fast(addr, n, FOLL_WRITE | FOLL_LONGTERM, pages);
 * }
 * ```
 *
 * ## Kernels
 * 5.6 to 6.1, each function from the release that has it. Since 6.2 the combination works.
 *
 * ## Limits
 * A `locked` argument counts as given unless it is NULL. The get functions are reported by `longterm-without-pin`.
 *
 * ## Fix safety
 * No fix.
 *
 * ## References
 * get_user_pages_unlocked() and pin_user_pages_remote() in mm/gup.c of 5.8 and 6.1.
 */
import { defineRule } from './define.ts';
import { isLockedCheck, isPinFunction, passesLocked, refusalOf, refusalText } from './support/facts.ts';
import { flagNames, reportUse, usesOfFlag } from './support/flags/flag-use.ts';
import { bothOf, isEmpty } from './support/kernels.ts';

/** See the head of the file. */
export const longtermWithLocked = defineRule({
  name: 'longterm-with-locked',
  group: 'flags',
  summary: 'FOLL_LONGTERM is passed to a call that may drop mmap_lock, before 6.2',
  severity: 'error',
  fix: 'none',
  check(pass) {
    for (const use of usesOfFlag(pass, 'FOLL_LONGTERM')) {
      const { site } = use;
      if (!isPinFunction(site.api, pass.model)) continue;
      const locked = passesLocked(site, pass);
      const refusal = refusalOf(site, {
        model: pass.model,
        flags: flagNames(site),
        which: (row) => row.id.startsWith('VALID.LT-UNLOCKED') && (locked || !isLockedCheck(row)),
      });
      const on = bothOf(refusal.kernels, use.live);
      if (isEmpty(on)) continue;
      const how = refusalText(site, refusal, on, pass.model);
      reportUse(pass, use, {
        message: `${site.api}() cannot take FOLL_LONGTERM on {kernels}, where it may drop mmap_lock (${how}); use pin_user_pages_fast()`,
        on,
        holds: refusal.kernels,
        severity: 'error',
      });
    }
  },
});
