/** Taking pages: a new resource with its result, and handles at the places the call fills. */
import type { ApiRow, Effect, Reference } from '../../../model/schema.ts';
import { intervalOf } from '../../flow/facts.ts';
import { hasOffset, intValue, regionOf, symbol, type Value, withProvenance } from '../../flow/value.ts';
import { roomIn } from './array-room.ts';
import { askedForWriting } from './asked-for-writing.ts';
import { leadsThroughElement } from './evaluate.ts';
import { type CallSiteInfo, mayBeHeld, type OnPath, stepAt } from './frame.ts';
import { type PathState, setResource, writeElement, writeKey } from './path-state.ts';
import type { Resolved } from './place-pattern.ts';
import type { HeldWhen, Resource } from './resource.ts';
import { assumeOneIn } from './single-page.ts';

/** An acquire effect at a call. */
export interface AcquireCall {
  readonly row: ApiRow;
  readonly effect: Effect;
  readonly target: Resolved;
  readonly args: readonly Value[];
  readonly ret: Value;
}

/** Adds the resource; returns the result, which is a handle itself for functions that return the page. */
export function applyAcquire(on: OnPath, call: AcquireCall): Value {
  const { frame, s, info } = on;
  const { row, effect, target, args } = call;
  const pagesArg = args[row.params.findIndex((p) => p.role === 'pages' || p.role === 'folios')];
  if (pagesArg !== undefined && isNull(s, pagesArg)) return call.ret;
  const id = `${info.point}`;
  const ret = effect.place === 'ret' ? withProvenance(call.ret, [id]) : call.ret;
  const preset = target.kind === 'place' && isZero(s, target.key);
  const reference = referenceOf(row, effect);
  // The page variable was NULL before: where a test finds that it still is, nothing was taken.
  const tested = preset && reference !== 'either' ? [`pg${id}`] : [];
  const requested = isOne(row, effect) ? intValue(1) : args[row.params.findIndex((p) => p.role === 'nr')];
  const resource: Resource = {
    id,
    origin: {
      unit: frame.unit,
      span: info.instr.span,
      nameSpan: info.instr.nameSpan,
      api: row.name,
      functionName: frame.fn.name,
      chain: [],
    },
    reference,
    result: ret,
    heldWhen: heldWhen(row),
    unit: isOne(row, effect) ? 'one' : (effect.count?.unit ?? 'pages'),
    requested,
    limit: limitOf(row, args),
    hold: { kind: 'held' },
    dirtied: undefined,
    mapped: undefined,
    maybeTaken: undefined,
    takers: [],
    carried: false,
    preset,
    ...(target.kind === 'place' && isUnset(s, target.key) ? { unset: true } : {}),
    lost: undefined,
    guards: [...guardsOf(row, args), ...tested, ...maybeNoArray(s, row, target)],
    sums: roomIn(s, target),
    array: allocatedArray(row, target, info),
    extraReferences: 0,
    extraAt: undefined,
    failed: false,
    write: askedForWriting(frame, info),
  };
  setResource(s, resource);
  if (target.kind === 'place') assumeOneIn(s, target.key, resource);
  if (effect.place !== 'ret') {
    const key = target.kind === 'place' ? target.key : `${regionOf(target.value)}.<pages>`;
    const weak = (pagesArg !== undefined && hasOffset(pagesArg)) || target.kind === 'value' || standsForOthers(s, key);
    const taken = symbol(`pg${id}`, { prov: [id], low: tested.length > 0 ? 0 : 1 });
    if (!weak && isInElement(on, row)) {
      writeElement(s, key, taken, true);
      return ret;
    }
    if (!weak) markOverwritten(on, key);
    writeKey(s, key, taken, weak);
  }
  return ret;
}

/** Whether the place that a call fills lies in one of several objects: `&bufs[i]->page`. */
function isInElement({ s, info }: OnPath, row: ApiRow): boolean {
  const written = info.instr.args[row.params.findIndex((p) => p.role === 'pages' || p.role === 'folios')];
  return written !== undefined && leadsThroughElement(s, written, { point: info.point });
}

/** The most pages that a call may take from an iterator. */
function limitOf(row: ApiRow, args: readonly Value[]): Resource['limit'] {
  const iter = args[row.params.findIndex((p) => p.role === 'iter')];
  if (row.returns !== 'bytes' || iter === undefined) return undefined;
  return { pages: args[row.params.findIndex((p) => p.role === 'maxpages')], iter: iter.key };
}

/** Only a user-backed iterator gives pins; the questions that tell one. */
function guardsOf(row: ApiRow, args: readonly Value[]): readonly string[] {
  const iter = args[row.params.findIndex((p) => p.role === 'iter')];
  if (row.reference !== 'either' || iter === undefined) return [];
  return [`iov_iter_extract_will_pin(${iter.key})`, `user_backed_iter(${iter.key})`];
}

/** The array that the call may allocate for the pages. */
function arrayOf(row: ApiRow, target: Resolved): string | undefined {
  const own = row.effects.some((e) => e.op === 'alloc') && target.kind === 'place' ? target.key : '';
  return /^(heap[^[.]*)\[\*\]$/.exec(own)?.[1];
}

/** The array that the call surely allocates: not one that the caller had, or may have had. */
function allocatedArray(row: ApiRow, target: Resolved, info: CallSiteInfo): string | undefined {
  const array = arrayOf(row, target);
  return array === `heap${info.point}` ? array : undefined;
}

/** The array that the call may allocate, as long as it may be NULL. */
function maybeNoArray(s: PathState, row: ApiRow, target: Resolved): readonly string[] {
  const array = arrayOf(row, target);
  return array === undefined || intervalOf(s.facts, symbol(array, { low: 0 })).low > 0 ? [] : [array];
}

function isZero(s: PathState, place: string): boolean {
  const v = s.env.get(place);
  return v?.kind === 'int' && v.value === 0;
}

/** Whether a variable, or the elements of an array among the variables, have been declared and nothing more. */
function isUnset(s: PathState, place: string): boolean {
  const variable = /^l:\w+/.exec(place)?.[0] ?? '';
  const declared = s.env.get(variable)?.key.startsWith('u') === true;
  return declared && (place === variable || (place === `${variable}[*]` && !s.env.has(place)));
}

function isNull(s: PathState, v: Value): boolean {
  const i = intervalOf(s.facts, v);
  return i.low === 0 && i.high === 0;
}

/** One page and never more: it is the result, or goes into the one pointer that the caller names. */
function isOne(row: ApiRow, effect: Effect): boolean {
  if (effect.place === 'ret') return row.returns.startsWith('page-');
  return row.returns === 'bool' && /^\*arg\d+$/.test(effect.place);
}

function referenceOf(row: ApiRow, effect: Effect): Reference {
  return effect.ref ?? row.reference ?? 'either';
}

function heldWhen(row: ApiRow): HeldWhen {
  if (row.returns === 'status') return 'zero';
  if (row.returns === 'void') return 'always';
  return 'positive';
}

/** Whether an array made here stands for several in the elements of another: what it holds, one of those holds as well. */
function standsForOthers(s: PathState, key: string): boolean {
  const held = key.startsWith('heap') ? (s.env.get(key)?.prov ?? []) : [];
  if (held.length === 0) return false;
  let found = false;
  for (const { place, value } of s.env.concerning())
    found ||= place !== key && /^heap[^[.]*\[\*\]$/.test(place) && value.prov.some((id) => held.includes(id));
  return found;
}

/** The array is filled again while it was the handle of pages taken before. */
function markOverwritten(on: OnPath, key: string): void {
  const { frame, s, info } = on;
  for (const id of s.env.get(key)?.prov ?? []) {
    const r = s.resources.get(id);
    if (r?.hold.kind === 'held' && mayBeHeld(s, r)) {
      setResource(s, {
        ...r,
        lost: r.lost ?? stepAt(frame, info.instr.span, 'the array is filled again here while it still holds pages'),
      });
    }
  }
}
