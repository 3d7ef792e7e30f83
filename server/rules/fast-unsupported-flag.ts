/**
 * ## What it does
 * Finds flags that the `*_fast` functions do not accept: FOLL_NOWAIT, FOLL_HWPOISON, FOLL_ANON, FOLL_SPLIT_PMD, FOLL_INTERRUPTIBLE,
 * FOLL_DUMP on every kernel, others on some.
 *
 * ## Why is this bad?
 * Since 5.3 these functions test their flags against a mask and refuse every call with a flag outside it: WARN_ON_ONCE and -EINVAL,
 * or 0 from the fast_only functions before 6.3. The feature behind the call is dead.
 *
 * ## Example
 * ```c bad
 * static int demo_pin(unsigned long addr, int n, struct page **pages)
 * {
 * 	return pin_user_pages_fast(addr, n, FOLL_WRITE | FOLL_NOWAIT, pages);
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static long demo_pin(unsigned long addr, unsigned long n, struct page **pages)
 * {
 * 	return pin_user_pages_unlocked(addr, n, pages, FOLL_WRITE | FOLL_NOWAIT);
 * }
 * ```
 *
 * ## Kernels
 * 5.3 and later, by the mask of each release: FOLL_FORCE is accepted since 5.6, FOLL_GET since 5.7, FOLL_NOFAULT since 5.16,
 * FOLL_PCI_P2PDMA since 6.2, FOLL_HONOR_NUMA_FAULT since 6.5.
 *
 * ## Limits
 * FOLL_PIN and the flags that are hidden in mm/ have their own rules.
 *
 * ## Fix safety
 * No fix: the unlocked variant takes the flag, but may take mmap_lock.
 *
 * ## References
 * internal_get_user_pages_fast() in mm/gup.c (gup_fast_fallback() since 6.10).
 */
import { defineRule, type RulePass } from './define.ts';
import {
  fastRefusesFlag,
  flagKernels,
  isFastFunction,
  isPinFunction,
  refusalOf,
  refusalText,
} from './support/facts.ts';
import { type FlagUse, flagUses, reportUse } from './support/flags/flag-use.ts';
import { bothOf, isEmpty, showKernels, without } from './support/kernels.ts';

/** See the head of the file. */
export const fastUnsupportedFlag = defineRule({
  name: 'fast-unsupported-flag',
  group: 'flags',
  summary: 'A flag is passed that the fast functions refuse',
  severity: 'error',
  fix: 'none',
  check(pass) {
    for (const use of flagUses(pass, (t) => t.kind === 'flag' && t.name !== 'FOLL_PIN' && !pass.entitled(t.name))) {
      if (isFastFunction(use.site.api)) checkUse(pass, use);
    }
  },
});

function checkUse(pass: RulePass, use: FlagUse): void {
  const { site, term } = use;
  const { model } = pass;
  const pin = isPinFunction(site.api, model);
  // FOLL_GET at a pin function is foll-get-with-pin, a hidden flag is internal-foll-flag.
  if (pin && term.name === 'FOLL_GET') return;
  const visible = flagKernels(model, term.name, (row) => row.visible);
  const check = refusalOf(site, { model, flags: [], which: (row) => row.id === 'VALID.FASTMASK' });
  const holds = bothOf(bothOf(fastRefusesFlag(term.name), visible), check.kernels);
  const on = bothOf(holds, use.live);
  if (isEmpty(on)) return;
  const taken = without(bothOf(visible, check.kernels), fastRefusesFlag(term.name));
  const only = site.api.endsWith('_only');
  const slow = only ? '' : `; ${pin ? 'pin' : 'get'}_user_pages_unlocked() takes it`;
  const later = isEmpty(taken) ? '' : `, only on ${showKernels(taken)}`;
  reportUse(pass, use, {
    message: `${site.api}() does not take ${term.name} on {kernels}${later} (${refusalText(site, check, on, model)})${slow}`,
    on,
    holds,
    severity: 'error',
  });
}
