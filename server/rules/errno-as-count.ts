/**
 * ## What it does
 * Finds results of acquire calls that may be a negative errno and are taken for a count all the same: compared as unsigned numbers,
 * given to a release as the number of pages, or tested for 0 alone before the pages are used. So are first tests that leave where pages came
 * and go on where the call failed.
 *
 * ## Why is this bad?
 * Turned into an unsigned number -EFAULT is a count of some four thousand million, or 2^64. The test for an error never holds, and the loop
 * that follows runs off the end of the array. unpin_user_pages() refuses such a count with a warning since 5.10; a loop does not, nor does
 * unpin_user_pages_dirty_lock() with make_dirty set.
 *
 * ## Example
 * ```c bad
 * static int demo_pin(unsigned long addr, int n, struct page **pages)
 * {
 * 	unsigned int got = pin_user_pages_fast(addr, n, FOLL_WRITE, pages);
 *
 * 	if (got <= 0)
 * 		return -EFAULT;
 * 	unpin_user_pages(pages, got);
 * 	return 0;
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static int demo_pin(unsigned long addr, int n, struct page **pages)
 * {
 * 	int got = pin_user_pages_fast(addr, n, FOLL_WRITE, pages);
 *
 * 	if (got <= 0)
 * 		return -EFAULT;
 * 	unpin_user_pages(pages, got);
 * 	return 0;
 * }
 * ```
 *
 * ## Kernels
 * All. The widths are those of a 64-bit kernel.
 *
 * ## Limits
 * Comparisons with == and != are fine: an errno equals no count, and where one stands beside the comparison in the same test it catches
 * what passes that. A type that is not in sight is taken for signed. Where no path tells, the first test behind the call does, as a warning:
 * if it is the whole condition of an `if` that leaves, and the result is added up, stored as a count or asked for nothing more behind it.
 *
 * ## Fix safety
 * Unsafe: the local variable that takes the result becomes signed, where it has a declaration of its own; a comparison with an unsigned
 * number gets a test for < 0 in front; a release of the count happens only where it is positive. Formats and comparisons with other unsigned
 * numbers are to be looked at.
 *
 * ## References
 * unpin_user_pages() in mm/gup.c of 5.10.
 */
import { FAILED, KEPT, PASSED, USED } from '../analysis/paths/check-result.ts';
import type { CallSite } from '../analysis/sites/site.ts';
import { shownText } from '../analysis/trees.ts';
import { variablesOf } from '../syntax/types.ts';
import { defineRule, type FixProposal, type RulePass } from './define.ts';
import { declareSigned } from './fixes/declare-signed.ts';
import { guardRelease, testNegative } from './fixes/negative-apart.ts';
import { acquiredBy, type PageFinding, pageFindings, reportFlow } from './support/flow-report.ts';
import { errnoLetThrough } from './support/results/errno-let-through.ts';
import { resultVariable } from './support/results/result-variable.ts';
import { isReturnedAsIs, isTestedForAll } from './support/results/unsigned-test.ts';

/** See the head of the file. */
export const errnoAsCount = defineRule({
  name: 'errno-as-count',
  group: 'result',
  summary: 'A result that may be a negative errno is used as an unsigned count',
  severity: 'error',
  fix: 'unsafe',
  check(pass) {
    const findings = pageFindings(pass, 'errno-as-count');
    for (const finding of findings) {
      if (finding.call !== undefined && findings.some((f) => f.call === undefined && isSameSite(f, finding))) continue;
      if (finding.call === undefined && finding.problem.detail !== USED && isHarmless(finding)) continue;
      reportFlow(pass, finding, { message: messageOf(pass, finding), fixes: fixesOf(pass, finding) });
    }
    reportLetThrough(pass, new Set(findings.map((f) => f.site)));
  },
});

/** Whether an error that passes a comparison gets no further than one that does not. */
function isHarmless(finding: PageFinding): boolean {
  return isReturnedAsIs(finding) || isTestedForAll(finding);
}

/** First tests that let an -errno pass, at sites of which no path tells. */
function reportLetThrough(pass: RulePass, told: ReadonlySet<CallSite | undefined>): void {
  for (const site of pass.sites) {
    if (site.unit !== pass.unit || site.via !== undefined || site.reference === 'none' || told.has(site)) continue;
    const test = errnoLetThrough(pass, site);
    if (test === undefined) continue;
    const shown = shownText(site.unit, test.span);
    const asked = test.turned
      ? `"${shown}" leaves where ${site.api}() took pages, and goes on where it failed`
      : `"${shown}" asks whether the result of ${site.api}() is 0 and nothing else: a negative errno passes`;
    const lost = test.turned
      ? 'what is behind it runs where there are none'
      : 'nothing more is asked of it, so the error is taken for success';
    const then =
      test.used === undefined ? lost : `"${shownText(site.unit, test.used)}" reckons with it as with a count`;
    pass.report({
      message: `${asked}, and ${then}; ${test.turned ? 'turn the test round' : 'test it for <= 0'}`,
      at: { unit: site.unit, span: test.span },
      functionName: site.fn?.name ?? '',
      site,
      severity: 'warning',
      confidence: 'medium',
      related: [
        { at: { unit: site.unit, span: site.nameSpan }, message: `${site.api}() is called here` },
        ...(test.used === undefined
          ? []
          : [{ at: { unit: site.unit, span: test.used }, message: 'used as a count here' }]),
      ],
    });
  }
}

/** A count that goes wrong in a comparison first is told there. */
function isSameSite(a: PageFinding, b: PageFinding): boolean {
  return (
    a.functionName === b.functionName &&
    a.resource.origin.unit === b.resource.origin.unit &&
    a.resource.origin.span.start === b.resource.origin.span.start
  );
}

function messageOf(pass: RulePass, finding: PageFinding): string {
  const by = acquiredBy(finding);
  if (finding.problem.detail === USED)
    return `the pages of ${by} are used where its result was tested for nothing but 0: a negative errno passes that test, too, and then there are none; test it for <= 0`;
  if (finding.problem.detail === KEPT)
    return `${finding.functionName}() ends well with the pages of ${by} kept, where its result was tested for nothing but 0: a negative errno passes that test, too, and then there are none; test it for <= 0`;
  if (finding.problem.detail === PASSED)
    return `"${shown(pass, finding)}" passes the result of ${by} as the number of pages to give back, which has no sign there: a negative errno is a huge number, and pages are given back that nobody took; call it only where the result is positive`;
  if (finding.call !== undefined && finding.problem.detail === FAILED)
    return `${finding.call.api}() gets the result of ${by} as its count on a path where the call failed: it took nothing, and a negative errno is a huge number there; give nothing back`;
  if (finding.call !== undefined)
    return `${finding.call.api}() gets the result of ${by} as its count where that may be a negative errno: as an unsigned number it is a huge one, and pages are given back that nobody took; call it only where the result is positive`;
  return `"${shown(pass, finding)}" compares the result of ${by} as an unsigned number: a negative errno counts as a huge number of pages, so the error is taken for success; keep the result in a signed variable and test it for < 0 first`;
}

function shown(pass: RulePass, { at }: PageFinding): string {
  return pass.text(at.span).replace(/\s+/g, ' ');
}

function fixesOf(pass: RulePass, finding: PageFinding): readonly FixProposal[] {
  const { site, call, at } = finding;
  if ([USED, PASSED, FAILED, KEPT].includes(finding.problem.detail)) return [];
  const type = site === undefined ? undefined : pass.model.rows(site.api).at(-1)?.ret;
  if (site === undefined || site.via !== undefined || type === undefined) return [];
  if (call !== undefined) return [guardRelease(call, site)].filter((f) => f !== undefined);
  const signed = isAgainstSigned(pass, finding) ? signedFix(site, type) : undefined;
  return [signed ?? testNegative(at, site, type)].filter((f) => f !== undefined);
}

function signedFix(site: CallSite, type: string): FixProposal | undefined {
  const variable = resultVariable(site);
  return variable === undefined ? undefined : declareSigned(site.unit, variable, type);
}

/** Whether the other side of the comparison is a constant or a signed variable: only then a signed result is compared as such. */
function isAgainstSigned(pass: RulePass, { site, at, call }: PageFinding): boolean {
  if (call !== undefined || site?.fn === undefined) return false;
  const sides = /^([^<>]+)[<>]=?([^<>]+)$/.exec(pass.text(at.span));
  const variables = variablesOf(site.unit, site.fn);
  return [sides?.[1], sides?.[2]].some((side) => {
    const text = side?.trim() ?? '';
    if (/^\d+$/.test(text)) return true;
    return variables.some((v) => v.name === text && v.type.unsigned === false && v.type.derived.length === 0);
  });
}
