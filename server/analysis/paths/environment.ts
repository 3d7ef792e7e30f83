/** The values of a path's places, and which of them reach pages: what paths that meet are compared by. */
import { OverlayMap } from '../../base/overlay.ts';
import type { Value } from '../../flow/value.ts';

/** Whether a value reaches pages, or is or points into an object made in the function, through which some may be reached. */
function concernsPages(v: Value | undefined): boolean {
  if (v === undefined || v.kind === 'int') return false;
  return v.prov.length > 0 || (v.kind === 'symbol' ? /^&?heap/.test(v.key) : v.key.includes('heap'));
}

/** Whether a place is a temporary of the intermediate form: written once, read soon after, dead at the end of the block. */
function isTemp(place: string): boolean {
  return place.charCodeAt(1) === COLON && place.charCodeAt(0) === LETTER_T;
}

const COLON = 0x3a;
const LETTER_T = 0x74;

/** A place and its value. */
export interface Held {
  readonly place: string;
  readonly value: Value;
}

/** Texts by numbers, each text by one. */
export class Numbers {
  readonly #known = new Map<string, number>();

  of(text: string): number {
    let n = this.#known.get(text);
    if (n === undefined) {
      n = this.#known.size;
      this.#known.set(text, n);
    }
    return n;
  }
}

/** What an environment knows of the values that reach pages or objects, until one of them changes. */
interface Concerning {
  readonly list: readonly Held[];
  /** Number of the text that was computed from them. */
  digest: number | undefined;
}

/** Values of places. Temporaries are kept apart: they come and go with every block, what is in memory stays. */
export class Environment {
  readonly #places: OverlayMap<Value>;
  readonly #temps: OverlayMap<Value>;
  #concerning: Concerning | undefined;

  constructor(places = new OverlayMap<Value>(), temps = new OverlayMap<Value>(), concerning?: Concerning) {
    this.#places = places;
    this.#temps = temps;
    this.#concerning = concerning;
  }

  /**
   * The values that reach pages, or are or point into objects made in the function, with their places; listed once for each of their
   * states.
   */
  concerning(): readonly Held[] {
    return this.#concerned().list;
  }

  /** The number of a text that depends on `concerning()` alone, which is computed once for each of their states. */
  digest(numbers: Numbers, compute: (list: readonly Held[]) => string): number {
    const known = this.#concerned();
    known.digest ??= numbers.of(compute(known.list));
    return known.digest;
  }

  #concerned(): Concerning {
    if (this.#concerning === undefined) {
      const list: Held[] = [];
      this.forEach((value, place) => {
        if (concernsPages(value)) list.push({ place, value });
      });
      this.#concerning = { list, digest: undefined };
    }
    return this.#concerning;
  }

  get(place: string): Value | undefined {
    return isTemp(place) ? this.#temps.get(place) : this.#places.get(place);
  }

  has(place: string): boolean {
    return this.get(place) !== undefined;
  }

  set(place: string, value: Value): void {
    const values = isTemp(place) ? this.#temps : this.#places;
    if (this.#concerning !== undefined && (concernsPages(value) || concernsPages(values.get(place))))
      this.#concerning = undefined;
    values.set(place, value);
  }

  delete(place: string): void {
    const values = isTemp(place) ? this.#temps : this.#places;
    const old = values.get(place);
    if (old === undefined) return;
    if (concernsPages(old)) this.#concerning = undefined;
    values.delete(place);
  }

  /** Forgets temporaries that nobody reads any more. */
  dropTemps(temps: readonly string[]): void {
    if (this.#temps.size === 0) return;
    for (let i = 0; i < temps.length; i++) this.delete(temps[i] ?? '');
  }

  /** All values; nothing may be written meanwhile. */
  forEach(visit: (value: Value, place: string) => void): void {
    this.#places.forEach(visit);
    this.#temps.forEach(visit);
  }

  /** Values of the places that lie below a place or an object, by their keys; what was visited may be deleted meanwhile. */
  forEachBelow(prefix: string, visit: (value: Value, place: string) => void): void {
    this.#places.forEachBelow(prefix, visit);
  }

  /** Visits the places whose values differ, each once; undefined where one has none. Nothing may be written to either meanwhile. */
  forEachDifference(
    other: Environment,
    visit: (own: Value | undefined, others: Value | undefined, place: string) => void,
  ): void {
    this.#places.forEachDifference(other.#places, visit);
    this.#temps.forEachDifference(other.#temps, visit);
  }

  *[Symbol.iterator](): Iterator<[string, Value]> {
    yield* { [Symbol.iterator]: () => this.#places[Symbol.iterator]() };
    yield* { [Symbol.iterator]: () => this.#temps[Symbol.iterator]() };
  }

  /** A copy; both share the values until one writes. */
  share(): Environment {
    return new Environment(this.#places.copy(), this.#temps.copy(), this.#concerning);
  }
}
