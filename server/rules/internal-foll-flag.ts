/**
 * ## What it does
 * Finds flags that belong to mm/ in the flags of a call outside it: FOLL_TOUCH, FOLL_TRIED, FOLL_REMOTE, FOLL_FAST_ONLY,
 * FOLL_UNLOCKABLE, FOLL_MADV_POPULATE, and the old FOLL_COW, FOLL_NUMA, FOLL_MLOCK, FOLL_POPULATE, FOLL_MIGRATION.
 *
 * ## Why is this bad?
 * The functions set these flags as they need them. Since 6.3 their names do not compile outside mm/, and every entry point refuses
 * them with WARN_ON_ONCE (FOLL_TOUCH since 6.7). Before, they were not checked and bent the work of the core.
 *
 * ## Example
 * ```c bad
 * static long demo_get(unsigned long addr, unsigned long n, struct page **pages)
 * {
 * 	return get_user_pages_unlocked(addr, n, pages, FOLL_TOUCH | FOLL_WRITE);
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static long demo_get(unsigned long addr, unsigned long n, struct page **pages)
 * {
 * 	return get_user_pages_unlocked(addr, n, pages, FOLL_WRITE);
 * }
 * ```
 *
 * ## Kernels
 * An error where the flag is refused or hidden, a warning where it is internal and not checked, an info where callers could
 * still pass it (FOLL_TOUCH before 6.3). FOLL_PIN has its own rule, `foll-pin-at-call-site`.
 *
 * ## Limits
 * FOLL_SPLIT_PMD, FOLL_ANON and the like are for few callers, but callers may pass them: they are not reported.
 *
 * ## Fix safety
 * Safe for a flag that the function sets itself or refuses; unsafe for the others, since the core may act on them.
 *
 * ## References
 * INTERNAL_GUP_FLAGS in mm/internal.h (6.3) and its test in is_valid_gup_args().
 */
import type { FlagRow } from '../../model/schema.ts';
import { defineRule, type RulePass } from './define.ts';
import { dropFlag } from './fixes/drop-flag.ts';
import { fastRefusesFlag, flagKernels, isFastFunction, kernelsOf, refusalOf, refusalText } from './support/facts.ts';
import { type FlagUse, flagUses, reportUse } from './support/flags/flag-use.ts';
import { bothOf, isEmpty, type Kernels, showKernels, unionOf, without } from './support/kernels.ts';

/** See the head of the file. */
export const internalFollFlag = defineRule({
  name: 'internal-foll-flag',
  group: 'flags',
  summary: 'A flag that belongs to mm/ is passed by a caller',
  severity: 'error',
  fix: 'safe',
  check(pass) {
    const isInternal = (row: FlagRow): boolean => row.standing !== 'caller';
    const internal = (name: string): boolean => name !== 'FOLL_PIN' && pass.model.allFlags(name).some(isInternal);
    for (const use of flagUses(pass, (t) => t.kind === 'flag' && internal(t.name))) {
      if (!pass.entitled(use.term.name)) checkUse(pass, use);
    }
  },
});

function checkUse(pass: RulePass, use: FlagUse): void {
  const { site } = use;
  const { model } = pass;
  const { name } = use.term;
  const masked = isFastFunction(site.api) ? fastRefusesFlag(name) : [];
  // A flag outside the mask of the fast functions is reported by fast-unsupported-flag.
  const live = without(bothOf(use.live, flagKernels(model, name)), without(masked, hiddenKernels(pass, name)));
  if (isEmpty(live)) return;
  const refusal = refusalOf(site, { model, flags: [name], which: (row) => row.flags?.anyOf?.includes(name) === true });
  const bad = unionOf([...refusal.kernels, ...hiddenKernels(pass, name)]);
  const tolerated = flagKernels(model, name, (row) => row.standing !== 'caller');
  const refused = bothOf(bad, live);
  const severity = !isEmpty(refused) ? 'error' : !isEmpty(bothOf(tolerated, live)) ? 'warning' : 'info';
  const adds = !isEmpty(
    bothOf(live, kernelsOf(model.allRows(site.api).filter((row) => row.implies?.includes(name) === true))),
  );
  const edit = dropFlag(use.term.unit, use.term.span);
  const applicability = adds || !isEmpty(refused) ? 'safe' : 'unsafe';
  reportUse(pass, use, {
    message: `${name} is internal to mm/: ${why(pass, use, { live, refusal })}; drop it${adds ? `, ${site.api}() sets it itself` : ''}`,
    on: isEmpty(refused) ? live : refused,
    holds: severity === 'error' ? bad : unionOf([...bad, ...tolerated]),
    severity,
    fixes: edit === undefined ? [] : [{ title: `Drop ${name}`, applicability, edits: [edit] }],
  });
}

/** The releases on which the name cannot be used outside mm/. */
function hiddenKernels(pass: RulePass, name: string): Kernels {
  return flagKernels(pass.model, name, (row) => !row.visible);
}

function why(pass: RulePass, use: FlagUse, at: { live: Kernels; refusal: ReturnType<typeof refusalOf> }): string {
  const refused = bothOf(at.refusal.kernels, at.live);
  const hidden = bothOf(hiddenKernels(pass, use.term.name), at.live);
  if (!isEmpty(refused)) {
    return `${use.site.api}() refuses it on ${showKernels(refused)} (${refusalText(use.site, at.refusal, refused, pass.model)})`;
  }
  if (!isEmpty(hidden)) return `the name does not compile outside mm/ on ${showKernels(hidden)}`;
  const later = without(
    flagKernels(pass.model, use.term.name, (row) => !row.visible),
    at.live,
  );
  const gone = isEmpty(later) ? 'later kernels do not have it' : `later kernels (${showKernels(later)}) hide the name`;
  return `not checked on ${showKernels(at.live)}, ${gone}`;
}
