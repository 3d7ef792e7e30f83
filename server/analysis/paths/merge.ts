/** Joining paths that agree on what matters: resources, handles, locks. What they disagree on otherwise is forgotten. */
import { kept } from '../../base/kept.ts';
import { assumeNonzero, decide, intervalOf, joinFacts } from '../../flow/facts.ts';
import { dashedKey, entryKey } from '../../flow/keys.ts';
import {
  baseOf,
  intValue,
  isMadeOfLent,
  isNoPageKey,
  mergeProvenance,
  opValue,
  regionOf,
  symbol,
  type Value,
} from '../../flow/value.ts';
import type { Held } from './environment.ts';
import { signOf } from './evaluate.ts';
import { isShort, mayBeHeld } from './frame.ts';
import { takenDigest } from './outside.ts';
import {
  addEvent,
  fork,
  isEntryKey,
  isSameReturn,
  objectKey,
  type PathState,
  reachedBy,
  withEntry,
} from './path-state.ts';
import type { Resource } from './resource.ts';

/** Paths kept apart at one block; more than that are merged by force and lose confidence. */
const MAX_PATHS = 16;

/** What a function's paths are kept apart for, beside resources. */
export interface Watched {
  /** Variables it returns: their sign tells success from failure. */
  readonly places: readonly string[];
  /** Whether it gives pages back. */
  readonly releases: boolean;
}

/** What two paths must share to be merged without losing anything a rule asks for. */
function signature(s: PathState, watched: Watched, handles: string = allHandles(s)): string {
  const parts: string[] = [];
  s.resources.forEach((r) => {
    const hold = r.hold.kind === 'some' ? `some${r.hold.loop}` : r.hold.kind;
    parts.push(
      `${r.id}:${hold}:${mayBeHeld(s, r) ? heldBy(s, r) : noneBy(s, r)}:${r.dirtied ? 'd' : ''}${r.mapped ? 'm' : ''}${takenDigest(s, r)}${r.lost ? 'l' : ''}${r.cleared ? 'c' : ''}${r.failed ? 'f' : ''}${r.extraReferences}`,
    );
  });
  if (parts.length > 1) parts.sort();
  parts.push(handles, sortedKeys(s.locks), sortedKeys(s.freed), eventDigest(s.events));
  if (s.resources.size > 0 || s.events.length > 0) {
    for (const place of watched.places) {
      const v = s.env.get(place);
      if (v !== undefined) parts.push(`${place}:${signOf(s, v)}`);
    }
  }
  // A page's number is not mixed with another one, nor with what says that there is none: callers know the page by it.
  for (let i = 0; i < watched.places.length; i++) {
    const place = watched.places[i] ?? '';
    const v = s.env.get(place);
    if (v !== undefined && (isMadeOfLent(v) || isNoPageKey(v.key))) parts.push(`${place}=${v.key}`);
  }
  if (watched.releases && s.resources.size === 0) parts.push(`${entryFacts(s)}`);
  return parts.join('|');
}

/** What is known of a result by which pages may be held: one that may still be an error, or is known for too few, is told from others. */
function heldBy(s: PathState, r: Resource): string {
  if (isShort(s, r)) return 'short';
  const sign = signOf(s, r.result);
  return sign === 'unknown' && intervalOf(s.facts, r.result).low < 0 ? 'any' : sign;
}

/** What tells that no pages are held: by different tellings a merged path would know none. */
function noneBy(s: PathState, r: Resource): string {
  return intervalOf(s.facts, r.result).high <= 0 ? 'none' : 'none told';
}

function sortedKeys(map: ReadonlyMap<string, unknown>): string {
  return map.size === 0 ? '' : [...map.keys()].sort().join();
}

const eventDigests = new WeakMap<PathState['events'], string>();

/** What happened to pages of the callers, once for each list of events. */
function eventDigest(events: PathState['events']): string {
  let digest = eventDigests.get(events);
  if (digest === undefined) {
    digest = events
      .filter((e) => e.kind !== 'unmap')
      .map((e) => `${e.kind}${e.path}${e.api}`)
      .sort()
      .join();
    eventDigests.set(events, digest);
  }
  return digest;
}

const factDigests = new WeakMap<PathState['facts'], number>();

/** What a path knows of values that were there at entry, by its number: a releasing function's callers need to know when it releases. */
function entryFacts({ facts, numbers }: PathState): number {
  const known = factDigests.get(facts);
  if (known !== undefined) return known;
  const out: string[] = [];
  facts.intervals.forEach((i, key) => {
    if (isEntryKey(key) || key.startsWith('(& arg'))
      out.push(`${key}${i.high < 0 ? '-' : i.low > 0 ? '+' : i.low === 0 && i.high === 0 ? '0' : ''}`);
  });
  for (const key of facts.nonzero) if (isEntryKey(key) || key.startsWith('(& arg')) out.push(`${key}!`);
  const digest = numbers.of(out.sort().join());
  factDigests.set(facts, digest);
  return digest;
}

/** Resources that a handle is asked for; default: all. */
type Wanted = (v: Value) => boolean;

const reachesPages: Wanted = (v) => v.prov.length > 0;

/** Handles of all pages, by the number of what names them. */
function allHandles(s: PathState): string {
  return `${s.env.digest(s.numbers, handleDigest)}`;
}

/** Handles of pages that may still be held on a path: where those of others are differs without consequence. */
function liveHandles(s: PathState): string {
  const live = new Set<string>();
  s.resources.forEach((r) => {
    if ((r.hold.kind === 'held' || r.hold.kind === 'some') && mayBeHeld(s, r)) live.add(r.id);
  });
  return handleDigest(s.env.concerning(), (v) => v.prov.some((id) => live.has(id)));
}

/** Which places reach which pages, and who points to the objects through which they do. */
function handleDigest(list: readonly Held[], wanted: Wanted = reachesPages): string {
  return `${handlesOf(list, wanted)}|${holders(list, wanted)}`;
}

function handlesOf(list: readonly Held[], wanted: Wanted): string {
  const handles: string[] = [];
  for (const { place, value } of list) if (wanted(value)) handles.push(`${place}=${value.prov.join('+')}`);
  return handles.join(';');
}

/** Who points to the objects made here through which pages are reached; two paths that differ in it lose a handle when merged. */
function holders(list: readonly Held[], wanted: Wanted): string {
  const objects = new Set<string>();
  for (const { place, value } of list) if (place.startsWith('heap') && wanted(value)) objects.add(objectKey(place));
  const out: string[] = [];
  for (let known = 0; known < objects.size; ) {
    known = objects.size;
    out.length = 0;
    for (const { place, value } of list) {
      if (value.kind !== 'symbol' || !objects.has(value.key) || place.startsWith('t:')) continue;
      out.push(`${place}>${value.key}`);
      if (place.startsWith('heap')) objects.add(objectKey(place));
    }
  }
  return out.join(';');
}

/** Merges paths with equal signatures; over the cap, merges what is left by resources alone and says so. */
export function mergePaths(states: readonly PathState[], tag: string, watched: Watched): PathState[] {
  if (states.length < 2) return [...states];
  let merged = group(states, tag, (s) => signature(s, watched), false);
  if (merged.length > MAX_PATHS) merged = group(merged, tag, (s) => signature(s, watched, liveHandles(s)), false);
  if (merged.length <= MAX_PATHS) return merged;
  const known = new Map<PathState, string>();
  const coarsely = (s: PathState): string => kept(known, s, () => coarse(s));
  merged = group(merged, tag, (s) => `${coarsely(s)}|${allHandles(s)}`, true);
  if (merged.length > MAX_PATHS) merged = group(merged, tag, coarsely, true);
  return merged.slice(0, MAX_PATHS * 2);
}

function coarse(s: PathState): string {
  return [...s.resources.values()]
    .map((r) => `${r.id}:${r.hold.kind}:${signOf(s, r.result)}${takenDigest(s, r)}`)
    .sort()
    .join();
}

function group(states: readonly PathState[], tag: string, key: (s: PathState) => string, forced: boolean): PathState[] {
  const groups = new Map<string, PathState>();
  for (const s of states) {
    const k = key(s);
    const old = groups.get(k);
    groups.set(k, old === undefined ? s : join(old, s, tag, forced));
  }
  return [...groups.values()];
}

function join(a: PathState, b: PathState, tag: string, forced: boolean): PathState {
  // Before the fork, which may part what the two still share.
  const differing: Held[] = [];
  const nonzero: Value[] = [];
  a.env.forEachDifference(b.env, (own, others, place) => {
    if (own?.key === others?.key) return;
    const va = own ?? symbol(entryKey(place));
    const vb = others ?? symbol(entryKey(place));
    const value = va.key === vb.key ? va : phi(place, tag, { value: va, on: a }, { value: vb, on: b });
    if (value !== own) differing.push({ place, value });
    if (value !== va && isNonzero(a, va) && isNonzero(b, vb)) nonzero.push(value);
  });
  const out = fork(a);
  for (const { place, value } of differing) out.env.set(place, value);
  b.resources.forEach((r) => {
    const known = out.resources.get(r.id);
    const own = known === undefined ? undefined : { ...known, takers: mergeProvenance(known.takers, r.takers) };
    if (own !== undefined && own.takers.length !== known?.takers.length)
      out.resources = withEntry(out.resources, r.id, own);
    if (own !== undefined && ((r.carried && !own.carried) || (r.computed === true && own.computed !== true)))
      out.resources = withEntry(out.resources, r.id, {
        ...own,
        carried: true,
        computed: r.computed === true || own.computed === true,
      });
  });
  if (forced) doubtReleases(out, b);
  for (const e of b.events) if (e.kind === 'unmap') addEvent(out, e);
  for (const r of b.returned)
    if (!out.returned.some((own) => isSameReturn(own, r.object, r.step))) out.returned = [...out.returned, r];
  if (b.unmapped.size > 0) out.unmapped = new Set([...out.unmapped, ...b.unmapped]);
  out.facts = joinFacts(a.facts, b.facts);
  for (const value of nonzero) out.facts = assumeNonzero(out.facts, value) ?? out.facts;
  out.facts = { ...out.facts, dropped: forced || a.facts.dropped || b.facts.dropped };
  b.turns.forEach((turn, head) => {
    if (turn > (out.turns.get(head) ?? 0)) out.turns = withEntry(out.turns, head, turn);
  });
  if (b.trail !== undefined && (a.trail === undefined || b.trail.length < a.trail.length)) {
    out.trail = b.trail;
    out.jump = b.jump;
  }
  return out;
}

/**
 * What only one of two paths gave back that are merged by force: callers are told that somebody may have. A destructor of many parts
 * that may each be missing has more ways through it than are kept apart.
 */
function doubtReleases(out: PathState, b: PathState): void {
  for (const e of b.events) {
    if (e.kind !== 'release' || e.path === '') continue;
    if (!out.events.some((own) => own.kind === 'release' && own.path === e.path))
      addEvent(out, { ...e, kind: 'doubt' });
  }
}

function isNonzero({ facts }: PathState, value: Value): boolean {
  return decide(facts, '!=', value, intValue(0)) === true;
}

/** A value on one of two paths that meet. */
interface Side {
  readonly value: Value;
  readonly on: PathState;
}

/** Whether a place lies in an object that a path knows it could not make. */
function isUnmade({ facts }: PathState, place: string): boolean {
  return place.startsWith('heap') && facts.intervals.get(objectKey(place))?.high === 0;
}

/** One of two values; knows what both know. What an object that one path did not make holds is what the other knows. */
function phi(place: string, tag: string, a: Side, b: Side): Value {
  if (isUnmade(b.on, place)) return a.value;
  if (isUnmade(a.on, place)) return b.value;
  const base = baseOf(a.value);
  if (
    baseOf(b.value).key === base.key &&
    [a, b].some((side) => (side.on.env.get(regionOf(base))?.prov.length ?? 0) > 0)
  )
    return opValue('+', [base, symbol(`phi${tag}:${dashedKey(place)}`)]);
  const ia = intervalOf(a.on.facts, a.value);
  const ib = intervalOf(b.on.facts, b.value);
  const object = a.value.key.startsWith('heap') && b.value.key.startsWith('heap');
  const owned = [a.value, b.value].find((v) => v.kind === 'symbol' && v.owner !== undefined);
  return symbol(`${object ? 'heap' : ''}phi${tag}:${dashedKey(place)}`, {
    // Of two objects the path no longer knows which it is: what either holds is still reached.
    prov: mergeProvenance(reachedBy(a.on, a.value), reachedBy(b.on, b.value)),
    low: Math.min(ia.low, ib.low),
    high: Math.max(ia.high, ib.high),
    owner: owned?.kind === 'symbol' ? owned.owner : undefined,
  });
}
