/**
 * ## What it does
 * Finds FOLL_ names in a flags argument that a kernel aimed at does not have.
 *
 * ## Why is this bad?
 * The file does not compile there. Flags came and went: FOLL_LONGTERM since 5.2, FOLL_PIN since 5.6, FOLL_SPLIT until 5.12,
 * FOLL_MLOCK and FOLL_POPULATE until 5.17, FOLL_MIGRATION until 6.1. FOLL_UNSHARE never existed.
 *
 * ## Example
 * ```c bad kernel=5.10..6.12
 * static int demo_pin(unsigned long addr, int n, struct page **pages)
 * {
 * 	return pin_user_pages_fast(addr, n, FOLL_WRITE | FOLL_NOFAULT, pages);
 * }
 * ```
 *
 * ## Use instead
 * ```c good kernel=5.10..6.12
 * #include <linux/version.h>
 *
 * #if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 16, 0)
 * #define DEMO_NOFAULT FOLL_NOFAULT
 * #else
 * #define DEMO_NOFAULT 0
 * #endif
 *
 * static int demo_pin(unsigned long addr, int n, struct page **pages)
 * {
 * 	return pin_user_pages_fast(addr, n, FOLL_WRITE | DEMO_NOFAULT, pages);
 * }
 * ```
 *
 * ## Kernels
 * All: each name by the releases that have it. The names that 6.3 hid in mm/ are reported by `internal-foll-flag` and
 * `foll-pin-at-call-site`.
 *
 * ## Limits
 * A name that the file or a header of its project defines is taken as existing. A name that no release ever had is reported with
 * medium confidence: a vendor's kernel may have it. Stable back-ports count only by the first release of their series.
 *
 * ## Fix safety
 * No fix.
 *
 * ## References
 * include/linux/mm.h and include/linux/mm_types.h of 4.4 to 6.12.
 */
import { defineRule } from './define.ts';
import { flagKernels, liveHere, macroKernels } from './support/facts.ts';
import { flagUses, reportUse } from './support/flags/flag-use.ts';
import { bothOf, EVERY_KERNEL, isEmpty, showKernels, without } from './support/kernels.ts';

/** See the head of the file. */
export const flagNotInKernel = defineRule({
  name: 'flag-not-in-kernel',
  group: 'flags',
  summary: 'A FOLL_ name is used that a kernel aimed at does not have',
  severity: 'error',
  fix: 'none',
  check(pass) {
    for (const use of flagUses(pass, (t) => t.kind === 'flag' && !pass.entitled(t.name))) {
      const { name } = use.term;
      const has = flagKernels(pass.model, name);
      const lacking = without(bothOf(use.live, liveHere(use.site, pass)), has);
      if (isEmpty(lacking)) continue;
      const missing = without(lacking, macroKernels(pass, name));
      if (isEmpty(missing)) continue;
      const never = isEmpty(has);
      const message = never
        ? `no kernel has ${name}`
        : `${name} does not exist on {kernels}, only on ${showKernels(has)}`;
      reportUse(pass, use, {
        message,
        on: missing,
        holds: without(EVERY_KERNEL, has),
        possible: use.possible,
        severity: 'error',
        certainty: never ? 'likely' : 'certain',
      });
    }
  },
});
