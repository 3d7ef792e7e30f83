/**
 * ## What it does
 * Finds pages that are marked dirty on a path after they were given back.
 *
 * ## Why is this bad?
 * The reference that kept the page in place is gone: the page may be freed and belong to somebody else, whose file is then written, and
 * between the two calls reclaim may drop the page while it is clean, with the data that was just written to it.
 *
 * ## Example
 * ```c bad
 * static void demo_finish(unsigned long addr, struct page **pages)
 * {
 * 	if (pin_user_pages_fast(addr, 1, FOLL_WRITE, pages) != 1)
 * 		return;
 * 	demo_receive(addr);
 * 	unpin_user_page(pages[0]);
 * 	set_page_dirty_lock(pages[0]);
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static void demo_finish(unsigned long addr, struct page **pages)
 * {
 * 	if (pin_user_pages_fast(addr, 1, FOLL_WRITE, pages) != 1)
 * 		return;
 * 	demo_receive(addr);
 * 	set_page_dirty_lock(pages[0]);
 * 	unpin_user_page(pages[0]);
 * }
 * ```
 *
 * ## Kernels
 * All.
 *
 * ## Limits
 * Both calls must be seen on one path, in one function or in helpers of it.
 *
 * ## Fix safety
 * Unsafe: where the two statements follow each other they are swapped.
 *
 * ## References
 * unpin_user_pages_dirty_lock() in mm/gup.c, which does both in the right order.
 */
import type { Step } from '../analysis/paths/resource.ts';
import { defineRule, type FixProposal } from './define.ts';
import { scanText, skipBack, skipForward } from './fixes/text-scan.ts';
import {
  acquiredBy,
  flowFindings,
  givenBack,
  type PageFinding,
  pageFindings,
  reportFlow,
} from './support/flow-report.ts';
import { lateUses, reportLate } from './support/releases/used-later.ts';

/** See the head of the file. */
export const dirtyAfterRelease = defineRule({
  name: 'dirty-after-release',
  group: 'dirty',
  summary: 'Pages are marked dirty after they were given back',
  severity: 'error',
  fix: 'unsafe',
  check(pass) {
    const told = new Set<number>();
    for (const finding of pageFindings(pass, 'dirty-after-release')) {
      const { problem, resource } = finding;
      told.add(problem.step.span.start);
      if (resource.hold.kind === 'released') told.add(resource.hold.by.step.span.start);
      const before = givenBack(finding);
      reportFlow(pass, finding, {
        message: `${problem.functionName}() marks pages taken by ${acquiredBy(finding)} dirty with ${problem.detail}() after ${before.text}: the page may be somebody else's by then, and its data lost before; mark them dirty first`,
        steps: before.steps,
        fixes: swap(finding),
      });
    }
    for (const finding of flowFindings(pass, 'dirty-after-release')) {
      const { problem } = finding;
      if (problem.resource !== undefined) continue;
      told.add(problem.step.span.start);
      const [before] = problem.steps;
      reportFlow(pass, finding, {
        message: `${problem.functionName}() marks pages dirty with ${problem.detail}() that it has given back before: they may be somebody else's by then, and their data lost before; mark them dirty first`,
        severity: problem.confidence === 'high' ? 'error' : 'warning',
        steps: before === undefined ? [] : [before],
      });
    }
    for (const late of lateUses(pass, 'dirty')) {
      if (told.has(late.use.span.start) || told.has(late.release.span.start)) continue;
      reportLate(
        pass,
        { ...late, fixes: swapped(late.release, late.use) },
        `marks dirty with ${late.use.api}() what ${late.release.api}() has given back right before: the page may be somebody else's by then, and its data lost before; mark it dirty first`,
      );
    }
  },
});

function swap({ problem, resource }: PageFinding): readonly FixProposal[] {
  const first = resource.hold.kind === 'released' ? resource.hold.by.step : undefined;
  return first === undefined ? [] : swapped(first, problem.step);
}

/** The two statements swapped, where they follow each other. */
function swapped(first: Pick<Step, 'unit' | 'span'>, second: Pick<Step, 'unit' | 'span'>): readonly FixProposal[] {
  if (first.unit !== second.unit || first.span.end > second.span.start) return [];
  const { unit } = second;
  const code = scanText(unit, second.span);
  const between = code.slice(first.span.end, second.span.start);
  const startsStatement = /[;{}]/.test(code[skipBack(code, first.span.start) - 1] ?? '');
  if (!/^\s*;\s*$/.test(between) || !startsStatement || code[skipForward(code, second.span.end)] !== ';') return [];
  const textOf = ({ start, end }: { start: number; end: number }): string => unit.text.slice(start, end);
  return [
    {
      title: 'Mark the page dirty before it is given back',
      applicability: 'unsafe',
      edits: [
        { unit, span: first.span, newText: textOf(second.span) },
        { unit, span: second.span, newText: textOf(first.span) },
      ],
    },
  ];
}
