/**
 * Mends a `return` that leaks: it becomes a jump to the label that gives the pages back, or a release is put in front of it, where the acquire
 * call stands in the same function, its result is in a variable that still holds it or was tested for all pages, and the return belongs to an
 * `if`. Which other paths come by is not looked at, so it is never safe.
 */
import type { CallSite } from '../../analysis/sites/site.ts';
import type { Edit, FixProposal, RulePass } from '../define.ts';
import { argumentOf, kernelsOf } from '../support/facts.ts';
import type { PageFinding } from '../support/flow-report.ts';
import { includesAll } from '../support/kernels.ts';
import { isAssignedIn, resultVariable } from '../support/results/result-variable.ts';
import { isInLoop } from '../support/surroundings.ts';
import type { ReleaseLines } from './arm-edits.ts';
import { releaseAsElsewhere } from './as-elsewhere.ts';
import { fullCount } from './full-count.ts';
import { gotoLadder } from './goto-ladder.ts';
import { releaseInArms } from './release-in-arms.ts';
import { type ReleaseNames, releaseRest } from './release-rest.ts';
import { skipBack, skipForward } from './text-scan.ts';

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
  if (isInLoop(site.unit, fn, site.span.start)) return [];
  const releaseAt = (offset: number): ReleaseLines | undefined => releaseCall(pass, site, { finding, offset });
  const isLate = resource.lost !== undefined || isFreedAhead(pass, site, start);
  const call = isLate ? undefined : releaseAt(start);
  const edits = call === undefined ? undefined : insertBefore(site, problem.step.span, call.lines);
  if (call === undefined || edits === undefined)
    return [releaseInArms(pass, { finding, site, releaseAt })].filter((f) => f !== undefined);
  return [{ title: `Call ${call.name}() before this return`, applicability: 'unsafe', edits }];
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
  const full = variable === undefined || count !== undefined ? undefined : fullCount(pass, site, variable.name, offset);
  const one = /^&\s*(\w+)$/.exec(pages)?.[1];
  const names = releaseNames(resource.unit === 'folios', resource.reference === 'pin');
  const name = one === undefined ? names.array : names.one;
  const rows = pass.model.rows(name);
  const live = pass.liveOn(site);
  if (!includesAll(kernelsOf(rows), live) || rows.some((r) => r.params.length !== (one === undefined ? 2 : 1)))
    return undefined;
  if (one !== undefined && resource.requested?.kind === 'int' && resource.requested.value === 1) {
    return { name, lines: guarded(count, `${name}(${one});`) };
  }
  if (full !== undefined && one === undefined) return { name, lines: [`${name}(${pages}, ${full});`] };
  return count === undefined || one !== undefined
    ? undefined
    : { name, lines: guarded(count, `${name}(${pages}, ${count});`) };
}

function releaseNames(folios: boolean, pin: boolean): ReleaseNames {
  if (folios) return { one: 'unpin_folio', array: 'unpin_folios' };
  return pin ? { one: 'unpin_user_page', array: 'unpin_user_pages' } : { one: 'put_page', array: 'release_pages' };
}

function guarded(count: string | undefined, statement: string): string[] {
  return count === undefined ? [statement] : [`if (${count} > 0)`, `\t${statement}`];
}

/** Lines in front of a return that stands in the block of an `if`, or alone behind one; undefined where it stands otherwise. */
export function insertBefore(
  { unit }: Pick<CallSite, 'unit'>,
  at: { start: number; end: number },
  lines: readonly string[],
): Edit[] | undefined {
  const { code, text } = unit;
  if (!/^return\b/.test(code.slice(at.start, at.end))) return undefined;
  const lineStart = text.lastIndexOf('\n', at.start - 1) + 1;
  const indent = text.slice(lineStart, at.start);
  if (/\S/.test(indent)) return undefined;
  const body = `${lines.map((l) => indent + l).join('\n')}\n`;
  const before = skipBack(code, at.start);
  const insert: Edit = { unit, span: { start: lineStart, end: lineStart }, newText: body };
  const last = code[before - 1];
  if (last === '{' || last === ';' || last === '}') return opensIf(code, at.start) ? [insert] : undefined;
  if (last !== ')' || !isIf(code, before)) return undefined;
  if (/^else\b/.test(code.slice(skipForward(code, at.end)))) return undefined;
  const outer = indent.replace(/(?:\t| {1,8})$/, '');
  return [
    { unit, span: { start: before, end: before }, newText: ' {' },
    insert,
    { unit, span: { start: at.end, end: at.end }, newText: `\n${outer}}` },
  ];
}

/** Whether the innermost block around an offset is that of an `if` or `else`. */
function opensIf(code: string, offset: number): boolean {
  let depth = 0;
  for (let i = offset - 1; i >= 0; i--) {
    if (code[i] === '}') depth++;
    else if (code[i] === '{' && depth-- === 0) {
      const before = skipBack(code, i);
      return code[before - 1] === ')'
        ? isIf(code, before)
        : /\belse$/.test(code.slice(Math.max(0, before - 5), before));
    }
  }
  return false;
}

/** Whether the parentheses that end here belong to an `if`. */
function isIf(code: string, end: number): boolean {
  let depth = 0;
  for (let i = end - 1; i >= 0; i--) {
    if (code[i] === ')') depth++;
    else if (code[i] === '(' && --depth === 0) return /\bif\s*$/.test(code.slice(Math.max(0, i - 8), i));
  }
  return false;
}
