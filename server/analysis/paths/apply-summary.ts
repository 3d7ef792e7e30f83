/** A callee's summary case applied to a caller's path: its places and values are rebuilt from the caller's arguments. */
import { kept } from '../../base/kept.ts';
import { assumeInterval, assumeMask, assumeNonzero, assumeOneOf, intervalOf } from '../../flow/facts.ts';
import {
  hasOffset,
  intValue,
  isConstantKey,
  lent,
  mergeProvenance,
  type Owner,
  type Provenance,
  regionOf,
  symbol,
  type Value,
  withProvenance,
} from '../../flow/value.ts';
import { freeRegion } from './apply-effects.ts';
import { unmapsBelow } from './apply-mapping.ts';
import { applyRelease, dirtyness, entryKeyOf } from './apply-release.ts';
import { askedForWriting } from './asked-for-writing.ts';
import { checkCalleeContext, checkReleaseContext } from './check-context.ts';
import { checkLoopCount } from './check-loop-count.ts';
import { checkPassedCount } from './check-result.ts';
import { leadsThroughElement } from './evaluate.ts';
import { checkFailedAcquire } from './failed-acquire.ts';
import { type CallSiteInfo, type Frame, type OnPath, stepAt } from './frame.ts';
import { doubt, handedOver } from './outside.ts';
import {
  addEvent,
  type EntryEvent,
  isSummaryPlace,
  type PathState,
  reaches,
  setResource,
  withEntry,
  writeElement,
  writeKey,
} from './path-state.ts';
import { ownerOfPlace, provenanceBelow, reachable } from './reachability.ts';
import type { Resource } from './resource.ts';
import { fitsIn } from './single-page.ts';
import { type Description, handsOnCount, type SummaryCase } from './summary.ts';
import { madeKey, placeOfKey, type Reading, resultName, valueOfKey } from './summary-keys.ts';

/** One application of a case at a call. */
interface Binding extends Reading {
  readonly frame: Frame;
  readonly info: CallSiteInfo;
  readonly callee: string;
  /** Whether all cases of the callee are known. */
  readonly complete: boolean;
  /** The case's resources by their id inside the callee. */
  readonly ids: ReadonlyMap<string, string>;
}

/** Applies one case; returns the call's result, or undefined when the case cannot happen on this path. */
export function applyCase(
  on: OnPath,
  call: { callee: string; case: SummaryCase; args: readonly Value[]; complete: boolean },
): Value | undefined {
  const { frame, s, info } = on;
  const c = call.case;
  const ids = new Map<string, string>();
  for (const r of c.resources) ids.set(r.id, `${info.point}/${r.id}`);
  const returned = c.result.kind === 'made' && !isConstantKey(c.result.key) ? c.result.key : undefined;
  const ret0 = symbol(resultName(returned, info.point), { low: c.returns.low, high: c.returns.high });
  const b: Binding = {
    frame,
    s,
    info,
    point: info.point,
    args: call.args,
    callee: call.callee,
    complete: call.complete,
    ids,
    returned,
    ret: ret0,
  };
  checkCounts(b, on, c);
  if (!assumeConditions(b, c)) return undefined;
  if (c.nonzero === true) s.facts = assumeNonzero(s.facts, ret0) ?? s.facts;
  checkCalleeContext(on, call.callee, c.resources);
  for (const r of c.resources)
    takeOver(b, c, { ...rebind(b, r), failed: c.returns.high < 0, forwarded: handsOnCount(c, r) }, r.id);
  const ret =
    returned !== undefined && c.result.kind === 'made'
      ? asMade(c.result, withProvenance(ret0, madeProvenance(b, c.result)))
      : describe(b, c.result);
  for (const e of c.events) {
    checkFailedAcquire(frame, b, c, e);
    replay(b, e);
  }
  if (!c.writes.every(({ place, value }) => fitsIn(s, placeOfKey(b, place), value, ids))) return undefined;
  c.writes.forEach((w) => {
    const value = describe(b, w.value);
    // Pages left where the caller cannot follow are held by somebody, not lost.
    const place = placeOfKey(b, w.place) ?? (value.prov.length > 0 ? elsewhere(b, w.owner) : undefined);
    if (place === undefined) return;
    learnOwner(s, place, value, w.owner);
    if (movesThrough(on, call.args, w.place)) writeElement(s, place, value, !hidesOthers(value));
    else writeKey(s, place, value, isSummaryPlace(place) || place.startsWith('g:elsewhere'));
  });
  for (const [kind, step] of c.locksTaken) s.locks = withEntry(s.locks, kind, step);
  keepReachable(b, c, ret);
  return ret;
}

/** Whether what the callee takes as the number of pages to give back can be one; before its own tests are believed. */
function checkCounts(b: Binding, on: OnPath, c: SummaryCase): void {
  for (const e of c.events) {
    if (e.kind !== 'release' || e.countKey === undefined || e.countsUnsigned !== true || e.path === '') continue;
    const pages = valueOfKey(b, e.path);
    const count = valueOfKey(b, e.countKey);
    if (pages !== undefined && count !== undefined) checkPassedCount(on, pages, count);
  }
}

/** Adds the conditions of a case to the path; false where they cannot hold on it. */
function assumeConditions(b: Binding, c: SummaryCase): boolean {
  const { s } = b;
  for (const r of c.requires) {
    const v = valueOfKey(b, r.key);
    if (v === undefined) continue;
    const within = assumeInterval(s.facts, v, r.interval);
    const facts = within !== undefined && r.nonzero ? assumeNonzero(within, v) : within;
    if (facts === undefined) return false;
    s.facts = facts;
  }
  for (const r of c.relations) {
    const v = valueOfKey(b, r.key);
    const facts = v === undefined ? s.facts : assumeMask(s.facts, r.mask, v, symbol(r.constant));
    if (facts === undefined) return false;
    s.facts = facts;
  }
  for (const o of c.oneOf) {
    const v = valueOfKey(b, o.key);
    const facts = v === undefined ? s.facts : assumeOneOf(s.facts, v, o.constants);
    if (facts === undefined) return false;
    s.facts = facts;
  }
  return true;
}

/** The field that a place which a callee wrote is, or lies below where it leads to pages. */
function learnOwner(s: PathState, place: string, value: Value, owner: Owner | undefined): void {
  if (owner?.tag === undefined || !isNamed(owner)) return;
  const unknown = place.endsWith(`.${owner.field}`)
    ? !s.owners.has(place)
    : leadsToPages(value) && ownerOfPlace(s, place)?.tag === undefined;
  if (unknown) s.owners.set(place, owner);
}

/** Whether pages taken here, or those of this function's caller, may lie behind a value. */
function leadsToPages(value: Value): boolean {
  return value.prov.length > 0 || (value.kind === 'symbol' && value.path !== undefined);
}

/** What one element gets hides nothing of what the others hold, unless it is NULL: those get it that hold nothing any more. */
function hidesOthers(value: Value): boolean {
  return value.kind === 'int' || reaches(value);
}

const roots = new Map<string, number>();

/** The argument that a callee's place is rooted in; -1 for other places. */
function rootArgument(place: string): number {
  if (!place.startsWith('arg')) return -1;
  if (roots.size >= MAX_ROOTS) roots.clear();
  return kept(roots, place, () => Number(/^arg(\d+)/.exec(place)?.[1] ?? -1));
}

/** Places of which that is kept. */
const MAX_ROOTS = 10_000;

/** A member of an element of an array that lies in a struct: `arg0->halves[*].count`. */
const IN_EMBEDDED_ARRAY = /\.\w+\[\*\]\.\w/;

/** Whether the argument a callee's place is rooted in points into the middle of something: `&entries[i]`; or the callee picked an element. */
function movesThrough({ s, info }: OnPath, args: readonly Value[], place: string): boolean {
  if (IN_EMBEDDED_ARRAY.test(place)) return true;
  const root = rootArgument(place);
  const pointer = args[root];
  if (pointer === undefined || hasOffset(pointer)) return pointer !== undefined;
  const written = info.instr.args[root];
  return written !== undefined && leadsThroughElement(s, written, { point: info.point });
}

/** What the callee left reachable is reachable: where the way to it got lost in translation, somebody holds it. */
function keepReachable(b: Binding, c: SummaryCase, ret: Value): void {
  if (b.ids.size === 0) return;
  const { s } = b;
  const reach = reachable(s, ret, { fromLocals: true });
  for (const [inner, id] of b.ids) {
    if (reach.has(id)) continue;
    const kept = c.writes.find(
      ({ value, owner }) => value.kind === 'made' && value.prov.includes(inner) && isNamed(owner),
    );
    writeKey(s, elsewhere(b, kept?.owner), symbol(`e${id}`, { prov: [id] }), true);
  }
}

/** A place that the caller cannot follow; the field it is known to be keeps its name. */
function elsewhere({ s, point }: Binding, owner: Owner | undefined): string {
  if (!isNamed(owner)) return `g:elsewhere ${point}`;
  const place = `g:elsewhere ${point} ${owner.tag ?? ''} ${owner.field}`;
  s.owners.set(place, owner);
  return place;
}

/** Whether an owner is a field with a name, not a place that stands for one. */
function isNamed(owner: Owner | undefined): owner is Owner {
  return owner !== undefined && /^\w+$/.test(owner.field);
}

function mapProvenance(b: Binding, prov: Provenance): Provenance {
  return prov.flatMap((id) => b.ids.get(id) ?? []);
}

function describe(b: Binding, d: Description): Value {
  switch (d.kind) {
    case 'int':
      return intValue(d.value);
    case 'entry':
      return valueOfKey(b, d.key) ?? symbol(`?${b.info.point}/${d.key}`);
    case 'made': {
      const prov = madeProvenance(b, d);
      if (d.key === b.returned) return asMade(d, withProvenance(b.ret, prov));
      // What the callee found to be NULL, or 0, is that and nothing of its own.
      if (d.interval.low === 0 && d.interval.high === 0 && prov.length === 0) return intValue(0);
      // A named constant is the same everywhere.
      const key = isConstantKey(d.key) ? d.key : madeKey(b, d.key);
      return asMade(d, symbol(key, { prov, low: d.interval.low, high: d.interval.high }));
    }
  }
}

function asMade(d: Extract<Description, { kind: 'made' }>, value: Value): Value {
  return d.lent === true ? lent(value) : value;
}

/** What can be reached through a value made by the callee: pages it took, and those of the entry value it was made from. */
function madeProvenance(b: Binding, d: Extract<Description, { kind: 'made' }>): Provenance {
  const from = d.from === undefined ? undefined : valueOfKey(b, d.from);
  return mergeProvenance(mapProvenance(b, d.prov), from?.prov ?? []);
}

/** A resource of the callee is the caller's now, with what the callee made sure of its count. */
function takeOver(b: Binding, c: SummaryCase, r: Resource, id: string): void {
  setResource(b.s, r);
  const mask = c.counts.find((count) => count.id === id)?.mask;
  if (mask === undefined || r.requested === undefined) return;
  b.s.facts = assumeMask(b.s.facts, mask, r.result, r.requested) ?? b.s.facts;
}

/** A resource of the callee, seen from the caller. */
function rebind(b: Binding, r: Resource): Resource {
  const step = stepAt(b.frame, b.info.instr.span, `${b.callee}() is called here and takes them`);
  const result =
    r.result.key === b.returned
      ? b.ret
      : r.result.kind === 'int'
        ? r.result
        : symbol(`m${b.info.point}/${r.result.key}`, { low: r.result.kind === 'symbol' ? r.result.low : 1 });
  const requested =
    r.requested?.kind === 'symbol' && r.requested.path !== undefined
      ? valueOfKey(b, r.requested.key)
      : r.requested === undefined || r.requested.kind === 'int'
        ? r.requested
        : symbol(madeKey(b, r.requested.key));
  return {
    ...r,
    id: b.ids.get(r.id) ?? r.id,
    result,
    requested,
    sums: undefined,
    elements: undefined,
    takers: r.takers.map((key) => (key === b.returned ? b.ret.key : '')),
    array: r.array === undefined ? undefined : madeKey(b, r.array),
    guards: r.guards.map((g) => (g === b.returned ? b.ret.key : /^(?:pg|heap)/.test(g) ? madeKey(b, g) : g)),
    origin: { ...r.origin, chain: [step, ...r.origin.chain] },
    // What the callee asks for may be what it is told here.
    write: r.write === 'maybe' ? askedForWriting(b.frame, b.info) : r.write,
    ...(b.complete ? {} : { bounded: true }),
  };
}

/** What the callee did to pages that it found there. */
function replay(b: Binding, e: EntryEvent): void {
  const value = e.path === '' ? undefined : valueOfKey(b, e.path);
  if (value === undefined) {
    if (e.owner !== undefined) addEvent(b.s, { ...e, path: '' });
    return;
  }
  const info = { ...b.info };
  const by = e.dirtyKey === undefined ? undefined : valueOfKey(b, e.dirtyKey);
  if (e.kind === 'release' && isNone(b, e)) return;
  const dirties = by === undefined ? e.dirties : dirtyness(b.s, by);
  switch (e.kind) {
    case 'release':
      replayRelease(b, e, { value, by, dirties });
      return;
    case 'dirty':
      if (dirties !== 'no') onPages(b, e, value, (r) => ({ ...r, dirtied: r.dirtied ?? e.step }));
      return;
    case 'free':
      freeRegion({ frame: b.frame, s: b.s, info }, value, e.api);
      return;
    case 'take':
      onPages(b, e, value, (r) => ({ ...r, hold: { kind: 'taken', step: e.step } }));
      return;
    case 'doubt':
    case 'told':
      if (handedOver(b.s, value).length === 0) forward(b, e, value);
      else doubt(b.s, e.kind === 'told' ? lent(value) : value, { step: e.step, callee: e.api, result: '' });
      return;
    case 'copy': {
      const held = provenanceBelow(b.s, regionOf(value));
      if (held.length > 0)
        writeKey(b.s, `g:elsewhere ${info.point}`, symbol(`copy${info.point}`, { prov: held }), true);
      else forward(b, e, value);
      return;
    }
    case 'unmap':
      unmapsBelow({ frame: b.frame, s: b.s, info }, value, e);
      return;
    case 'access':
    case 'map':
      if (value.prov.length === 0) forward(b, e, value);
  }
}

/** What a callee's release gives back, and how far it is known to mark that dirty. */
interface Replayed {
  readonly value: Value;
  readonly by: Value | undefined;
  readonly dirties: EntryEvent['dirties'];
}

function replayRelease(b: Binding, e: EntryEvent, { value, by, dirties }: Replayed): void {
  const info = { ...b.info };
  const row = b.frame.model.readable(e.api).at(-1);
  if (row !== undefined) checkReleaseContext({ frame: b.frame, s: b.s, info }, row, dirties);
  const inner = { ...b.frame, fn: { ...b.frame.fn, name: e.functionName } };
  const count = countOf(b, e);
  applyRelease(
    { frame: inner, s: b.s, info },
    {
      api: e.api,
      reference: e.reference,
      value,
      array: e.all || !/^arg\d+@?$/.test(e.path),
      count,
      withoutSign: e.countsUnsigned,
      offset: !e.all && isSummaryPlace(e.path.replace(/@$/, '')),
      dirties,
      dirtyBy: by,
      at: e.step,
    },
  );
  if (!e.all)
    checkLoopCount({ frame: b.frame, s: b.s, info: b.info }, e, {
      pages: value,
      count,
      callee: b.callee,
    });
}

function countOf(b: Binding, { countKey }: EntryEvent): Value | undefined {
  return countKey === undefined ? undefined : valueOfKey(b, countKey);
}

/** Whether a count that the callee found at entry is 0 here: it gave nothing back. */
function isNone(b: Binding, e: EntryEvent): boolean {
  const count = countOf(b, e);
  return count !== undefined && intervalOf(b.s.facts, count).high <= 0;
}

/** Changes what a value is known to reach; what it holds of the caller's own caller is for that one. */
function onPages(b: Binding, e: EntryEvent, value: Value, change: (r: Resource) => Resource): void {
  for (const id of value.prov) {
    const r = b.s.resources.get(id);
    if (r !== undefined) setResource(b.s, change(r));
  }
  if (value.prov.length === 0) forward(b, e, value);
}

function forward(b: Binding, e: EntryEvent, value: Value): void {
  const path = value.kind === 'symbol' ? value.path : undefined;
  const keyHere = (key: string | undefined): string | undefined =>
    key === undefined ? undefined : entryKeyOf(valueOfKey(b, key));
  addEvent(b.s, {
    ...e,
    dirtyKey: keyHere(e.dirtyKey),
    countKey: keyHere(e.countKey),
    path: path ?? '',
    owner: (value.kind === 'symbol' ? value.owner : undefined) ?? e.owner,
  });
}
