/**
 * Whether two pieces of plain data say the same, and say it of the same places or of places that moved together. Units and functions are
 * the same only where they are one object.
 */
import { LiveUnit } from '../../syntax/live-unit.ts';

/** Compares primitives, arrays, maps, sets and plain objects in depth; there must be no cycles. With `moves`, places may have moved. */
export function sameData(now: unknown, then: unknown, moves?: Moves): boolean {
  if (Object.is(now, then)) return true;
  if (typeof now !== 'object' || typeof then !== 'object' || now === null || then === null) return false;
  if (now instanceof LiveUnit || then instanceof LiveUnit) return false;
  if (Array.isArray(now)) return Array.isArray(then) && sameLists(now, then, moves);
  if (now instanceof Map) return then instanceof Map && sameLists([...now].flat(), [...then].flat(), moves);
  if (now instanceof Set) return then instanceof Set && sameLists([...now], [...then], moves);
  if (Object.getPrototypeOf(now) !== Object.getPrototypeOf(then)) return false;
  const keys = Object.keys(now);
  if (keys.length !== Object.keys(then).length) return false;
  const unit: unknown = Reflect.get(now, 'unit');
  return keys.every((key) => {
    const [a, b]: unknown[] = [Reflect.get(now, key), Reflect.get(then, key)];
    if (moves !== undefined && unit instanceof LiveUnit && isSpan(a) && isSpan(b)) return moves.note(unit, a, b);
    return sameData(a, b, moves);
  });
}

function sameLists(a: readonly unknown[], b: readonly unknown[], moves: Moves | undefined): boolean {
  return a.length === b.length && a.every((item, i) => sameData(item, b[i], moves));
}

interface PlainSpan {
  readonly start: number;
  readonly end: number;
}

function isSpan(data: unknown): data is PlainSpan {
  return (
    typeof data === 'object' && data !== null && 'start' in data && 'end' in data && Object.keys(data).length === 2
  );
}

/** Where places that data names have gone, unit by unit; a place is what stands beside its unit in an object. */
export class Moves {
  readonly #byUnit = new Map<LiveUnit, Map<string, PlainSpan>>();
  #any = false;

  /** Whether anything moved. */
  get any(): boolean {
    return this.#any;
  }

  /** Takes down where a place is now; false where it is already said to be elsewhere. */
  note(unit: LiveUnit, now: PlainSpan, then: PlainSpan): boolean {
    const known = this.#byUnit.get(unit) ?? new Map<string, PlainSpan>();
    this.#byUnit.set(unit, known);
    const key = `${then.start}:${then.end}`;
    const before = known.get(key);
    if (before !== undefined) return before.start === now.start && before.end === now.end;
    known.set(key, now);
    this.#any ||= now.start !== then.start || now.end !== then.end;
    return true;
  }

  /** Data that names the places as they are now; parts in which nothing moved stay the same objects. */
  apply<T>(data: T): T {
    return this.#moved(data, new Map()) as T;
  }

  #moved(data: unknown, done: Map<object, unknown>): unknown {
    if (typeof data !== 'object' || data === null || data instanceof LiveUnit) return data;
    const known = done.get(data);
    if (known !== undefined) return known;
    const made = this.#remade(data, (part) => this.#moved(part, done));
    done.set(data, made);
    return made;
  }

  #remade(data: object, move: (part: unknown) => unknown): unknown {
    if (Array.isArray(data)) {
      const items = data.map(move);
      return items.every((item, i) => item === data[i]) ? data : items;
    }
    if (data instanceof Map) return new Map([...data].map(([key, value]) => [key, move(value)]));
    if (data instanceof Set || Object.getPrototypeOf(data) !== Object.prototype) return data;
    const unit: unknown = Reflect.get(data, 'unit');
    const places = unit instanceof LiveUnit ? this.#byUnit.get(unit) : undefined;
    const entries = Object.entries(data).map(([key, part]: [string, unknown]): [string, unknown] => [
      key,
      isSpan(part) ? (places?.get(`${part.start}:${part.end}`) ?? part) : move(part),
    ]);
    return entries.every(([key, part]) => part === Reflect.get(data, key)) ? data : Object.fromEntries(entries);
  }
}
