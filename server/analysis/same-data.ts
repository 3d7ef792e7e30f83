/** Whether two pieces of plain data say the same. Units and functions are the same only where they are one object. */
import { LiveUnit } from '../syntax/live-unit.ts';

/** Compares primitives, arrays, maps, sets and plain objects in depth; there must be no cycles. */
export function sameData(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (a instanceof LiveUnit || b instanceof LiveUnit) return false;
  if (Array.isArray(a)) return Array.isArray(b) && sameLists(a, b);
  if (a instanceof Map) return b instanceof Map && sameLists([...a].flat(), [...b].flat());
  if (a instanceof Set) return b instanceof Set && sameLists([...a], [...b]);
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length && keys.every((key) => sameData(Reflect.get(a, key), Reflect.get(b, key)))
  );
}

function sameLists(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, i) => sameData(item, b[i]));
}
