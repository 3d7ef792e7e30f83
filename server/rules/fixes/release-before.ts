/**
 * Mends a `return` that leaks: it becomes a jump to the label that gives the pages back, or a release is put in front of it, where the acquire
 * call stands in the same function, its result is in a variable that still holds it or was tested for all pages, and the return belongs to an
 * `if`. Which other paths come by is not looked at, so it is never safe.
 */
import { treeOf } from '../../analysis/calls/call-index.ts';
import type { CallSite } from '../../analysis/sites/site.ts';
import { loopsAround, pathTo } from '../../analysis/trees.ts';
import type { Span } from '../../base/span.ts';
import type { FixProposal, RulePass } from '../define.ts';
import { argumentOf, kernelsOf } from '../support/facts.ts';
import type { PageFinding } from '../support/flow-report.ts';
import { includesAll } from '../support/kernels.ts';
import { isAssignedIn, resultVariable } from '../support/results/result-variable.ts';
import { isInLoop, isJumpedBackTo } from '../support/surroundings.ts';
import type { ReleaseLines } from './arm-edits.ts';
import { releaseAsElsewhere } from './as-elsewhere.ts';
import { insertBefore } from './before-return.ts';
import { isNotNegative, isPositive } from './conversion/negative-count.ts';
import { fullCount } from './full-count.ts';
import { gotoLadder, isReleaseIn } from './goto-ladder.ts';
import { releaseInArms } from './release-in-arms.ts';
import { type ReleaseNames, releaseRest } from './release-rest.ts';

/** The release in front of the return, or nothing where the text has another shape. */
export function releaseBefore(pass: RulePass, finding: PageFinding): readonly FixProposal[] {
  if (finding.isOtherWay === true) return [];
  const own = releaseByResult(pass, finding);
  return own.length > 0 ? own : [releaseAsElsewhere(pass, finding)].filter((f) => f !== undefined);
}

/** The pages of an acquire call in the same function, as many as its result says. */
function releaseByResult(pass: RulePass, finding: PageFinding): readonly FixProposal[] {
  const { site, problem, resource } = finding;
  if (site === undefined || site.via !== undefined || problem.step.unit !== site.unit) return [];
  const { fn } = site;
  const { start } = problem.step.span;
  if (fn === undefined || start < fn.bodySpan.start || start >= fn.bodySpan.end || start < site.span.end) return [];
  // Whoever may have given them back would do so twice.
  if (resource.unit === 'bytes' || resource.maybeTaken !== undefined) return [];
  const ladder = resource.lost === undefined ? gotoLadder(pass, site, problem.step.span) : undefined;
  if (ladder !== undefined) return [ladder];
  const names = releaseNames(resource.unit === 'folios', resource.reference === 'pin');
  const rest = releaseRest(pass, { finding, site, names });
  if (rest !== undefined) return [rest];
  // Of what the turns of a loop took, the variable counts the last one's alone.
  if (isInLoop(site.unit, fn, site.span.start) || isJumpedBackTo(site.unit, fn, site.span)) return [];
  if (isHalfway(pass, site, problem.step.span)) return [];
  const releaseAt = (offset: number): ReleaseLines | undefined => releaseCall(pass, site, { finding, offset });
  const isLate = resource.lost !== undefined || isFreedAhead(pass, site, start);
  const call = isLate ? undefined : releaseAt(start);
  const edits = call === undefined ? undefined : insertBefore(site, problem.step.span, call.lines);
  if (call === undefined || edits === undefined)
    return [releaseInArms(pass, { finding, site, releaseAt })].filter((f) => f !== undefined);
  return [{ title: `Call ${call.name}() before this return`, applicability: 'unsafe', edits }];
}

/** Whether a return stands in a loop that gives the pages back one by one: those of the turns before would be given back twice. */
function isHalfway(pass: RulePass, site: CallSite, at: Span): boolean {
  const pages = argumentOf(site, 'pages', pass)?.text;
  if (site.fn === undefined || pages === undefined) return false;
  const tree = treeOf(site.unit, site.fn);
  const loops = loopsAround(tree, at).filter((l) => l.start > site.span.end);
  return loops.some((loop) => pass.calls.some((c) => c.unit === site.unit && isReleaseIn(c, loop, pages, site)));
}

/** Whether the block that a return ends frees the array of the pages ahead of it, or the object that the array is found through. */
function isFreedAhead(pass: RulePass, site: CallSite, start: number): boolean {
  const root = /^[&(\s]*(\w+)/.exec(argumentOf(site, 'pages', pass)?.text ?? '')?.[1];
  if (root === undefined) return false;
  const { code } = site.unit;
  const block = code.slice(Math.max(site.span.end, code.lastIndexOf('{', start)), start);
  return new RegExp(`\\bk?v?free\\w*\\s*\\(\\s*${root}\\s*[,)]`).test(block);
}

/** Where the release is to stand, of the finding's pages. */
interface Wanted {
  readonly finding: PageFinding;
  readonly offset: number;
}

function releaseCall(pass: RulePass, site: CallSite, { finding, offset }: Wanted): ReleaseLines | undefined {
  const { resource } = finding;
  const pages = argumentOf(site, 'pages', pass)?.text ?? argumentOf(site, 'folios', pass)?.text;
  if (pages === undefined) return undefined;
  const variable = resultVariable(site);
  const between = [site.span.end, offset] as const;
  const count = variable !== undefined && !isAssignedIn(site, variable.name, ...between) ? variable.name : undefined;
  const full = variable === undefined ? undefined : fullCount(pass, site, variable.name, offset);
  const isOne = resource.requested?.kind === 'int' && resource.requested.value === 1;
  const one = isOne ? /^&\s*(\w+(?:(?:->|\.)\w+)*)$/.exec(pages)?.[1] : undefined;
  const names = releaseNames(resource.unit === 'folios', resource.reference === 'pin');
  const name = one === undefined ? names.array : names.one;
  const rows = pass.model.rows(name);
  const live = pass.liveOn(site);
  if (!includesAll(kernelsOf(rows), live) || rows.some((r) => r.params.length !== (one === undefined ? 2 : 1)))
    return undefined;
  if (one !== undefined) {
    const isSure = full !== undefined || count === undefined || holdsAt(isPositive, site, { count, offset });
    return { name, lines: guarded(isSure ? undefined : count, `${name}(${one});`) };
  }
  if (full !== undefined) return { name, lines: [`${name}(${pages}, ${full});`] };
  if (count === undefined) return undefined;
  const isCount = holdsAt(isNotNegative, site, { count, offset }) === true;
  return { name, lines: guarded(isCount ? undefined : count, `${name}(${pages}, ${count});`) };
}

/** What is asked of a count, at the statement where an offset of the function lies; undefined where none does. */
function holdsAt(
  asks: typeof isPositive,
  { unit, fn }: CallSite,
  { count, offset }: { readonly count: string; readonly offset: number },
): boolean | undefined {
  const tree = fn === undefined ? undefined : treeOf(unit, fn);
  const path = tree === undefined ? [] : pathTo(tree, { start: offset, end: offset + 1 });
  const statement = path.findLast((n) => /_statement$/.test(n.type));
  if (fn === undefined || tree === undefined || statement === undefined) return undefined;
  return asks({ unit, fn, tree }, statement, count);
}

function releaseNames(folios: boolean, pin: boolean): ReleaseNames {
  if (folios) return { one: 'unpin_folio', array: 'unpin_folios' };
  return pin ? { one: 'unpin_user_page', array: 'unpin_user_pages' } : { one: 'put_page', array: 'release_pages' };
}

function guarded(count: string | undefined, statement: string): string[] {
  return count === undefined ? [statement] : [`if (${count} > 0)`, `\t${statement}`];
}
