/**
 * ## What it does
 * Finds single pages that are used after a test for a negative result only, of functions that can return 0.
 *
 * ## Why is this bad?
 * Since 6.3 pin_user_pages(), pin_user_pages_remote() and pin_user_pages_unlocked() return 0 when they refuse their flags or arguments, not
 * an errno. With 0 nothing was pinned, and the page pointer is whatever it was before.
 *
 * ## Example
 * ```c bad
 * static int demo_peek(struct mm_struct *mm, unsigned long addr)
 * {
 * 	struct page *page;
 * 	long ret;
 *
 * 	mmap_read_lock(mm);
 * 	ret = pin_user_pages_remote(mm, addr, 1, 0, &page, NULL);
 * 	mmap_read_unlock(mm);
 * 	if (ret < 0)
 * 		return ret;
 * 	demo_touch(page);
 * 	unpin_user_page(page);
 * 	return 0;
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static int demo_peek(struct mm_struct *mm, unsigned long addr)
 * {
 * 	struct page *page;
 * 	long ret;
 *
 * 	mmap_read_lock(mm);
 * 	ret = pin_user_pages_remote(mm, addr, 1, 0, &page, NULL);
 * 	mmap_read_unlock(mm);
 * 	if (ret != 1)
 * 		return ret < 0 ? ret : -EFAULT;
 * 	demo_touch(page);
 * 	unpin_user_page(page);
 * 	return 0;
 * }
 * ```
 *
 * ## Kernels
 * 6.3 and later, the three functions named above.
 *
 * ## Limits
 * Calls for one page whose result is in a local variable that the function tests for < 0 and nothing else.
 *
 * ## Fix safety
 * No fix.
 *
 * ## References
 * pin_user_pages() in mm/gup.c of 6.3: is_valid_gup_args() fails, return 0.
 */
import type { CallSite } from '../analysis/sites/site.ts';
import { defineRule, type RulePass } from './define.ts';
import { argumentOf, kernelsOf } from './support/facts.ts';
import { bothOf, isEmpty, type Kernels } from './support/kernels.ts';
import { resultVariable } from './support/results/result-variable.ts';

/** See the head of the file. */
export const zeroPinUnhandled = defineRule({
  name: 'zero-pin-unhandled',
  group: 'result',
  summary: 'A result of 0 is taken for success',
  severity: 'warning',
  fix: 'none',
  check(pass) {
    for (const site of pass.sites) {
      if (site.unit !== pass.unit || site.via !== undefined || argumentOf(site, 'nr', pass)?.text !== '1') continue;
      const on = zeroKernels(pass, site);
      const test = isEmpty(on) ? undefined : onlyNegativeTest(site);
      if (test === undefined) continue;
      pass.report({
        message: `${site.api}() returns 0 on {kernels} when it refuses its flags or arguments, and this test lets 0 pass: no page was pinned, and the pointer is not set; test for a result of 1`,
        kernels: on,
        at: { unit: site.unit, span: test },
        functionName: site.fn?.name ?? '',
        site,
        confidence: 'medium',
        related: [{ at: { unit: site.unit, span: site.nameSpan }, message: `${site.api}() is called here` }],
      });
    }
  },
});

/** The kernels aimed at on which a refused call shows with 0. */
function zeroKernels(pass: RulePass, site: CallSite): Kernels {
  const rows = pass.model.allRows(site.api).filter((row) => row.refusal === '0');
  return bothOf(kernelsOf(rows), pass.liveOn(site));
}

/** The test `result < 0`, where the function asks nothing else of the result but to return it. */
function onlyNegativeTest(site: CallSite): { start: number; end: number } | undefined {
  const { unit, fn, span } = site;
  const variable = resultVariable(site);
  if (fn === undefined || variable === undefined) return undefined;
  const rest = unit.code.slice(span.end, fn.bodySpan.end);
  const end = new RegExp(`\\b${variable.name}\\s*=(?!=)`).exec(rest)?.index ?? rest.length;
  const seen = rest.slice(0, end);
  const tests = [...seen.matchAll(new RegExp(`\\b${variable.name}\\s*<\\s*0\\b`, 'g'))];
  const first = tests[0];
  if (first === undefined) return undefined;
  const others = seen
    .replace(new RegExp(`\\b${variable.name}\\s*<\\s*0\\b`, 'g'), '')
    .replace(new RegExp(`\\breturn\\s+${variable.name}\\s*;`, 'g'), '');
  if (new RegExp(`\\b${variable.name}\\b`).test(others)) return undefined;
  const start = span.end + first.index;
  return { start, end: start + first[0].length };
}
