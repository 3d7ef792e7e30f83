/**
 * Calls that do not come back, and macros that jump: where a path ends or turns without a statement that says so.
 * Names only; a name that some releases lack does no harm.
 */

/** Functions and macros after which nothing runs: include/linux/{panic,kernel,bug,compiler,kthread,reboot}.h, v6.12.117 and older. */
export const NORETURN: ReadonlySet<string> = new Set([
  'BUG',
  '__builtin_trap',
  '__builtin_unreachable',
  'complete_and_exit',
  'do_exit',
  'do_group_exit',
  'do_task_dead',
  'emergency_restart',
  'kthread_complete_and_exit',
  'kthread_exit',
  'machine_halt',
  'make_task_dead',
  'module_put_and_exit',
  'module_put_and_kthread_exit',
  'nmi_panic',
  'panic',
  'rewind_stack_and_make_dead',
  'unreachable',
]);

/** Macros after which nothing runs where their first argument is true: include/asm-generic/bug.h, include/linux/mmdebug.h. */
export const NORETURN_IF: ReadonlySet<string> = new Set(['BUG_ON']);

/** Macros that jump to the label in one of their arguments (counted from 0) when they fail: include/linux/uaccess.h, v6.12.117. */
export const HIDDEN_GOTOS: ReadonlyMap<string, number> = new Map([
  ['__get_kernel_nofault', 3],
  ['__put_kernel_nofault', 3],
  ['unsafe_copy_from_user', 3],
  ['unsafe_copy_to_user', 3],
  ['unsafe_get_user', 2],
  ['unsafe_put_user', 2],
]);
