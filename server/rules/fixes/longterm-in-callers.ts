/**
 * FOLL_LONGTERM where only some callers of a function hold the pages for long: it goes into the flags that these callers pass, not into the
 * call of the API, which serves short holds too.
 */
import { treeOf } from '../../analysis/calls/call-index.ts';
import { parameters } from '../../analysis/locals.ts';
import type { CallSite } from '../../analysis/sites/site.ts';
import type { Edit, JudgedSite } from '../define.ts';
import { addToPassed } from './passed-flag.ts';

const LONGTERM = 'FOLL_LONGTERM';

/**
 * The edits of the callers that hold long; undefined where the flags are no parameter of the acquiring function, or where no caller holds for
 * a short time only. `around` are the sites of the directory.
 */
export function longtermInCallers(site: CallSite, around: readonly JudgedSite[]): readonly Edit[] | undefined {
  const { unit, fn } = site;
  if (fn === undefined || site.via !== undefined || site.macro !== undefined) return undefined;
  const index = parameters(unit, treeOf(unit, fn)).findIndex((p) => p.name === site.flags.text);
  if (index < 0 || isChanged(site)) return undefined;
  const callers = around.filter((m) => m.site.via === fn.name && m.site.api === site.api);
  const long = callers.filter((m) => m.record.lifetime !== 'short');
  if (long.length === 0 || long.length === callers.length) return undefined;
  const edits: Edit[] = [];
  for (const { site: caller } of long) {
    if (caller.flags.must.has(LONGTERM)) continue;
    const added = addToPassed(caller, index, LONGTERM);
    if (added === undefined) return undefined;
    edits.push(...added);
  }
  return edits.length === 0 ? undefined : edits;
}

/** Whether the function gives its parameter another value: what a caller passes does not reach the call then. */
function isChanged({ unit, fn, flags }: CallSite): boolean {
  const body = fn === undefined ? '' : unit.code.slice(fn.bodySpan.start, fn.bodySpan.end);
  return new RegExp(`\\b${flags.text}\\s*=[^=]`).test(body);
}
