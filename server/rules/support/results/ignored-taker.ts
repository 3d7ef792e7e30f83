/** Calls of a function of the file that keeps user pages in an object and tells by its result whether they came, where nobody looks at that. */
import { callsOf, treeOf } from '../../../analysis/calls/call-index.ts';
import type { CallSite } from '../../../analysis/sites/site.ts';
import { pathTo } from '../../../analysis/trees.ts';
import type { Span } from '../../../base/span.ts';
import type { FunctionDef } from '../../../syntax/unit.ts';
import type { RulePass } from '../../define.ts';
import { resultVariable } from './result-variable.ts';

/** Such a call: its place, the function it stands in, and the one it calls. */
export interface IgnoredTaker {
  readonly span: Span;
  readonly caller: string;
  readonly callee: string;
}

/** The calls whose result is thrown away of the function that a site stands in; `(void)` before one says that it is meant. */
export function ignoredTakers(pass: RulePass, site: CallSite): readonly IgnoredTaker[] {
  const { unit, fn, reference } = site;
  if (fn === undefined || reference === 'either' || reference === 'none' || !tellsOfFailure(site)) return [];
  if (isStored(site)) return [];
  const record = pass.recordOf(site);
  const keeps = record?.releases.some((r) => r.functionName !== fn.name && r.matches && r.by !== 'guess') === true;
  if (record?.lifetime !== 'long' || !keeps) return [];
  return callsOf(unit, fn.name).flatMap(({ fn: caller, node }) => {
    const above = pathTo(treeOf(unit, caller), node).findLast((n) => n.start < node.start || n.end > node.end);
    if (caller === fn || above?.type !== 'expression_statement' || asksObject(site, caller, node.end)) return [];
    return [{ span: { start: node.start, end: node.end }, caller: caller.name, callee: fn.name }];
  });
}

/** Whether a caller asks behind the call for a field that the function sets: it tells there whether the pages came. */
function asksObject({ unit, fn }: CallSite, caller: FunctionDef, from: number): boolean {
  if (fn === undefined) return false;
  const set = unit.code.slice(fn.bodySpan.start, fn.bodySpan.end).matchAll(/(?:->|\.)\s*(\w+)\s*=(?!=)/g);
  const behind = unit.code.slice(from, caller.bodySpan.end);
  return [...set].some(([, field]) =>
    new RegExp(`\\b(?:if|while)\\s*\\([^;{}]*(?:->|\\.)\\s*${field ?? ''}\\b`).test(behind),
  );
}

/** Whether the result, or a variable that has it, is put into a field: who calls may look there. */
function isStored(site: CallSite): boolean {
  const { unit, fn, span } = site;
  if (fn === undefined) return true;
  if (/(?:->|\.)\s*\w+\s*=\s*$/.test(unit.code.slice(fn.bodySpan.start, span.start))) return true;
  const name = resultVariable(site)?.name;
  return (
    name !== undefined &&
    new RegExp(`(?:->|\\.)\\s*\\w+\\s*=\\s*${name}\\b`).test(unit.code.slice(span.end, fn.bodySpan.end))
  );
}

/** Whether the function of a site returns a number, and not always 0. */
function tellsOfFailure({ unit, fn }: CallSite): boolean {
  if (fn === undefined) return false;
  const head = unit.code.slice(fn.span.start, fn.nameSpan.start);
  const body = unit.code.slice(fn.bodySpan.start, fn.bodySpan.end);
  return /\b(?:int|long|ssize_t)\s*$/.test(head) && !/\bunsigned\b/.test(head) && /\breturn\s+(?!0\s*;)/.test(body);
}
