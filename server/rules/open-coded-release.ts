/**
 * ## What it does
 * Finds loops that unpin the pages of an array one by one, with or without marking each dirty first.
 *
 * ## Why is this bad?
 * It is slower than need be: unpin_user_pages() and unpin_user_pages_dirty_lock() handle all pages of a large folio at once since 5.13. They
 * also are one call to get right instead of a loop.
 *
 * ## Example
 * ```c bad
 * static void demo_drop(unsigned long addr, unsigned int n, struct page **pages)
 * {
 * 	unsigned int i;
 *
 * 	if (pin_user_pages_fast(addr, n, 0, pages) != n)
 * 		return;
 * 	for (i = 0; i < n; i++)
 * 		unpin_user_page(pages[i]);
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static void demo_drop(unsigned long addr, unsigned int n, struct page **pages)
 * {
 * 	if (pin_user_pages_fast(addr, n, 0, pages) != n)
 * 		return;
 * 	unpin_user_pages(pages, n);
 * }
 * ```
 *
 * ## Kernels
 * 5.7 and later.
 *
 * ## Limits
 * Only loops from 0 to a count whose body does nothing else. Arrays with NULL entries are walked with a test, which is left alone.
 *
 * ## Fix safety
 * Safe: offered where the count is an unsigned variable. A negative one would be a loop of no turns, and a warning in unpin_user_pages().
 *
 * ## References
 * unpin_user_pages() in mm/gup.c.
 */
import type { ApiCall } from '../analysis/sites/site.ts';
import { variablesOf } from '../syntax/types.ts';
import { defineRule, type FixProposal, type RulePass } from './define.ts';
import { skipForward } from './fixes/text-scan.ts';
import { kernelsOf } from './support/facts.ts';
import { bothOf, includesAll, isEmpty } from './support/kernels.ts';

/** See the head of the file. */
export const openCodedRelease = defineRule({
  name: 'open-coded-release',
  group: 'release',
  summary: 'A loop unpins pages one by one',
  severity: 'info',
  fix: 'safe',
  check(pass) {
    const pins = kernelsOf(pass.model.allRows('unpin_user_page').filter((row) => row.reference === 'pin'));
    for (const call of pass.calls) {
      if (call.api !== 'unpin_user_page' || call.unit !== pass.unit || isEmpty(bothOf(pins, pass.liveOn(call))))
        continue;
      const loop = loopAround(call);
      if (loop === undefined) continue;
      const name = loop.dirties ? 'unpin_user_pages_dirty_lock' : 'unpin_user_pages';
      const text = loop.dirties
        ? `${name}(${loop.array}, ${loop.count}, true)`
        : `${name}(${loop.array}, ${loop.count})`;
      // Who implements the function can hardly call it.
      if (call.fn?.name === name) continue;
      const fix = loopFix(pass, call, loop, { name, text });
      pass.report({
        message: `the loop unpins ${loop.array} page by page; ${text} does the same and takes all pages of a large folio at once`,
        at: { unit: call.unit, span: call.span },
        functionName: call.fn?.name ?? '',
        fixes: fix === undefined ? [] : [fix],
      });
    }
  },
});

interface ReleaseLoop {
  readonly array: string;
  readonly count: string;
  readonly dirties: boolean;
  /** From `for` to the end of its statement. */
  readonly span: { readonly start: number; readonly end: number };
}

/** The loop that does nothing but give back the pages of an array from its start, with this call. */
function loopAround({ unit, fn, span, args }: ApiCall): ReleaseLoop | undefined {
  const element = /^([\w.>-]+)\[(\w+)\]$/.exec(args[0]?.text.replace(/\s+/g, '') ?? '');
  if (fn === undefined || element === null) return undefined;
  const [, array = '', index = ''] = element;
  const before = unit.code.slice(fn.bodySpan.start, span.start);
  const page = `${escaped(array)}\\s*\\[\\s*${index}\\s*\\]`;
  const head = `\\bfor\\s*\\(\\s*${index}\\s*=\\s*0\\s*;\\s*${index}\\s*<\\s*([\\w.>-]+)\\s*;\\s*(?:${index}\\s*\\+\\+|\\+\\+\\s*${index})\\s*\\)`;
  const m = new RegExp(`${head}\\s*(\\{\\s*)?(set_page_dirty_lock\\s*\\(\\s*${page}\\s*\\)\\s*;\\s*)?$`).exec(before);
  if (m === null) return undefined;
  const [, count = '', brace, dirty] = m;
  if (brace === undefined && dirty !== undefined) return undefined;
  let end = skipForward(unit.code, span.end);
  if (unit.code[end] !== ';') return undefined;
  end++;
  if (brace !== undefined) {
    end = skipForward(unit.code, end);
    if (unit.code[end] !== '}') return undefined;
    end++;
  }
  return { array, count, dirties: dirty !== undefined, span: { start: fn.bodySpan.start + m.index, end } };
}

function escaped(text: string): string {
  return text.replace(/[.>-]/g, '\\$&');
}

/** The function that releases the whole array, and the call of it. */
interface Replacement {
  readonly name: string;
  readonly text: string;
}

function loopFix(
  pass: RulePass,
  call: ApiCall,
  loop: ReleaseLoop,
  { name, text }: Replacement,
): FixProposal | undefined {
  const { unit, fn } = call;
  if (fn === undefined || call.spelled !== call.api) return undefined;
  const counted = variablesOf(unit, fn).filter((v) => v.name === loop.count);
  if (counted.length === 0 || counted.some((v) => v.type.unsigned !== true || v.type.derived.length > 0))
    return undefined;
  // The index keeps its last value behind the loop; nobody may ask for it.
  const index = /\[(\w+)\]/.exec(call.args[0]?.text ?? '')?.[1] ?? '';
  const rest = unit.code.slice(loop.span.end, fn.bodySpan.end);
  if (!new RegExp(`^(?:(?!\\b${index}\\b)[\\s\\S])*?(?:\\b${index}\\s*=(?!=)|$)`).test(rest)) return undefined;
  if (!includesAll(kernelsOf(pass.model.allRows(name)), pass.liveOn(call))) return undefined;
  if (/\/[*/]/.test(unit.text.slice(loop.span.start, loop.span.end))) return undefined;
  return { title: `Use ${name}()`, applicability: 'safe', edits: [{ unit, span: loop.span, newText: `${text};` }] };
}
