/**
 * ## What it does
 * Finds FOLL_GET passed to a `get_user_pages*()` function that adds the flag itself.
 *
 * ## Why is this bad?
 * It does nothing where it is accepted. `get_user_pages_fast()` refused it with a warning from 5.3 to 5.6
 * (`fast-unsupported-flag` reports that), and it hides that the kind of hold comes from the function's name.
 *
 * ## Example
 * ```c bad
 * static int demo_get(unsigned long addr, int n, struct page **pages)
 * {
 * 	return get_user_pages_fast(addr, n, FOLL_WRITE | FOLL_GET, pages);
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static int demo_get(unsigned long addr, int n, struct page **pages)
 * {
 * 	return get_user_pages_fast(addr, n, FOLL_WRITE, pages);
 * }
 * ```
 *
 * ## Kernels
 * 4.9 and later, for the functions that take gup_flags. Functions that leave FOLL_GET to the caller (`__get_user_pages()` before
 * 4.9) are not reported.
 *
 * ## Limits
 * None known.
 *
 * ## Fix safety
 * Safe: the function adds the flag whenever it is given an array.
 *
 * ## References
 * get_user_pages() and get_user_pages_fast() in mm/gup.c.
 */
import { defineRule } from './define.ts';
import { dropFlag } from './fixes/drop-flag.ts';
import { fastRefusesFlag, isFastFunction, isPinFunction, kernelsOf } from './support/facts.ts';
import { reportUse, usesOfFlag } from './support/flags/flag-use.ts';
import { bothOf, isEmpty, without } from './support/kernels.ts';

/** See the head of the file. */
export const redundantFollGet = defineRule({
  name: 'redundant-foll-get',
  group: 'flags',
  summary: 'FOLL_GET is passed to a function that adds it itself',
  severity: 'info',
  fix: 'safe',
  check(pass) {
    for (const use of usesOfFlag(pass, 'FOLL_GET')) {
      const { site, term } = use;
      if (site.reference === 'none' || isPinFunction(site.api, pass.model)) continue;
      const implied = kernelsOf(
        pass.model.allRows(site.api).filter((row) => row.implies?.includes('FOLL_GET') === true),
      );
      const refused = isFastFunction(site.api) ? fastRefusesFlag('FOLL_GET') : [];
      if (isEmpty(without(bothOf(implied, use.live), refused))) continue;
      if (!isEmpty(bothOf(refused, use.live))) continue;
      const edit = dropFlag(term.unit, term.span);
      reportUse(pass, use, {
        message: `FOLL_GET is redundant: ${site.api}() adds it itself`,
        holds: implied,
        severity: 'info',
        fixes: edit === undefined ? [] : [{ title: 'Drop FOLL_GET', applicability: 'safe', edits: [edit] }],
      });
    }
  },
});
