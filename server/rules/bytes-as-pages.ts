/**
 * ## What it does
 * Finds results of iov_iter_get_pages*() and iov_iter_extract_pages() that are used as a number of pages: in a release, or as the bound
 * of a loop over the array.
 *
 * ## Why is this bad?
 * These functions return bytes. The loop runs thousands of entries past the end of the array and gives back pages that nobody took, or
 * follows wild pointers.
 *
 * ## Example
 * ```c bad
 * static ssize_t demo_read(struct iov_iter *iter, struct page **pages)
 * {
 * 	size_t offset;
 * 	ssize_t got = iov_iter_get_pages2(iter, pages, SZ_64K, 16, &offset);
 *
 * 	if (got > 0)
 * 		release_pages(pages, got);
 * 	return got;
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static ssize_t demo_read(struct iov_iter *iter, struct page **pages)
 * {
 * 	size_t offset;
 * 	ssize_t got = iov_iter_get_pages2(iter, pages, SZ_64K, 16, &offset);
 *
 * 	if (got > 0)
 * 		release_pages(pages, DIV_ROUND_UP(offset + got, PAGE_SIZE));
 * 	return got;
 * }
 * ```
 *
 * ## Kernels
 * All.
 *
 * ## Limits
 * The result must be in a variable that is not assigned again before it is used, all in one function.
 *
 * ## Fix safety
 * No fix.
 *
 * ## References
 * iov_iter_get_pages2() in lib/iov_iter.c.
 */
import type { CallSite } from '../analysis/site.ts';
import type { Span } from '../base/span.ts';
import { defineRule, type RulePass } from './define.ts';
import { argumentOf } from './facts.ts';
import { isAssignedIn, resultVariable } from './result-variable.ts';
import { governedBy } from './surroundings.ts';

/** See the head of the file. */
export const bytesAsPages = defineRule({
  name: 'bytes-as-pages',
  group: 'result',
  summary: 'A number of bytes is used as a number of pages',
  severity: 'error',
  fix: 'none',
  check(pass) {
    for (const site of pass.sites) {
      if (site.unit !== pass.unit || site.via !== undefined || !returnsBytes(site)) continue;
      const variable = resultVariable(site);
      if (variable === undefined) continue;
      for (const { span, what } of uses(pass, site, variable.name)) {
        if (isAssignedIn(site, variable.name, site.span.end, span.start)) continue;
        pass.report({
          message: `${variable.name} is the number of bytes that ${site.api}() took, and is ${what} as a number of pages: it runs far past the end of the array; use DIV_ROUND_UP(offset + ${variable.name}, PAGE_SIZE)`,
          at: { unit: site.unit, span },
          functionName: site.fn?.name ?? '',
          site,
          related: [{ at: { unit: site.unit, span: site.nameSpan }, message: `${site.api}() returns bytes` }],
        });
      }
    }
  },
});

function returnsBytes({ rows }: CallSite): boolean {
  return rows.length > 0 && rows.every((row) => row.returns === 'bytes');
}

interface Use {
  readonly span: Span;
  readonly what: string;
}

function uses(pass: RulePass, site: CallSite, name: string): readonly Use[] {
  const { unit, fn } = site;
  if (fn === undefined) return [];
  const found: Use[] = [];
  for (const call of pass.calls) {
    if (call.unit !== unit || call.fn !== fn || call.span.start < site.span.end) continue;
    if (!call.rows.some((row) => row.family === 'release')) continue;
    const count = argumentOf(call, 'nr', pass);
    if (count?.text === name && samePages(site, call.args[0]?.text))
      found.push({ span: count, what: 'given to a release' });
  }
  const text = unit.code.slice(site.span.end, fn.bodySpan.end);
  for (const m of text.matchAll(new RegExp(`\\bfor\\s*\\([^;()]*;\\s*((\\w+)\\s*<\\s*${name})\\s*;`, 'g'))) {
    const start = site.span.end + m.index + m[0].indexOf(m[1] ?? '');
    const span = { start, end: start + (m[1] ?? '').length };
    const body = governedBy(unit, span);
    const element = new RegExp(`\\b${arrayOf(site)}\\s*\\[\\s*${m[2]}\\s*\\]`);
    if (arrayOf(site) !== '' && element.test(unit.code.slice(body.start, body.end)))
      found.push({ span, what: 'the bound of a loop' });
  }
  return found;
}

/** The last name of the array that the call fills. */
function arrayOf({ args, rows }: CallSite): string {
  const index = rows[0]?.params.findIndex((p) => p.role === 'pages') ?? -1;
  return /(\w+)\s*$/.exec(args[index]?.text ?? '')?.[1] ?? '';
}

function samePages(site: CallSite, text: string | undefined): boolean {
  const name = arrayOf(site);
  return name !== '' && text !== undefined && new RegExp(`\\b${name}\\b`).test(text);
}
