/**
 * ## What it does
 * Finds paths on which fewer pages may have come than were asked for, and that go on with the number asked for: a loop over all of them, a
 * release of all of them, a total that grows by it, or success with the pages left in an object and their count nowhere.
 *
 * ## Why is this bad?
 * get_user_pages() and its kind return less than was asked for when the range ends early, a signal arrives or memory is tight. The
 * entries of the array behind the last page that came were never written: they are mapped for the device, or given back, as pages.
 *
 * ## Example
 * ```c bad
 * static int demo_pin(unsigned long addr, int n, struct page **pages, struct scatterlist *sg)
 * {
 * 	int i, got = pin_user_pages_fast(addr, n, FOLL_WRITE, pages);
 *
 * 	if (got < 0)
 * 		return got;
 * 	for (i = 0; i < n; i++)
 * 		sg_set_page(&sg[i], pages[i], PAGE_SIZE, 0);
 * 	return n;
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static int demo_pin(unsigned long addr, int n, struct page **pages, struct scatterlist *sg)
 * {
 * 	int i, got = pin_user_pages_fast(addr, n, FOLL_WRITE, pages);
 *
 * 	if (got != n) {
 * 		if (got > 0)
 * 			unpin_user_pages(pages, got);
 * 		return got < 0 ? got : -EFAULT;
 * 	}
 * 	for (i = 0; i < n; i++)
 * 		sg_set_page(&sg[i], pages[i], PAGE_SIZE, 0);
 * 	return n;
 * }
 * ```
 *
 * ## Kernels
 * All.
 *
 * ## Limits
 * Loops, releases and pages left in an object count, and results of which nothing but their sign is asked for; what becomes of a count that
 * is stored for later is not followed, nor one that another function gets together with the pages, or beside the number asked for. A call in a loop, which adds its results up until all pages are there, is left alone, save where what
 * it adds up is the number asked for and nothing compares the result with that; so is a walk
 * that tests every entry of the array. A test against the number asked for is found to be the wrong way round by what its branch does: return
 * an error, or tell of one and jump, where all came; return 0 in front of nothing but the return of an error, where fewer came.
 *
 * ## Fix safety
 * No fix: whether to fail, to try again or to go on with fewer pages only the author knows.
 *
 * ## References
 * get_user_pages() in mm/gup.c: "returns either number of pages pinned (which may be less than the number requested), or an error".
 */
import { functionAt } from '../analysis/calls/call-index.ts';
import { KEPT } from '../analysis/paths/check-result.ts';
import type { CallSite } from '../analysis/sites/site.ts';
import { shownText } from '../analysis/trees.ts';
import { defineRule, type RulePass } from './define.ts';
import { spellingsOf } from './fixes/text-scan.ts';
import { argumentOf } from './support/facts.ts';
import { acquiredBy, type PageFinding, pageFindings, reportFlow } from './support/flow-report.ts';
import { askedCount } from './support/results/asked-count.ts';
import { areHandedOn } from './support/results/handed-on.ts';
import { lostCountTest } from './support/results/lost-count.ts';
import { resultVariable } from './support/results/result-variable.ts';
import { countsThoseKept, tellsCount, testsEntries } from './support/results/tested-entries.ts';
import { turnedTest } from './support/results/turned-test.ts';
import { isTestedUnsigned, unsignedTests } from './support/results/unsigned-test.ts';
import { isInLoop } from './support/surroundings.ts';

/** See the head of the file. */
export const shortPinAsSuccess = defineRule({
  name: 'short-pin-as-success',
  group: 'result',
  summary: 'A short count is taken for success',
  severity: 'warning',
  fix: 'none',
  check(pass) {
    const reported = new Set<CallSite>();
    const tests = unsignedTests(pass);
    for (const finding of pageFindings(pass, 'short-pin-as-success')) {
      const { problem, call } = finding;
      if (isAddedUp(finding) || testsEntries(pass, finding) || isTestedUnsigned(finding, tests)) continue;
      if (finding.site !== undefined) reported.add(finding.site);
      const kept = problem.detail === KEPT;
      if (finding.site !== undefined && isComparedElsewhere(pass, finding.site)) continue;
      if (kept && (countsThoseKept(finding) || tellsCount(finding))) continue;
      const what = kept ? 'keeps' : call === undefined ? 'walks' : `gives back with ${call.api}()`;
      reportFlow(pass, finding, {
        message: `${problem.functionName}() ${what} as many pages as ${acquiredBy(finding)} was asked for, where fewer may have come: nothing on this path compares the two, and the entries behind the last page that came were never written; compare the result with the number asked for`,
        severity: 'warning',
      });
    }
    reportLostCounts(pass);
    reportTurnedTests(pass);
    reportAskedCounts(pass, reported);
  },
});

/** Whether a function gets the result beside the number asked for: `err = demo_status(got, nr)`. */
function isComparedElsewhere(pass: RulePass, site: CallSite): boolean {
  const result = site.via === undefined ? resultVariable(site)?.name : undefined;
  const asked = argumentOf(site, 'nr', pass)?.text.trim();
  if (site.fn === undefined || result === undefined || asked === undefined || !/^\w+(?:(?:->|\.)\w+)*$/.test(asked))
    return false;
  const behind = site.unit.code.slice(site.span.end, site.fn.bodySpan.end);
  return areHandedOn(behind, [`^${result}$`, `^${spellingsOf(asked)}$`]);
}

/** Totals that grow by what was asked for, at sites of which no path tells. */
function reportAskedCounts(pass: RulePass, reported: ReadonlySet<CallSite>): void {
  for (const site of pass.sites) {
    if (site.unit !== pass.unit || site.via !== undefined || site.reference === 'none' || reported.has(site)) continue;
    const asked = askedCount(pass, site);
    if (asked === undefined || isComparedElsewhere(pass, site)) continue;
    pass.report({
      message: `${asked.total} grows by as many pages as ${site.api}() was asked for, where fewer may have come: nothing compares the two, and what goes by ${asked.total} later gives back and uses entries that were never written; add the result instead`,
      at: { unit: site.unit, span: asked.span },
      functionName: site.fn?.name ?? '',
      site,
      confidence: 'medium',
      related: [{ at: { unit: site.unit, span: site.nameSpan }, message: `${site.api}() is called here` }],
    });
  }
}

/** Tests against the number asked for that let every short count pass. */
function reportTurnedTests(pass: RulePass): void {
  for (const site of pass.sites) {
    if (site.unit !== pass.unit || site.via !== undefined || site.reference === 'none') continue;
    const test = turnedTest(pass, site);
    if (test === undefined) continue;
    const what = test.never
      ? `never holds, since ${site.api}() takes no more pages than it is asked for: a short count passes for all of them`
      : `gives up where ${site.api}() took all the pages, and goes on where fewer came, or none`;
    pass.report({
      message: `"${shownText(site.unit, test.span)}" ${what}; turn the test round`,
      at: { unit: site.unit, span: test.span },
      functionName: site.fn?.name ?? '',
      site,
      confidence: 'high',
      related: [{ at: { unit: site.unit, span: site.nameSpan }, message: `${site.api}() is called here` }],
    });
  }
}

/** Results that are tested for an error only, and whose count is used nowhere. */
function reportLostCounts(pass: RulePass): void {
  const told = new Set(pageFindings(pass, 'short-pin-as-success').map((f) => f.site));
  for (const site of pass.sites) {
    if (site.unit !== pass.unit || site.via !== undefined || site.reference === 'none' || told.has(site)) continue;
    const test = lostCountTest(pass, site);
    if (test === undefined) continue;
    const count = site.rows.some((row) => row.returns === 'bytes') ? 'how many bytes' : 'how many pages';
    pass.report({
      message: `this tests the result of ${site.api}() for an error only, and nothing else asks ${count} came: a short count passes for all of them, and the entries behind the last page that came were never written; compare the result with the number asked for`,
      at: { unit: site.unit, span: test },
      functionName: site.fn?.name ?? '',
      site,
      confidence: 'medium',
      related: [{ at: { unit: site.unit, span: site.nameSpan }, message: `${site.api}() is called here` }],
    });
  }
}

/** Whether the acquire call is repeated in a loop: what one turn did not get the next one asks for. A result that is only tested tells no turn. */
function isAddedUp({ resource, problem, site }: PageFinding): boolean {
  const { unit, span } = resource.origin;
  const fn = functionAt(unit, span.start);
  if (fn === undefined || !isInLoop(unit, fn, span.start) || problem.step.unit !== unit) return false;
  const variable = site === undefined || site.via !== undefined ? undefined : resultVariable(site);
  if (variable === undefined) return true;
  const body = unit.code.slice(fn.bodySpan.start, fn.bodySpan.end);
  return new RegExp(
    `[-+<>*]=?\\s*(?:\\([\\w\\s]+\\)\\s*)?${variable.name}\\b|\\b${variable.name}\\s*(?:[-+*]|<<)`,
  ).test(body);
}
