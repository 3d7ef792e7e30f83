/** Loops over an array of pages that ask of each entry whether there is a page in it. */
import type { RulePass } from '../../define.ts';
import { argumentOf } from '../facts.ts';
import type { PageFinding } from '../flow-report.ts';
import { governedBy } from '../surroundings.ts';

/** Whether the loop looks at each entry before it uses it; the areas that the call fills beside the pages tell nothing of them. */
export function testsEntries(pass: RulePass, { problem, call, site }: PageFinding): boolean {
  if (call !== undefined) return false;
  const areas = site === undefined ? undefined : argumentOf(site, 'vmas', pass)?.text;
  const { unit, span } = problem.step;
  const { start, end } = governedBy(unit, span);
  const body = unit.code.slice(start, end);
  const tests = [...body.matchAll(/\bif\s*\(\s*!?\s*([\w.>-]+)\[/g)];
  const reads = [...body.matchAll(/\b(\w+)\s*=\s*[\w.>-]+\[[^\]]*\]\s*;/g)];
  return (
    tests.some((m) => m[1] !== areas) ||
    reads.some(([, name]) => new RegExp(`\\bif\\s*\\(\\s*!?\\s*${name}\\b`).test(body))
  );
}
