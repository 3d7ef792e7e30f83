/**
 * ## What it does
 * Finds pages whose data, address or struct page is used on a path after they were given back, and releases that read their pages out of
 * an array that was freed before.
 *
 * ## Why is this bad?
 * From the release on the page may be freed, reclaimed or migrated, and belong to another process a moment later. What is read is somebody
 * else's data, what is written corrupts it.
 *
 * ## Example
 * ```c bad
 * static int demo_read(unsigned long addr, void *to)
 * {
 * 	struct page *page;
 * 	void *from;
 *
 * 	if (pin_user_pages_fast(addr, 1, 0, &page) != 1)
 * 		return -EFAULT;
 * 	unpin_user_page(page);
 * 	from = kmap_local_page(page);
 * 	memcpy(to, from, PAGE_SIZE);
 * 	kunmap_local(from);
 * 	return 0;
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static int demo_read(unsigned long addr, void *to)
 * {
 * 	struct page *page;
 * 	void *from;
 *
 * 	if (pin_user_pages_fast(addr, 1, 0, &page) != 1)
 * 		return -EFAULT;
 * 	from = kmap_local_page(page);
 * 	memcpy(to, from, PAGE_SIZE);
 * 	kunmap_local(from);
 * 	unpin_user_page(page);
 * 	return 0;
 * }
 * ```
 *
 * ## Kernels
 * All.
 *
 * ## Limits
 * Only uses by functions of the model are seen (maps, copies, DMA, scatterlists). Of an array that is freed too early, the release must stand in
 * the same block.
 *
 * ## Fix safety
 * No fix: the release moves behind the last use, which may be elsewhere.
 *
 * ## References
 * Documentation/core-api/pin_user_pages.rst.
 */
import { defineRule } from './define.ts';
import { acquiredBy, givenBack, pageFindings, reportFlow } from './support/flow-report.ts';
import { lateUses, releasesOfFreed, reportLate } from './support/releases/used-later.ts';

/** See the head of the file. */
export const useAfterRelease = defineRule({
  name: 'use-after-release',
  group: 'release',
  summary: 'Pages are used after they were given back',
  severity: 'error',
  fix: 'none',
  check(pass) {
    const told = new Set<number>();
    for (const finding of pageFindings(pass, 'use-after-release')) {
      const { problem, resource } = finding;
      told.add(problem.step.span.start);
      if (resource.hold.kind === 'released') told.add(resource.hold.by.step.span.start);
      const before = givenBack(finding);
      reportFlow(pass, finding, {
        message: `${problem.functionName}() uses pages taken by ${acquiredBy(finding)} with ${problem.detail}() after ${before.text}: by then they may be freed, moved, or another process's; release them after the last use`,
        steps: before.steps,
      });
    }
    for (const late of lateUses(pass, 'access')) {
      if (told.has(late.use.span.start) || told.has(late.release.span.start)) continue;
      reportLate(
        pass,
        late,
        `uses with ${late.use.api}() what ${late.release.api}() has given back right before: by then it may be freed, moved, or another process's; release it after the last use`,
      );
    }
    for (const { free, use } of releasesOfFreed(pass)) {
      pass.report({
        message: `${use.fn?.name ?? ''}() gives pages back with ${use.api}() out of an array that ${free.api}() has freed: what it reads there may be anything by then, and the pages stay held; free the array after the release`,
        at: { unit: use.unit, span: use.span },
        functionName: use.fn?.name ?? '',
        severity: 'error',
        confidence: 'high',
        related: [{ at: { unit: free.unit, span: free.span }, message: `freed here by ${free.api}()` }],
      });
    }
  },
});
