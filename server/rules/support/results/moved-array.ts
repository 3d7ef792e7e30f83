/**
 * Releases that start where a moving array pointer stands, and count from where it once stood: `pages += got; done += got;` and then
 * `unpin_user_pages(pages, done)`. By the text of the function.
 */
import type { ApiCall, CallSite } from '../../../analysis/sites/site.ts';
import type { Span } from '../../../base/span.ts';
import type { RulePass } from '../../define.ts';
import { argumentOf } from '../facts.ts';

/** A release of as many pages as came in all, from behind them. */
export interface MovedRelease {
  readonly site: CallSite;
  readonly call: ApiCall;
  /** Where the pointer is moved on. */
  readonly moved: Span;
}

/** The releases of a file that start behind the pages they count. */
export function movedReleases(pass: RulePass): readonly MovedRelease[] {
  return pass.sites.flatMap((site) => {
    const { unit, fn } = site;
    if (unit !== pass.unit || fn === undefined || site.via !== undefined) return [];
    const pages = argumentOf(site, 'pages', pass)?.text ?? '';
    if (!/^\w+$/.test(pages)) return [];
    return pass.calls.flatMap((call) => {
      const moved = call.fn === fn && call.unit === unit ? movedBefore(pass, { site, pages }, call) : undefined;
      return moved === undefined ? [] : [{ site, call, moved }];
    });
  });
}

function movedBefore(
  pass: RulePass,
  { site, pages }: { readonly site: CallSite; readonly pages: string },
  call: ApiCall,
): Span | undefined {
  const array = call.args[0]?.text.trim();
  const count = argumentOf(call, 'nr', pass)?.text.trim() ?? '';
  if (!call.rows.some((r) => r.family === 'release') || array !== pages || !/^\w+$/.test(count)) return undefined;
  if (call.span.start < site.span.end) return undefined;
  const between = site.unit.code.slice(site.span.end, call.span.start);
  const steps = [...between.matchAll(new RegExp(`\\b${pages}\\s*\\+=\\s*(\\w+)\\s*;`, 'g'))];
  const last = steps.at(-1);
  if (last === undefined || !new RegExp(`\\b${count}\\s*\\+=\\s*${last[1]}\\s*;`).test(between)) return undefined;
  // Whoever sets the pointer back, or the count, counts from there.
  if (new RegExp(`\\b${pages}\\s*-?=(?!=)|\\b${count}\\s*-?=(?!=)`).test(between)) return undefined;
  const start = site.span.end + last.index;
  return { start, end: start + last[0].length };
}
