/**
 * ## What it does
 * Finds acquire calls that may sleep on paths that hold a spinlock, are under rcu_read_lock(), or have interrupts or preemption off.
 *
 * ## Why is this bad?
 * Taking user pages may fault them in: it waits for I/O, for mmap_lock and for memory. In atomic context that is "scheduling while atomic", or
 * a deadlock.
 *
 * ## Example
 * ```c bad
 * static int demo_pin(spinlock_t *lock, unsigned long addr, int n, struct page **pages)
 * {
 * 	int got;
 *
 * 	spin_lock(lock);
 * 	got = pin_user_pages_fast(addr, n, FOLL_WRITE, pages);
 * 	spin_unlock(lock);
 * 	return got;
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static int demo_pin(spinlock_t *lock, unsigned long addr, int n, struct page **pages)
 * {
 * 	int got = pin_user_pages_fast(addr, n, FOLL_WRITE, pages);
 *
 * 	spin_lock(lock);
 * 	demo_queue(pages, got);
 * 	spin_unlock(lock);
 * 	return got;
 * }
 * ```
 *
 * ## Kernels
 * All.
 *
 * ## Limits
 * A lock that the caller holds is seen where caller and callee are in the files at hand. `*_fast_only()` does not sleep and is fine.
 * A function out of sight whose name speaks of unlocking is taken to have dropped the lock.
 *
 * ## Fix safety
 * No fix.
 *
 * ## References
 * might_sleep() in gup_fast_fallback() in mm/gup.c; get_user_pages_fast_only() for callers that cannot sleep.
 */
import { defineRule } from './define.ts';
import { flowFindings, reportFlow } from './support/flow-report.ts';

/** See the head of the file. */
export const gupInAtomic = defineRule({
  name: 'gup-in-atomic',
  group: 'context',
  summary: 'User pages are taken in atomic context',
  severity: 'error',
  fix: 'none',
  check(pass) {
    for (const finding of flowFindings(pass, 'gup-in-atomic')) {
      const { problem } = finding;
      reportFlow(pass, finding, {
        message: `${problem.detail}() may fault pages in and sleep, and is called in atomic context (${lockText(problem.steps[0]?.text)}): take the pages before, or use get_user_pages_fast_only() and handle its failure`,
      });
    }
  },
});

/** `spin_lock() here` as a parenthesis says it. */
function lockText(text: string | undefined): string {
  return text === undefined ? 'under a lock' : `after ${text.replace(/ here$/, '')}`;
}
