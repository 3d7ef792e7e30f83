/** Names of functions as words, however a project spells them, and what some of them say. */
import type { TraceEvent } from '../traces/trace-reach.ts';

/** Functions of struct page and of its array that do nothing to the data (linux/page-flags.h, mm.h, cacheflush.h), and assertions. */
export const BOOKKEEPING =
  /^(?:(?:Set|Clear|TestSet|TestClear)?Page[A-Z]\w*|flush_dcache_\w+|page_(?:count|mapcount|zone\w*|to_nid)|(?:ASSERT|VERIFY)\w*|Assert\w*)$/;

/** Names of questions: they are asked about pages, and give them to nobody. */
export const QUESTION = /(?:^|_)(?:is|has|can|may|should|needs?|supports?|valid|check|test)(?:_|$)/;

/** Whether pages are passed to a function that by its name answers a question of them, and keeps nothing. */
export function isQuestion({ kind, callee = '' }: TraceEvent): boolean {
  return kind === 'passed' && (BOOKKEEPING.test(callee) || QUESTION.test(callee));
}

/** A name as words with underscores between them: `memObjNativeFree` as `mem_obj_native_free`. */
export function inWords(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .toLowerCase();
}
