/**
 * ## What it does
 * Finds constants of other flag families passed as gup_flags: VM_WRITE, PROT_WRITE, FAULT_FLAG_WRITE, IOMMU_WRITE, O_RDWR, DMA directions.
 *
 * ## Why is this bad?
 * The numbers mean something else there. 2, the value of VM_WRITE, PROT_WRITE and DMA_FROM_DEVICE, was FOLL_TOUCH up to 6.2 (write access
 * is not asked for, and the device writes into a page that the process shares) and is FOLL_GET since 6.3, which the pin functions
 * refuse.
 *
 * ## Example
 * ```c bad
 * static int demo_pin(unsigned long addr, int n, unsigned long vm_flags, struct page **pages)
 * {
 * 	return pin_user_pages_fast(addr, n, vm_flags & VM_WRITE, pages);
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static int demo_pin(unsigned long addr, int n, unsigned long vm_flags, struct page **pages)
 * {
 * 	return pin_user_pages_fast(addr, n, vm_flags & VM_WRITE ? FOLL_WRITE : 0, pages);
 * }
 * ```
 *
 * ## Kernels
 * Those on which the argument is gup_flags: 4.9 and later, 5.2 and later for `get_user_pages_fast()`. Before, where it is `int write`, any
 * number but 0 asks for write access.
 *
 * ## Limits
 * Families are known by the form of their names.
 *
 * ## Fix safety
 * No fix: what was meant depends on the family.
 *
 * ## References
 * include/linux/mm.h, include/linux/mm_types.h, include/linux/dma-direction.h.
 */
import { FOREIGN_CONSTANTS } from '../../model/behaviour.ts';
import { defineRule, type RulePass } from './define.ts';
import { type FlagUse, flagUses, reportUse } from './support/flags/flag-use.ts';
import { readingsOf, showReading } from './support/flags/flag-values.ts';
import { EVERY_KERNEL, showKernels } from './support/kernels.ts';

/** See the head of the file. */
export const wrongFlagNamespace = defineRule({
  name: 'wrong-flag-namespace',
  group: 'flags',
  summary: 'A constant of another flag family is passed as gup_flags',
  severity: 'error',
  fix: 'none',
  check(pass) {
    for (const use of flagUses(pass, (t) => t.kind === 'foreign')) {
      reportUse(pass, use, {
        message: `${use.term.name} is no gup flag${meaning(pass, use)}: translate to FOLL_WRITE where ${use.site.api}() must allow writing`,
        holds: EVERY_KERNEL,
        severity: isWriteOfRequests(use.term.name) ? 'warning' : 'error',
        certainty: 'on-its-path',
      });
    }
  },
});

/** What its number means to the kernels aimed at, where the number is known. */
function meaning(pass: RulePass, use: FlagUse): string {
  const value = use.term.value ?? FOREIGN_CONSTANTS.find((c) => c.name === use.term.name)?.value;
  if (value === undefined) return '';
  const readings = readingsOf(pass.model, value, use.live);
  return `; its value ${value} is ${readings.map((r) => showReading(r, showKernels)).join(', ')}`;
}

/** WRITE, the direction of an I/O request: it says what is meant, and its value is that of FOLL_WRITE. */
function isWriteOfRequests(name: string): boolean {
  return name === 'WRITE';
}
