/** The object that a value was found through: pages and the mapping of one object stand side by side in it. */
import type { Value } from '../../flow/value.ts';

/** Arithmetic on a number or an address that leaves it one of the same object. */
const STAYS = /^(?:[-+|&]|<<|>>|\/|ceil|[us]\d+)$/;

/** Key of the place that a value was read from, or that it is another name of or computed from. */
export function foundBy(v: Value): string | undefined {
  switch (v.kind) {
    case 'int':
      return undefined;
    case 'address':
      return v.place;
    case 'op':
      return STAYS.test(v.op) ? v.args.map(foundBy).find((key) => key !== undefined) : undefined;
    case 'symbol':
      return v.path ?? v.of ?? (objectIn(v.key) === undefined ? undefined : v.key);
  }
}

/** Key of the object in which a place lies: `arg0` for `arg0[*].pages@[*]@`; undefined for what is no object's field. */
export function objectIn(place: string): string | undefined {
  const at = place.lastIndexOf('[*].');
  if (at > 0) return place.slice(0, at);
  return /^([gl]:[^.@[]+)\./.exec(place)?.[1];
}

/** The object that a value was found through. */
export function objectOf(v: Value): string | undefined {
  const place = foundBy(v);
  return place === undefined ? undefined : objectIn(place);
}
