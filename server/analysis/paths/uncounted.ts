/** Objects that die with pages in them while a number in them is known for 0: it may count the pages, though the path lost the tie. */
import { type PathState, setResource } from './path-state.ts';

/** Marks the resources that are held in an object whose places begin with `object`, where the path says that it is empty. */
export function noteUncounted(s: PathState, object: string): void {
  if (s.resources.size === 0 || ![...s.resources.values()].some((r) => r.hold.kind === 'held')) return;
  const held = new Set<string>();
  let empty = false;
  s.env.forEachBelow(object, (v, place) => {
    if (place[object.length] !== '.') return;
    for (const id of v.prov) held.add(id);
    if (v.kind === 'int' || v.prov.length > 0 || /[.[]/.test(place.slice(object.length + 1))) return;
    empty ||= s.facts.intervals.get(v.key)?.high === 0;
  });
  if (!empty) return;
  for (const id of held) {
    const r = s.resources.get(id);
    if (r !== undefined) setResource(s, { ...r, uncounted: true });
  }
}
