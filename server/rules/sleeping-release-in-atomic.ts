/**
 * ## What it does
 * Finds releases and dirty markings that take the page lock on paths that hold a spinlock, are under rcu_read_lock(), or have interrupts or
 * preemption off.
 *
 * ## Why is this bad?
 * unpin_user_pages_dirty_lock() with make_dirty set and set_page_dirty_lock() lock each page that is clean, and wait while writeback or
 * reclaim holds the lock. In atomic context that is "scheduling while atomic", or a deadlock. It shows only when the page happens to be clean.
 *
 * ## Example
 * ```c bad
 * static void demo_complete(spinlock_t *lock, unsigned long addr, struct page **pages)
 * {
 * 	int got = pin_user_pages_fast(addr, 4, FOLL_WRITE, pages);
 *
 * 	if (got <= 0)
 * 		return;
 * 	spin_lock_irq(lock);
 * 	unpin_user_pages_dirty_lock(pages, got, true);
 * 	spin_unlock_irq(lock);
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static void demo_complete(spinlock_t *lock, unsigned long addr, struct page **pages)
 * {
 * 	int got = pin_user_pages_fast(addr, 4, FOLL_WRITE, pages);
 *
 * 	if (got <= 0)
 * 		return;
 * 	spin_lock_irq(lock);
 * 	demo_unlink(pages);
 * 	spin_unlock_irq(lock);
 * 	unpin_user_pages_dirty_lock(pages, got, true);
 * }
 * ```
 *
 * ## Kernels
 * All.
 *
 * ## Limits
 * A lock that the caller holds is seen where caller and callee are in the files at hand.
 *
 * ## Fix safety
 * No fix: release outside of the lock, or hand the pages to a work item.
 *
 * ## References
 * unpin_user_pages_dirty_lock() in mm/gup.c.
 */
import { defineRule } from './define.ts';
import { flowFindings, reportFlow } from './support/flow-report.ts';

/** See the head of the file. */
export const sleepingReleaseInAtomic = defineRule({
  name: 'sleeping-release-in-atomic',
  group: 'context',
  summary: 'A release or dirty marking that takes the page lock is called in atomic context',
  severity: 'error',
  fix: 'none',
  check(pass) {
    for (const finding of flowFindings(pass, 'sleeping-release-in-atomic')) {
      const { problem } = finding;
      const lock = problem.steps[0]?.text.replace(/ here$/, '') ?? 'a lock';
      reportFlow(pass, finding, {
        message: `${problem.detail}() takes the lock of each page that is clean and may sleep, and is called in atomic context (after ${lock}): it works until writeback or reclaim holds a page's lock; release the pages outside of the critical section, or in a work item`,
      });
    }
  },
});
