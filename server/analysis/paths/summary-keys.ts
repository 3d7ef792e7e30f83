/** A callee's keys read by its caller: values and places are rebuilt from the call's arguments. */
import { intValue, opValue, regionOf, symbol, type Value } from '../../flow/value.ts';
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

/** What a key of a callee says, read from its text. */
type KeyShape =
  | { readonly kind: 'argument'; readonly index: number }
  | { readonly kind: 'entry'; readonly place: string }
  | { readonly kind: 'masked'; readonly value: string; readonly mask: Value }
  | { readonly kind: 'walked'; readonly container: string; readonly rest: string }
  | { readonly kind: 'member'; readonly pointer: string; readonly member: string }
  /** `place`: it is that of memory, and no value's name. */
  | { readonly kind: 'made'; readonly place: boolean };

const shapes = new Map<string, KeyShape>();
/** Shapes that are kept. */
const MAX_SHAPES = 20_000;

function shapeOf(key: string): KeyShape {
  let shape = shapes.get(key);
  if (shape === undefined) {
    if (shapes.size >= MAX_SHAPES) shapes.clear();
    shape = readShape(key);
    shapes.set(key, shape);
  }
  return shape;
}

function readShape(key: string): KeyShape {
  const argument = /^arg(\d+)$/.exec(key);
  if (argument !== null) return { kind: 'argument', index: Number(argument[1]) };
  if (key.endsWith('@')) return { kind: 'entry', place: key.slice(0, -1) };
  const masked = maskedArgument(key);
  if (masked !== undefined) {
    const mask = masked.mask.startsWith('#') ? intValue(Number(masked.mask.slice(1))) : symbol(masked.mask);
    return { kind: 'masked', value: masked.value, mask };
  }
  const container = walkedContainer(key);
  if (container !== undefined) return { kind: 'walked', container, rest: key.slice(container.length) };
  const member = /^(.*)\^([\w~]+)$/.exec(key);
  if (member !== null)
    return { kind: 'member', pointer: member[1] ?? '', member: (member[2] ?? '').replaceAll('~', '.') };
  return { kind: 'made', place: /[.[]/.test(key) };
}

/** The caller's value for a key of the callee; undefined for values the callee made and that are not known here. */
export function valueOfKey(b: Reading, key: string): Value | undefined {
  const shape = shapeOf(key);
  switch (shape.kind) {
    case 'argument':
      return b.args[shape.index];
    case 'entry': {
      const place = placeOfKey(b, shape.place);
      return place === undefined ? undefined : readKey(b.s, place, ownerOfPlace(b.s, place));
    }
    case 'masked': {
      const v = valueOfKey(b, shape.value);
      return v === undefined ? undefined : opValue('&', [v, shape.mask]);
    }
    case 'walked': {
      const place = placeOfKey(b, shape.container);
      if (place === undefined) return undefined;
      const here = place + shape.rest;
      return symbol(here, { prov: provenanceIn(b.s, place), path: isEntryKey(here) ? here : undefined });
    }
    case 'member': {
      const pointer = valueOfKey(b, shape.pointer);
      return pointer === undefined ? undefined : containerOf(pointer, shape.member);
    }
    case 'made':
      if (key === b.returned) return b.ret;
      return shape.place ? undefined : symbol(madeKey(b, key));
  }
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
