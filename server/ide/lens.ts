/** Lenses and inlay hints of sites: case and lifetime in front of the call, implied flags behind its flags. */
import type { Model } from '../../model/index.ts';
import { LineIndex } from '../base/line-index.ts';
import type { Location, SiteRecord } from '../engine/protocol.ts';
import { siteLine } from './site-text.ts';
import { argumentsAfter } from './words.ts';

/** A line above a site. */
export interface IdeLens {
  readonly location: Location;
  readonly title: string;
  /** The topic that explains it, as `guplint explain` takes it. */
  readonly topic: string;
  readonly site: SiteRecord;
}

/** The lenses of a file's own sites. */
export function lensesOf(sites: readonly SiteRecord[]): readonly IdeLens[] {
  return sites.map((site) => ({
    location: site.location,
    title: siteLine(site),
    topic: site.case === 0 ? site.api : `case${site.case}`,
    site,
  }));
}

/** A word drawn between the letters of the text; 1-based place. */
export interface IdeInlay {
  readonly line: number;
  readonly column: number;
  readonly label: string;
  readonly tooltip: string;
  readonly kind: 'case' | 'flags';
}

/** Which hints are wanted. */
export interface InlayChoice {
  readonly cases: boolean;
  readonly flags: boolean;
}

/** The inlay hints of a file's own sites; the places of `sites` must be those of `text`. */
export function inlaysOf(
  text: string,
  sites: readonly SiteRecord[],
  model: Model,
  choice: InlayChoice,
): readonly IdeInlay[] {
  const lines = new LineIndex(text);
  const hints: IdeInlay[] = [];
  for (const site of sites) {
    const { endLine, endColumn } = site.location;
    if (choice.cases) {
      const label = site.case === 0 ? 'callers decide' : `case ${site.case}, ${site.lifetime}`;
      hints.push({ line: endLine, column: endColumn, label, tooltip: siteLine(site), kind: 'case' });
    }
    const place = choice.flags
      ? flagsEnd(text, lines.offset({ line: endLine, column: endColumn }), site, model)
      : undefined;
    if (place === undefined) continue;
    const label = ` | ${site.flags.implied.join(' | ')}`;
    hints.push({ ...lines.at(place), label, tooltip: `${site.api}() adds this by itself`, kind: 'flags' });
  }
  return hints;
}

/** Offset behind the flags argument of a direct call that adds flags; undefined for others. */
function flagsEnd(text: string, nameEnd: number, site: SiteRecord, model: Model): number | undefined {
  if (site.flags.implied.length === 0 || site.via !== undefined) return undefined;
  const args = argumentsAfter(text, nameEnd);
  if (args === undefined) return undefined;
  const row = model.rows(site.api).findLast((r) => r.params.length === args.length);
  const index = row?.params.findIndex((p) => p.role === 'flags') ?? -1;
  return args[index]?.end;
}
