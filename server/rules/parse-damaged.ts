/**
 * ## What it does
 * Names functions that call the API family and hold code that could not be parsed.
 *
 * ## Why is this bad?
 * What guplint says of such a function may be incomplete or wrong. Most often a macro hides half of a statement.
 *
 * ## Example
 * ```c bad
 * static int demo_pin(unsigned long addr, int n, struct page **pages)
 * {
 * 	int ret = pin_user_pages_fast(addr, n, FOLL_WRITE, pages);
 *
 * 	if (ret < 0) ) {
 * 		return ret;
 * 	return 0;
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static int demo_pin(unsigned long addr, int n, struct page **pages)
 * {
 * 	int ret = pin_user_pages_fast(addr, n, FOLL_WRITE, pages);
 *
 * 	if (ret < 0)
 * 		return ret;
 * 	return 0;
 * }
 * ```
 *
 * ## Kernels
 * All.
 *
 * ## Limits
 * Not every damage is seen: a macro that is read as something else parses well.
 *
 * ## Fix safety
 * No fix.
 *
 * ## References
 * docs/decisions/0001-parse-per-function.md.
 */
import { defineRule } from './define.ts';

/** Reported by the engine, which parses. */
export const parseDamaged = defineRule({
  name: 'parse-damaged',
  group: 'own',
  summary: 'A function with a site holds code that could not be parsed',
  severity: 'info',
  fix: 'none',
  check: () => undefined,
});
