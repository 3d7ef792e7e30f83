/**
 * ## What it does
 * Finds FOLL_FORCE (before 4.9: a `force` argument that is not 0) outside ptrace, uprobes, core dumps, exec and the like.
 *
 * ## Why is this bad?
 * The flag overrides the permissions of the mapping: it writes into private mappings that the process may only read. A driver has no right
 * to that. It was passed with FOLL_WRITE to get a reliable read-only long-term pin; 6.2 made those reliable by themselves and took the
 * flag out of every driver. From 6.2 to 6.13 a forced write fails on hugetlb mappings.
 *
 * ## Example
 * ```c bad
 * static int demo_register(unsigned long addr, int n, struct page **pages)
 * {
 * 	return pin_user_pages_fast(addr, n, FOLL_WRITE | FOLL_FORCE | FOLL_LONGTERM, pages);
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static int demo_register(unsigned long addr, int n, struct page **pages)
 * {
 * 	return pin_user_pages_fast(addr, n, FOLL_WRITE | FOLL_LONGTERM, pages);
 * }
 * ```
 *
 * ## Kernels
 * A warning where every kernel aimed at is 6.2 or later, an info otherwise: before, it was the accepted way.
 *
 * ## Limits
 * The places of the kernel that may force are a table of the model, by path below the root of a kernel tree.
 *
 * ## Fix safety
 * Unsafe: a process that passed a read-only buffer gets -EFAULT afterwards, as it should. None is offered where a kernel before 6.2 is aimed
 * at and FOLL_WRITE may go with the flag: there, a device that only reads may need both.
 *
 * ## References
 * Documentation/core-api/pin_user_pages.rst; check_vma_flags() in mm/gup.c.
 */
import { READ_ONLY_LONGTERM_IS_RELIABLE } from '../../model/behaviour.ts';
import { isNullText } from '../analysis/flags/constants.ts';
import type { CallSite } from '../analysis/sites/site.ts';
import { defineRule, type RulePass } from './define.ts';
import { dropFlag } from './fixes/drop-flag.ts';
import { argumentOf, kernelsOf, kernelsWithRole } from './support/facts.ts';
import { flagNames, reportUse, usesOfFlag, versionSeverity } from './support/flags/flag-use.ts';
import { EVERY_KERNEL, includesAll, isEmpty, without } from './support/kernels.ts';

/** See the head of the file. */
export const follForceInDriver = defineRule({
  name: 'foll-force-in-driver',
  group: 'flags',
  summary: 'FOLL_FORCE overrides the permissions of a mapping from a driver',
  severity: 'warning',
  fix: 'unsafe',
  check(pass) {
    const reliable = kernelsOf([READ_ONLY_LONGTERM_IS_RELIABLE]);
    for (const use of usesOfFlag(pass, 'FOLL_FORCE')) {
      const before = without(use.live, reliable);
      // Up to 6.1 the flag does something for a driver that only reads, and passes FOLL_WRITE all the same.
      const matters = !isEmpty(before) && flagNames(use.site).includes('FOLL_WRITE');
      const edit = matters ? undefined : dropFlag(use.term.unit, use.term.span);
      const why = isEmpty(before)
        ? ''
        : ` (the accepted way to a read-only long-term pin on {kernels}, needless since 6.2)`;
      reportUse(pass, use, {
        message: `FOLL_FORCE lets ${use.site.api}() override the permissions of the mapping; it is for ptrace and the like, not for drivers${why}`,
        on: isEmpty(before) ? use.live : before,
        holds: includesAll(reliable, use.live) ? reliable : EVERY_KERNEL,
        severity: isEmpty(before) ? 'warning' : 'info',
        fixes: edit === undefined ? [] : [{ title: 'Drop FOLL_FORCE', applicability: 'unsafe', edits: [edit] }],
      });
    }
    for (const site of pass.sites) checkForceArgument(pass, site);
  },
});

/** The `force` argument of the functions before 4.9. */
function checkForceArgument(pass: RulePass, site: CallSite): void {
  const force = argumentOf(site, 'force', pass);
  if (force === undefined || isNullText(force.text) || force.text === 'false' || pass.entitled('FOLL_FORCE')) return;
  const certain = /^(?:1|true)$/.test(force.text);
  pass.report({
    message: `force = ${force.text} lets ${site.api}() override the permissions of the mapping; it is for ptrace and the like, not for drivers`,
    at: { unit: site.unit, span: { start: force.start, end: force.end } },
    functionName: site.fn?.name ?? '',
    site,
    severity: versionSeverity(pass, 'info', EVERY_KERNEL, kernelsWithRole(site, 'force', pass)),
    confidence: certain ? 'high' : 'low',
  });
}
