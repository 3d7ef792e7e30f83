/** Names of functions that print: of the kernel (linux/printk.h, dev_printk.h), and as projects wrap them. */

const PRINTS =
  /^(?:printk(?:_ratelimited|_once)?|pr_\w+|(?:dev|netdev)_(?:dbg|info|notice|warn|err|crit)\w*|trace_\w+)$|_(?:dbg|debug|info|notice|warn|warning|err|error|log|printk?|trace)$/i;

/** Whether a function prints what it is given, by its name. */
export function printsByName(name: string): boolean {
  return PRINTS.test(name);
}
