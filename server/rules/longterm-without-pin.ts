/**
 * ## What it does
 * Finds FOLL_LONGTERM passed to a `get_user_pages*()` function.
 *
 * ## Why is this bad?
 * Since 5.10 every get function refuses the flag with WARN_ON_ONCE and -EINVAL: the call never succeeds. From 5.2 to 5.9
 * `get_user_pages()` and `get_user_pages_fast()` took it, the locked and unlocked variants did not. A long hold on the data of a page is
 * documented as case 2: it wants a pin, which fork, reclaim and writeback can see.
 *
 * ## Example
 * ```c bad
 * static int demo_register(unsigned long addr, int n, struct page **pages)
 * {
 * 	return get_user_pages_fast(addr, n, FOLL_WRITE | FOLL_LONGTERM, pages);
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
 * An error where the call is refused; a warning where it is accepted and a pin function exists (5.7 to 5.9). Silent where get with
 * FOLL_LONGTERM was the only way (5.2 to 5.6, the functions that took it).
 *
 * ## Limits
 * A flag that is set on some paths only is reported as a warning.
 *
 * ## Fix safety
 * Unsafe: the call and every release of its pages are converted as longterm-needs-pin does it; where that is refused, a step says why.
 *
 * ## References
 * Documentation/core-api/pin_user_pages.rst, case 2; mm/gup.c of 5.2, 5.10 and 6.3.
 */
import { defineRule, type RulePass } from './define.ts';
import { pinNameOf } from './fixes/conversion/acquire.ts';
import { convertToPin } from './fixes/convert-to-pin.ts';
import {
  flagKernels,
  isLockedCheck,
  isPinFunction,
  kernelsOf,
  passesLocked,
  refusalOf,
  refusalText,
} from './support/facts.ts';
import { type FlagUse, flagNames, reportUse, usesOfFlag } from './support/flags/flag-use.ts';
import { bothOf, isEmpty, type Kernels, unionOf } from './support/kernels.ts';

/** See the head of the file. */
export const longtermWithoutPin = defineRule({
  name: 'longterm-without-pin',
  group: 'flags',
  summary: 'FOLL_LONGTERM is passed to a get function',
  severity: 'error',
  fix: 'unsafe',
  check(pass) {
    for (const use of usesOfFlag(pass, 'FOLL_LONGTERM')) {
      if (!isPinFunction(use.site.api, pass.model)) checkUse(pass, use);
    }
  },
});

function checkUse(pass: RulePass, use: FlagUse): void {
  const { site } = use;
  const { model } = pass;
  const flags = flagNames(site);
  // FOLL_PIN at a get function has its own rule and its own fix.
  if (flags.includes('FOLL_PIN')) return;
  const locked = passesLocked(site, pass);
  const refusal = refusalOf(site, {
    model,
    flags,
    which: (row) => row.flags?.anyOf?.includes('FOLL_LONGTERM') === true && (locked || !isLockedCheck(row)),
  });
  const known = bothOf(use.live, flagKernels(model, 'FOLL_LONGTERM'));
  const refused = bothOf(refusal.kernels, known);
  const accepted = bothOf(known, pinKernels(pass, site.api));
  const advice = `use ${pinNameOf(site.api) ?? 'a pin_user_pages function'}() and unpin the pages`;
  const conversion = convertToPin(pass, site);
  if (!isEmpty(refused)) {
    const how = refusalText(site, refusal, refused, model);
    const message = `${site.api}() refuses FOLL_LONGTERM without FOLL_PIN on {kernels} (${how}); ${advice}`;
    reportUse(pass, use, { message, on: refused, holds: refusal.kernels, severity: 'error', ...conversion });
  } else if (!isEmpty(accepted)) {
    const message = `a long hold taken with ${site.api}() is no pin on {kernels}, and 5.10 refuses it; ${advice}`;
    const holds = unionOf([...refusal.kernels, ...pinKernels(pass, site.api)]);
    reportUse(pass, use, { message, on: accepted, holds, severity: 'warning', ...conversion });
  }
}

/** The releases on which the pin counterpart of a get function takes real pins. */
function pinKernels(pass: RulePass, api: string): Kernels {
  const rows = pass.model.allRows(pinNameOf(api) ?? '');
  return kernelsOf(rows.filter((row) => row.reference === 'pin'));
}
