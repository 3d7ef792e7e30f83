/**
 * ## What it does
 * Finds an error of a `*_user_pages*()` call that is answered by a fixed error code of the caller's own.
 *
 * ## Why is this bad?
 * The call tells apart a bad address (-EFAULT), no memory (-ENOMEM), a limit (-EAGAIN), a signal (-EINTR, -ERESTARTSYS) and memory that
 * cannot be pinned for long. Told -EFAULT for a signal, a program gives up where it should try again.
 *
 * ## Example
 * ```c bad
 * static int demo_map(unsigned long addr, int n, struct page **pages)
 * {
 * 	int ret = pin_user_pages_fast(addr, n, FOLL_WRITE, pages);
 *
 * 	if (ret < 0)
 * 		return -EFAULT;
 * 	return ret;
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static int demo_map(unsigned long addr, int n, struct page **pages)
 * {
 * 	return pin_user_pages_fast(addr, n, FOLL_WRITE, pages);
 * }
 * ```
 *
 * ## Kernels
 * All.
 *
 * ## Limits
 * Only the test `result < 0` and a return or an assignment of a named error code right behind it are seen; tests that take a short count
 * in as well have no error to hand on and are left alone, save `!result ? result : -EFAULT`, which hands on the result where it is 0. A code that a caller compares the result with is agreed upon.
 *
 * ## Fix safety
 * No fix.
 *
 * ## References
 * The errors listed above get_user_pages_remote() in mm/gup.c.
 */
import type { CallSite } from '../analysis/sites/site.ts';
import { defineRule, type RulePass } from './define.ts';
import { filesOf, functionsThatCall } from './support/file-calls.ts';
import { isAssignedIn, resultVariable } from './support/results/result-variable.ts';
import { governedBy } from './support/surroundings.ts';

/** See the head of the file. */
export const errnoReplaced = defineRule({
  name: 'errno-replaced',
  group: 'result',
  summary: 'The error of the call is replaced by another',
  severity: 'info',
  fix: 'none',
  check(pass) {
    for (const site of pass.sites) {
      const { unit, fn, span } = site;
      if (unit !== pass.unit || site.via !== undefined || fn === undefined) continue;
      const name = resultVariable(site)?.name;
      if (name === undefined) continue;
      const after = unit.code.slice(span.end, fn.bodySpan.end);
      reportChosen(pass, site, name);
      const test = new RegExp(`\\bif\\s*\\(\\s*(?:unlikely\\s*\\(\\s*)?(${name}\\s*<\\s*0)\\s*\\)`).exec(after);
      if (test?.[1] === undefined) continue;
      const start = span.end + test.index + test[0].indexOf(test[1]);
      if (isAssignedIn(site, name, span.end, start)) continue;
      const body = governedBy(unit, { start, end: start + test[1].length });
      const text = unit.code.slice(body.start, body.end);
      const code = /(?:\breturn\s+(?:ERR_PTR\s*\(\s*)?|=\s*)(-E[A-Z]+)\b/.exec(text);
      if (code?.[1] === undefined || new RegExp(`(?<!\\w)${name}\\s*(?:;|,|\\))`).test(text)) continue;
      if (isAskedFor(pass, fn.name, code[1])) continue;
      const at = body.start + code.index + code[0].indexOf(code[1]);
      pass.report({
        message: `${code[1]} replaces the error of ${site.api}(): a signal or a lack of memory looks like something else to the caller; hand ${name} on`,
        at: { unit, span: { start: at, end: at + code[1].length } },
        functionName: fn.name,
        site,
        related: [{ at: { unit, span: site.nameSpan }, message: `the error comes from ${site.api}()` }],
      });
    }
  },
});

/**
 * `!ret ? ret : -EFAULT`: what chooses between the result and another error hands on the result where it is none.
 */
function reportChosen(pass: RulePass, site: CallSite, name: string): void {
  const { unit, fn, span } = site;
  if (fn === undefined) return;
  const after = unit.code.slice(span.end, fn.bodySpan.end);
  const result = `\\(?\\s*${name}\\s*\\)?`;
  const zero = `(?:!\\s*${result}|${result}\\s*==\\s*0)\\s*\\)?\\s*\\?\\s*${result}\\s*:\\s*(-E[A-Z]+)\\b`;
  const other = `(?<![\\w>.])${name}\\s*!=\\s*0\\s*\\)?\\s*\\?\\s*(-E[A-Z]+)\\s*:\\s*${name}\\b`;
  const m = new RegExp(`${zero}|${other}`).exec(after);
  const code = m?.[1] ?? m?.[2];
  if (m === null || code === undefined || isAssignedIn(site, name, span.end, span.end + m.index)) return;
  const at = span.end + m.index + m[0].indexOf(code);
  pass.report({
    message: `${code} replaces the error of ${site.api}(), and ${name} is handed on where it is 0: no page came, and the caller takes it for success; hand a negative ${name} on`,
    at: { unit, span: { start: at, end: at + code.length } },
    functionName: fn.name,
    site,
    related: [{ at: { unit, span: site.nameSpan }, message: `the error comes from ${site.api}()` }],
  });
}

/** Whether a caller compares what it gets with the code: then that one is agreed upon. */
function isAskedFor(pass: RulePass, name: string, code: string): boolean {
  const callers = functionsThatCall(filesOf(pass), { isWanted: (n) => n === name, deep: true });
  const asks = new RegExp(`[!=]=\\s*${code}\\b`);
  return [...callers.values()].some(({ unit, fn }) => asks.test(unit.code.slice(fn.bodySpan.start, fn.bodySpan.end)));
}
