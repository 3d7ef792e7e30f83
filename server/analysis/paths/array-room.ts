/** How many entries an array was made for: of one that was made for none, no entry holds a page. */
import { symbol, type Value } from '../../flow/value.ts';
import { objectKey, type PathState } from './path-state.ts';
import type { Resolved } from './place-pattern.ts';

/** Allocators of arrays, which are told the number of entries first. */
const OF_ARRAYS = /calloc|_array/;

/** Pseudo field of an array that was allocated on the path: the number of its entries. */
const ROOM = '.<room>';

/** Notes for how many entries an allocator is asked: `kcalloc(n, size, gfp)`, `kmalloc(n * sizeof(*p), gfp)`. */
export function noteRoom(s: PathState, array: string, { name, args }: { name: string; args: readonly Value[] }): void {
  const count = OF_ARRAYS.test(name)
    ? args[name.startsWith('devm_') ? 1 : 0]
    : args.map(countIn).find((a) => a !== undefined);
  if (count !== undefined && count.kind !== 'int') s.env.set(array + ROOM, symbol(count.key));
}

/** The number that is multiplied by the size of an entry. */
function countIn(size: Value): Value | undefined {
  if (size.kind !== 'op' || size.op !== '*') return undefined;
  const isSize = (v: Value): boolean => v.kind === 'symbol' && v.key.startsWith('sizeof');
  return size.args.some(isSize) ? size.args.find((a) => !isSize(a)) : undefined;
}

/** The key of the number of entries of the array that pages go into, as far as that is known: so many come at most. */
export function roomIn(s: PathState, target: Resolved): readonly string[] | undefined {
  if (target.kind !== 'place' || !target.key.startsWith('heap')) return undefined;
  const room = s.env.get(objectKey(target.key) + ROOM)?.key;
  return room === undefined ? undefined : [room];
}
