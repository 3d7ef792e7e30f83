/** At an exit: which resources can still be reached, from where, and who owns the place. */
import { intervalOf } from '../../flow/facts.ts';
import { mergeProvenance, type Owner, type Provenance, regionOf, type Value } from '../../flow/value.ts';
import { objectKey, type PathState } from './path-state.ts';

/** A place in memory that lives on, through which a resource is reached. */
export interface Handle {
  readonly place: string;
  readonly owner: Owner | undefined;
  /** For a place in an object that is reached through a field of another one: that field. */
  readonly through?: Owner | undefined;
  /** Where the way to it begins: a place that is no part of an object made in the function. */
  readonly root: string;
}

/** Handles by resource id. */
export type Reach = ReadonlyMap<string, readonly Handle[]>;

/** Whether a place dies with the function or with an object made in it. */
function isOwnPlace(place: string): boolean {
  return place.startsWith('l:') || place.startsWith('t:') || place.startsWith('heap');
}

/** Whether a value is, or points to, something that may reach pages: an object made in the function, or pages themselves. */
function mayReach(v: Value): boolean {
  return v.prov.length > 0 || (v.kind === 'symbol' || v.kind === 'int' ? v.key : regionOf(v)).startsWith('heap');
}

/**
 * Whether a path has found a value to be NULL or an error: what vmap() returns where it fails leads to no page. What is so from birth on
 * stands for other elements, too.
 */
function isNone(s: PathState, v: Value): boolean {
  return v.kind === 'symbol' && v.prov.length > 0 && v.high > 0 && intervalOf(s.facts, v).high <= 0;
}

/** Of what reachable() may be asked beyond the usual. */
interface Ways {
  /** From variables, too. */
  readonly fromLocals?: boolean;
  /** Not by these places. */
  readonly without?: (place: string) => boolean;
}

/** Finds what is reachable from the result, arguments, globals and memory of unknown origin. */
export function reachable(s: PathState, result: Value | undefined, { fromLocals, without }: Ways = {}): Reach {
  const out = new Map<string, Handle[]>();
  const seen = new Set<string>();
  const queue: (Handle & { readonly value: Value })[] = [];
  if (result !== undefined) queue.push({ value: result, place: 'ret', owner: undefined, root: 'ret' });
  for (const { value, place } of s.env.concerning()) {
    if ((fromLocals === true ? place.startsWith('heap') : isOwnPlace(place)) || !mayReach(value)) continue;
    if (without?.(place) === true) continue;
    const through = ownerOfObject(s, place, value);
    const owner = ownerOfPlace(s, place) ?? (place.startsWith('r') ? through : undefined);
    queue.push({ value, place, owner, through, root: place });
  }
  for (let item = queue.pop(); item !== undefined; item = queue.pop()) {
    const { value: reached, ...handle } = item;
    if (isNone(s, reached)) continue;
    for (const id of reached.prov) out.set(id, [...(out.get(id) ?? []), handle]);
    const region = regionOf(reached);
    if (!region.startsWith('heap') || seen.has(region)) continue;
    seen.add(region);
    const object = region.replace(/^(heap[^[.]*).*$/, '$1');
    const { owner, root } = item;
    s.env.forEachBelow(object, (value, place) => {
      queue.push({ value, place, owner: ownerOfPlace(s, place) ?? owner, through: owner, root });
    });
  }
  return out;
}

/** The field that points to the object of unknown origin (what a callee nobody can look into returned, one of two) in which pages lie. */
function ownerOfObject(s: PathState, place: string, value: Value): Owner | undefined {
  const root = /^(?:r|phi)[^[.@]*(?=[[.])/.exec(place)?.[0];
  if (root === undefined || value.prov.length === 0) return undefined;
  let owner: Owner | undefined;
  s.env.forEach((pointer, at) => {
    if (owner === undefined && pointer.key === root && !isOwnPlace(at)) owner = ownerOfPlace(s, at);
  });
  return owner;
}

/** The owner of the field that a place is, or lies below. */
export function ownerOfPlace(s: PathState, place: string): Owner | undefined {
  let p = place;
  for (;;) {
    const found = s.owners.get(p);
    if (found !== undefined) return found;
    const cut = p.endsWith('[*]')
      ? p.slice(0, -3)
      : p.endsWith('@')
        ? p.slice(0, -1)
        : p.endsWith('.<pages>')
          ? p.slice(0, -8)
          : undefined;
    if (cut === undefined) return p.startsWith('g:') ? { tag: undefined, field: p.slice(2), global: true } : undefined;
    p = cut;
  }
}

/** The container that a value met in a loop over it comes from: `arg0[*].list` for `arg0[*].list%[*].pages@`. */
export function walkedContainer(key: string): string | undefined {
  const at = key.indexOf('%');
  return at < 0 ? undefined : key.slice(0, at);
}

/** Resources met by who walks over a container: what lies in it, or was put into a carrier whose member it is. */
export function provenanceIn(s: PathState, container: string): Provenance {
  let prov = provenanceBelow(s, container);
  // What `table.sgl` points to is what was put into `table`.
  const member = container.endsWith('[*]') ? container.slice(0, -3) : container;
  for (let dot = member.lastIndexOf('.'); dot > member.lastIndexOf(']'); dot = member.lastIndexOf('.', dot - 1))
    prov = mergeProvenance(prov, s.env.get(`${member.slice(0, dot)}.<pages>`)?.prov ?? []);
  return prov;
}

/** Resources reachable from what lies at or below a place, through the objects linked there. */
export function provenanceBelow(s: PathState, place: string): Provenance {
  let prov: Provenance = [];
  if (s.resources.size === 0) return prov;
  const seen = new Set<string>();
  const queue = [place];
  for (let root = queue.pop(); root !== undefined; root = queue.pop()) {
    if (seen.has(root)) continue;
    seen.add(root);
    for (const { value, place: p } of s.env.concerning()) {
      if (!p.startsWith(root) || (p.length > root.length && !'.[%@'.includes(p[root.length] ?? ''))) continue;
      prov = mergeProvenance(prov, value.prov);
      const { key } = value;
      if (key.startsWith('heap') || key.startsWith('&heap')) queue.push(objectKey(key.replace(/^&/, '')));
    }
  }
  return prov;
}
