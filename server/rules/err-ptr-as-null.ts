/**
 * ## What it does
 * Finds results of functions that return an error pointer and that are tested for NULL only.
 *
 * ## Why is this bad?
 * An error pointer is not NULL: the test never holds, and the code goes on to use -EFAULT as a page.
 *
 * ## Example
 * ```c bad
 * static int demo_peek(struct mm_struct *mm, unsigned long addr)
 * {
 * 	struct vm_area_struct *vma;
 * 	struct page *page = get_user_page_vma_remote(mm, addr, 0, &vma);
 *
 * 	if (!page)
 * 		return -EFAULT;
 * 	put_page(page);
 * 	return 0;
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static int demo_peek(struct mm_struct *mm, unsigned long addr)
 * {
 * 	struct vm_area_struct *vma;
 * 	struct page *page = get_user_page_vma_remote(mm, addr, 0, &vma);
 *
 * 	if (IS_ERR(page))
 * 		return PTR_ERR(page);
 * 	put_page(page);
 * 	return 0;
 * }
 * ```
 *
 * ## Kernels
 * Those on which the function exists; get_user_page_vma_remote() could return NULL as well in 6.5 and 6.6 (IS_ERR_OR_NULL() then).
 *
 * ## Limits
 * Also of functions of the project that take pages and return an error pointer on some of their paths and NULL on none. The result must be
 * in a local variable that no IS_ERR() or PTR_ERR() of the function looks at.
 *
 * ## Fix safety
 * No fix.
 *
 * ## References
 * get_user_page_vma_remote() in include/linux/mm.h.
 */

import { returnsPointer } from '../analysis/returns-pointer.ts';
import type { CallSite } from '../analysis/sites/site.ts';
import { defineRule, type RulePass } from './define.ts';
import { resultVariable } from './support/results/result-variable.ts';

/** See the head of the file. */
export const errPtrAsNull = defineRule({
  name: 'err-ptr-as-null',
  group: 'result',
  summary: 'A result that may be an error pointer is tested for NULL only',
  severity: 'error',
  fix: 'none',
  check(pass) {
    for (const site of pass.sites) {
      if (site.unit !== pass.unit || site.fn === undefined) continue;
      const callee = site.via ?? site.api;
      if (site.via === undefined ? !returnsErrors(site) : !wrapperReturnsErrors(pass, site.via)) continue;
      const name = resultVariable(site)?.name ?? resultField(site);
      const test = name === undefined ? undefined : nullTest(site, name);
      if (name === undefined || test === undefined) continue;
      pass.report({
        message: `${callee}() returns an error pointer when it fails, which is not NULL: this test never sees the error, and ${name} is used as if it pointed to pages; test it with IS_ERR()`,
        at: { unit: site.unit, span: test },
        functionName: site.fn.name,
        site,
        related: [{ at: { unit: site.unit, span: site.nameSpan }, message: `${callee}() is called here` }],
      });
    }
  },
});

function returnsErrors({ rows }: CallSite): boolean {
  return (
    rows.length > 0 &&
    rows.every(
      (row) => row.returns === 'page-or-err' || row.returns === 'page-or-err-or-null' || row.returns === 'ptr-or-err',
    )
  );
}

/** Whether a wrapper of the project returns a pointer that is an error on some of its paths, and NULL on none. */
function wrapperReturnsErrors({ unit, headers, neighbours, flow }: RulePass, name: string): boolean {
  for (const from of [unit, ...headers, ...neighbours]) {
    const fn = from.functions.find((f) => f.name === name);
    if (fn === undefined) continue;
    const cases = flow.summaries.get(fn)?.cases ?? [];
    const isError = cases.some(({ returns }) => returns.high < 0);
    return returnsPointer(from, fn) && isError && !cases.some(({ returns }) => returns.low <= 0 && returns.high >= 0);
  }
  return false;
}

/** The field that takes the result: `buf->pages`. */
function resultField({ unit, span }: CallSite): string | undefined {
  if (!/^\s*;/.test(unit.code.slice(span.end, span.end + 40))) return undefined;
  const before = unit.code.slice(Math.max(0, span.start - 200), span.start);
  return /(?:^|[;{}\s])((?:\w+(?:->|\.))+\w+)\s*=\s*$/.exec(before)?.[1];
}

/** The first test of a variable or field for NULL behind a call, where nothing looks at the error; undefined otherwise. */
function nullTest({ unit, fn, span }: CallSite, name: string): { start: number; end: number } | undefined {
  if (fn === undefined) return undefined;
  const rest = unit.code.slice(span.end, fn.bodySpan.end);
  const place = name.replaceAll('.', '\\.');
  if (new RegExp(`\\b(?:IS_ERR\\w*|PTR_ERR\\w*|ERR_CAST)\\s*\\(\\s*${place}\\b`).test(rest)) return undefined;
  const m = new RegExp(`!\\s*${place}\\b(?!\\s*(?:->|\\.|\\[|\\())|(?<![\\w.>])${place}\\s*[!=]=\\s*NULL\\b`).exec(
    rest,
  );
  if (m === null) return undefined;
  const start = span.end + m.index;
  return { start, end: start + m[0].length };
}
