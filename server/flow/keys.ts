/**
 * Keys of places and values that are spelled again and again while paths are followed. The same text is the same string, so that a map
 * finds it by its identity and what was hashed once.
 */

/** Keys of which something is spelled; beyond that all are forgotten, which costs time alone. */
const MAX_KEYS = 20_000;

/** Texts made of a key. */
class Spelled<T> {
  readonly #known = new Map<string, T>();
  readonly #spell: (key: string) => T;

  constructor(spell: (key: string) => T) {
    this.#spell = spell;
  }

  of(key: string): T {
    let made = this.#known.get(key);
    if (made === undefined) {
      if (this.#known.size >= MAX_KEYS) this.#known.clear();
      made = this.#spell(key);
      this.#known.set(key, made);
    }
    return made;
  }
}

const locals = new Spelled((name) => `l:${name}`);
const globals = new Spelled((name) => `g:${name}`);
const elements = new Spelled((key) => `${key}[*]`);
const entries = new Spelled((place) => `${place}@`);
const contents = new Spelled((place) => `${place}.<pages>`);
const dashed = new Spelled((place) => place.replace(/[.[]/g, '-'));
const fields = new Spelled((place) => new Spelled((name) => `${place}.${name}`));
const temps: string[] = [];

/** The key of a temporary of the intermediate form. */
export function tempKey(id: number): string {
  temps[id] ??= `t:${id}`;
  return temps[id];
}

/** The key of a variable. Parameters and locals are the function's own, globals everyone's. */
export function variableKey(name: string, scope: 'local' | 'param' | 'global'): string {
  return (scope === 'global' ? globals : locals).of(name);
}

/** The key of a field of what lies at a place. */
export function fieldKey(place: string, name: string): string {
  return fields.of(place).of(name);
}

/** The key of what a pointer with this key points to, of the elements of the array at this place. */
export function elementsKey(key: string): string {
  return elements.of(key);
}

/** The key of what was in memory at a place when the function began. */
export function entryKey(place: string): string {
  return entries.of(place);
}

/** The pseudo field through which what lies at a place carries pages. */
export function contentKey(place: string): string {
  return contents.of(place);
}

/** A place as a part of a value's name. */
export function dashedKey(place: string): string {
  return dashed.of(place);
}
