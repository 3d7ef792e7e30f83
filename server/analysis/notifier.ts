/** Files that are told of changes of the page tables: they call functions of the MMU notifiers. */
import type { Span } from '../base/span.ts';
import type { CUnit } from '../syntax/unit.ts';
import { namesBeforeBrackets } from './calls/call-index.ts';

/** Functions of the core kernel that tell a file of changes to page tables (linux/mmu_notifier.h). */
export const NOTIFIERS: readonly string[] = [
  'mmu_interval_notifier_insert',
  'mmu_interval_notifier_insert_locked',
  'mmu_interval_read_begin',
  'mmu_interval_read_retry',
  'mmu_notifier_register',
  '__mmu_notifier_register',
  'mmu_notifier_get',
  'mmu_notifier_get_locked',
  'mmu_invalidate_retry',
  'mmu_invalidate_retry_hva',
  'mmu_notifier_retry',
  'mmu_notifier_retry_hva',
];

/** The first call in a file that has to do with MMU notifiers. */
export function notifierIn(unit: CUnit): { readonly name: string; readonly span: Span } | undefined {
  for (const name of NOTIFIERS) {
    const offset = namesBeforeBrackets(unit).get(name)?.[0];
    if (offset !== undefined) return { name, span: { start: offset, end: offset + name.length } };
  }
  return undefined;
}
