/** Loops over an array of pages that ask of each entry whether there is a page in it. */
import { functionAt } from '../../../analysis/calls/call-index.ts';
import type { Origin, Step } from '../../../analysis/paths/resource.ts';
import { ownerKey } from '../../../flow/value.ts';
import type { RulePass } from '../../define.ts';
import { argumentOf } from '../facts.ts';
import type { PageFinding } from '../flow-report.ts';
import { ownersOf, sameOrigin } from '../releases/owner-facts.ts';
import { governedBy } from '../surroundings.ts';
import { isHandedOn } from './handed-on.ts';
import { resultVariable } from './result-variable.ts';

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

/**
 * Whether a function of the file that gives back what a field holds asks each entry whether there is a page in it: what a failed call has
 * left in the array may be given back there, without its number.
 */
export function asksEntries(pass: RulePass, origin: Origin): boolean {
  const owners = new Map(
    pass.flow.held
      .filter((h) => sameOrigin(h.origin, origin))
      .flatMap(({ owner }) => {
        const key = ownerKey(owner);
        // What lies in an array or an object that a call returned has no name.
        return key === undefined || !/^\w+$/.test(owner.field) ? [] : [[key, owner.field] as const];
      }),
  );
  const known = ownersOf(pass.flow);
  return [...owners].some(([key, field]) =>
    (known.get(key)?.events ?? []).some(({ kind, step }) => kind === 'release' && isAsked(step, field)),
  );
}

/** Whether the function around a place tests an entry of a field, or a variable that one was put into. */
function isAsked({ unit, span }: Step, field: string): boolean {
  const fn = functionAt(unit, span.start);
  if (fn === undefined) return false;
  const body = unit.code.slice(fn.bodySpan.start, fn.bodySpan.end);
  const entry = `(?:\\w+(?:->|\\.))*${field}\\s*\\[[^\\]]*\\]`;
  const asked = `(?:\\b(?:if|while)\\s*\\(|&&|\\|\\||!)\\s*!?\\s*${entry}\\s*(?:\\)|&&|\\|\\|)|${entry}\\s*[!=]=\\s*NULL`;
  if (new RegExp(asked).test(body)) return true;
  return [...body.matchAll(new RegExp(`\\b(\\w+)\\s*=\\s*${entry}\\s*;`, 'g'))].some(([, name]) =>
    new RegExp(`\\bif\\s*\\(\\s*!?\\s*${name}\\b`).test(body),
  );
}

/**
 * Whether a loop over as many pages as came counts those that stay (`pages[kept++] = pages[i]`), and an object is told that number: who gives
 * them back goes by it.
 */
export function countsThoseKept({ site }: PageFinding): boolean {
  const name = site === undefined || site.via !== undefined ? undefined : resultVariable(site)?.name;
  if (site?.fn === undefined || name === undefined) return false;
  const behind = site.unit.code.slice(site.span.end, site.fn.bodySpan.end);
  const loop = new RegExp(`\\b(?:for\\s*\\([^;]*;|while\\s*\\()\\s*\\w+\\s*<\\s*${name}\\b`).exec(behind);
  if (loop === null) return false;
  const counted = [...behind.slice(loop.index + loop[0].length).matchAll(/(?<![\w.>])(\w+)\s*\+\+|\+\+\s*(\w+)\b/g)];
  return counted.some(([, a, b]) => new RegExp(`(?:->|\\.)\\s*\\w+\\s*=\\s*${a ?? b ?? ''}\\s*;`).test(behind));
}

/** Whether a function out of sight is told on the way how many pages came: `demo_set_count(list, got)`, `atomic_set(&list->nr, got)`. */
export function tellsCount({ site, problem }: PageFinding): boolean {
  const name = site === undefined || site.via !== undefined ? undefined : resultVariable(site)?.name;
  if (site === undefined || name === undefined || problem.step.unit !== site.unit) return false;
  const behind = site.unit.code.slice(site.span.end, problem.step.span.end);
  // What stands in an arm of its own is another way.
  let onWay = behind;
  for (let before = ''; before !== onWay; ) {
    before = onWay;
    onWay = onWay.replace(/\{[^{}]*\}/g, ' ');
  }
  return isHandedOn(onWay.replace(/\b\w*(?:unpin|put|release)\w*\s*\(/g, 'release_pages('), `(?<![\\w.>])${name}\\b`);
}
