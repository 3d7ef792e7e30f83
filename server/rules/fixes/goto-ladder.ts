/** A return that leaks, turned into a jump to the label of the function that gives the same pages back. */

import { treeOf } from '../../analysis/calls/call-index.ts';
import type { ApiCall, CallSite } from '../../analysis/sites/site.ts';
import { rungsUsed } from '../../analysis/statements/exit-ladder.ts';
import type { Span } from '../../base/span.ts';
import type { Edit, FixProposal, RulePass } from '../define.ts';
import { argumentOf } from '../support/facts.ts';
import { indentAt, outdented } from './layout.ts';
import { skipBack, skipForward } from './text-scan.ts';

/**
 * The jump: to the label that was jumped to last between the acquire call and the return, where what runs from it on gives the pages back.
 * All that is undone there was done by then.
 */
export function gotoLadder(pass: RulePass, site: CallSite, leak: Span): FixProposal | undefined {
  const { unit, fn } = site;
  const pages = argumentOf(site, 'pages', pass)?.text;
  const text = /^return\b\s*([^;]*);/.exec(unit.code.slice(leak.start, leak.end + 1));
  if (fn === undefined || pages === undefined || text === null) return undefined;
  const between = { start: site.span.end, end: leak.start };
  const [rung] = rungsUsed(unit, treeOf(unit, fn), between);
  if (rung === undefined || !pass.calls.some((c) => c.unit === unit && isReleaseIn(c, rung.span, pages, site)))
    return undefined;
  const value = (text[1] ?? '').trim();
  const span = { start: leak.start, end: leak.start + text[0].length };
  const edits = jump(site, span, { label: rung.label, value, returns: rung.returns });
  return edits === undefined
    ? undefined
    : { title: `Go to ${rung.label} instead of returning here`, applicability: 'unsafe', edits };
}

/** Whether a call in a stretch of the text gives back what a site took into `pages`, the argument as it is written. */
export function isReleaseIn(call: ApiCall, { start, end }: Span, pages: string, site: CallSite): boolean {
  if (call.span.start < start || call.span.end > end) return false;
  const releases = call.rows.some((r) =>
    r.effects.some((e) => e.op === 'release' && (e.ref ?? r.reference) === site.reference),
  );
  const given = call.args[0]?.text.replace(/\s+/g, '') ?? '';
  const array = pages.replace(/\s+/g, '').replace(/^&(\w+)$/, '$1');
  const isOf = (g: string): boolean => g === array || g.startsWith(`${array}[`) || g.startsWith(`${array}+`);
  return releases && (isOf(given) || isOf(given.replace(/^&/, '')));
}

interface Jump {
  readonly label: string;
  /** What is returned now, and what the ladder returns. */
  readonly value: string;
  readonly returns: string;
}

/** `goto label;`, behind an assignment where the ladder returns a variable that does not hold the value yet. */
function jump({ unit }: CallSite, span: Span, { label, value, returns }: Jump): readonly Edit[] | undefined {
  const go = `goto ${label};`;
  if (value === returns) return [{ unit, span, newText: go }];
  if (!/^\w+$/.test(returns) || /^\d/.test(returns) || value === '') return undefined;
  const { code, text } = unit;
  const indent = indentAt(text, span.start);
  const lines = `${returns} = ${value};\n${indent}${go}`;
  const before = skipBack(code, span.start);
  if (code[before - 1] !== ')') return [{ unit, span, newText: lines }];
  if (/^else\b/.test(code.slice(skipForward(code, span.end)))) return undefined;
  const outer = outdented(unit, indent);
  return [
    { unit, span: { start: before, end: before }, newText: ' {' },
    { unit, span, newText: `${lines}\n${outer}}` },
  ];
}
