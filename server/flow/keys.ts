/**
 * Keys of places and values that are spelled again and again while paths are followed. The same text is the same string, so that a map
 * finds it by its identity and what was hashed once.
 */

/** Texts that are kept; beyond that all are forgotten, which costs time alone. */
const MAX_KEYS = 100_000;

const all: Spelled[] = [];
let kept = 0;

/** Texts made of a key. */
class Spelled {
  readonly #known = new Map<string, string>();
  readonly #spell: (key: string) => string;

  constructor(spell: (key: string) => string) {
    this.#spell = spell;
    all.push(this);
  }

  of(key: string): string {
    let text = this.#known.get(key);
    if (text === undefined) {
      if (++kept > MAX_KEYS) forget();
      text = this.#spell(key);
      this.#known.set(key, text);
    }
    return text;
  }

  forget(): void {
    this.#known.clear();
  }
}

function forget(): void {
  for (const spelled of all) spelled.forget();
  kept = 0;
}

const locals = new Spelled((name) => `l:${name}`);
const globals = new Spelled((name) => `g:${name}`);
const elements = new Spelled((key) => `${key}[*]`);
const entries = new Spelled((place) => `${place}@`);
const contents = new Spelled((place) => `${place}.<pages>`);
const dashed = new Spelled((place) => place.replace(/[.[]/g, '-'));
const fields = new Map<string, Spelled>();
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
  let known = fields.get(name);
  if (known === undefined) {
    known = new Spelled((base) => `${base}.${name}`);
    fields.set(name, known);
  }
  return known.of(place);
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
