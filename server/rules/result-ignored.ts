/**
 * ## What it does
 * Finds acquire calls whose result nobody looks at.
 *
 * ## Why is this bad?
 * The call may have taken all pages, some, or none. Entries of the array that were not filled are used as pages, or the pages that came
 * are lost because nobody knows how many there are.
 *
 * ## Example
 * ```c bad
 * static void demo_prepare(unsigned long addr, int n, struct page **pages)
 * {
 * 	pin_user_pages_fast(addr, n, FOLL_WRITE, pages);
 * 	demo_program(pages, n);
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static int demo_prepare(unsigned long addr, int n, struct page **pages)
 * {
 * 	int got = pin_user_pages_fast(addr, n, FOLL_WRITE, pages);
 *
 * 	if (got != n) {
 * 		if (got > 0)
 * 			unpin_user_pages(pages, got);
 * 		return -EFAULT;
 * 	}
 * 	demo_program(pages, n);
 * 	return 0;
 * }
 * ```
 *
 * ## Kernels
 * All.
 *
 * ## Limits
 * Calls without an array, which only fault pages in, are fine. So is one page into a variable that was set to NULL before: it tells as
 * much as the result. A result in a variable that nobody reads, or nothing but a message, is a warning; none where elements of the array
 * are asked whether they are NULL. The result of a function of the file that leaves pages in an object for later is one to look at, too:
 * a call of it as a statement is a warning, unless `(void)` says that it is meant.
 *
 * ## Fix safety
 * No fix.
 *
 * ## References
 * get_user_pages() in mm/gup.c.
 */
import type { CallSite } from '../analysis/sites/site.ts';
import { defineRule, type RulePass } from './define.ts';
import { argumentOf } from './support/facts.ts';
import { pageFindings, reportFlow } from './support/flow-report.ts';
import { ignoredTakers } from './support/results/ignored-taker.ts';
import { unreadResult } from './support/results/unread-result.ts';

/** See the head of the file. */
export const resultIgnored = defineRule({
  name: 'result-ignored',
  group: 'result',
  summary: 'The result of an acquire call is thrown away',
  severity: 'error',
  fix: 'none',
  check(pass) {
    for (const finding of pageFindings(pass, 'result-ignored')) {
      if (finding.site !== undefined && tellsByPointer(pass, finding.site)) continue;
      const { api } = finding.resource.origin;
      reportFlow(pass, finding, {
        message: `the result of ${api}() is thrown away: it may have taken all pages, some of them, or none, and what was not taken is no page to use or to give back; keep the result and compare it with what was asked for`,
      });
    }
    reportUnread(pass);
    reportTakers(pass);
  },
});

/** Results that go to a variable of which nobody asks anything. */
function reportUnread(pass: RulePass): void {
  for (const site of pass.sites) {
    if (site.unit !== pass.unit || site.via !== undefined || site.reference === 'none') continue;
    const unread = unreadResult(site);
    if (unread === undefined || tellsByPointer(pass, site) || asksElements(pass, site)) continue;
    const { name, printed } = unread;
    pass.report({
      message: `the result of ${site.api}() goes to ${name}, and ${printed ? 'nobody but a message reads it' : 'nobody reads it'}: the call may have taken all pages, some of them, or none, and what was not taken is no page to use or to give back; compare it with what was asked for`,
      at: { unit: site.unit, span: site.span },
      functionName: site.fn?.name ?? '',
      site,
      severity: 'warning',
      confidence: 'medium',
    });
  }
}

/** Results of functions of the file that keep pages in an object. */
function reportTakers(pass: RulePass): void {
  const seen = new Set<number>();
  for (const site of pass.sites) {
    if (site.unit !== pass.unit || site.via !== undefined) continue;
    for (const { span, caller, callee } of ignoredTakers(pass, site)) {
      if (seen.has(span.start)) continue;
      seen.add(span.start);
      pass.report({
        message: `the result of ${callee}() is thrown away, which alone tells whether ${site.api}() in it took the pages: where it did not, the object holds none or those of an earlier time, and what follows uses them; look at the result`,
        at: { unit: site.unit, span },
        functionName: caller,
        site,
        severity: 'warning',
        confidence: 'medium',
        related: [{ at: { unit: site.unit, span: site.nameSpan }, message: `taken here by ${site.api}()` }],
      });
    }
  }
}

/** Whether the function asks elements of the array whether they are NULL, which tells of pages as well as the result. */
function asksElements(pass: RulePass, site: CallSite): boolean {
  const name = /(\w+)\W*$/.exec(argumentOf(site, 'pages', pass)?.text ?? '')?.[1];
  if (site.fn === undefined || name === undefined) return false;
  const code = site.unit.code.slice(site.span.end, site.fn.bodySpan.end);
  return new RegExp(
    `(?:\\b(?:if|while)\\s*\\(|&&|\\|\\||!)\\s*\\(?[\\w>.-]*\\b${name}\\s*(?:\\[[^\\]]*\\])?\\s*(?:\\)|&&|\\|\\||[!=]=\\s*NULL)`,
  ).test(code);
}

/** One page into a variable of the function that is NULL unless the call fills it. */
function tellsByPointer(pass: RulePass, site: CallSite): boolean {
  const { fn, unit } = site;
  const name = /^&\s*(\w+)$/.exec(argumentOf(site, 'pages', pass)?.text ?? '')?.[1];
  if (fn === undefined || name === undefined) return false;
  return new RegExp(`\\b${name}\\s*=\\s*NULL\\b`).test(unit.code.slice(fn.bodySpan.start, site.span.start));
}
