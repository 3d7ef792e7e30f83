/**
 * A call of a function the model knows, applied to one path: acquire, release, dirty, map, alias, alloc, free, lock.
 */
import type { ApiRow, Effect } from '../../../model/schema.ts';
import { intervalOf } from '../../flow/facts.ts';
import {
  hasOffset,
  intValue,
  lent,
  type Owner,
  pageNumber,
  regionOf,
  symbol,
  TOP,
  type Value,
  withProvenance,
} from '../../flow/value.ts';
import { applyAcquire } from './apply-acquire.ts';
import { CONTENT, type EffectCall, mapping, provenanceOf } from './apply-mapping.ts';
import { applyRelease, checkTakenOver, dirtyness, entryKeyOf } from './apply-release.ts';
import { noteRoom } from './array-room.ts';
import { checkAcquireContext, checkReleaseContext } from './check-context.ts';
import { checkDiscarded } from './check-result.ts';
import { checkWritten } from './check-written.ts';
import { checkDirtyBehind, mayBeOtherPart } from './dirty-behind.ts';
import { assumeValues } from './evaluate.ts';
import { foundBy } from './found-by.ts';
import { type CallSiteInfo, type Frame, mayBeHeld, type OnPath, reportProblem, stepAt, trailSteps } from './frame.ts';
import { assumeOutcome, isConditionalMove, type Outcome } from './outcomes.ts';
import {
  addEvent,
  isEntryKey,
  MAYBE_OWN,
  objectKey,
  type PathState,
  readKey,
  setResource,
  withEntry,
  withoutEntry,
  writeKey,
} from './path-state.ts';
import { contentOf, type Resolved, resolvePattern } from './place-pattern.ts';
import { ownerOfPlace } from './reachability.ts';
import { noteUncounted } from './uncounted.ts';
import { setUnionMembers } from './union-members.ts';

/** Mappings that their caller ends: whoever gets such an address cannot keep the page by it. */
const PASSING = /^kmap(?:_atomic|_local)?(?:_|$)/;
/** What they give of something is never NULL, nor an error. */
const NEVER_NULL = /^(?:page_folio|compound_head|nth_page|folio_page|virt_to_(?:head_page|page|folio)|kmap(?:$|_))/;
/** Allocators whose memory is zero. */
const ZEROED = /zalloc|calloc|zeroed/;

/** Applies a row's effects; returns the call's result with what is known of it. */
export function applyRow(on: OnPath, row: ApiRow, args: readonly Value[], outcome?: Outcome): Value {
  const { s, info } = on;
  let ret = resultSymbol(s, row, info, args);
  if (outcome !== undefined) assumeOutcome(s, row, { ret, args }, outcome);
  const order = [...row.effects].sort((a, b) => rank(a) - rank(b));
  if (row.family === 'acquire' || row.site === true) checkAcquireContext(on, row);
  if (row.family === 'dirty') checkReleaseContext(on, row, 'yes');
  for (const effect of order)
    if (outcome !== 'failed' || !isConditionalMove(effect)) ret = applyEffect(on, { row, effect, args, ret });
  if (row.effects.some((e) => e.op === 'acquire')) checkDiscarded(on, row);
  if (ret.key.startsWith('heapz')) setUnionMembers(on, regionOf(ret));
  if (ret.key.startsWith('heap')) noteRoom(s, ret.key, { name: row.name, args });
  return ret;
}

function rank(e: Effect): number {
  return e.op === 'alloc' ? 0 : 1;
}

/** The result: an unknown within what the return contract allows. */
function resultSymbol(s: PathState, row: ApiRow, info: CallSiteInfo, args: readonly Value[]): Value {
  const key = row.effects.some((e) => e.op === 'query')
    ? `${row.name}(${args.map((a) => a.key).join()})`
    : `r${info.point}`;
  const bounds = contractBounds(row);
  const heap = row.effects.some((e) => e.op === 'alloc' && e.place === 'ret');
  const ret = symbol(heap ? `${ZEROED.test(row.name) ? 'heapz' : 'heap'}${info.point}` : key, bounds);
  const unit = row.returns === 'bytes' ? 'maxsize' : 'nr';
  const nr = row.params.findIndex((p) => p.role === unit);
  const requested = args[nr];
  if (
    requested !== undefined &&
    (row.returns === 'pages' ||
      row.returns === 'pages-not-negative' ||
      row.returns === 'folios' ||
      row.returns === 'bytes')
  ) {
    if (intervalOf(s.facts, requested).low >= 0 || requested.kind !== 'int') assumeValues(s, '<=', ret, requested);
  }
  if (row.returns === 'ptr-or-err' || row.returns === 'page-or-err')
    assumeValues(s, '!=', ret, { kind: 'int', key: '#0', value: 0, prov: [] });
  return ret;
}

function contractBounds(row: ApiRow): { low?: number; high?: number } {
  switch (row.returns) {
    case 'pages':
    case 'folios':
    case 'bytes':
    case 'ptr-or-err':
    case 'page-or-err':
    case 'page-or-err-or-null':
      return { low: -4095 };
    case 'pages-not-negative':
    case 'page-or-null':
    case 'ptr-or-null':
      return { low: 0 };
    case 'status':
      return { low: -4095, high: 0 };
    case 'bool':
      return { low: 0, high: 1 };
    case 'void':
    case 'value':
      return {};
  }
}

function applyEffect(on: OnPath, call: EffectCall): Value {
  const { frame, s, info } = on;
  const { effect, row, ret } = call;
  const target = resolvePattern(s, effect.place, call);
  if (target === undefined || !hasFlag(frame, info, effect)) return ret;
  switch (effect.op) {
    case 'acquire':
      // Containers that hold pages for their owner (a bio, a umem) are given back by their own release; they are no sites.
      return row.site !== true ? ret : applyAcquire(on, { ...call, target });
    case 'release':
      release(on, call, target);
      return ret;
    case 'extra-ref':
      for (const id of provenanceOf(s, target)) bump(on, id, call);
      return ret;
    case 'dirty':
      dirty(on, call, target);
      return ret;
    case 'map':
    case 'unmap':
      return mapping(on, call, target);
    case 'alias':
      return alias(s, call, target);
    case 'transfer':
      for (const id of provenanceOf(s, target)) take(on, id, call);
      return ret;
    case 'alloc':
      if (target.kind === 'place') allocate(s, info, effect, target.key);
      return ret;
    case 'free':
      freeRegion(on, contentOf(s, target), row.name);
      return ret;
    case 'lock':
      if (effect.when === undefined || effect.when === 'always')
        s.locks = withEntry(
          s.locks,
          lockName(frame, info, effect),
          stepAt(frame, info.instr.span, `${row.name}() here`),
        );
      return ret;
    case 'unlock':
      s.locks = withoutEntry(s.locks, lockName(frame, info, effect));
      return ret;
    case 'access':
      access(on, call, target);
      return ret;
    case 'query':
      return ret;
  }
}

/** Whether an effect that needs a flag (vmap with VM_MAP_PUT_PAGES) has it: it must be named in the call. */
function hasFlag(frame: Frame, info: CallSiteInfo, effect: Effect): boolean {
  const { withFlag } = effect;
  if (withFlag === undefined) return true;
  const word = new RegExp(`\\b${withFlag}\\b`);
  return info.instr.argSpans.some((span) => word.test(frame.unit.code.slice(span.start, span.end)));
}

/** mmap_sem before 5.8 is taken as a plain rwsem; the argument's text tells. */
function lockName(frame: Frame, info: CallSiteInfo, effect: Effect): string {
  if (effect.lock !== 'rwsem') return effect.lock ?? 'spin';
  const span = info.instr.argSpans[0];
  const text = span === undefined ? '' : frame.unit.code.slice(span.start, span.end);
  return /\bmmap_(sem|lock)\b/.test(text) ? 'mmap' : 'rwsem';
}

function release(on: OnPath, call: EffectCall, target: Resolved): void {
  const { s } = on;
  const { effect, row, args } = call;
  const direct = contentOf(s, target);
  const array = effect.place.endsWith('[*]');
  const container = s.env.get(regionOf(direct) + CONTENT);
  const value = direct.prov.length === 0 && container !== undefined && !array ? container : direct;
  const dirtyArg = effect.dirtyArg === undefined ? undefined : resolvePattern(s, effect.dirtyArg, call);
  const dirtyBy = dirtyArg === undefined ? undefined : contentOf(s, dirtyArg);
  const dirties = dirtyBy === undefined ? 'no' : dirtyness(s, dirtyBy);
  const count = effect.count === undefined ? undefined : resolvePattern(s, effect.count.place, call);
  const pointer = args[Number(/^\(?\*?arg(\d+)/.exec(effect.place)?.[1] ?? -1)];
  checkReleaseContext(on, row, dirties);
  applyRelease(on, {
    api: row.name,
    reference: effect.ref ?? 'either',
    value,
    array: array || value !== direct,
    count: count === undefined || count.kind !== 'value' || effect.count?.unit !== 'pages' ? undefined : count.value,
    offset: pointer !== undefined && hasOffset(pointer),
    pointer,
    dirties,
    dirtyBy,
  });
}

/** A further reference. One that is a pin in itself is no plain one beside a pin. */
function bump({ frame, s, info }: OnPath, id: string, { row, effect }: EffectCall): void {
  const r = s.resources.get(id);
  const extraAt =
    effect.ref === 'pin'
      ? r?.extraAt
      : stepAt(frame, info.instr.span, `a further reference is taken here by ${row.name}()`);
  if (r !== undefined) setResource(s, { ...r, extraReferences: r.extraReferences + 1, extraAt });
}

function take(on: OnPath, id: string, { row, effect }: EffectCall): void {
  const { frame, s, info } = on;
  const r = s.resources.get(id);
  if (r === undefined) return;
  if (effect.ref !== undefined) checkTakenOver(on, r, row.name, effect.ref);
  setResource(s, {
    ...r,
    hold: { kind: 'taken', step: stepAt(frame, info.instr.span, `taken over by ${row.name}()`) },
  });
}

function dirty(on: OnPath, call: EffectCall, target: Resolved): void {
  const { frame, s, info } = on;
  const arg = call.effect.dirtyArg === undefined ? undefined : resolvePattern(s, call.effect.dirtyArg, call);
  const by = arg === undefined ? undefined : contentOf(s, arg);
  if (by !== undefined && dirtyness(s, by) === 'no') return;
  const step = stepAt(frame, info.instr.span, `marked dirty here by ${call.row.name}()`);
  const prov = provenanceOf(s, target);
  // What gives back as well is a second release before it is anything else.
  const alone = !call.row.effects.some((e) => e.op === 'release');
  for (const id of prov) {
    const r = s.resources.get(id);
    if (r === undefined) continue;
    const isLate = alone && r.hold.kind === 'released' && !mayBeOtherPart(on, r, r.hold.by.step);
    if (isLate && r.extraReferences === 0 && prov.length === 1 && mayBeHeld(s, r)) {
      reportProblem(frame, {
        kind: 'dirty-after-release',
        step,
        functionName: frame.fn.name,
        resource: r,
        steps: [...r.origin.chain, r.hold.by.step, ...trailSteps(s)],
        confidence: s.facts.dropped ? 'medium' : 'high',
        detail: call.row.name,
      });
    }
    setResource(s, { ...r, dirtied: r.dirtied ?? step });
  }
  const v = contentOf(s, target);
  if (prov.length === 0 && v.kind === 'symbol' && (v.path !== undefined || v.owner !== undefined)) {
    if (v.path !== undefined && alone) checkDirtyBehind(on, v.path, step, call.row.name);
    addEvent(s, {
      kind: 'dirty',
      path: v.path ?? '',
      owner: v.owner,
      api: call.row.name,
      reference: 'none',
      step,
      functionName: frame.fn.name,
      all: false,
      dirties: 'yes',
      dirtyKey: entryKeyOf(by),
    });
  }
}

/** A page written to that was taken for reading; and one used after it was given back: its data, its address, its struct page. */
function access(on: OnPath, call: EffectCall, target: Resolved): void {
  const { frame, s, info } = on;
  const prov = contentOf(s, target).prov;
  if (/write/.test(call.effect.access ?? '')) checkWritten(on, prov, call.row.name);
  if (prov.length !== 1) return;
  const r = s.resources.get(prov[0] ?? '');
  if (r === undefined || r.hold.kind !== 'released' || r.extraReferences > 0 || !mayBeHeld(s, r)) return;
  if (mayBeOtherPart(on, r, r.hold.by.step)) return;
  reportProblem(frame, {
    kind: 'use-after-release',
    step: stepAt(frame, info.instr.span, `used here by ${call.row.name}()`),
    functionName: frame.fn.name,
    resource: r,
    steps: [...r.origin.chain, r.hold.by.step, ...trailSteps(s)],
    confidence: s.facts.dropped ? 'medium' : 'high',
    detail: call.row.name,
  });
}

function alias(s: PathState, call: EffectCall, target: Resolved): Value {
  const prov = provenanceOf(s, target);
  const source = contentOf(s, target);
  const to = call.effect.to;
  if (to === undefined) return call.ret;
  if (to === 'ret') {
    if (NEVER_NULL.test(call.row.name) && intervalOf(s.facts, source).low > 0)
      assumeValues(s, '>', call.ret, intValue(0));
    const isNumber = /pfn|phys|^__pa$/.test(call.row.name) && !call.row.ret.includes('*');
    if (isNumber) {
      for (const id of prov) {
        const r = s.resources.get(id);
        if (r !== undefined) setResource(s, { ...r, carried: true });
      }
    }
    const { owner, path } = entryOf(s, source);
    const named = isNumber ? pageNumber(call.ret) : PASSING.test(call.row.name) ? lent(call.ret) : call.ret;
    const carried = withProvenance(named, prov);
    // One page's other names (page_folio, page_to_pfn and back) stay the entry value they came from.
    if (prov.length > 0 || carried.kind !== 'symbol') return carried;
    return path === undefined ? { ...carried, of: foundBy(source) } : { ...carried, owner, path };
  }
  const place = resolvePattern(s, to, call);
  if (place === undefined) return call.ret;
  const key = place.kind === 'place' ? place.key : regionOf(place.value) + CONTENT;
  if (prov.length > 0) writeKey(s, key, withProvenance(readKey(s, key, undefined), prov), true);
  // Pages of a caller: it learns what carries them now.
  else if (source.kind === 'symbol' && source.path !== undefined && !s.env.has(key)) s.env.set(key, source);
  return call.ret;
}

/** Arithmetic by which a number or an address goes on telling the page that it is of. */
const KEEPS_PAGE = /^(?:[-+|&]|<<|>>|[us]\d+)$/;

/** What a value was at entry: itself, what it was computed from, or what an embedded carrier (`&buf->sg`) that it is the address of held. */
function entryOf(s: PathState, v: Value): { readonly owner: Owner | undefined; readonly path: string | undefined } {
  if (v.kind === 'symbol') return { owner: v.owner, path: v.path };
  const base =
    v.kind === 'op' && KEEPS_PAGE.test(v.op) ? v.args.find((a) => entryOf(s, a).path !== undefined) : undefined;
  if (base !== undefined) return entryOf(s, base);
  const local = v.kind === 'address' && v.place.startsWith('l:') ? s.env.get(v.place) : undefined;
  if (local?.kind === 'symbol') return { owner: local.owner, path: local.path };
  if (v.kind !== 'address' || !isEntryKey(v.place)) return { owner: undefined, path: undefined };
  return { owner: ownerOfPlace(s, v.place), path: `${v.place}${CONTENT}@` };
}

function allocate(s: PathState, info: CallSiteInfo, effect: Effect, place: string): void {
  const old = s.env.get(place);
  let own = 'heap';
  if (effect.ifNull === true) {
    const i = old === undefined ? TOP : intervalOf(s.facts, old);
    if (old !== undefined && (i.low > 0 || i.high < 0 || s.facts.nonzero.has(old.key))) return;
    if (i.low !== 0 || i.high !== 0) own = MAYBE_OWN;
  }
  writeKey(s, place, symbol(`${own}${info.point}`, { low: 0 }), false);
}

/** The memory behind a pointer dies: the handles in it die with it. */
export function freeRegion(on: OnPath, pointer: Value, name: string): void {
  const { frame, s, info } = on;
  if (intervalOf(s.facts, pointer).high === 0) return;
  const region = regionOf(pointer);
  const step = stepAt(frame, info.instr.span, `${name}() frees the memory that held the pages`);
  noteUncounted(s, region);
  const prov = new Set(s.env.get(region)?.prov ?? []);
  s.env.delete(region);
  s.env.forEachBelow(region, (value, key) => {
    if (!diesWith(key.slice(region.length))) return;
    for (const id of value.prov) prov.add(id);
    s.env.delete(key);
  });
  for (const id of prov) {
    const r = s.resources.get(id);
    if (r?.hold.kind === 'held') setResource(s, { ...r, lost: r.lost ?? step });
    else if (r?.hold.kind === 'released') setResource(s, { ...r, heldIn: objectKey(region) });
  }
  s.freed = withEntry(s.freed, pointer.key, step);
  const path = pointer.kind === 'symbol' ? pointer.path : undefined;
  if (path !== undefined && pointer.kind === 'symbol') {
    addEvent(s, {
      kind: 'free',
      path,
      owner: pointer.owner,
      api: name,
      reference: 'none',
      step,
      functionName: frame.fn.name,
      all: true,
      dirties: 'no',
    });
  }
}

/** Whether a place below an object, by its path from there, dies with it: not what lies in other objects that it points to. */
function diesWith(path: string): boolean {
  return !path.includes('@[*].');
}
