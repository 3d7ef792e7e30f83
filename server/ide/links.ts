/** From an acquire to its releases and back, over the sites of any number of files. */
import type { Location, ReleaseRef, SiteRecord } from '../engine/protocol.ts';
import { holds } from './follow.ts';

/** What stands at a place. */
export interface Linked {
  /** Sites whose callee's name is there. */
  readonly sites: readonly SiteRecord[];
  /** Sites of which a release is there. */
  readonly released: readonly SiteRecord[];
}

/** Whether a release's call, whose location covers the whole call, has its name at a place. */
function namedAt(release: ReleaseRef, at: Place): boolean {
  const { file, line, column } = release.location;
  if (file !== at.file || line !== at.line) return false;
  return at.column >= column && at.column <= column + release.api.length;
}

/** A 1-based place in a file. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** What stands at a place, among these sites. */
export function linkedAt(sites: readonly SiteRecord[], at: Place): Linked {
  return {
    sites: sites.filter((s) => s.location.file === at.file && holds(s.location, at)),
    released: sites.filter((s) => s.releases.some((r) => namedAt(r, at))),
  };
}

/** The place of a release's name. */
function releasePlace({ location, api }: ReleaseRef): Location {
  const { file, line, column } = location;
  return { file, line, column, endLine: line, endColumn: column + api.length };
}

/** Where to go from a place: the releases of an acquire, the acquires of a release. */
export function targetsOf({ sites, released }: Linked): readonly Location[] {
  return unique([
    ...sites.filter((s) => s.via === undefined).flatMap((s) => s.releases.map(releasePlace)),
    ...released.map((s) => s.location),
  ]);
}

/** Everything that belongs together with what stands at a place: acquires and releases. */
export function relativesOf({ sites, released }: Linked): readonly Location[] {
  const all = [...sites, ...released];
  return unique([...all.map((s) => s.location), ...all.flatMap((s) => s.releases.map(releasePlace))]);
}

function unique(places: readonly Location[]): readonly Location[] {
  const seen = new Map(places.map((p) => [`${p.file}:${p.line}:${p.column}`, p]));
  return [...seen.values()];
}
