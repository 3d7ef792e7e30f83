/**
 * ## What it does
 * Finds calls of functions that take mmap_lock themselves on paths that hold it.
 *
 * ## Why is this bad?
 * `*_fast()`, `*_unlocked()` and the iov_iter functions fall back to a slow path that takes mmap_lock for reading. A task that holds it
 * for writing blocks on itself at once; one that holds it for reading blocks as soon as another task waits to write. lockdep reports every such
 * call since 5.8.
 *
 * ## Example
 * ```c bad
 * static int demo_pin(unsigned long addr, int n, struct page **pages)
 * {
 * 	int got;
 *
 * 	mmap_read_lock(current->mm);
 * 	got = pin_user_pages_fast(addr, n, FOLL_WRITE, pages);
 * 	mmap_read_unlock(current->mm);
 * 	return got;
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
 * All.
 *
 * ## Limits
 * The lock of another process's mm is a warning: only its own blocks a task for certain. Of a lock that callers hold only a look at the mappings
 * (find_vma(), vma_lookup()) tells, ahead of the call in a function that leaves the lock alone: a warning.
 *
 * ## Fix safety
 * No fix: either the lock goes, or pin_user_pages() takes the place of the call.
 *
 * ## References
 * gup_fast_fallback() and __gup_longterm_locked() in mm/gup.c.
 */
import { functionAt } from '../analysis/calls/call-index.ts';
import type { Step } from '../analysis/paths/resource.ts';
import type { CallSite } from '../analysis/sites/site.ts';
import type { Confidence } from '../engine/protocol.ts';
import { defineRule, type RulePass } from './define.ts';
import { placeKey } from './support/file-calls.ts';
import { flowFindings, reportFlow } from './support/flow-report.ts';

/** See the head of the file. */
export const mmapLockHeld = defineRule({
  name: 'mmap-lock-held',
  group: 'context',
  summary: 'mmap_lock is held across a call that takes it',
  severity: 'error',
  fix: 'none',
  check(pass) {
    const told = new Set<string>();
    for (const finding of flowFindings(pass, 'mmap-lock-held')) {
      const { problem } = finding;
      told.add(placeKey(problem.step.unit, problem.step.span.start));
      const confidence = sureOf(problem.confidence, problem.steps[0]);
      reportFlow(pass, finding, {
        message: `${problem.detail}() is called with mmap_lock held and takes it itself: ${CONSEQUENCE}`,
        confidence,
      });
    }
    for (const site of pass.sites) if (!told.has(placeKey(site.unit, site.span.start))) checkLookup(pass, site);
  },
});

const CONSEQUENCE =
  'it deadlocks as soon as a writer waits for the lock, and at once where this task holds it for writing; drop the lock around the call, or use the variant that wants it held';

/** Calls in functions whose callers hold the lock, as what they do before shows. */
function checkLookup(pass: RulePass, site: CallSite): void {
  if (site.unit !== pass.unit || site.via !== undefined) return;
  const rows = pass.model.rows(site.api);
  if (rows.length === 0 || rows.some((row) => row.context.mmapLock !== 'not-held')) return;
  const clue = pass.heldByLookup(site);
  if (clue === undefined) return;
  pass.report({
    message: `${site.api}() takes mmap_lock, and ${site.fn?.name ?? 'the function'}() is called with it held: ${CONSEQUENCE}`,
    at: { unit: site.unit, span: site.nameSpan },
    functionName: site.fn?.name ?? '',
    site,
    severity: 'warning',
    confidence: 'medium',
    related: [{ at: clue, message: clue.text }],
  });
}

/** Whether the lock is that of the current process, as its text tells. */
function sureOf(confidence: Confidence, lock: Step | undefined): Confidence {
  if (lock === undefined) return confidence;
  const { unit, span } = lock;
  const fn = functionAt(unit, span.start);
  const argument = /\(\s*&?([\w>.-]+?)(?:->mmap_(?:sem|lock))?\s*[,)]/.exec(unit.code.slice(span.start, span.end))?.[1];
  if (argument === undefined || argument === 'current->mm' || fn === undefined) return confidence;
  const own = new RegExp(`\\b${argument.replace(/[.>-]/g, '\\$&')}\\s*=\\s*current->mm\\b`);
  return own.test(unit.code.slice(fn.bodySpan.start, span.start)) ? confidence : lower(confidence);
}

function lower(confidence: Confidence): Confidence {
  return confidence === 'high' ? 'medium' : confidence;
}
