/**
 * ## What it does
 * Finds calls that ask for more pages than the array has room for: a local array of known size, or the address of one `struct page *`. A loop
 * that goes on behind the pages it has and asks for all of them anew is a warning.
 *
 * ## Why is this bad?
 * The call writes past the end of the array, over the stack.
 *
 * ## Example
 * ```c bad
 * static int demo_map(unsigned long addr)
 * {
 * 	struct page *pages[4];
 *
 * 	return pin_user_pages_fast(addr, 8, FOLL_WRITE, pages);
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static int demo_map(unsigned long addr)
 * {
 * 	struct page *pages[4];
 *
 * 	return pin_user_pages_fast(addr, ARRAY_SIZE(pages), FOLL_WRITE, pages);
 * }
 * ```
 *
 * ## Kernels
 * All.
 *
 * ## Limits
 * Size and count must be numbers, or macros of the file that stand for numbers. A count that is no number is told, as a warning, where user
 * space names it (a field of what copy_from_user() filled, the length of a write) and the function compares none of what it comes from,
 * nor hands it to a function that may: sums, products and numbers of pages of it count, entries of a table, bits and answers do not.
 *
 * ## Fix safety
 * No fix.
 *
 * ## References
 * The pages argument of get_user_pages() in mm/gup.c: at least nr_pages entries.
 */
import { literalValue, numberOfMacro } from '../analysis/flags/constants.ts';
import type { CallSite } from '../analysis/sites/site.ts';
import { variableAt } from '../syntax/types.ts';
import type { CUnit } from '../syntax/unit.ts';
import { defineRule } from './define.ts';
import { argumentOf } from './support/facts.ts';
import { uncheckedCount } from './support/results/unchecked-count.ts';
import { unreducedCount } from './support/results/unreduced-count.ts';

/** See the head of the file. */
export const pageArrayTooSmall = defineRule({
  name: 'page-array-too-small',
  group: 'result',
  summary: 'More pages are asked for than the array has room for',
  severity: 'error',
  fix: 'none',
  check(pass) {
    for (const site of pass.sites) {
      const { unit, fn } = site;
      if (unit !== pass.unit || site.via !== undefined || fn === undefined) continue;
      const pages = argumentOf(site, 'pages', pass);
      const unreduced = unreducedCount(site, pass);
      if (unreduced !== undefined && pages !== undefined) {
        const { count, cursor } = unreduced;
        pass.report({
          message: `each turn of the loop asks for all ${count} pages and stores them from element ${cursor} on: after a short count ${site.api}() writes past the end of an array that has room for ${count}; ask for ${count} - ${cursor}`,
          at: { unit, span: { start: pages.start, end: pages.end } },
          functionName: fn.name,
          confidence: 'medium',
          severity: 'warning',
          site,
        });
        continue;
      }
      const count = numberIn(unit, argumentOf(site, 'nr', pass)?.text);
      const room = pages === undefined ? undefined : roomOf(site, pages.text);
      if (pages === undefined || room === undefined) continue;
      const named = count === undefined ? uncheckedCount(site, pass) : undefined;
      if (named !== undefined)
        pass.report({
          message: `${site.api}() stores as many pages as '${named}' says, which user space names and nothing here holds against the room for ${room.size} in ${room.what}: it writes past the end; refuse more, or ask in turns`,
          at: { unit, span: { start: pages.start, end: pages.end } },
          functionName: fn.name,
          confidence: 'medium',
          severity: 'warning',
          site,
        });
      if (count === undefined || count <= room.size) continue;
      pass.report({
        message: `${site.api}() may store ${count} pages, and ${room.what} has room for ${room.size}: it writes past the end`,
        at: { unit, span: { start: pages.start, end: pages.end } },
        functionName: fn.name,
        site,
      });
    }
  },
});

interface Room {
  readonly size: number;
  readonly what: string;
}

/** The room of the place that the pages argument points to, by its declaration. */
function roomOf({ unit, fn, span }: CallSite, text: string): Room | undefined {
  const [, address = '', name = ''] = /^(&?)\s*(\w+)\s*(?:\[\s*0\s*\])?$/.exec(text) ?? [];
  const declared = fn === undefined || name === '' ? undefined : variableAt(unit, fn, name, span.start);
  if (declared === undefined || declared.parameter || declared.type.base !== 'struct page') return undefined;
  const what = `'${name}'`;
  const kinds = declared.type.derived.join();
  if (kinds === 'pointer') return address === '&' ? { size: 1, what } : undefined;
  const room = /^\w+\s*\[([^\]]+)\]/.exec(unit.code.slice(declared.offset))?.[1];
  const size = kinds === 'array,pointer' ? numberIn(unit, room) : undefined;
  return size === undefined ? undefined : { size, what };
}

/** The number that a text is, or that a macro of the file of this name stands for. */
function numberIn(unit: CUnit, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  return literalValue(text.trim()) ?? numberOfMacro(unit, text.trim());
}
