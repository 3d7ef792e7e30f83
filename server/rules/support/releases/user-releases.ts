/** Releases of users' pages, whatever path analysis followed them from: what rules that read the text around a release start from. */
import type { ApiCall } from '../../../analysis/sites/site.ts';
import type { RulePass } from '../../define.ts';
import { releaseKind } from './field-releases.ts';

/**
 * Whether a call of this file gives back pages that an acquire call took: any release of pins, and those of plain references that
 * paths, fields or names connect with a site.
 */
export function givesUserPages(pass: RulePass, call: ApiCall): boolean {
  const kind = releaseKind(call);
  if (kind === 'pin') return true;
  if (kind !== 'get' && !call.rows.some((r) => r.family === 'release')) return false;
  const isHere = (at: { readonly unit: unknown; readonly span: { readonly start: number } }): boolean =>
    at.unit === call.unit && at.span.start === call.span.start;
  if (pass.flow.releases.some(({ release }) => isHere(release.step))) return true;
  return pass.sites.some((site) =>
    pass.namedEnd(site).met.some((m) => m.by !== 'guess' && isHere({ unit: m.unit, span: { start: m.node.start } })),
  );
}
