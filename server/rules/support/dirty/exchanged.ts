/** Whether the pages that are given back come from whoever used them, who may have marked them dirty. */
import type { SiteRecord } from '../../../engine/protocol.ts';
import type { RulePass } from '../../define.ts';
import { callsOf, codeFrom, filesOf, type PlacedCall } from '../file-calls.ts';
import type { CleanRelease } from '../releases/releases-of-site.ts';

/**
 * Whether every caller of the function of a release hands it what the call that gives pages to a device left in a variable: a table of
 * translations gives out the old entry for the new one, and knows whether the device wrote to its page.
 */
export function isExchanged(pass: RulePass, { evidence }: SiteRecord, { functionName }: CleanRelease): boolean {
  const devices = evidence.flatMap((e) => (e.kind === 'dma' ? (/^\w+/.exec(codeFrom(pass, e.location)) ?? []) : []));
  const files = filesOf(pass);
  if (devices.length === 0 || devices.some((name) => files.some((u) => u.functions.some((f) => f.name === name))))
    return false;
  const calls = callsOf(files, functionName);
  return calls.length > 0 && calls.every((call) => devices.some((name) => isLeftBy(call, name)));
}

/** Whether a variable that a call passes was filled by a function of this name before. */
function isLeftBy({ unit, fn, offset }: PlacedCall, name: string): boolean {
  const passed = /^\w+\s*\(\s*(\w+)\s*\)/.exec(unit.code.slice(offset))?.[1];
  const before = unit.code.slice(fn.bodySpan.start, offset);
  return passed !== undefined && new RegExp(`\\b${name}\\s*\\([^;]*&\\s*${passed}\\b`).test(before);
}
