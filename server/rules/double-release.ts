/**
 * ## What it does
 * Finds pages that are given back twice on one path: an error path and the label it jumps to, a release and the destructor behind it.
 *
 * ## Why is this bad?
 * The second release drops a reference that somebody else holds. The page is freed while it is in use, or its count underflows: 1024 at
 * a time for pins.
 *
 * ## Example
 * ```c bad
 * static int demo_write(unsigned long addr, struct page **pages, int n)
 * {
 * 	int ret, got = pin_user_pages_fast(addr, n, 0, pages);
 *
 * 	if (got <= 0)
 * 		return -EFAULT;
 * 	ret = demo_start(n);
 * 	if (ret < 0) {
 * 		unpin_user_pages(pages, got);
 * 		goto out;
 * 	}
 * 	demo_wait(n);
 * out:
 * 	unpin_user_pages(pages, got);
 * 	return ret;
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static int demo_write(unsigned long addr, struct page **pages, int n)
 * {
 * 	int ret, got = pin_user_pages_fast(addr, n, 0, pages);
 *
 * 	if (got <= 0)
 * 		return -EFAULT;
 * 	ret = demo_start(n);
 * 	if (ret < 0)
 * 		goto out;
 * 	demo_wait(n);
 * out:
 * 	unpin_user_pages(pages, got);
 * 	return ret;
 * }
 * ```
 *
 * ## Kernels
 * All.
 *
 * ## Limits
 * Further references taken with get_page() are counted; those of functions that are not in sight are not. Of low confidence where the first
 * release stands in a function that takes references of its own: it may have dropped one of an earlier turn. A release of a part of an
 * array (`pages + done`) is not held against an earlier release of another part. Of pages that could not be followed to their release only the
 * same statement twice in a row is told, or twice in one block where it names an element of an array that nothing between the two can have
 * filled anew, or in every turn of a loop whose index does not tell the element; and only where the function takes no reference of its own.
 *
 * ## Fix safety
 * No fix: which of the two releases is one too many only the author knows.
 *
 * ## References
 * gup_put_folio() in mm/gup.c.
 */
import type { ApiCall } from '../analysis/sites/site.ts';
import { defineRule, type RulePass, type UnitSpan } from './define.ts';
import { argumentOf } from './support/facts.ts';
import { filesOf, functionsThatCall } from './support/file-calls.ts';
import {
  acquiredBy,
  flowFindings,
  type PageFinding,
  pageFindings,
  provedSeverity,
  reportFlow,
} from './support/flow-report.ts';
import { releaseKind } from './support/releases/field-releases.ts';
import { goOnByCursor } from './support/releases/kept-cursor.ts';
import { loopedReleases, repeatedReleases } from './support/releases/repeated-releases.ts';

/** See the head of the file. */
export const doubleRelease = defineRule({
  name: 'double-release',
  group: 'release',
  summary: 'Pages are given back twice on one path',
  severity: 'error',
  fix: 'none',
  check(pass) {
    const told = new Set<number>();
    for (const finding of pageFindings(pass, 'double-release')) {
      const { problem, resource } = finding;
      if (isPart(pass, finding)) continue;
      told.add(problem.step.span.start);
      const first = resource.hold.kind === 'released' ? resource.hold.by : undefined;
      if (first !== undefined && goOnByCursor(first.step, problem.step)) continue;
      const harm =
        resource.reference === 'pin'
          ? 'the second time takes 1024 references that somebody else may hold'
          : 'the second time takes the reference of somebody else, and the page is freed in use';
      reportFlow(pass, finding, {
        message: `${problem.functionName}() gives pages back with ${problem.detail}() that ${acquiredBy(finding)} took and that ${first === undefined ? 'this path has' : `${first.api}() has`} given back already: ${harm}; drop one of the two, or forget the pages after the first`,
        steps: first === undefined ? [] : [first.step],
        ...(first !== undefined &&
        hasOwnReferences(pass, first.step, [finding.functionName, resource.origin.functionName])
          ? { confidence: 'low' }
          : {}),
      });
    }
    for (const finding of flowFindings(pass, 'double-release')) {
      const { problem } = finding;
      if (problem.resource !== undefined) continue;
      told.add(problem.step.span.start);
      reportFlow(pass, finding, { message: twice(problem.functionName, problem.detail) });
    }
    for (const { unit, fn, span, api, rows } of repeatedReleases(pass)) {
      if (told.has(span.start) || fn === undefined) continue;
      const isPin = releaseKind({ rows }) === 'pin';
      const confidence = isPin ? 'high' : 'medium';
      const severity = provedSeverity('error', confidence);
      pass.report({ message: twice(fn.name, api), at: { unit, span }, functionName: fn.name, severity, confidence });
    }
    for (const { call, index } of loopedReleases(pass)) reportLooped(pass, call, index);
  },
});

/** A release that does not go on with its loop. */
function reportLooped(pass: RulePass, { unit, fn, span, api, args, rows }: ApiCall, index: string): void {
  if (fn === undefined) return;
  const confidence = releaseKind({ rows }) === 'pin' ? 'high' : 'medium';
  pass.report({
    message: `${fn.name}() gives ${args[0]?.text ?? 'the same page'} back with ${api}() in every turn of a loop over ${index}: from the second turn on that takes references that somebody else may hold, and the other pages are never given back; name the element by ${index}`,
    at: { unit, span },
    functionName: fn.name,
    severity: provedSeverity('error', confidence),
    confidence,
  });
}

function twice(functionName: string, api: string): string {
  return `${functionName}() gives the same pages back with ${api}() twice in a row: the second time takes references that somebody else may hold; drop one of the two`;
}

/**
 * Whether the first release stands in a function that neither took the pages nor gives them back again, and that takes references of its own
 * (get_page()): it may have dropped one of those, taken in an earlier turn.
 */
function hasOwnReferences(pass: RulePass, first: UnitSpan, here: readonly string[]): boolean {
  const isWanted = (name: string): boolean =>
    pass.model.allRows(name).some((row) => row.effects.some((e) => e.op === 'extra-ref'));
  const taking = functionsThatCall(filesOf(pass), { isWanted, deep: false });
  return [...taking.values()].some(
    ({ unit, fn }) =>
      unit === first.unit &&
      !here.includes(fn.name) &&
      fn.span.start <= first.span.start &&
      first.span.end <= fn.span.end,
  );
}

/** Whether the release is of an array from an element on, and not just what was released before. */
function isPart(pass: RulePass, { call, problem, resource }: PageFinding): boolean {
  const first = resource.hold.kind === 'held' || resource.hold.kind === 'taken' ? undefined : resource.hold.by.step;
  if (first !== undefined && call !== undefined && pass.text(first.span) === pass.text(problem.step.span)) return false;
  const pages = call === undefined ? undefined : argumentOf(call, 'pages', pass);
  return pages !== undefined && /\+|&.*\[/.test(pages.text);
}
