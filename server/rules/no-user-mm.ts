/**
 * ## What it does
 * Finds calls that work on `current->mm` in functions that only run where `current` is no process of the user: in work items, kernel
 * threads, interrupt handlers, timers and RCU callbacks.
 *
 * ## Why is this bad?
 * `current->mm` is NULL in a kernel thread, so the call dereferences NULL; in an interrupt it is the mm of whoever was interrupted, and
 * the pages of a stranger are taken.
 *
 * ## Example
 * ```c bad
 * static void demo_work(struct work_struct *work)
 * {
 * 	struct demo_job *job = container_of(work, struct demo_job, work);
 *
 * 	job->pinned = pin_user_pages_fast(job->addr, job->n, FOLL_WRITE, job->pages);
 * }
 *
 * static void demo_queue(struct demo_job *job)
 * {
 * 	INIT_WORK(&job->work, demo_work);
 * 	schedule_work(&job->work);
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static void demo_work(struct work_struct *work)
 * {
 * 	struct demo_job *job = container_of(work, struct demo_job, work);
 *
 * 	kthread_use_mm(job->mm);
 * 	job->pinned = pin_user_pages_fast(job->addr, job->n, FOLL_WRITE, job->pages);
 * 	kthread_unuse_mm(job->mm);
 * }
 *
 * static void demo_queue(struct demo_job *job)
 * {
 * 	INIT_WORK(&job->work, demo_work);
 * 	schedule_work(&job->work);
 * }
 * ```
 *
 * ## Kernels
 * All.
 *
 * ## Limits
 * Every way to the function must be in its file, through static functions, and start at a callback the model knows. Silent where a function
 * on the way looks at an mm, or calls one out of sight whose name speaks of an mm.
 *
 * ## Fix safety
 * No fix.
 *
 * ## References
 * get_user_pages_unlocked() and gup_fast_fallback() in mm/gup.c; kthread_use_mm() in kernel/kthread.c.
 */

import { placesOfWord } from '../analysis/calls/call-index.ts';
import { callersOf, type Hook, hooksOf } from '../analysis/evidence/callers.ts';
import { aloneView } from '../analysis/project-view.ts';
import type { CUnit, FunctionDef } from '../syntax/unit.ts';
import { defineRule, type RulePass } from './define.ts';
import { filesOf, functionsThatCall } from './support/file-calls.ts';

/** Calls between a callback and the function that takes the pages. */
const MAX_DEPTH = 3;

/** A callback that leads to a function, and the name that is passed there. */
type Callback = Extract<Hook, { kind: 'callback' }> & { readonly name: string };

/** See the head of the file. */
export const noUserMm = defineRule({
  name: 'no-user-mm',
  group: 'context',
  summary: 'Pages of the current process are taken where there is no process',
  severity: 'error',
  fix: 'none',
  check(pass) {
    const candidates = pass.sites.filter((s) => s.unit === pass.unit && s.via === undefined && worksOnCurrent(s.api));
    const borrowers = candidates.length === 0 ? new Set<FunctionDef>() : borrowersIn(pass);
    for (const site of candidates) {
      if (site.fn === undefined) continue;
      const start = startOf({ unit: pass.unit, borrowers }, site.fn, MAX_DEPTH);
      if (start === undefined) continue;
      pass.report({
        message: `${site.api}() takes pages of current->mm, but ${site.fn.name}() runs only as what ${start.callee}() was given, where there is no user's mm: use kthread_use_mm(), or the _remote variant with an mm that is held`,
        at: { unit: site.unit, span: site.nameSpan },
        functionName: site.fn.name,
        site,
        related: [
          {
            at: { unit: start.unit, span: { start: start.offset, end: start.offset + start.name.length } },
            message: `passed to ${start.callee}() here`,
          },
        ],
      });
    }
  },
});

function worksOnCurrent(api: string): boolean {
  return /^(?:get|pin)_user_pages?(?:_fast|_unlocked|_fast_only|_locked|_longterm)?$/.test(api);
}

/** A file, and its functions that may borrow an mm. */
interface Borrowing {
  readonly unit: CUnit;
  readonly borrowers: ReadonlySet<FunctionDef>;
}

/** One of the callbacks that lead to a function, where nothing else does and none of them borrows an mm. */
function startOf(file: Borrowing, fn: FunctionDef, depth: number): Callback | undefined {
  const { unit, borrowers } = file;
  if (!fn.isStatic || depth === 0 || borrowers.has(fn) || looksAtMm(unit, fn)) return undefined;
  const hooks = hooksOf(unit, fn, aloneView);
  const callers = callersOf(unit, fn, aloneView);
  const own = hooks.filter(isWithoutMm).map((hook) => ({ ...hook, name: fn.name }));
  if (own.length < hooks.length || hooks.length + callers.length < mentions(unit, fn)) return undefined;
  const above = callers.map((caller) => startOf(file, caller.fn, depth - 1));
  return above.includes(undefined) ? undefined : (own[0] ?? above[0]);
}

function isWithoutMm(hook: Hook): hook is Extract<Hook, { kind: 'callback' }> {
  if (hook.kind !== 'callback' || hook.row === undefined) return false;
  const { context, name } = hook.row;
  return context === 'irq' || context === 'softirq' || context === 'rcu' || /^(?:INIT_\w*WORK|kthread_)/.test(name);
}

/** The functions that borrow an mm, through whatever function or macro of the files at hand, or may: one out of sight is named for it. */
function borrowersIn(pass: RulePass): ReadonlySet<FunctionDef> {
  const files = filesOf(pass);
  const own = new Set(files.flatMap((unit) => [...unit.functions, ...unit.macros].map(({ name }) => name)));
  const lending = functionsThatCall(files, { isWanted: (name) => /^(?:kthread_)?use_mm$/.test(name), deep: true });
  const maybe = functionsThatCall(files, { isWanted: (name) => isNamedForMm(name) && !own.has(name), deep: false });
  return new Set([...lending.keys(), ...maybe.keys()]);
}

/** Names of functions about an mm, other than the kernel's own that make none current (linux/sched/mm.h). */
function isNamedForMm(name: string): boolean {
  return /(?:^|_)mm(?:_|$)/i.test(name) && !/^(?:get_task_mm|mm_(?:access|alloc|trace_\w+))$/.test(name);
}

function looksAtMm({ code }: CUnit, fn: FunctionDef): boolean {
  return /->\s*mm\b/.test(code.slice(fn.bodySpan.start, fn.bodySpan.end));
}

/** Places outside of the function that name it, prototypes left out. */
function mentions({ code }: CUnit, fn: FunctionDef): number {
  const prototype = /\s*\([^()]*\)\s*;\s*$/my;
  let count = 0;
  for (const at of placesOfWord(code, fn.name)) {
    if (fn.span.start <= at && at < fn.span.end) continue;
    prototype.lastIndex = at + fn.name.length;
    if (!prototype.test(code)) count++;
  }
  return count;
}
