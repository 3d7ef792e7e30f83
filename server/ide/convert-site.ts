/**
 * Turning a site that takes plain references into one that pins: the call, and everything that gives its pages back, in whatever
 * file that stands. Sites that share a release change together; where one end cannot change, none does.
 */
import type { Model } from '../../model/index.ts';
import type { FileEdit, Fix, SiteRecord } from '../engine/protocol.ts';
import { releasePlace } from './links.ts';

const PIN_NAMES: ReadonlyMap<string, string> = new Map([
  ['get_user_pages', 'pin_user_pages'],
  ['get_user_pages_fast', 'pin_user_pages_fast'],
  ['get_user_pages_remote', 'pin_user_pages_remote'],
  ['get_user_pages_unlocked', 'pin_user_pages_unlocked'],
]);

const UNPIN_NAMES: ReadonlyMap<string, string> = new Map([
  ['put_page', 'unpin_user_page'],
  ['release_pages', 'unpin_user_pages'],
]);

/** The conversion of a site; `all` are the sites of the files round it. undefined where the rename alone would not do. */
export function convertSite(site: SiteRecord, all: readonly SiteRecord[], model: Model): Fix | undefined {
  const group = connected(site, all);
  const edits = new Map<string, FileEdit>();
  for (const member of group) {
    const pin = PIN_NAMES.get(member.api);
    if (pin === undefined || member.via !== undefined || member.reference !== 'get' || member.releases.length === 0)
      return undefined;
    if (model.rows(pin).length === 0 || member.flags.must.includes('FOLL_GET')) return undefined;
    add(edits, { location: member.location, newText: pin });
    for (const release of member.releases) {
      const unpin = UNPIN_NAMES.get(release.api);
      if (unpin === undefined || model.rows(unpin).length === 0) return undefined;
      add(edits, { location: releasePlace(release), newText: unpin });
    }
  }
  const name = PIN_NAMES.get(site.api) ?? site.api;
  const others = edits.size - 1;
  const title = `Convert to ${name}() with ${others === 1 ? 'its release' : `the ${others} calls that belong to it`}`;
  return { title, applicability: 'unsafe', edits: [...edits.values()] };
}

function add(edits: Map<string, FileEdit>, edit: FileEdit): void {
  const { file, line, column } = edit.location;
  edits.set(`${file}:${line}:${column}`, edit);
}

/** The sites that share releases with a site, directly or through others. */
function connected(site: SiteRecord, all: readonly SiteRecord[]): readonly SiteRecord[] {
  const key = (s: SiteRecord): readonly string[] =>
    s.releases.map((r) => `${r.location.file}:${r.location.line}:${r.location.column}`);
  const group = new Set([site]);
  const places = new Set(key(site));
  for (let grown = true; grown; ) {
    grown = false;
    for (const other of all) {
      if (group.has(other) || other.location === site.location || !key(other).some((k) => places.has(k))) continue;
      group.add(other);
      for (const k of key(other)) places.add(k);
      grown = true;
    }
  }
  return [...group];
}
