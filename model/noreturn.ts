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
