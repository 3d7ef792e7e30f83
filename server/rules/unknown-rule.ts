/**
 * ## What it does
 * Finds suppressions and settings that name a rule that does not exist.
 *
 * ## Why is this bad?
 * They do nothing: a misspelt name silences nobody, and nobody notices.
 *
 * ## Example
 * ```c bad
 * static int demo_pin(unsigned long addr, int n, struct page **pages)
 * {
 * 	// guplint: ignore magic-flags -- the value is 1
 * 	return pin_user_pages_fast(addr, n, 1, pages);
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static int demo_pin(unsigned long addr, int n, struct page **pages)
 * {
 * 	// guplint: ignore magic-gup-flags -- the value is 1
 * 	return pin_user_pages_fast(addr, n, 1, pages);
 * }
 * ```
 *
 * ## Kernels
 * All.
 *
 * ## Limits
 * None known.
 *
 * ## Fix safety
 * Safe: offered where one name is close enough to be meant.
 *
 * ## References
 * docs/configuration.md.
 */
import { defineRule } from './define.ts';

/** Reported by the engine, which reads suppressions and settings. */
export const unknownRule = defineRule({
  name: 'unknown-rule',
  group: 'own',
  summary: 'A suppression or the configuration names a rule that does not exist',
  severity: 'warning',
  fix: 'safe',
  check: () => undefined,
});
