/**
 * ## What it does
 * Finds FOLL_PIN in the flags of a `get_user_pages*()` or `pin_user_pages*()` call outside mm/.
 *
 * ## Why is this bad?
 * FOLL_PIN is internal to mm/: the `pin_user_pages` functions add it themselves. Passed to a get function it is refused with a
 * warning since 5.6 (`get_user_pages_unlocked()` took pins silently up to 6.2). The pin functions tolerated it up to 6.2;
 * since 6.3 every function refuses it, and the name does not compile outside mm/.
 *
 * ## Example
 * ```c bad
 * static int demo_pin(unsigned long addr, int n, struct page **pages)
 * {
 * 	return pin_user_pages_fast(addr, n, FOLL_WRITE | FOLL_PIN, pages);
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static int demo_pin(unsigned long addr, int n, struct page **pages)
 * {
 * 	return pin_user_pages_fast(addr, n, FOLL_WRITE, pages);
 * }
 * ```
 *
 * ## Kernels
 * 5.6 and later; before, the flag does not exist (`flag-not-in-kernel`). A warning only where every kernel aimed at tolerates it.
 *
 * ## Limits
 * Flags that come out of a structure field or an unknown function are not seen.
 *
 * ## Fix safety
 * On a pin function the flag is dropped: safe, the function adds it. On a get function the call and every release of its pages are converted
 * as dma-needs-pin does it: unsafe; where that is refused, a step says why.
 *
 * ## References
 * Documentation/core-api/pin_user_pages.rst; is_valid_gup_args() in mm/gup.c (6.3), internal_get_user_pages_fast() (5.6).
 */
import { defineRule, type FixProposal, type RulePass } from './define.ts';
import { pinNameOf } from './fixes/conversion/acquire.ts';
import { convertToPin } from './fixes/convert-to-pin.ts';
import { dropFlag } from './fixes/drop-flag.ts';
import { flagKernels, isPinFunction, refusalOf, refusalText } from './support/facts.ts';
import { type FlagUse, flagNames, reportUse, usesOfFlag } from './support/flags/flag-use.ts';
import { bothOf, isEmpty, unionOf } from './support/kernels.ts';

/** See the head of the file. */
export const follPinAtCallSite = defineRule({
  name: 'foll-pin-at-call-site',
  group: 'flags',
  summary: 'FOLL_PIN is passed by a caller; it is internal to mm/',
  severity: 'error',
  fix: 'unsafe',
  check(pass) {
    for (const use of usesOfFlag(pass, 'FOLL_PIN')) checkUse(pass, use);
  },
});

function checkUse(pass: RulePass, use: FlagUse): void {
  const { site } = use;
  const known = bothOf(use.live, flagKernels(pass.model, 'FOLL_PIN'));
  if (isEmpty(known)) return;
  const refusal = refusalOf(site, {
    model: pass.model,
    flags: flagNames(site),
    which: (row) => row.flags?.anyOf?.includes('FOLL_PIN') === true,
  });
  const hidden = flagKernels(pass.model, 'FOLL_PIN', (row) => !row.visible);
  const bad = unionOf([...refusal.kernels, ...hidden]);
  const refused = bothOf(bad, known);
  const why = isEmpty(refused)
    ? 'tolerated on {kernels}, refused by later kernels'
    : `refused on {kernels} (${refusalText(site, refusal, refused, pass.model)})`;
  const hiddenNow = bothOf(hidden, known);
  const compile = isEmpty(hiddenNow) ? '' : ', where the name does not compile outside mm/ either';
  const pin = isPinFunction(site.api, pass.model);
  const advice = pin ? `${site.api}() adds it itself` : `use ${pinNameOf(site.api) ?? 'a pin_user_pages function'}()`;
  reportUse(pass, use, {
    message: `FOLL_PIN passed to ${site.api}() is internal to mm/: ${why}${compile}; ${advice}`,
    on: isEmpty(refused) ? known : refused,
    holds: bad,
    severity: isEmpty(refused) ? 'warning' : 'error',
    ...(pin ? { fixes: dropFix(use) } : convertToPin(pass, site, use.term)),
  });
}

function dropFix({ term }: FlagUse): readonly FixProposal[] {
  const edit = dropFlag(term.unit, term.span);
  return edit === undefined ? [] : [{ title: 'Drop FOLL_PIN', applicability: 'safe', edits: [edit] }];
}
