/** The sites of a file as an outline: functions, and in them the calls that take pages. */
import type { Location, SiteRecord } from '../engine/protocol.ts';
import { caseTitle, lifetimeWords } from './site-text.ts';

/** A function with sites; its location spans from the first to the last of them. */
export interface OutlineFunction {
  readonly name: string;
  readonly location: Location;
  readonly sites: readonly OutlineSite[];
}

/** A site in an outline. */
export interface OutlineSite {
  readonly name: string;
  readonly detail: string;
  readonly location: Location;
}

/** The outline of a file's own sites, in the order of the text. */
export function outlineOf(sites: readonly SiteRecord[]): readonly OutlineFunction[] {
  const functions = new Map<string, SiteRecord[]>();
  for (const site of sites) {
    const list = functions.get(site.functionName) ?? [];
    list.push(site);
    functions.set(site.functionName, list);
  }
  return [...functions].map(([name, own]) => ({
    name: name === '' ? '(file scope)' : name,
    location: hull(own.map((s) => s.location)),
    sites: own.map((s) => ({
      name: s.via ?? s.api,
      detail: `${caseTitle(s.case)}, ${lifetimeWords(s.lifetime)}`,
      location: s.location,
    })),
  }));
}

function hull(places: readonly Location[]): Location {
  return places.reduce((a, b) => {
    const first = b.line < a.line || (b.line === a.line && b.column < a.column) ? b : a;
    const last = b.endLine > a.endLine || (b.endLine === a.endLine && b.endColumn > a.endColumn) ? b : a;
    return { ...first, endLine: last.endLine, endColumn: last.endColumn };
  });
}
