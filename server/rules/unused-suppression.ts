/**
 * ## What it does
 * Finds suppression comments and `ignore` entries of the configuration that silence nothing.
 *
 * ## Why is this bad?
 * The code was mended, or the comment never stood in the right place. Left behind, it will silence the next mistake.
 *
 * ## Example
 * ```c bad
 * static int demo_pin(unsigned long addr, int n, struct page **pages)
 * {
 * 	// guplint: ignore magic-gup-flags -- the value is 1
 * 	return pin_user_pages_fast(addr, n, FOLL_WRITE, pages);
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
 * Silent where the named rule was off, or where only part of the code was looked at.
 *
 * ## Fix safety
 * Safe: the comment is removed.
 *
 * ## References
 * docs/configuration.md.
 */
import { defineRule } from './define.ts';

/** Reported by the engine, which alone knows what was silenced. */
export const unusedSuppression = defineRule({
  name: 'unused-suppression',
  group: 'own',
  summary: 'A suppression silences nothing',
  severity: 'warning',
  fix: 'safe',
  check: () => undefined,
});
