/**
 * The state of one path through a function: values of places, facts, resources, what happened to pages that were there before.
 * Copied when it forks; nothing in it is shared for writing.
 */
import type { Reference } from '../../../model/schema.ts';
import type { Span } from '../../base/span.ts';
import { type Facts, noFacts } from '../../flow/facts.ts';
import { entryKey } from '../../flow/keys.ts';
import { ZEROED } from '../../flow/lower-declaration.ts';
import {
  intValue,
  isMadeOf,
  mergeProvenance,
  type Owner,
  type Provenance,
  symbol,
  type Value,
  withProvenance,
} from '../../flow/value.ts';
import { Environment, Numbers } from './environment.ts';
import type { Resource, Step } from './resource.ts';

/** Something done to pages that this function did not take itself; the callers' resources will meet it. */
export interface EntryEvent {
  /**
   * copy: the struct behind the pointer was copied whole, with what it holds. doubt: a function nobody can look into got it, which by its
   * name may give back what it holds. told: such a function got the number of pages. unmap: a mapping of the object for a device was taken back.
   */
  readonly kind: 'release' | 'dirty' | 'access' | 'map' | 'unmap' | 'free' | 'take' | 'copy' | 'doubt' | 'told';
  /** Key of the value it was done to, rooted at an argument or a global. */
  readonly path: string;
  readonly owner: Owner | undefined;
  readonly api: string;
  readonly reference: Reference;
  readonly step: Step;
  readonly functionName: string;
  /** Whether all pages behind the path are meant, not one of several. */
  readonly all: boolean;
  /** release: whether the pages were or are marked dirty on the way (`maybe`: an argument decides). */
  readonly dirties: 'yes' | 'no' | 'maybe';
  /** release, dirty: key of the entry value that decides, where one does. */
  readonly dirtyKey?: string | undefined;
  /** release: key of the entry value that says how many, and whether that counts as a number without sign. */
  readonly countKey?: string | undefined;
  readonly countsUnsigned?: boolean | undefined;
}

/** Pages that the function did not take, given back on this path: by itself, or by a function that it calls. */
export interface Returned {
  /** Key of the object through which the pages were found. */
  readonly object: string;
  /** Key of the pages where callers know them. */
  readonly path: string | undefined;
  readonly api: string;
  readonly step: Step;
  readonly functionName: string;
  /** The call in the function at hand that did it. */
  readonly here: Step;
}

/** Whether it was the same code that gave back what was found through the same object. */
export function isSameReturn(r: Returned, object: string, { unit, span }: Step): boolean {
  return r.object === object && r.step.unit === unit && r.step.span.start === span.start;
}

/** Branches taken, newest first. */
export interface Trail {
  readonly step: Step;
  readonly before: Trail | undefined;
  readonly length: number;
}

/** One path. Its maps are never written to: a change replaces the map. */
export interface PathState {
  readonly env: Environment;
  facts: Facts;
  resources: ReadonlyMap<string, Resource>;
  events: readonly EntryEvent[];
  /** What was given back of objects that the function did not fill, to be held against their mapping. */
  returned: readonly Returned[];
  /** Keys of objects of which the mapping for a device was taken back. */
  unmapped: ReadonlySet<string>;
  /** Locks held, by kind, with the place they were taken. */
  locks: ReadonlyMap<string, Step>;
  /** Turns taken of each loop, by head. */
  turns: ReadonlyMap<number, number>;
  /** Keys of regions that were freed on this path. */
  freed: ReadonlyMap<string, Step>;
  trail: Trail | undefined;
  /** The goto that the path took last. */
  jump: Span | undefined;
  /** Keys of results whose outcomes were told apart at the call: the test of one decides nothing more, and is a branch all the same. */
  parted: readonly string[];
  /** Owners of places by key, learned as places are resolved; shared by all paths of a function. */
  readonly owners: Map<string, Owner>;
  /** Numbers of what paths are compared by; shared by all paths of a function. */
  readonly numbers: Numbers;
}

/** The state at a function's entry. */
export function entryState(): PathState {
  return {
    env: new Environment(),
    facts: noFacts(),
    resources: new Map(),
    events: [],
    returned: [],
    unmapped: new Set(),
    locks: new Map(),
    turns: new Map(),
    freed: new Map(),
    trail: undefined,
    jump: undefined,
    parted: [],
    owners: new Map(),
    numbers: new Numbers(),
  };
}

/** An independent copy. */
export function fork(s: PathState): PathState {
  return { ...s, env: s.env.share() };
}

/** A map with one entry set. */
export function withEntry<K, V>(map: ReadonlyMap<K, V>, key: K, value: V): ReadonlyMap<K, V> {
  return new Map(map).set(key, value);
}

/** A map without one entry. */
export function withoutEntry<K, V>(map: ReadonlyMap<K, V>, key: K): ReadonlyMap<K, V> {
  if (!map.has(key)) return map;
  const out = new Map(map);
  out.delete(key);
  return out;
}

/** Whether a key is rooted in memory that outlives the function: arguments' memory or globals. */
export function isEntryKey(key: string): boolean {
  return key.startsWith('arg') || key.startsWith('g:');
}

/** Whether a place key names one element of many; writes to it add to what is there. */
export function isSummaryPlace(place: string): boolean {
  return place.endsWith('[*]') && !place.startsWith('l:&');
}

/** Prefix of objects that a call makes only where its caller names none. */
export const MAYBE_OWN = 'heapq';

/** Marks an object made zeroed as known to others, who may have written to it. The key is that of the object or of a place in it. */
export function handedOut(place: string): string {
  return `g:handed out ${objectKey(place)}`;
}

/** Pseudo field of a reference count: whether the reference that is dropped is the last one. Nobody writes it. */
export const IS_LAST = '.is_last_reference';

/** Reads a place; what was never written is what was there at entry. */
export function readKey(s: PathState, place: string, owner: Owner | undefined): Value {
  const found = s.env.get(place);
  if (found !== undefined) return withProvenance(found, heldByOthers(s, place));
  if (isZeroed(s, place)) return intValue(0);
  const key = entryKey(place);
  const carried = contentOfCarrier(s, place);
  if (carried !== undefined) return symbol(key, { owner, prov: carried.prov });
  return symbol(key, { owner, path: isEntryKey(place) ? key : undefined });
}

/** Whether a place that was never written lies in memory that was made zero, and that nobody else knows. */
function isZeroed(s: PathState, place: string): boolean {
  if (place.endsWith(IS_LAST)) return false;
  if (place.startsWith('heapz')) return !s.env.has(handedOut(place)) && !isWritten(s, place);
  if (!FIELD_OF_LOCAL.test(place) && !(s.env.has(ZEROED_SOMEWHERE) && FIELD_OF_OBJECT.test(place))) return false;
  for (let dot = place.lastIndexOf('.'); dot > 0; dot = place.lastIndexOf('.', dot - 1)) {
    const object = place.slice(0, dot);
    if (s.env.get(`${object}.${ZEROED}`)?.kind === 'int') return true;
    if (s.env.has(object)) return false;
  }
  return false;
}

/** Marks an object made zeroed, or a part of it, as written by a call that does not say what. */
export function markWritten(s: PathState, region: string): void {
  if (region.startsWith('heapz')) s.env.set(`${region}${WRITTEN}`, intValue(1));
}

/** Pseudo field of what a call has written. */
const WRITTEN = '.<written>';

function isWritten(s: PathState, place: string): boolean {
  for (let end = place.length; end > 0; end = place.lastIndexOf('.', end - 1))
    if (s.env.has(place.slice(0, end) + WRITTEN)) return true;
  return false;
}

/** A field of a variable, not of what one points to. */
const FIELD_OF_LOCAL = /^l:\w+(?:\.\w+)+$/;

/** A field of one object, not of what a field of it points to. */
const FIELD_OF_OBJECT = /^(?:g:\w+|(?:arg|heap)[^[.]*\[\*\])(?:\.\w+)+$/;

/** Pseudo place: some memory on the path was cleared by a call. */
export const ZEROED_SOMEWHERE = '.<zeroed>';

/** Fields through which what carries pages gives them out: `bv_page` of a bio_vec, `sgl` of a table. */
const PAGE_FIELD = /\.(?:(?:bv_)?(?:page|folio)s?|sgl)$/;

/** What was put into the carrier (an sg entry, a bio_vec) that a place is the page field of. */
function contentOfCarrier(s: PathState, place: string): Value | undefined {
  if (!PAGE_FIELD.test(place)) return undefined;
  const content = s.env.get(`${place.slice(0, place.lastIndexOf('.'))}.<pages>`);
  return content === undefined || content.prov.length === 0 ? undefined : content;
}

/** Writes a place and forgets the fields below it. `weak`: the place stands for several, what was there may still be. */
export function writeKey(s: PathState, place: string, value: Value, weak: boolean): void {
  const old = s.env.get(place);
  if (weak && old !== undefined && old.key === value.key) {
    s.env.set(place, withProvenance(value, old.prov));
    return;
  }
  if (weak && old !== undefined && isNull(value) && leavesOthers(s, place, old, [])) return;
  if (weak && old?.key.startsWith('heap') === true) keepObject(s, place, old, value);
  if (weak && old !== undefined && value.key.startsWith('heap')) {
    s.env.set(place, withProvenance(value, old.prov));
    return;
  }
  if (weak && old !== undefined) {
    const earlier = reachedBy(s, old);
    const prov = mergeProvenance(earlier, value.prov);
    noteOthers(s, value, earlier);
    const merged = reaches(value) ? value : symbol(`${place}~${old.key.length < 40 ? old.key : ''}`, { prov });
    s.env.set(place, withProvenance(merged, prov));
    if (prov.length === 0) {
      noteElements(s, merged.key, heldAmong(s, besides(s, place)));
      noteElements(s, merged.key, countedBy(s, [old, value]));
    }
    return;
  }
  if (old !== undefined) dropBelow(s, place);
  s.env.set(place, value);
}

/** Pseudo field of a place in one element of many, and of an object put there: what the other elements hold. */
export const OTHERS = '.<others>';

/**
 * Writes a place in one element of many, found through a pointer that moves. What is put there does not hide what other elements hold:
 * whoever walks over the elements meets it.
 */
export function writeElement(s: PathState, place: string, value: Value, weak: boolean): void {
  const old = s.env.get(place);
  const others = s.env.get(place + OTHERS);
  if (old !== undefined && isNull(value) && leavesOthers(s, place, old, others?.prov ?? [])) return;
  writeKey(s, place, value, weak || isSummaryPlace(place));
  let prov = others?.prov ?? [];
  if (old !== undefined && old.key !== value.key && reaches(value)) prov = mergeProvenance(prov, reachedBy(s, old));
  if (prov.length === 0) return;
  s.env.set(OTHERS, intValue(1));
  s.env.set(place + OTHERS, symbol(OTHERS, { prov }));
  noteOthers(s, value, prov);
}

function isNull(v: Value): boolean {
  return v.kind === 'int' && v.value === 0;
}

/**
 * One of several places is set to NULL, or a number in one to 0, while others hold pages: whoever looks at one of them afterwards meets
 * those, or a NULL that says nothing of them. An object that lies in one of them stays where it is. False where none is held.
 */
function leavesOthers(s: PathState, place: string, old: Value, others: Provenance): boolean {
  const reached = mergeProvenance(others, reachedBy(s, old));
  const prov = reached.length > 0 || isNull(old) ? reached : besides(s, place);
  const held = heldAmong(s, prov);
  if (held.length === 0) return false;
  if (old.key.startsWith('heap')) return true;
  const value = symbol(`${place}~none`, { prov: reached, low: 0 });
  s.env.set(place, value);
  noteElements(s, value.key, held);
  return true;
}

function heldAmong(s: PathState, prov: Provenance): readonly Resource[] {
  return prov.flatMap((id) => s.resources.get(id) ?? []).filter((r) => r.hold.kind === 'held');
}

/** Where what one of several elements holds is found to be 0, that is one of those that hold none of these pages. */
function noteElements(s: PathState, key: string, held: readonly Resource[]): void {
  for (const r of held) {
    if (r.elements?.includes(key) !== true) setResource(s, { ...r, elements: [...(r.elements ?? []), key] });
  }
}

/** Held pages of which one of some values is the count that came. */
function countedBy(s: PathState, values: readonly Value[]): readonly Resource[] {
  return [...s.resources.values()].filter(
    (r) =>
      r.hold.kind === 'held' && values.some((v) => isMadeOf(v, r.result.key) || r.elements?.includes(v.key) === true),
  );
}

/** What an element holds in its other fields: pages that a number in it may count. */
function besides(s: PathState, place: string): Provenance {
  const element = /^.*\[\*\](?=\.\w+$)/.exec(place)?.[0];
  let prov: Provenance = [];
  if (element === undefined) return prov;
  for (const { place: p, value } of s.env.concerning())
    if (p.startsWith(`${element}.`)) prov = mergeProvenance(prov, reachedBy(s, value));
  return prov;
}

/** An object put into one element of many stands for those in the others: what they hold is met through it. */
function noteOthers(s: PathState, value: Value, prov: Provenance): void {
  if (prov.length === 0 || !value.key.startsWith('heap')) return;
  s.env.set(OTHERS, intValue(1));
  s.env.set(value.key + OTHERS, symbol(OTHERS, { prov }));
}

/** What other elements hold where a place is that of one of many, or lies in an object that is. */
function heldByOthers(s: PathState, place: string): Provenance {
  if (!s.env.has(OTHERS)) return [];
  const own = s.env.get(place + OTHERS)?.prov ?? [];
  const object = /^heap[^[.]*/.exec(place)?.[0];
  return object === undefined ? own : mergeProvenance(own, s.env.get(object + OTHERS)?.prov ?? []);
}

/** Whether pages can be reached through a value, or an object made in the function. */
export function reaches(v: Value): boolean {
  return v.prov.length > 0 || v.key.startsWith('heap');
}

/** The resources reached through a value, those in the object made in the function that it points to among them. */
export function reachedBy(s: PathState, v: Value): Provenance {
  if (!v.key.startsWith('heap')) return v.prov;
  let prov = v.prov;
  s.env.forEachBelow(v.key, (inside) => {
    prov = mergeProvenance(prov, inside.prov);
  });
  return prov;
}

/** One of several places now points to another object: the one it pointed to may still be there, and what one holds the other may. */
function keepObject(s: PathState, place: string, old: Value, value: Value): void {
  const from = objectKey(old.key);
  s.env.set(`${place}.<or ${from}>`, old);
  if (!value.key.startsWith('heap')) return;
  const to = objectKey(value.key);
  const held: [string, Value][] = [];
  s.env.forEachBelow(from, (v, p) => {
    held.push([p, v]);
  });
  for (const [p, v] of held) writeKey(s, to + p.slice(from.length), v, true);
}

/** The object that a key made in the function is part of: `heap3` for `heap3[*].pages`. */
export function objectKey(key: string): string {
  return /^heap[^[.]*/.exec(key)?.[0] ?? key;
}

/** Forgets every place below a prefix (fields of a struct that was assigned whole, elements of a dead region). */
export function dropBelow(s: PathState, prefix: string): void {
  s.env.forEachBelow(prefix, (_, key) => {
    s.env.delete(key);
  });
}

/** Adds an event; the same one (a loop's second turn) only once. */
export function addEvent(s: PathState, e: EntryEvent): void {
  const known = s.events.some(
    (x) =>
      x.kind === e.kind && x.path === e.path && x.step.span.start === e.step.span.start && x.step.unit === e.step.unit,
  );
  if (!known) s.events = [...s.events, e];
}

/** Replaces a resource. */
export function setResource(s: PathState, r: Resource): void {
  s.resources = withEntry(s.resources, r.id, r);
}
