/**
 * ## What it does
 * Finds FOLL_GET passed to a `pin_user_pages*()` function.
 *
 * ## Why is this bad?
 * A page is taken either with FOLL_GET or with FOLL_PIN, and the pin functions add FOLL_PIN themselves. Every call with both is
 * refused with WARN_ON_ONCE: nothing is pinned. Since 6.3 `pin_user_pages()`, `_remote` and `_unlocked` show it with a result of 0,
 * which many callers take for success.
 *
 * ## Example
 * ```c bad
 * static long demo_pin(unsigned long addr, unsigned long n, struct page **pages)
 * {
 * 	return pin_user_pages_unlocked(addr, n, pages, FOLL_WRITE | FOLL_GET);
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static long demo_pin(unsigned long addr, unsigned long n, struct page **pages)
 * {
 * 	return pin_user_pages_unlocked(addr, n, pages, FOLL_WRITE);
 * }
 * ```
 *
 * ## Kernels
 * 5.7 and later, where pins are real.
 *
 * ## Limits
 * A flag that is set on some paths only is reported as a warning.
 *
 * ## Fix safety
 * Safe: no call with the flag ever succeeded.
 *
 * ## References
 * pin_user_pages() in mm/gup.c (5.7), is_valid_gup_args() (6.3).
 */
import { defineRule } from './define.ts';
import { dropFlag } from './fixes/drop-flag.ts';
import { isPinFunction, refusalOf, refusalText } from './support/facts.ts';
import { flagNames, reportUse, usesOfFlag } from './support/flags/flag-use.ts';
import { bothOf, isEmpty } from './support/kernels.ts';

/** See the head of the file. */
export const follGetWithPin = defineRule({
  name: 'foll-get-with-pin',
  group: 'flags',
  summary: 'FOLL_GET is passed to a pin function, which refuses the call',
  severity: 'error',
  fix: 'safe',
  check(pass) {
    for (const use of usesOfFlag(pass, 'FOLL_GET')) {
      const { site, term } = use;
      if (!isPinFunction(site.api, pass.model)) continue;
      const refusal = refusalOf(site, {
        model: pass.model,
        flags: flagNames(site),
        which: (row) => [...(row.flags?.anyOf ?? []), ...(row.flags?.allOf ?? [])].includes('FOLL_GET'),
      });
      const on = bothOf(refusal.kernels, use.live);
      if (isEmpty(on)) continue;
      const edit = dropFlag(term.unit, term.span);
      reportUse(pass, use, {
        message: `FOLL_GET and FOLL_PIN exclude each other: ${site.api}() refuses the call on {kernels} (${refusalText(site, refusal, on, pass.model)}), nothing is pinned`,
        on,
        holds: refusal.kernels,
        severity: 'error',
        fixes: edit === undefined ? [] : [{ title: 'Drop FOLL_GET', applicability: 'safe', edits: [edit] }],
      });
    }
  },
});
