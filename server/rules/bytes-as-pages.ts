/**
 * ## What it does
 * Finds results of iov_iter_get_pages*() and iov_iter_extract_pages() that are used as a number of pages: in a release, or as the bound
 * of a loop over the array; and lengths in bytes that are passed where a number of pages is asked for.
 *
 * ## Why is this bad?
 * These functions return bytes, and the others count in pages. The loop runs thousands of entries past the end of the array and gives back pages that nobody took, or
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
import type { CallSite } from '../analysis/sites/site.ts';
import type { Span } from '../base/span.ts';
import { defineRule, type RulePass } from './define.ts';
import { argumentOf } from './support/facts.ts';
import { isAssignedIn, resultVariable } from './support/results/result-variable.ts';
import { governedBy } from './support/surroundings.ts';

/** See the head of the file. */
export const bytesAsPages = defineRule({
  name: 'bytes-as-pages',
  group: 'result',
  summary: 'A number of bytes is used as a number of pages',
  severity: 'error',
  fix: 'none',
  check(pass) {
    for (const site of pass.sites) {
      if (site.unit !== pass.unit || site.via !== undefined) continue;
      const asked = bytesAsked(pass, site);
      if (asked !== undefined) reportAsked(pass, site, asked);
      if (!returnsBytes(site)) continue;
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

/** The argument that asks for pages and is a length in bytes, with the place that says so. */
function bytesAsked(pass: RulePass, site: CallSite): AskedBytes | undefined {
  const { unit, fn, span } = site;
  const argument = argumentOf(site, 'nr', pass);
  if (fn === undefined || argument === undefined || !/^[a-z_][\w.>-]*$/i.test(argument.text)) return undefined;
  if (!site.rows.every((row) => row.returns === 'pages' || row.returns === 'pages-not-negative')) return undefined;
  const name = argument.text.replace(/[.]/g, '\\.');
  const before = unit.code.slice(fn.bodySpan.start, span.start);
  const whole = unit.code.slice(fn.bodySpan.start, fn.bodySpan.end);
  // What is made of pages, or has been turned into them, is a number of pages.
  if (new RegExp(`${NAME(name)}\\s*(?:<<\\s*PAGE_SHIFT|\\*\\s*PAGE_SIZE)`).test(whole)) return undefined;
  if (new RegExp(`(?:PAGE_SIZE\\s*\\*\\s*)${NAME(name)}`).test(whole)) return undefined;
  const assigned = [...before.matchAll(new RegExp(`${NAME(name)}\\s*((?:>>|/)?=)(?!=)\\s*([^;]*);`, 'g'))].at(-1);
  if (assigned !== undefined) {
    const made = assigned[2] ?? '';
    const inBytes = assigned[1] === '=' && MADE_OF_BYTES.test(made) && !/>>|\/|PFN|DIV_/.test(made);
    const start = fn.bodySpan.start + assigned.index;
    return inBytes ? { argument, at: { start, end: start + assigned[0].length - 1 } } : undefined;
  }
  const turned = new RegExp(
    `${NAME(name)}\\s*(?:>>\\s*PAGE_SHIFT|/\\s*PAGE_SIZE)|\\b(?:PAGE_ALIGN|PFN_UP|PFN_DOWN)\\s*\\(\\s*${name}\\s*\\)|\\bDIV_ROUND_UP\\s*\\([^;]*${NAME(name)}[^;]*,\\s*PAGE_SIZE\\s*\\)`,
  ).exec(before);
  const copied = turned ?? copyOf(whole, name);
  if (copied === null) return undefined;
  const start = fn.bodySpan.start + copied.index;
  return { argument, at: { start, end: start + copied[0].length } };
}

/** A call that sets or copies as many bytes of something else than the array of pages, in a function that only reads the number. */
function copyOf(body: string, name: string): RegExpExecArray | null {
  const set = new RegExp(`${NAME(name)}\\s*(?:[-+*/|&]?=(?!=)|<<=|>>=|\\+\\+|--)`);
  const copy = new RegExp(
    `\\b(?:memset|memcpy|copy_(?:from|to)_user)\\s*\\((?!\\s*\\w*pages\\b)[^;,]*,[^;,]*,\\s*${name}\\s*\\)(?=\\s*[;)])`,
  );
  return set.test(body) ? null : copy.exec(body);
}

/** Expressions that are lengths in bytes. */
const MADE_OF_BYTES = /^(?:PAGE_ALIGN|round_up)\s*\(|<<\s*PAGE_SHIFT$|\*\s*PAGE_SIZE$/;

/** A pattern for a variable or field as a whole. */
const NAME = (name: string): string => `(?<![\\w.>])${name}\\b(?!\\s*(?:->|\\.))`;

interface AskedBytes {
  readonly argument: Span & { readonly text: string };
  /** Where the function treats it as bytes. */
  readonly at: Span;
}

function reportAsked(pass: RulePass, site: CallSite, { argument, at }: AskedBytes): void {
  pass.report({
    message: `${site.api}() is asked for ${argument.text} pages, which is a length in bytes: it takes PAGE_SIZE times too many and writes far past the end of the array; pass DIV_ROUND_UP(offset + ${argument.text}, PAGE_SIZE)`,
    at: { unit: site.unit, span: { start: argument.start, end: argument.end } },
    functionName: site.fn?.name ?? '',
    site,
    related: [{ at: { unit: site.unit, span: at }, message: `${argument.text} is counted in bytes here` }],
  });
}

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
