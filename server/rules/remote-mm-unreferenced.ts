/**
 * ## What it does
 * Finds `*_user_pages_remote()` on the `mm` of another task, read from its task struct, in functions that take no reference to it; and on
 * an `mm` that a struct has kept since `current` was its owner, in files that take no reference to any.
 *
 * ## Why is this bad?
 * The task may exit at any moment and its mm be torn down while its page tables are walked. `task->mm` itself may be NULL.
 *
 * ## Example
 * ```c bad
 * static long demo_peek(struct task_struct *task, unsigned long addr, struct page **page)
 * {
 * 	long got;
 *
 * 	mmap_read_lock(task->mm);
 * 	got = pin_user_pages_remote(task->mm, addr, 1, 0, page, NULL);
 * 	mmap_read_unlock(task->mm);
 * 	return got;
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static long demo_peek(struct task_struct *task, unsigned long addr, struct page **page)
 * {
 * 	struct mm_struct *mm = get_task_mm(task);
 * 	long got;
 *
 * 	if (!mm)
 * 		return -ESRCH;
 * 	mmap_read_lock(mm);
 * 	got = pin_user_pages_remote(mm, addr, 1, 0, page, NULL);
 * 	mmap_read_unlock(mm);
 * 	mmput(mm);
 * 	return got;
 * }
 * ```
 *
 * ## Kernels
 * All.
 *
 * ## Limits
 * An mm is judged that is read from a variable of type `struct task_struct *` in the same function, as the argument or in an assignment
 * before, and one from a field that the file itself sets to `current->mm`; an mm that comes in from a caller may be held there. A file that
 * registers for MMU notifiers is told when the mm goes, and one that compares the mm it keeps with that of current lets in nobody else.
 *
 * ## Fix safety
 * No fix.
 *
 * ## References
 * get_task_mm() and mmget_not_zero() in kernel/fork.c and include/linux/sched/mm.h.
 */
import { defineRule } from './define.ts';
import { argumentOf } from './support/facts.ts';

/** What makes an mm one that stays: a reference, or that it is the caller's own. */
const HOLDS =
  /\b(?:get_task_mm|mmget|mmget_not_zero|mm_access|proc_mem_open|mmgrab|task_lock|exit_mm|atomic_inc\w*\s*\([^;]*\bmm_(?:users|count))\b|\bcurrent\b/;

/** See the head of the file. */
export const remoteMmUnreferenced = defineRule({
  name: 'remote-mm-unreferenced',
  group: 'context',
  summary: 'Pages of another task are taken through an mm that may go away',
  severity: 'warning',
  fix: 'none',
  check(pass) {
    for (const site of pass.sites) {
      const { unit, fn } = site;
      if (unit !== pass.unit || site.via !== undefined || fn === undefined || !site.api.endsWith('_remote')) continue;
      const mm = argumentOf(site, 'mm', pass);
      const text = unit.code.slice(fn.span.start, fn.span.end);
      if (mm === undefined || HOLDS.test(text)) continue;
      const task = taskOf(text, mm.text.trim());
      const kept = task === undefined ? keptIn(unit.code, text, mm.text.trim()) : undefined;
      if (task === undefined && kept === undefined) continue;
      const why =
        task === undefined
          ? `the mm in ${kept ?? ''}, which was that of current when it was put there and to which this file holds no reference: its process may be gone; hold it with mmgrab() and use it after mmget_not_zero()`
          : `the mm of ${task}, to which ${fn.name}() holds no reference: the task may exit meanwhile; take it with get_task_mm() and drop it with mmput()`;
      pass.report({
        message: `${site.api}() walks ${why}`,
        at: { unit, span: { start: mm.start, end: mm.end } },
        functionName: fn.name,
        confidence: 'medium',
        site,
      });
    }
  },
});

/** The task whose mm an expression is, by the text of the function. */
function taskOf(text: string, mm: string): string | undefined {
  const source = /^\w+$/.test(mm)
    ? new RegExp(`\\b${mm}\\s*=\\s*(\\w+)\\s*->\\s*mm\\s*;`).exec(text)?.[1]
    : /^(\w+)\s*->\s*mm$/.exec(mm)?.[1];
  if (source === undefined) return undefined;
  return new RegExp(`\\bstruct\\s+task_struct\\s*\\*\\s*${source}\\b`).test(text) ? source : undefined;
}

/** What tells a file of the end of an mm, or keeps one, anywhere in it. */
const HOLDS_IN_FILE =
  /\b(?:get_task_mm|mmget|mmget_not_zero|mm_access|proc_mem_open|mmgrab|atomic_inc\w*\s*\([^;]*\bmm_(?:users|count)|mmu_notifier\w*|mmu_interval\w*|kthread_use_mm|use_mm)\b/;

/** The field with an mm that an expression is, where the file puts that of current into it and holds none. */
function keptIn(code: string, text: string, mm: string): string | undefined {
  const source = /^\w+$/.test(mm) ? new RegExp(`\\b${mm}\\s*=\\s*([\\w>.-]+(?:->|\\.)\\w+)\\s*;`).exec(text)?.[1] : mm;
  const field = source === undefined ? undefined : /^[\w>.-]+(?:->|\.)(\w+)$/.exec(source)?.[1];
  if (field === undefined || HOLDS_IN_FILE.test(code) || isAskedCurrent(code, field)) return undefined;
  return new RegExp(`(?:->|\\.)\\s*${field}\\s*=\\s*current\\s*->\\s*mm\\s*[;,]`).test(code) ? source : undefined;
}

/** Whether a file asks anywhere whether the mm of a field is that of who calls: then its process is there. */
function isAskedCurrent(code: string, field: string): boolean {
  const kept = `(?:->|\\.)\\s*${field}\\b`;
  return new RegExp(`${kept}\\s*[!=]=\\s*current\\s*->\\s*mm\\b|\\bcurrent\\s*->\\s*mm\\s*[!=]=[^;{}&|]*${kept}`).test(
    code,
  );
}
