/** A callee's keys read by its caller: values and places are rebuilt from the call's arguments. */
import { intValue, opValue, regionOf, symbol, type Value } from '../flow/value.ts';
import { containerOf } from './evaluate.ts';
import { isEntryKey, OTHERS, type PathState, readKey } from './path-state.ts';
import { ownerOfPlace, provenanceIn, walkedContainer } from './reachability.ts';
import { maskedArgument } from './summary.ts';

/** What reading a callee's keys needs: the caller's path and arguments. */
export interface Reading {
  readonly s: PathState;
  readonly point: string;
  readonly args: readonly Value[];
  /** Key of the value that the callee returns, which becomes the call's result here. */
  readonly returned: string | undefined;
  readonly ret: Value;
}

/** The parts of a binding that reading needs. */
export function readingBinding(s: PathState, point: string, args: readonly Value[]): Reading {
  return { s, point, args, returned: undefined, ret: symbol(`r${point}`) };
}

/** The caller's value for a key of the callee; undefined for values the callee made and that are not known here. */
export function valueOfKey(b: Reading, key: string): Value | undefined {
  const m = /^arg(\d+)$/.exec(key);
  if (m !== null) return b.args[Number(m[1])];
  if (key.endsWith('@')) {
    const place = placeOfKey(b, key.slice(0, -1));
    return place === undefined ? undefined : readKey(b.s, place, ownerOfPlace(b.s, place));
  }
  const masked = maskedArgument(key);
  if (masked !== undefined) {
    const v = valueOfKey(b, masked.value);
    const mask = masked.mask.startsWith('#') ? intValue(Number(masked.mask.slice(1))) : symbol(masked.mask);
    return v === undefined ? undefined : opValue('&', [v, mask]);
  }
  const walked = walkedContainer(key);
  if (walked !== undefined) {
    const place = placeOfKey(b, walked);
    if (place === undefined) return undefined;
    const here = place + key.slice(walked.length);
    return symbol(here, { prov: provenanceIn(b.s, place), path: isEntryKey(here) ? here : undefined });
  }
  const member = /^(.*)\^([\w~]+)$/.exec(key);
  if (member !== null) {
    const pointer = valueOfKey(b, member[1] ?? '');
    return pointer === undefined ? undefined : containerOf(pointer, (member[2] ?? '').replaceAll('~', '.'));
  }
  if (key === b.returned) return b.ret;
  return /[.[]/.test(key) ? undefined : symbol(madeKey(b, key));
}

/** The name of a call's result: that of the object, when the callee made one. */
export function resultName(returned: string | undefined, point: string): string {
  if (returned?.startsWith('heapz') === true) return `heapz${point}/${returned}`;
  return returned?.startsWith('heap') === true ? `heap${point}/${returned}` : `r${point}`;
}

/** The caller's name for a value the callee made. */
export function madeKey(b: Reading, key: string): string {
  return `${key.startsWith('heapz') ? 'heapz' : key.startsWith('heap') ? 'heap' : 'm'}${b.point}/${key}`;
}

/** The caller's place for a place of the callee. */
export function placeOfKey(b: Reading, place: string): string | undefined {
  if (place.endsWith('[*]')) {
    const base = place.slice(0, -3);
    const pointer = valueOfKey(b, base);
    if (pointer !== undefined) return regionOf(pointer);
    if (/^arg\d+$/.test(base)) return undefined;
    const array = placeOfKey(b, base);
    return array === undefined ? undefined : `${array}[*]`;
  }
  const dot = place.lastIndexOf('.');
  const at = Math.max(place.lastIndexOf('@'), place.lastIndexOf(']'));
  if (dot > at) {
    const base = placeOfKey(b, place.slice(0, dot));
    if (base === undefined) return undefined;
    const field = place.slice(dot);
    return field.startsWith('.<') && field !== '.<pages>' && field !== OTHERS
      ? `${base}${field.slice(0, -1)}/${b.point}>`
      : base + field;
  }
  if (place.startsWith('g:published') || place.startsWith('g:elsewhere')) return `${place} ${b.point}`;
  return place.startsWith('g:') ? place : undefined;
}
