/**
 * ## What it does
 * Finds paths on which the array that a call allocated for the pages is not freed, though the pages themselves are given back or kept
 * elsewhere: the array of iov_iter_get_pages_alloc*(), and that of iov_iter_extract_pages() where it is called with a NULL pointer. The latter
 * stays allocated even where the call fails: what leaves the function there without freeing it is found as well.
 *
 * ## Why is this bad?
 * The call allocates with kvmalloc() and leaves it to its caller to free: a few bytes to several kilobytes are lost each time, and whoever
 * can repeat the request takes the memory of the machine away.
 *
 * ## Example
 * ```c bad
 * static ssize_t demo_send(struct iov_iter *iter, size_t len)
 * {
 * 	struct page **pages;
 * 	size_t offset;
 * 	ssize_t bytes = iov_iter_get_pages_alloc2(iter, &pages, len, &offset);
 *
 * 	if (bytes <= 0)
 * 		return bytes ? bytes : -EFAULT;
 * 	demo_copy(pages[0], offset, bytes);
 * 	release_pages(pages, DIV_ROUND_UP(offset + bytes, PAGE_SIZE));
 * 	return bytes;
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static ssize_t demo_send(struct iov_iter *iter, size_t len)
 * {
 * 	struct page **pages;
 * 	size_t offset;
 * 	ssize_t bytes = iov_iter_get_pages_alloc2(iter, &pages, len, &offset);
 *
 * 	if (bytes <= 0)
 * 		return bytes ? bytes : -EFAULT;
 * 	demo_copy(pages[0], offset, bytes);
 * 	release_pages(pages, DIV_ROUND_UP(offset + bytes, PAGE_SIZE));
 * 	kvfree(pages);
 * 	return bytes;
 * }
 * ```
 *
 * ## Kernels
 * All.
 *
 * ## Limits
 * An array that a function out of sight gets may be freed there. Arrays that the driver allocates itself are not looked at. Where the pages
 * are lost with the array, pin-leaked speaks of both. Of a call that fails it is looked at the test behind it, in functions that free the array
 * elsewhere.
 *
 * ## Fix safety
 * Unsafe: `kvfree(pages);` is put in front of the return, where the call stands in the same function. Who else points to the array is
 * not looked at.
 *
 * ## References
 * iov_iter_get_pages_alloc2() and iov_iter_extract_pages() in lib/iov_iter.c: "The pages list is allocated if *pages is NULL".
 */
import type { CallSite } from '../analysis/sites/site.ts';
import { defineRule, type FixProposal, type RulePass } from './define.ts';
import { insertBefore } from './fixes/before-return.ts';
import { argumentOf } from './support/facts.ts';
import { acquiredBy, type PageFinding, pageFindings, reportFlow } from './support/flow-report.ts';
import { arrayAfterFailure } from './support/results/array-after-failure.ts';
import { isInLoop } from './support/surroundings.ts';

/** See the head of the file. */
export const pageArrayLeaked = defineRule({
  name: 'page-array-leaked',
  group: 'release',
  summary: 'The array that a call allocated for the pages is not freed',
  severity: 'warning',
  fix: 'unsafe',
  check(pass) {
    for (const finding of pageFindings(pass, 'page-array-leaked')) {
      const { problem } = finding;
      reportFlow(pass, finding, {
        message: `${problem.functionName}() returns without freeing the array that ${acquiredBy(finding)} allocated for the pages: nobody else can, and its memory is lost; call kvfree() on it`,
        severity: 'warning',
        fixes: freeBefore(pass, finding),
      });
    }
    for (const site of pass.sites) reportAfterFailure(pass, site);
  },
});

/** The array that a call which fails has allocated all the same. */
function reportAfterFailure(pass: RulePass, site: CallSite): void {
  const lost = site.unit === pass.unit ? arrayAfterFailure(site, pass) : undefined;
  if (lost === undefined || site.fn === undefined) return;
  const { unit } = site;
  pass.report({
    message: `${site.fn.name}() leaves '${lost.name}' unfreed where ${site.api}() fails: called with a NULL pointer that allocates the array before it takes pages, and keeps it; free it here as where the call goes well`,
    at: { unit, span: lost.leaves },
    functionName: site.fn.name,
    site,
    confidence: 'medium',
    related: [{ at: { unit, span: site.nameSpan }, message: `allocated here by ${site.api}()` }],
  });
}

/** `kvfree()` of the variable in front of the return. */
function freeBefore(pass: RulePass, { site, problem }: PageFinding): readonly FixProposal[] {
  if (site?.fn === undefined || site.via !== undefined || problem.step.unit !== site.unit) return [];
  const { start } = problem.step.span;
  if (start < site.span.end || start >= site.fn.bodySpan.end || isInLoop(site.unit, site.fn, site.span.start))
    return [];
  const array = /^&\s*(\w+)$/.exec(argumentOf(site, 'pages', pass)?.text ?? '')?.[1];
  const edits = array === undefined ? undefined : insertBefore(site, problem.step.span, [`kvfree(${array});`]);
  return edits === undefined ? [] : [{ title: 'Call kvfree() before this return', applicability: 'unsafe', edits }];
}
