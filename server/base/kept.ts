/** Answers that are found once and kept: in a map, or beside an object for as long as that lives. */

/** What a map knows of a key; found and put there when it is asked for first. An answer of undefined is not kept. */
export function kept<K, V>(map: Map<K, V>, key: K, find: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const found = find();
  map.set(key, found);
  return found;
}

/** The same with a map of its own for every object. */
export function keptBeside<O extends object, K, V>(maps: WeakMap<O, Map<K, V>>, owner: O, key: K, find: () => V): V {
  let map = maps.get(owner);
  if (map === undefined) {
    map = new Map();
    maps.set(owner, map);
  }
  return kept(map, key, find);
}
