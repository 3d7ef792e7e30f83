/** Whether the memory whose pages a file takes is its own: an anonymous mapping that it makes itself, by no file backed. */
import type { RulePass } from './define.ts';
import { functionsThatCall } from './file-calls.ts';

/** Functions that give a new mapping its kind, and put it into an address space (linux/mm.h). */
const MAKERS: readonly string[] = ['vma_set_anonymous', 'insert_vm_struct'];

/** Whether the file makes the anonymous mapping itself: there is no file that the data could be lost to, and no writeback. */
export function isOwnMemory({ unit }: RulePass): boolean {
  return functionsThatCall([unit], { isWanted: (name) => MAKERS.includes(name), deep: false }).size > 0;
}
