/**
 * ## What it does
 * Finds the result of `memfd_pin_folios()` that is used as a number of pages: in a release or a mapping of an array of pages, or shifted
 * by PAGE_SHIFT.
 *
 * ## Why is this bad?
 * The function returns how many folios it pinned, and a folio of a huge page memfd has 512 pages and more. Most of the buffer is left
 * out, or a release of pages gives back others than were pinned.
 *
 * ## Example
 * ```c bad
 * static int demo_map(struct file *memfd, loff_t start, loff_t end, struct folio **folios, struct page **pages)
 * {
 * 	pgoff_t offset;
 * 	long nr = memfd_pin_folios(memfd, start, end, folios, 16, &offset);
 *
 * 	if (nr <= 0)
 * 		return -EFAULT;
 * 	demo_fill(pages, folios, offset);
 * 	unpin_user_pages(pages, nr);
 * 	return 0;
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static int demo_map(struct file *memfd, loff_t start, loff_t end, struct folio **folios, struct page **pages)
 * {
 * 	pgoff_t offset;
 * 	long nr = memfd_pin_folios(memfd, start, end, folios, 16, &offset);
 *
 * 	if (nr <= 0)
 * 		return -EFAULT;
 * 	demo_fill(pages, folios, offset);
 * 	unpin_folios(folios, nr);
 * 	return 0;
 * }
 * ```
 *
 * ## Kernels
 * 6.11 and later, which have the function.
 *
 * ## Limits
 * The result must be in a variable that is not assigned again before it is used, all in one function.
 *
 * ## Fix safety
 * No fix.
 *
 * ## References
 * memfd_pin_folios() and unpin_folios() in mm/gup.c.
 */
import type { CallSite } from '../analysis/sites/site.ts';
import type { Span } from '../base/span.ts';
import { defineRule, type RulePass } from './define.ts';
import { argumentOf } from './support/facts.ts';
import { isAssignedIn, resultVariable } from './support/results/result-variable.ts';

/** See the head of the file. */
export const foliosAsPages = defineRule({
  name: 'folios-as-pages',
  group: 'result',
  summary: 'A number of folios is used as a number of pages',
  severity: 'error',
  fix: 'none',
  check(pass) {
    for (const site of pass.sites) {
      if (site.unit !== pass.unit || site.via !== undefined || !returnsFolios(site)) continue;
      const name = resultVariable(site)?.name;
      if (name === undefined) continue;
      for (const { span, what } of [...releases(pass, site, name), ...shifts(site, name)]) {
        if (isAssignedIn(site, name, site.span.end, span.start)) continue;
        pass.report({
          message: `${name} is the number of folios that ${site.api}() pinned, and is ${what}: a folio may have many pages; use the sizes of the folios, and unpin_folios() to give them back`,
          at: { unit: site.unit, span },
          functionName: site.fn?.name ?? '',
          site,
          related: [{ at: { unit: site.unit, span: site.nameSpan }, message: `${site.api}() returns folios` }],
        });
      }
    }
  },
});

function returnsFolios({ rows }: CallSite): boolean {
  return rows.length > 0 && rows.every((row) => row.returns === 'folios');
}

interface Use {
  readonly span: Span;
  readonly what: string;
}

/** Releases of an array of pages by that number. */
function releases(pass: RulePass, site: CallSite, name: string): readonly Use[] {
  return pass.calls.flatMap((call) => {
    if (call.fn !== site.fn || call.unit !== site.unit || call.span.start < site.span.end) return [];
    if (!call.rows.some((row) => row.family === 'release' && row.params.some((p) => p.role === 'pages'))) return [];
    const count = argumentOf(call, 'nr', pass);
    return count?.text.trim() === name ? [{ span: count, what: 'given to a release of pages' }] : [];
  });
}

/** `nr << PAGE_SHIFT`, `nr * PAGE_SIZE`: bytes of as many pages. */
function shifts({ unit, fn, span }: CallSite, name: string): readonly Use[] {
  const end = fn?.bodySpan.end ?? span.end;
  const found = unit.code
    .slice(span.end, end)
    .matchAll(new RegExp(`\\b${name}\\s*(?:<<\\s*PAGE_SHIFT|\\*\\s*PAGE_SIZE)\\b`, 'g'));
  return [...found].map((m) => {
    const start = span.end + m.index;
    return { span: { start, end: start + m[0].length }, what: 'turned into bytes as a number of pages' };
  });
}
