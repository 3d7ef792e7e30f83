/**
 * ## What it does
 * Finds `iov_iter_advance()` by what `iov_iter_get_pages2()`, `iov_iter_get_pages_alloc2()` or `iov_iter_extract_pages()` has returned.
 *
 * ## Why is this bad?
 * These functions move the iterator on by what they took; moving it again skips as many bytes of the user's data. The older
 * `iov_iter_get_pages()` left the iterator where it was, so code that was converted by renaming the call has this bug.
 *
 * ## Example
 * ```c bad
 * static ssize_t demo_send(struct iov_iter *iter, struct page **pages)
 * {
 * 	size_t offset;
 * 	ssize_t got = iov_iter_get_pages2(iter, pages, SZ_64K, 16, &offset);
 *
 * 	if (got > 0)
 * 		iov_iter_advance(iter, got);
 * 	return got;
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static ssize_t demo_send(struct iov_iter *iter, struct page **pages)
 * {
 * 	size_t offset;
 *
 * 	return iov_iter_get_pages2(iter, pages, SZ_64K, 16, &offset);
 * }
 * ```
 *
 * ## Kernels
 * 6.0 and later, which have these functions.
 *
 * ## Limits
 * The advance must name the same iterator and the variable of the result, with neither changed in between.
 *
 * ## Fix safety
 * No fix.
 *
 * ## References
 * iov_iter_get_pages2() and iov_iter_extract_pages() in lib/iov_iter.c.
 */
import { defineRule } from './define.ts';
import { isAssignedIn, resultVariable } from './support/results/result-variable.ts';

const ADVANCES: ReadonlySet<string> = new Set([
  'iov_iter_get_pages2',
  'iov_iter_get_pages_alloc2',
  'iov_iter_extract_pages',
]);

/** See the head of the file. */
export const iterAdvancedTwice = defineRule({
  name: 'iter-advanced-twice',
  group: 'release',
  summary: 'An iterator is moved on by what the call has moved it on already',
  severity: 'error',
  fix: 'none',
  check(pass) {
    for (const site of pass.sites) {
      const { unit, fn, args, span } = site;
      if (unit !== pass.unit || site.via !== undefined || fn === undefined || !ADVANCES.has(site.api)) continue;
      const variable = resultVariable(site)?.name;
      const iterator = args[0]?.text;
      if (variable === undefined || iterator === undefined) continue;
      const after = unit.code.slice(span.end, fn.bodySpan.end);
      for (const m of after.matchAll(/\biov_iter_advance\s*\(\s*([^;]+?)\s*,\s*(\w+)\s*\)\s*;/g)) {
        if (m[2] !== variable || plain(m[1] ?? '') !== plain(iterator)) continue;
        const start = span.end + m.index;
        if (
          isAssignedIn(site, variable, span.end, start) ||
          /\biov_iter_(?:revert|restore)\b/.test(after.slice(0, m.index))
        )
          continue;
        pass.report({
          message: `iov_iter_advance() by ${variable} skips as many bytes again: ${site.api}() has moved the iterator on already; drop the call`,
          at: { unit, span: { start, end: start + 'iov_iter_advance'.length } },
          functionName: fn.name,
          site,
          related: [{ at: { unit, span: site.nameSpan }, message: `${site.api}() moves the iterator on here` }],
        });
      }
    }
  },
});

/** An expression without blanks. */
function plain(text: string): string {
  return text.replace(/\s+/g, '');
}
