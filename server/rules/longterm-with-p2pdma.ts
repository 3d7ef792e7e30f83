/**
 * ## What it does
 * Finds FOLL_LONGTERM and FOLL_PCI_P2PDMA in the flags of one call.
 *
 * ## Why is this bad?
 * Long-term pins of peer-to-peer DMA pages are not supported: 6.2 answers -EOPNOTSUPP for such mappings, and since 6.3 every call with
 * both flags is refused with WARN_ON_ONCE, whatever the mapping.
 *
 * ## Example
 * ```c bad
 * static int demo_register(unsigned long addr, int n, struct page **pages)
 * {
 * 	return pin_user_pages_fast(addr, n, FOLL_WRITE | FOLL_LONGTERM | FOLL_PCI_P2PDMA, pages);
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static int demo_submit(unsigned long addr, int n, struct page **pages)
 * {
 * 	return pin_user_pages_fast(addr, n, FOLL_WRITE | FOLL_PCI_P2PDMA, pages);
 * }
 * ```
 *
 * ## Kernels
 * 6.2 and later; before, FOLL_PCI_P2PDMA does not exist.
 *
 * ## Limits
 * Where one of the flags is set on some paths only the finding is a warning; where both are, its confidence is low.
 *
 * ## Fix safety
 * No fix: which of the two is meant only the author knows.
 *
 * ## References
 * is_valid_gup_args() and check_vma_flags() in mm/gup.c.
 */
import { defineRule } from './define.ts';
import { isPinFunction, liveHere, refusalOf, refusalText } from './support/facts.ts';
import { flagNames, reportUse, usesOfFlag } from './support/flags/flag-use.ts';
import { bothOf, isEmpty } from './support/kernels.ts';

/** See the head of the file. */
export const longtermWithP2pdma = defineRule({
  name: 'longterm-with-p2pdma',
  group: 'flags',
  summary: 'FOLL_LONGTERM and FOLL_PCI_P2PDMA are passed together',
  severity: 'error',
  fix: 'none',
  check(pass) {
    for (const use of usesOfFlag(pass, 'FOLL_PCI_P2PDMA')) {
      const { site } = use;
      const flags = flagNames(site);
      if (!flags.includes('FOLL_LONGTERM') || !isPinFunction(site.api, pass.model)) continue;
      const refusal = refusalOf(site, { model: pass.model, flags, which: (row) => row.id.startsWith('VALID.LT-P2P') });
      const on = bothOf(bothOf(refusal.kernels, use.live), liveHere(site, pass));
      if (isEmpty(on)) continue;
      const longterm = site.flags.must.has('FOLL_LONGTERM');
      reportUse(pass, use, {
        message: `${site.api}() cannot take FOLL_LONGTERM together with FOLL_PCI_P2PDMA on {kernels} (${refusalText(site, refusal, on, pass.model)})`,
        on,
        holds: refusal.kernels,
        severity: 'error',
        certainty: longterm ? 'certain' : use.term.must ? 'likely' : 'open',
      });
    }
  },
});
