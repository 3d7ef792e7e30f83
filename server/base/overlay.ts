/**
 * Maps and sets with string keys that are copied often and changed a little after each copy. Copies share a tree of small arrays in
 * which keys stand by their numbers: a copy costs nothing, a change the few arrays on the way to its key, and two copies are compared
 * by looking only where they no longer share.
 */

/** What can be read of an `OverlayMap`. */
export interface OverlayView<V> {
  readonly size: number;
  get(key: string): V | undefined;
  has(key: string): boolean;
  /** All entries, in the order in which any copy met their keys first; the map must not change meanwhile. */
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

/** Bits of a key's number that one level of the tree decides. */
const BITS = 4;

/** Branches of a node. */
const WIDTH = 1 << BITS;

const DOT = 0x2e;
const BRACKET = 0x5b;

/** What all copies of a map have in common: the numbers of keys, in the order they came. */
class KeyNumbers {
  readonly numbers = new Map<string, number>();
  readonly keys: string[] = [];
  /** Stamps given so far. */
  stamps = 0;
  /** Keys by what they lie below, as far as they were looked at. */
  readonly #below = new Map<string, number[]>();
  #looked = 0;

  /** The numbers of keys that go on behind `prefix` with a dot or a bracket, in order. */
  below(prefix: string): readonly number[] {
    for (; this.#looked < this.keys.length; this.#looked++) this.#note(this.keys[this.#looked] ?? '');
    return this.#below.get(prefix) ?? [];
  }

  #note(key: string): void {
    for (let i = 1; i < key.length; i++) {
      const c = key.charCodeAt(i);
      if (c !== DOT && c !== BRACKET) continue;
      const prefix = key.slice(0, i);
      const list = this.#below.get(prefix);
      if (list === undefined) this.#below.set(prefix, [this.#looked]);
      else list.push(this.#looked);
    }
  }

  numberOf(key: string): number {
    const known = this.numbers.get(key);
    if (known !== undefined) return known;
    this.numbers.set(key, this.keys.length);
    return this.keys.push(key) - 1;
  }
}

/** A node: nodes below it or, at level 0, values; behind them the stamp of the map that may write to it. */
type Node = unknown[];

/** A map to values that are never undefined. */
export class OverlayMap<V> implements OverlayView<V> {
  readonly #numbers: KeyNumbers;
  #root: Node | undefined;
  /** Bits of a key's number below those that the root decides. */
  #shift = 0;
  #size = 0;
  #stamp: number;

  /** `numbers`: those of the map that this is to be a copy of. */
  constructor(numbers = new KeyNumbers()) {
    this.#numbers = numbers;
    this.#stamp = ++numbers.stamps;
  }

  get size(): number {
    return this.#size;
  }

  get(key: string): V | undefined {
    const id = this.#numbers.numbers.get(key);
    return id === undefined ? undefined : this.#at(id);
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  set(key: string, value: V): this {
    const id = this.#numbers.numberOf(key);
    this.#root ??= newNode(this.#stamp);
    while (id >>> this.#shift >= WIDTH) {
      const above = newNode(this.#stamp);
      above[0] = this.#root;
      this.#root = above;
      this.#shift += BITS;
    }
    let node = this.#own(this.#root);
    this.#root = node;
    for (let shift = this.#shift; shift > 0; shift -= BITS) {
      const branch = (id >>> shift) & (WIDTH - 1);
      const below = node[branch] as Node | undefined;
      const next = below === undefined ? newNode(this.#stamp) : this.#own(below);
      node[branch] = next;
      node = next;
    }
    const last = id & (WIDTH - 1);
    if (node[last] === undefined) this.#size++;
    node[last] = value;
    return this;
  }

  delete(key: string): void {
    const id = this.#numbers.numbers.get(key);
    if (id === undefined || this.#root === undefined || this.#at(id) === undefined) return;
    this.#size--;
    this.#root = this.#without(this.#root, id, this.#shift);
    if (this.#root === undefined) this.#shift = 0;
  }

  forEach(visit: (value: V, key: string) => void): void {
    if (this.#root !== undefined)
      visitAll(this.#root, { shift: this.#shift, first: 0, keys: this.#numbers.keys }, visit);
  }

  /** Visits the entries whose keys go on behind `prefix` with a dot or a bracket; what was visited may be deleted meanwhile. */
  forEachBelow(prefix: string, visit: (value: V, key: string) => void): void {
    if (this.#root === undefined) return;
    for (const id of this.#numbers.below(prefix)) {
      const value = this.#at(id);
      if (value !== undefined) visit(value, this.#numbers.keys[id] ?? '');
    }
  }

  [Symbol.iterator](): Iterator<[string, V]> {
    const entries: [string, V][] = [];
    this.forEach((value, key) => {
      entries.push([key, value]);
    });
    return entries.values();
  }

  forEachDifference(
    other: OverlayView<V>,
    visit: (own: V | undefined, others: V | undefined, key: string) => void,
  ): void {
    if (other instanceof OverlayMap && this.#numbers === other.#numbers) {
      const shift = Math.max(this.#shift, other.#shift);
      const level = { shift, first: 0, keys: this.#numbers.keys };
      const [own, others] = [this.#lifted(shift), other.#lifted(shift)];
      if (own !== others) visitDifferences(own, others, level, visit);
      return;
    }
    this.forEach((own, key) => {
      const others = other.get(key);
      if (own !== others) visit(own, others, key);
    });
    other.forEach((others, key) => {
      if (!this.has(key)) visit(undefined, others, key);
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
    const copy = new OverlayMap<V>(this.#numbers);
    copy.#root = this.#root;
    copy.#shift = this.#shift;
    copy.#size = this.#size;
    // Neither may write to what is there now.
    this.#stamp = ++this.#numbers.stamps;
    return copy;
  }

  #at(id: number): V | undefined {
    let node = this.#root;
    if (node === undefined || id >>> this.#shift >= WIDTH) return undefined;
    for (let shift = this.#shift; shift > 0; shift -= BITS) {
      node = node[(id >>> shift) & (WIDTH - 1)] as Node | undefined;
      if (node === undefined) return undefined;
    }
    return node[id & (WIDTH - 1)] as V | undefined;
  }

  /** The node itself where no copy shares it. */
  #own(node: Node): Node {
    if (node[WIDTH] === this.#stamp) return node;
    const own = node.slice();
    own[WIDTH] = this.#stamp;
    return own;
  }

  /** A node without a key that lies below it; undefined when nothing else does. */
  #without(node: Node, id: number, shift: number): Node | undefined {
    const branch = (id >>> shift) & (WIDTH - 1);
    const left = shift === 0 ? undefined : this.#without(node[branch] as Node, id, shift - BITS);
    if (left === undefined && isOnly(node, branch)) return undefined;
    const own = this.#own(node);
    own[branch] = left;
    return own;
  }

  /** The root as it would be if numbers had this many bits below it. */
  #lifted(shift: number): Node | undefined {
    let root = this.#root;
    for (let at = this.#shift; root !== undefined && at < shift; at += BITS) {
      const above = newNode(0);
      above[0] = root;
      root = above;
    }
    return root;
  }
}

function newNode(stamp: number): Node {
  const node: Node = new Array(WIDTH + 1).fill(undefined);
  node[WIDTH] = stamp;
  return node;
}

function isOnly(node: Node, branch: number): boolean {
  for (let i = 0; i < WIDTH; i++) if (i !== branch && node[i] !== undefined) return false;
  return true;
}

/** Where a node stands: the bits below it, the least number that it leads to. */
interface Level {
  readonly shift: number;
  readonly first: number;
  readonly keys: readonly string[];
}

function below({ shift, first, keys }: Level, branch: number): Level {
  return { shift: shift - BITS, first: first + (branch << shift), keys };
}

function visitAll<V>(node: Node, level: Level, visit: (value: V, key: string) => void): void {
  for (let i = 0; i < WIDTH; i++) {
    const inside = node[i];
    if (inside === undefined) continue;
    if (level.shift === 0) visit(inside as V, level.keys[level.first + i] ?? '');
    else visitAll(inside as Node, below(level, i), visit);
  }
}

function visitDifferences<V>(
  a: Node | undefined,
  b: Node | undefined,
  level: Level,
  visit: (own: V | undefined, others: V | undefined, key: string) => void,
): void {
  for (let i = 0; i < WIDTH; i++) {
    const own = a?.[i];
    const others = b?.[i];
    if (own === others) continue;
    if (level.shift === 0) visit(own as V | undefined, others as V | undefined, level.keys[level.first + i] ?? '');
    else visitDifferences(own as Node | undefined, others as Node | undefined, below(level, i), visit);
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
