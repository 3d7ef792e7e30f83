/**
 * Maps and sets with string keys that are copied often and changed a little after each copy: copies share what they had in common,
 * each has its own few changes on top. A copy costs what was changed since the last time all was put together, not the size.
 */

/** Changes kept apart at most; more are put together with what is shared. */
const MAX_CHANGES = 24;

/** What can be read of an `OverlayMap`. */
export interface OverlayView<V> {
  readonly size: number;
  get(key: string): V | undefined;
  has(key: string): boolean;
  /** All entries, in the order they came; the map must not change meanwhile. */
  forEach(visit: (value: V, key: string) => void): void;
  [Symbol.iterator](): Iterator<[string, V]>;
  /** Visits the keys whose values differ, each once; undefined where one has none. Cheap between copies of one map. */
  forEachDifference(
    other: OverlayView<V>,
    visit: (own: V | undefined, others: V | undefined, key: string) => void,
  ): void;
  /** A copy that can be changed without changing this. */
  copy(): OverlayMap<V>;
  /** What both hold; values that differ are combined, and left out where that gives nothing. */
  meet(other: OverlayView<V>, combine: (own: V, others: V) => V | undefined): OverlayMap<V>;
}

/** A map to values that are never undefined. */
export class OverlayMap<V> implements OverlayView<V> {
  /** Shared with copies, never written to once it is. */
  #base: Map<string, V>;
  #shared: boolean;
  /** Changes on top of a shared base; undefined: deleted. */
  #changes: Map<string, V | undefined>;
  #size: number;

  constructor(entries?: Iterable<readonly [string, V]>) {
    this.#base = new Map(entries);
    this.#shared = false;
    this.#changes = new Map();
    this.#size = this.#base.size;
  }

  get size(): number {
    return this.#size;
  }

  get(key: string): V | undefined {
    if (this.#changes.size > 0) {
      const changed = this.#changes.get(key);
      if (changed !== undefined || this.#changes.has(key)) return changed;
    }
    return this.#base.get(key);
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  set(key: string, value: V): this {
    if (!this.#shared) {
      this.#base.set(key, value);
      this.#size = this.#base.size;
      return this;
    }
    if (!this.has(key)) this.#size++;
    this.#changes.set(key, value);
    if (this.#changes.size > 2 * MAX_CHANGES) this.#putTogether();
    return this;
  }

  delete(key: string): void {
    if (!this.has(key)) return;
    this.#size--;
    if (!this.#shared) this.#base.delete(key);
    else if (this.#base.has(key)) this.#changes.set(key, undefined);
    else this.#changes.delete(key);
  }

  forEach(visit: (value: V, key: string) => void): void {
    if (this.#changes.size === 0) {
      this.#base.forEach(visit);
      return;
    }
    this.#base.forEach((value, key) => {
      const changed = this.#changes.get(key);
      if (changed !== undefined) visit(changed, key);
      else if (!this.#changes.has(key)) visit(value, key);
    });
    this.#changes.forEach((value, key) => {
      if (value !== undefined && !this.#base.has(key)) visit(value, key);
    });
  }

  [Symbol.iterator](): Iterator<[string, V]> {
    this.#putTogether();
    return this.#base.entries();
  }

  forEachDifference(
    other: OverlayView<V>,
    visit: (own: V | undefined, others: V | undefined, key: string) => void,
  ): void {
    const show = (own: V | undefined, others: V | undefined, key: string): void => {
      if (own !== others) visit(own, others, key);
    };
    if (other instanceof OverlayMap && this.#base === other.#base) {
      this.#changes.forEach((own, key) => {
        show(own, other.get(key), key);
      });
      other.#changes.forEach((others, key) => {
        if (!this.#changes.has(key)) show(this.#base.get(key), others, key);
      });
      return;
    }
    this.forEach((own, key) => {
      show(own, other.get(key), key);
    });
    other.forEach((others, key) => {
      if (!this.has(key)) show(undefined, others, key);
    });
  }

  meet(other: OverlayView<V>, combine: (own: V, others: V) => V | undefined): OverlayMap<V> {
    const out = this.copy();
    this.forEachDifference(other, (own, others, key) => {
      const both = own === undefined || others === undefined ? undefined : combine(own, others);
      if (both === undefined) out.delete(key);
      else if (both !== own) out.set(key, both);
    });
    return out;
  }

  copy(): OverlayMap<V> {
    if (this.#changes.size > MAX_CHANGES) this.#putTogether();
    this.#shared = true;
    const copy = new OverlayMap<V>();
    copy.#base = this.#base;
    copy.#shared = true;
    copy.#changes = new Map(this.#changes);
    copy.#size = this.#size;
    return copy;
  }

  #putTogether(): void {
    if (this.#changes.size === 0) return;
    const all = new Map(this.#base);
    this.#changes.forEach((value, key) => {
      if (value === undefined) all.delete(key);
      else all.set(key, value);
    });
    this.#base = all;
    this.#shared = false;
    this.#changes = new Map();
  }
}

/** What can be read of an `OverlaySet`. */
export interface OverlaySetView {
  readonly size: number;
  has(key: string): boolean;
  [Symbol.iterator](): Iterator<string>;
  /** A copy that can be changed without changing this. */
  copy(): OverlaySet;
  /** What is in both. */
  meet(other: OverlaySetView): OverlaySet;
}

/** A set of strings that is copied as an `OverlayMap` is. */
export class OverlaySet implements OverlaySetView {
  readonly #map: OverlayMap<true>;

  constructor(map: OverlayMap<true> = new OverlayMap()) {
    this.#map = map;
  }

  get size(): number {
    return this.#map.size;
  }

  has(key: string): boolean {
    return this.#map.has(key);
  }

  add(key: string): this {
    this.#map.set(key, true);
    return this;
  }

  [Symbol.iterator](): Iterator<string> {
    const keys: string[] = [];
    this.#map.forEach((_, key) => {
      keys.push(key);
    });
    return keys.values();
  }

  copy(): OverlaySet {
    return new OverlaySet(this.#map.copy());
  }

  meet(other: OverlaySetView): OverlaySet {
    if (other instanceof OverlaySet) return new OverlaySet(this.#map.meet(other.#map, () => true));
    const out = new OverlaySet();
    for (const key of this) if (other.has(key)) out.add(key);
    return out;
  }
}
