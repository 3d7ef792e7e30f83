/** Releases that are told by an argument whether to mark the pages dirty. */

import type { CallSite } from '../../../analysis/sites/site.ts';
import type { RulePass } from '../../define.ts';
import { codeFrom, filesOf, placeKey } from '../file-calls.ts';
import { placesOfOthers } from '../releases/explained.ts';
import type { CleanEnd, CleanRelease } from '../releases/releases-of-site.ts';

/** Whether a release marks the pages dirty or not as its function is told: who then says no has thought of it. */
export function isToldWhether(pass: RulePass, { api, at }: CleanRelease): boolean {
  return takesDirty(pass, api) && !/,\s*(?:false|0)\s*\)$/.test(at.unit.code.slice(at.span.start, at.span.end));
}

/**
 * Whether another release that the pages are known to reach marks them as it is told: what is given back clean was left over unused. Where
 * path analysis connects the end, releases that it has explained as those of other pages do not count.
 */
export function isMarkedElsewhere(pass: RulePass, site: CallSite, { by, releases }: CleanEnd): boolean {
  const owners = new Set(releases.flatMap((r) => r.owners));
  const others: ReadonlySet<string> = by === 'paths' ? placesOfOthers(pass.flow, { site, owners }) : new Set();
  return (pass.recordOf(site)?.releases ?? []).some(({ api, functionName, matches, location }) => {
    if (!matches || functionName === site.fn?.name || !takesDirty(pass, api)) return false;
    const unit = filesOf(pass).find((u) => u.path === location.file);
    if (unit === undefined || others.has(placeKey(unit, unit.lines.offset(location)))) return false;
    return !/,\s*(?:false|0)\s*\)\s*$/.test(codeFrom(pass, location));
  });
}

/** Whether a function has an argument that says whether to mark the pages. */
function takesDirty(pass: RulePass, name: string): boolean {
  return pass.model.allRows(name).some((row) => row.effects.some((e) => e.op === 'dirty' && e.dirtyArg !== undefined));
}
