/**
 * ## What it does
 * Finds releases that give back as many pages as were asked for on a path that knows that fewer came, or none, those that count all
 * that came but start where the array pointer has been moved on to, and those that miss the first or the last entry or go one beyond it.
 *
 * ## Why is this bad?
 * The entries behind the last page that came are whatever the array held before: the release follows a wild pointer, or drops references
 * of pages that somebody else holds. An entry that is left out stays held for good.
 *
 * ## Example
 * ```c bad
 * static int demo_pin(unsigned long addr, int n, struct page **pages)
 * {
 * 	int got = pin_user_pages_fast(addr, n, FOLL_WRITE, pages);
 *
 * 	if (got > 0 && got < n) {
 * 		unpin_user_pages(pages, n);
 * 		return -EFAULT;
 * 	}
 * 	return got;
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static int demo_pin(unsigned long addr, int n, struct page **pages)
 * {
 * 	int got = pin_user_pages_fast(addr, n, FOLL_WRITE, pages);
 *
 * 	if (got > 0 && got < n) {
 * 		unpin_user_pages(pages, got);
 * 		return -EFAULT;
 * 	}
 * 	return got;
 * }
 * ```
 *
 * ## Kernels
 * All.
 *
 * ## Limits
 * Counts that are computed anew from an address and a length are not compared. Where none came, a callee that gives them back must ask
 * nothing else that the path does not know; a loop over the pages in the same function is short-pin-as-success. What is one entry off is
 * told where the count is a call's, or has the name of a number of pages, and no other call of the function gets the array.
 *
 * ## Fix safety
 * Unsafe: the count becomes the variable that took the result of the acquire call, where that stands in the same function; a count, bound or
 * start that is one entry off loses what is added to it.
 *
 * ## References
 * unpin_user_pages() in mm/gup.c.
 */
import { NONE_CAME } from '../analysis/paths/check-result.ts';
import { shownText } from '../analysis/trees.ts';
import { defineRule, type FixProposal, type RulePass } from './define.ts';
import { replaceArgument } from './fixes/arguments.ts';
import { wholeRange } from './fixes/whole-range.ts';
import { argumentOf } from './support/facts.ts';
import { acquiredBy, type PageFinding, pageFindings, reportFlow } from './support/flow-report.ts';
import { offsetReleases } from './support/releases/offset-releases.ts';
import { type ShiftedRelease, shiftedReleases } from './support/releases/shifted-releases.ts';
import { movedReleases } from './support/results/moved-array.ts';
import { isAssignedIn, resultVariable } from './support/results/result-variable.ts';
import { testsEntries } from './support/results/tested-entries.ts';

/** See the head of the file. */
export const releaseCountMismatch = defineRule({
  name: 'release-count-mismatch',
  group: 'release',
  summary: 'Other pages are given back than those that came',
  severity: 'warning',
  fix: 'unsafe',
  check(pass) {
    for (const finding of pageFindings(pass, 'release-count-mismatch')) {
      const { problem } = finding;
      if (testsEntries(pass, finding)) continue;
      const gives = `${problem.functionName}() gives back as many pages as ${acquiredBy(finding)} was asked for on a path where`;
      const none = problem.detail === NONE_CAME;
      reportFlow(pass, finding, {
        message: none
          ? `${gives} it failed: the entries are no pages of this call, and may be no pages at all; give nothing back where it took nothing`
          : `${gives} fewer came: the entries behind them are no pages of this call, and may be no pages at all; give back the number it returned`,
        severity: 'warning',
        fixes: none ? [] : countFix(pass, finding),
      });
    }
    reportMoved(pass);
    reportShifted(pass);
    reportOffset(pass);
  },
});

/** All that came, from where the pointer has been moved on to. */
function reportMoved(pass: RulePass): void {
  for (const { site, call, moved } of movedReleases(pass)) {
    pass.report({
      message: `${site.fn?.name ?? ''}() gives back as many pages with ${call.api}() as ${site.api}() took in all, but from where the array pointer has been moved on to: they stay held, and what lies behind them is no page of this call; start where the array starts`,
      at: { unit: call.unit, span: call.nameSpan },
      functionName: site.fn?.name ?? '',
      site,
      severity: 'warning',
      confidence: 'high',
      related: [
        { at: { unit: site.unit, span: site.nameSpan }, message: `taken here by ${site.api}()` },
        { at: { unit: site.unit, span: moved }, message: 'the pointer is moved on here' },
      ],
    });
  }
}

const SHIFTED: Readonly<Record<ShiftedRelease['fault'], string>> = {
  'first left': 'leaves the first entry of the array out: its page stays held for good; take it in',
  'last left': 'leaves the last entry of the array out: its page stays held for good; take it in',
  'one more':
    'goes one entry beyond those of the array: what lies there is no page of this call, and may be no page at all; stop at the last',
};

/** One entry off. */
function reportShifted(pass: RulePass): void {
  for (const shifted of shiftedReleases(pass)) {
    const { call, at, fault, proved } = shifted;
    pass.report({
      message: `"${shownText(call.unit, at)}": what ${call.fn?.name ?? ''}() gives back with ${call.api}() ${SHIFTED[fault]}`,
      at: { unit: call.unit, span: at },
      functionName: call.fn?.name ?? '',
      severity: 'warning',
      confidence: proved ? 'high' : 'medium',
      fixes: wholeRange(shifted),
    });
  }
}

/** All pages, from the middle on. */
function reportOffset(pass: RulePass): void {
  for (const { call, site, offset, count } of offsetReleases(pass)) {
    pass.report({
      message: `${call.fn?.name ?? ''}() gives back all ${count} pages of ${site.api}() with ${call.api}(), but from entry ${offset} on: it goes ${offset} entries beyond those that came, and what lies there may be no page at all; give back ${count} - ${offset}`,
      at: { unit: call.unit, span: call.nameSpan },
      functionName: call.fn?.name ?? '',
      site,
      severity: 'warning',
      confidence: 'medium',
      related: [{ at: { unit: site.unit, span: site.nameSpan }, message: `taken here by ${site.api}()` }],
    });
  }
}

function countFix(pass: RulePass, { call, site, problem }: PageFinding): readonly FixProposal[] {
  if (call === undefined || site === undefined || call.fn !== site.fn || site.via !== undefined) return [];
  const variable = resultVariable(site);
  const argument = argumentOf(call, 'nr', pass);
  if (variable === undefined || argument === undefined) return [];
  if (isAssignedIn(site, variable.name, site.span.end, problem.step.span.start)) return [];
  return [
    {
      title: `Give back ${variable.name} pages`,
      applicability: 'unsafe',
      edits: [replaceArgument(call, argument, variable.name)],
    },
  ];
}
