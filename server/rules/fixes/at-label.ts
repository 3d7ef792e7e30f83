/** A release put under a label that is there already: where whoever comes by holds the pages, and nothing has given them back. */
import { treeOf } from '../../analysis/calls/call-index.ts';
import { bodyOf } from '../../analysis/locals.ts';
import type { CallSite } from '../../analysis/sites/site.ts';
import type { Rung } from '../../analysis/statements/exit-ladder.ts';
import { codeOf } from '../../analysis/trees.ts';
import { type CNode, childByField, walk } from '../../syntax/node.ts';
import type { FixProposal, RulePass } from '../define.ts';
import { argumentOf } from '../support/facts.ts';
import type { ReleaseAt } from './arm-edits.ts';
import { isReleaseIn } from './goto-ladder.ts';
import { asIndented } from './layout.ts';
import { skipForward } from './text-scan.ts';

/** The release right under the label; undefined where some come by that took nothing yet, or have given the pages back. */
export function releaseAtLabel(
  pass: RulePass,
  site: CallSite,
  { rung, releaseAt }: { readonly rung: Rung; readonly releaseAt: ReleaseAt },
): FixProposal | undefined {
  const { unit, fn } = site;
  const pages = argumentOf(site, 'pages', pass)?.text;
  const call = releaseAt(rung.span.start);
  if (fn === undefined || pages === undefined || call === undefined) return undefined;
  const tree = treeOf(unit, fn);
  const ladder = ladderInto(tree, rung);
  const [top, ...below] = ladder;
  if (top === undefined || top.start < site.span.end) return undefined;
  const jumps = jumpsTo(tree, new Set([top, ...below].flatMap((n) => labelsOf(n).map((l) => codeOf(unit, l)))), unit);
  const held = { start: site.span.end, end: Math.max(...jumps.map((j) => j.end)) };
  const undone = { start: top.start, end: rung.span.end };
  const isGivenBack = [held, undone].some((span) =>
    pass.calls.some((c) => c.unit === unit && isReleaseIn(c, span, pages, site)),
  );
  const label = ladder.at(-1);
  const name = label === undefined ? undefined : labelsOf(label)[0];
  if (isGivenBack || name === undefined || jumps.some((j) => j.start < site.span.end)) return undefined;
  const colon = skipForward(unit.code, name.end);
  if (unit.code[colon] !== ':') return undefined;
  return {
    title: `Call ${call.name}() at ${rung.label}`,
    applicability: 'unsafe',
    edits: [
      {
        unit,
        span: { start: colon + 1, end: colon + 1 },
        newText: asIndented(
          unit,
          call.lines.map((l) => `\t${l}`),
        )
          .map((l) => `\n${l}`)
          .join(''),
      },
    ],
  };
}

/** The statements that run on into a rung, from the first that is reached by jumps alone, and the rung; empty where there is no such. */
function ladderInto(tree: CNode, rung: Rung): readonly CNode[] {
  const statements = bodyOf(tree)?.children ?? [];
  const at = statements.findIndex((n) => n.start === rung.span.start);
  const before = statements.slice(0, at).findLastIndex((n) => /^(?:goto|return)_statement$/.test(lastOf(n).type));
  return before < 0 ? [] : statements.slice(before + 1, at + 1);
}

/** What a labelled statement ends with. */
function lastOf(statement: CNode): CNode {
  const inner = statement.type === 'labeled_statement' ? statement.children.at(-1) : undefined;
  return inner === undefined ? statement : lastOf(inner);
}

function labelsOf(statement: CNode): readonly CNode[] {
  const label = statement.type === 'labeled_statement' ? childByField(statement, 'label') : undefined;
  const inner = statement.children.at(-1);
  return label === undefined ? [] : [label, ...(inner === undefined ? [] : labelsOf(inner))];
}

function jumpsTo(tree: CNode, labels: ReadonlySet<string>, unit: CallSite['unit']): readonly CNode[] {
  const jumps: CNode[] = [];
  walk(tree, (n) => {
    const label = n.type === 'goto_statement' ? childByField(n, 'label') : undefined;
    if (label !== undefined && labels.has(codeOf(unit, label))) jumps.push(n);
    return true;
  });
  return jumps;
}
