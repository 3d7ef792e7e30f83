/**
 * ## What it does
 * Finds results of acquire calls that are put into a variable too small for them: bool, char, short, u8, u16.
 *
 * ## Why is this bad?
 * A bool turns -EFAULT into true and 5 pages into 1; a short wraps at 32768 pages, and an unsigned one makes 65522 of -EFAULT.
 *
 * ## Example
 * ```c bad
 * static bool demo_pin(unsigned long addr, int n, struct page **pages)
 * {
 * 	bool ok = pin_user_pages_fast(addr, n, FOLL_WRITE, pages);
 *
 * 	return ok;
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static bool demo_pin(unsigned long addr, int n, struct page **pages)
 * {
 * 	int got = pin_user_pages_fast(addr, n, FOLL_WRITE, pages);
 *
 * 	return got == n;
 * }
 * ```
 *
 * ## Kernels
 * All.
 *
 * ## Limits
 * Local variables and parameters whose type the file tells; fields of structs are not looked at.
 *
 * ## Fix safety
 * No fix.
 *
 * ## References
 * get_user_pages() in mm/gup.c.
 */
import type { CallSite } from '../analysis/sites/site.ts';
import { defineRule } from './define.ts';
import { resultVariable } from './support/results/result-variable.ts';

/** See the head of the file. */
export const resultNarrowed = defineRule({
  name: 'result-narrowed',
  group: 'result',
  summary: 'The result of an acquire call is put into a type too small for it',
  severity: 'warning',
  fix: 'none',
  check(pass) {
    for (const site of pass.sites) {
      if (site.unit !== pass.unit || site.via !== undefined || !returnsCount(site)) continue;
      const variable = resultVariable(site);
      const type = variable?.type;
      if (variable === undefined || type === undefined || type.derived.length > 0) continue;
      if (type.bits === undefined || type.bits >= 32) continue;
      pass.report({
        message: `${variable.name} has the type ${type.base}, and the result of ${site.api}() is a count or a negative errno: ${type.base === 'bool' || type.base === '_Bool' ? 'an errno is true as well' : 'neither fits'}; keep it in an int or a long`,
        at: { unit: site.unit, span: site.nameSpan },
        functionName: site.fn?.name ?? '',
        site,
        confidence: 'high',
        related: [
          {
            at: { unit: site.unit, span: { start: variable.offset, end: variable.offset + variable.name.length } },
            message: `${variable.name} is declared here`,
          },
        ],
      });
    }
  },
});

function returnsCount({ rows }: CallSite): boolean {
  const counts = new Set(['pages', 'folios', 'bytes', 'pages-not-negative']);
  return rows.length > 0 && rows.every((row) => counts.has(row.returns));
}
