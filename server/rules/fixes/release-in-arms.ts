/**
 * Gives pages back on the ways out that a return or a label serves together: under that label, where all who come by hold the pages; under one
 * of its own in front of it, for every jump to it while they are held; or else in the arm itself, before anything of what it undoes.
 */
import { treeOf } from '../../analysis/calls/call-index.ts';
import { bodyOf } from '../../analysis/locals.ts';
import type { ApiCall, CallSite } from '../../analysis/sites/site.ts';
import type { Rung } from '../../analysis/statements/exit-ladder.ts';
import type { Span } from '../../base/span.ts';
import { type CNode, childByField, walk } from '../../syntax/node.ts';
import type { CUnit } from '../../syntax/unit.ts';
import type { Edit, FixProposal, RulePass } from '../define.ts';
import { argumentOf } from '../support/facts.ts';
import type { PageFinding } from '../support/flow-report.ts';
import { insideArms, type ReleaseAt } from './arm-edits.ts';
import { releaseAtLabel } from './at-label.ts';
import { type FailingArm, failingArms } from './failing-arms.ts';
import { isReleaseIn } from './goto-ladder.ts';
import { asIndented } from './layout.ts';

/** The fix; undefined where the paths leave in another way. */
export function releaseInArms(
  pass: RulePass,
  { finding, site, releaseAt }: { finding: PageFinding; site: CallSite; releaseAt: ReleaseAt },
): FixProposal | undefined {
  const arms = failingArms(pass, finding, site);
  // A loop that is left may have given back some of them.
  if (arms === undefined || arms.length === 0 || arms.some((a) => a.jump.type === 'break_statement')) return undefined;
  const jumps = jumpsWhileHeld(pass, site, arms);
  const above = rungAbove(pass, site, arms);
  if (above !== undefined) return toRungAbove(site, { arms, jumps }, above);
  const rung = arms[0]?.rung;
  const isOneRung = rung !== undefined && arms.every((a) => a.rung?.label === rung.label);
  const own = isOneRung ? releaseAtLabel(pass, site, { rung, releaseAt }) : undefined;
  if (own !== undefined) return own;
  const label = underLabel(site, { arms, jumps, releaseAt });
  if (label !== undefined) return label;
  // What the other jumps leave held would still be lost at the same place.
  const isOne = (jump: CNode): boolean => arms.some((a) => a.jump.start === jump.start);
  return jumps.every(isOne) ? insideArms(site.unit, arms, releaseAt) : undefined;
}

/** A label of the ladder that gives the pages back already, above the one that the arms jump to. */
interface RungAbove {
  readonly label: string;
  /** The release there. */
  readonly call: ApiCall;
  /** Whether nothing else is undone between the two labels. */
  readonly alone: boolean;
}

function rungAbove(pass: RulePass, site: CallSite, arms: readonly FailingArm[]): RungAbove | undefined {
  const { unit, fn } = site;
  const rung = arms[0]?.rung;
  if (fn === undefined || rung === undefined) return undefined;
  const statements = bodyOf(treeOf(unit, fn))?.children ?? [];
  const at = statements.findIndex((n) => n.start === rung.span.start);
  const above = statements.slice(0, at).findLastIndex((n) => n.type === 'labeled_statement');
  const statement = statements[above];
  const label = statement === undefined ? undefined : childByField(statement, 'label');
  if (statement === undefined || label === undefined) return undefined;
  const pages = argumentOf(site, 'pages', pass)?.text ?? '';
  const between = { start: statement.start, end: rung.span.start };
  const call = pass.calls.find((c) => c.unit === unit && isReleaseIn(c, between, pages, site));
  if (call === undefined) return undefined;
  return { label: unit.code.slice(label.start, label.end), call, alone: at - above === 1 };
}

/**
 * The jumps one label higher. Not where the release there marks nothing dirty of what was taken for writing: what it leaves undone would show
 * only then.
 */
function toRungAbove(site: CallSite, ways: Omit<Ways, 'releaseAt'>, above: RungAbove): FixProposal | undefined {
  const { arms, jumps } = ways;
  const clean = site.flags.may.has('FOLL_WRITE') && !above.call.api.includes('dirty');
  const isArm = (jump: CNode): boolean => arms.some((a) => a.jump.start === jump.start);
  if (!above.alone || clean || !jumps.every(isArm)) return undefined;
  const edits = jumps.map((jump): Edit => ({ unit: site.unit, span: jump, newText: `goto ${above.label};` }));
  return { title: `Go to ${above.label} here, which gives the pages back`, applicability: 'unsafe', edits };
}

/** The jumps to the label of the arms between the acquire call and the first release of its pages. */
function jumpsWhileHeld(pass: RulePass, site: CallSite, arms: readonly FailingArm[]): readonly CNode[] {
  const { unit, fn } = site;
  const rung = arms[0]?.rung;
  if (fn === undefined || rung === undefined) return [];
  const pages = argumentOf(site, 'pages', pass)?.text ?? '';
  const releases = pass.calls.filter((c) => c.unit === unit && isReleaseIn(c, rest(site, rung), pages, site));
  const end = Math.min(rung.span.start, ...releases.map((c) => c.span.start));
  const jumps: CNode[] = [];
  walk(treeOf(unit, fn), (n) => {
    const label = n.type === 'goto_statement' ? childByField(n, 'label') : undefined;
    if (label === undefined || n.start < site.span.end) return true;
    const isArm = arms.some((a) => a.jump.start === n.start);
    if (unit.code.slice(label.start, label.end) === rung.label && (isArm || n.start < end)) jumps.push(n);
    return true;
  });
  return jumps;
}

function rest({ span }: CallSite, rung: Rung): Span {
  return { start: span.end, end: rung.span.start };
}

interface Ways {
  readonly arms: readonly FailingArm[];
  readonly jumps: readonly CNode[];
  readonly releaseAt: ReleaseAt;
}

/** A new label in front of the one that all arms jump to, where nothing runs into that one from above. */
function underLabel(site: CallSite, { arms, jumps, releaseAt }: Ways): FixProposal | undefined {
  const { unit, fn } = site;
  const rung = arms[0]?.rung;
  if (rung === undefined || fn === undefined || arms.some((a) => a.rung?.label !== rung.label)) return undefined;
  const call = releaseAt(rung.span.start);
  if (call === undefined || !isReachedByJumpsAlone(treeOf(unit, fn), rung)) return undefined;
  const name = newLabel(unit, fn.bodySpan, rung.label, call.name);
  const lines = asIndented(
    unit,
    call.lines.map((l) => `\t${l}\n`),
  ).join('');
  const at = unit.text.lastIndexOf('\n', rung.span.start - 1) + 1;
  const redirected = jumps.map((jump): Edit => ({ unit, span: jump, newText: `goto ${name};` }));
  return {
    title: `Call ${call.name}() under a label in front of ${rung.label}`,
    applicability: 'unsafe',
    edits: [...redirected, { unit, span: { start: at, end: at }, newText: `${name}:\n${lines}` }],
  };
}

function isReachedByJumpsAlone(tree: CNode, rung: Rung): boolean {
  const statements = bodyOf(tree)?.children ?? [];
  const before = statements[statements.findIndex((n) => n.start === rung.span.start) - 1];
  return before !== undefined && /^(?:goto|return)_statement$/.test(before.type);
}

/** A name in the way of the label it stands in front of: `err_unpin` before `err_free`. */
function newLabel(unit: CUnit, body: { start: number; end: number }, label: string, release: string): string {
  const verb = release.startsWith('unpin') ? 'unpin' : 'put';
  const prefix = /^(?:err|error|fail|failed|out|bad|exit)(?=_|$)/.exec(label)?.[0];
  const base = prefix === undefined ? `${verb}_pages` : `${prefix}_${verb}`;
  const code = unit.code.slice(body.start, body.end);
  const isFree = (name: string): boolean => !new RegExp(`\\b${name}\\b`).test(code);
  return [base, `${base}_pages`].find(isFree) ?? `${base}_user_pages`;
}
