/**
 * Questions about a page's own nature: whether it is one that nobody takes a reference of. What an acquire call gave is an ordinary page,
 * so a release that hangs on the answer is done.
 */
import type { FunctionDef } from '../../syntax/unit.ts';

/** Functions that ask whether a page is reserved or the zero page (linux/page-flags.h, linux/pgtable.h, linux/huge_mm.h). */
const ASKS_FOR_SPECIAL =
  /^(?:PageReserved|folio_test_reserved|is_zero_(?:page|pfn|folio)|is_huge_zero_(?:page|folio))$/;

/** Characters of a function's body that does little more than to ask. */
const MAX_ASKING = 800;

/** Whether a name is that of a function that asks for pages which are no ordinary ones. */
export function asksForSpecial(name: string): boolean {
  return ASKS_FOR_SPECIAL.test(name);
}

/** Whether a function is there to ask such a question: short, and among what it calls is one of those. */
export function isQuestion(fn: FunctionDef, called: Iterable<string>): boolean {
  if (fn.bodySpan.end - fn.bodySpan.start > MAX_ASKING) return false;
  for (const name of called) if (asksForSpecial(name)) return true;
  return false;
}
