/** A negative errno kept apart from the count in a result that may be either: tested for before it is compared or given on as a count. */
import type { ApiCall, CallSite } from '../../analysis/sites/site.ts';
import { variablesOf } from '../../syntax/types.ts';
import type { CUnit } from '../../syntax/unit.ts';
import type { FixProposal, UnitSpan } from '../define.ts';
import { resultVariable } from '../support/results/result-variable.ts';
import { governedBy } from '../support/surroundings.ts';
import { declareSigned } from './declare-signed.ts';
import { behindTest } from './release-guard.ts';
import { skipBack, skipForward } from './text-scan.ts';

/** A release that gets the result as its count, put behind `if (got > 0)`; undefined where it is no statement of its own. */
export function guardRelease(call: ApiCall, site: CallSite): FixProposal | undefined {
  const name = signedName(site);
  if (name === undefined || !call.args.some((a) => a.text.trim() === name)) return undefined;
  return behindTest(call, {
    condition: `${name} > 0`,
    name: call.spelled,
    applicability: 'unsafe',
    title: `Call ${call.api}() only where pages came`,
  });
}

/**
 * `got < n` as `got < 0 || got < n`, with `got` declared signed where it was not; undefined where the comparison is not the whole condition of
 * an `if`, the result is not its smaller side, or what depends on it uses the result without a test of its sign.
 */
export function testNegative(at: UnitSpan, site: CallSite, type: string): FixProposal | undefined {
  const { unit, span } = at;
  const variable = resultVariable(site);
  const sides = /^\s*(\w+)\s*(<=?)\s*([^<>=|&?]+)$/.exec(unit.code.slice(span.start, span.end));
  if (variable === undefined || sides?.[1] !== variable.name || !isCondition(unit, span)) return undefined;
  const body = governedBy(unit, span);
  const depends = unit.code.slice(body.start, body.end);
  // What depends on it may ask for the error itself, before anything else.
  const asks = new RegExp(`^\\{?\\s*if \\(${variable.name} (?:[<>]=?) 0\\)`).test(depends);
  if (!asks && new RegExp(`\\b${variable.name}\\b`).test(depends)) return undefined;
  const signed = variable.type.unsigned === false ? { edits: [] } : declareSigned(unit, variable, type);
  if (signed === undefined) return undefined;
  const start = span.start + (/^\s*/.exec(unit.code.slice(span.start, span.end))?.[0].length ?? 0);
  const edits = [...signed.edits, { unit, span: { start, end: start }, newText: `${variable.name} < 0 || ` }];
  return { title: `Test ${variable.name} for an error first`, applicability: 'unsafe', edits };
}

/** Whether a span is all that stands between the parentheses of an `if`. */
function isCondition({ code }: CUnit, span: { readonly start: number; readonly end: number }): boolean {
  const open = skipBack(code, span.start) - 1;
  return (
    code[open] === '(' && code[skipForward(code, span.end)] === ')' && /\bif\s*$/.test(code.slice(0, open).slice(-8))
  );
}

/** The variable of the result, where it is a signed one. */
function signedName(site: CallSite): string | undefined {
  const variable = resultVariable(site);
  if (variable === undefined || site.fn === undefined) return undefined;
  const known = variablesOf(site.unit, site.fn).find((v) => v.offset === variable.offset);
  return known?.type.unsigned === false && known.type.derived.length === 0 ? known.name : undefined;
}
