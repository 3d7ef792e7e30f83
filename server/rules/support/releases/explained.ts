/**
 * Releases and dirty markings that path analysis has explained as those of other pages: of acquire calls that are not the one
 * in question, and of fields that are seen to be filled with other pages, of users or of the file's own. What is left may be about any page.
 */

import type { EntryEvent } from '../../../analysis/paths/path-state.ts';
import type { FlowResult } from '../../../analysis/paths/program.ts';
import type { CallSite } from '../../../analysis/sites/site.ts';
import { ownerKey } from '../../../flow/value.ts';
import { placeKey } from '../file-calls.ts';
import { keepsOwnPages } from './own-pages.ts';
import { ownersOf, sameOrigin } from './owner-facts.ts';

/** Whose pages are in question. */
export interface InQuestion {
  readonly site: Pick<CallSite, 'unit' | 'span'>;
  /** The fields that keep them, as `ownerKey` names them. */
  readonly owners: ReadonlySet<string>;
}

/** The places of calls that are known to concern other pages and none of these. */
export function placesOfOthers(flow: FlowResult, about: InQuestion): ReadonlySet<string> {
  const filled = ownersOf(flow);
  const fields = new Set([...about.owners].map((key) => key.slice(key.lastIndexOf('.') + 1)));
  const others = new Set<string>();
  const open = new Set<string>();
  const nameless: EntryEvent[] = [];
  const named = new Map<string, string>();
  for (const { origin, release } of flow.releases) {
    const place = placeKey(release.step.unit, release.step.span.start);
    (sameOrigin(origin, about.site) ? open : others).add(place);
  }
  for (const { origin, markedAt } of flow.ends) {
    if (markedAt !== undefined)
      (sameOrigin(origin, about.site) ? open : others).add(placeKey(markedAt.unit, markedAt.span.start));
  }
  for (const event of flow.events) {
    if (event.kind !== 'release' && event.kind !== 'dirty') continue;
    const place = placeKey(event.step.unit, event.step.span.start);
    const key = ownerKey(event.owner);
    const isOthers = key !== undefined && !about.owners.has(key) && (filled.has(key) || keepsOwn(event, fields));
    if (key !== undefined) {
      (isOthers ? others : open).add(place);
      named.set(place, key);
    } else if (!isOfCaller(event)) nameless.push(event);
  }
  // Where the function that gives back knows the struct, a caller's way to the same field that lost its name adds nothing.
  for (const { path, step } of nameless) {
    const place = placeKey(step.unit, step.span.start);
    const field = /\.(\w+)@?(?:\[\*\]@?)?$/.exec(path)?.[1];
    if (field === undefined || named.get(place)?.endsWith(`.${field}`) !== true) open.add(place);
  }
  for (const place of open) others.delete(place);
  return others;
}

/** Whether what is done concerns a field that the file fills with pages of its own, and none of the fields in question goes by its name. */
function keepsOwn({ owner, step }: EntryEvent, fields: ReadonlySet<string>): boolean {
  return owner !== undefined && !fields.has(owner.field) && keepsOwnPages(step.unit, owner.field);
}

/** Whether an event speaks of an argument itself: whose pages these are the events of the callers tell. */
export function isOfCaller({ path }: EntryEvent): boolean {
  return /^arg\d+(?:\[\*\])?@?$/.test(path);
}
