/**
 * Releases that start some entries into an array and give back as many as there are in all: `unpin_user_pages(pages + done, got)`, which goes
 * `done` entries too far. By the text of the function.
 */
import type { ApiCall, CallSite } from '../../../analysis/sites/site.ts';
import type { RulePass } from '../../define.ts';
import { spellingsOf } from '../../fixes/text-scan.ts';
import { argumentOf } from '../facts.ts';
import { resultVariable } from '../results/result-variable.ts';

/** A release of all pages from the middle of their array on. */
export interface OffsetRelease {
  readonly call: ApiCall;
  readonly site: CallSite;
  /** Where in the array it starts. */
  readonly offset: string;
  readonly count: string;
}

/** The releases of a file that go as far behind the array as they start into it. */
export function offsetReleases(pass: RulePass): readonly OffsetRelease[] {
  return pass.calls.flatMap((call) => {
    if (call.unit !== pass.unit || call.fn === undefined) return [];
    if (!call.rows.some((r) => r.effects.some((e) => e.op === 'release'))) return [];
    const pages = argumentOf(call, 'pages', pass)?.text.replace(/\s+/g, '') ?? '';
    const count = argumentOf(call, 'nr', pass)?.text.trim() ?? '';
    const m = /^([\w.>-]+)\+([a-z_]\w*)$/.exec(pages) ?? /^&([\w.>-]+)\[([a-z_]\w*)\]$/.exec(pages);
    const [, array = '', offset = ''] = m ?? [];
    if (offset === '' || offset === count || !/^[a-z_]\w*$/.test(count)) return [];
    const before = pass.sites.filter((s) => s.fn === call.fn && s.unit === call.unit && s.span.start < call.span.start);
    const site = before.find((s) => isWhole(pass, s, { array, count }) && isUnchanged(s, [count, array]));
    return site === undefined || before.length > 1 || !isMoved(site, call, offset)
      ? []
      : [{ call, site, offset, count }];
  });
}

/** Whether a call took pages into the array from its start on, as many as the variable says. */
function isWhole(
  pass: RulePass,
  site: CallSite,
  { array, count }: { readonly array: string; readonly count: string },
): boolean {
  if (argumentOf(site, 'pages', pass)?.text.replace(/\s+/g, '') !== array) return false;
  return resultVariable(site)?.name === count;
}

/** Whether nothing behind the call sets the variables: what stands behind the release may come before it in another turn. */
function isUnchanged({ unit, span, fn }: CallSite, names: readonly string[]): boolean {
  const behind = unit.code.slice(span.end, fn?.bodySpan.end);
  return names.every((name) => {
    const word = `(?<![\\w.>])${spellingsOf(name)}`;
    return !new RegExp(
      `${word}\\s*(?:[-+*/|&]?=(?!=)|\\+\\+|--)|(?:\\+\\+|--)\\s*${word}\\b|&\\s*${word}\\b(?!\\s*\\[)`,
    ).test(behind);
  });
}

/** Whether the place where the release starts is set to something else than 0 behind the call, or counted up. */
function isMoved(site: CallSite, { unit, span }: ApiCall, offset: string): boolean {
  const between = unit.code.slice(site.span.end, span.start);
  return new RegExp(`(?<![\\w.>])${offset}\\s*(?:\\+=|=(?!=)\\s*(?!0\\s*[;,)])|\\+\\+)|\\+\\+\\s*${offset}\\b`).test(
    between,
  );
}
