/**
 * Whether the memory whose pages a file takes is backed by no file: an anonymous mapping that it makes itself, or one that it takes
 * only where the mapping is private. By the text of the functions that lead to the call.
 */
import { callsIn } from '../../../analysis/calls/call-index.ts';
import type { CallSite } from '../../../analysis/sites/site.ts';
import type { RulePass } from '../../define.ts';
import { callersAbove, functionsThatCall } from '../file-calls.ts';

/** Functions that give a new mapping its kind, put it into an address space (linux/mm.h), or do both for a stack (mm/vma.h, 6.16). */
const MAKERS: readonly string[] = ['vma_set_anonymous', 'insert_vm_struct', 'create_init_stack_vma'];

/** Whether the file makes the anonymous mapping itself: there is no file that the data could be lost to, and no writeback. */
export function isOwnMemory({ unit }: RulePass): boolean {
  return functionsThatCall([unit], { isWanted: (name) => MAKERS.includes(name), deep: false }).size > 0;
}

/** Tests that let nothing but a private mapping pass (linux/mm.h: VM_SHARED, is_cow_mapping(), vma_is_anonymous()). */
const PRIVATE: readonly RegExp[] = [
  /&\s*\(\s*(?:VM_WRITE\s*\|\s*VM_(?:MAY)?SHARED|VM_(?:MAY)?SHARED\s*\|\s*VM_WRITE)\s*\)\s*\)\s*==\s*VM_WRITE\b/,
  /\bif\s*\(\s*[\w>.-]+\s*&\s*VM_(?:MAY)?SHARED\s*\)\s*\{?\s*(?:return|goto)\b/,
  /\bif\s*\(\s*!\s*(?:is_cow_mapping|vma_is_anonymous)\s*\([^;{]*\)\s*\{?\s*(?:return|goto)\b/,
];

/** How many callers of callers are looked at for such a test. */
const MAX_ABOVE = 2;

/**
 * Whether a function that leads to a call, or one that such a function asks, refuses mappings that are not private. What is written there goes
 * to a copy of the process's own, which only swap could lose.
 */
export function isPrivateMemory({ unit }: RulePass, { fn }: CallSite): boolean {
  if (fn === undefined) return false;
  const leading = [fn, ...callersAbove([unit], fn.name, MAX_ABOVE).map((f) => f.fn)];
  const names = new Set(leading.flatMap((f) => [f.name, ...callsIn(unit, f).keys()]));
  return unit.functions
    .filter((f) => names.has(f.name))
    .some((f) => PRIVATE.some((test) => test.test(unit.code.slice(f.bodySpan.start, f.bodySpan.end))));
}
