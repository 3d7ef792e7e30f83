/**
 * ## What it does
 * Finds NULL as the pages array of a `pin_user_pages*()` function, of a `*_fast` function, of a get function that is told FOLL_GET, and of
 * `iov_iter_get_pages*()` and `iov_iter_extract_pages()`.
 *
 * ## Why is this bad?
 * A hold that is written down nowhere cannot be given back. Up to 5.18 the slow pin functions leaked such pins in silence; the fast
 * functions store through the pointer and crash. Since 5.19 (pin) and 6.3 (all) the call is refused with WARN_ON_ONCE.
 * To fault pages in, call `fault_in_readable()`, `fault_in_writeable()` or `get_user_pages()` with NULL, which takes no reference.
 *
 * ## Example
 * ```c bad
 * static int demo_prefault(unsigned long addr, int n)
 * {
 * 	return pin_user_pages_fast(addr, n, FOLL_WRITE, NULL);
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static int demo_prefault(char __user *addr, size_t len)
 * {
 * 	return fault_in_writeable(addr, len) ? -EFAULT : 0;
 * }
 * ```
 *
 * ## Kernels
 * All; the message says what happens on the kernels aimed at.
 *
 * ## Limits
 * Only a null pointer that stands in the argument is seen, not a variable that holds one.
 *
 * ## Fix safety
 * No fix.
 *
 * ## References
 * is_valid_gup_args() and is_valid_pin_args() in mm/gup.c.
 */
import { isNullText } from '../analysis/flags/constants.ts';
import type { CallSite } from '../analysis/sites/site.ts';
import { defineRule, type RulePass } from './define.ts';
import { argumentOf, isFastFunction, isPinFunction, kernelsWithRole, refusalOf, refusalText } from './support/facts.ts';
import { bothOf, isEmpty } from './support/kernels.ts';

/** See the head of the file. */
export const nullPagesWithPin = defineRule({
  name: 'null-pages-with-pin',
  group: 'flags',
  summary: 'NULL is passed as the array of a call that takes pages',
  severity: 'error',
  fix: 'none',
  check(pass) {
    for (const site of pass.sites) {
      const pages = argumentOf(site, 'pages', pass);
      if (pages !== undefined && isNullText(pages.text)) checkSite(pass, site, pages);
    }
  },
});

function checkSite(pass: RulePass, site: CallSite, pages: { start: number; end: number }): void {
  const pin = isPinFunction(site.api, pass.model);
  const fast = isFastFunction(site.api);
  const told = site.flags.must.has('FOLL_GET');
  // The address of the array's pointer: the call reads through it first.
  const iterator = site.api.startsWith('iov_iter_');
  if (!pin && !fast && !told && !iterator) return;
  const live = bothOf(kernelsWithRole(site, 'pages', pass), pass.liveOn(site));
  const refusal = refusalOf(site, {
    model: pass.model,
    flags: [],
    which: (row) => /^VALID\.NULLPAGES-[BC]$/.test(row.id),
  });
  const refused = bothOf(refusal.kernels, live);
  const how = iterator
    ? 'follows the pointer, which leads nowhere'
    : isEmpty(refused)
      ? fast
        ? 'stores through the pointer, or takes a page that nobody can give back where it falls back to the slow path'
        : 'takes holds that nobody can give back'
      : `refuses the call on {kernels} (${refusalText(site, refusal, refused, pass.model)})`;
  pass.report({
    message: `${site.api}() without a pages array ${how}; to fault pages in, use ${iterator ? 'fault_in_iov_iter_writeable() or fault_in_iov_iter_readable()' : 'fault_in_writeable() or fault_in_readable()'}`,
    kernels: isEmpty(refused) ? live : refused,
    at: { unit: site.unit, span: { start: pages.start, end: pages.end } },
    functionName: site.fn?.name ?? '',
    site,
  });
}
