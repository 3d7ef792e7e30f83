/**
 * What a number means as gup_flags, kernel by kernel: all values but FOLL_WRITE changed in 6.3, and some were used again
 * for another flag before.
 */
import type { Model } from '../../../../model/index.ts';
import { type KernelRange, rangeOf } from '../../../../model/version.ts';
import { type Kernels, unionOf } from '../kernels.ts';

/** A meaning of a number and the releases that give it. */
export interface Reading {
  /** FOLL_ names, by value; empty for 0. */
  readonly names: readonly string[];
  /** Bits that no flag of these releases has. */
  readonly unknownBits: number;
  readonly kernels: Kernels;
}

/** The meanings of a number on some releases, oldest first; one when it means the same on all of them. */
export function readingsOf(model: Model, value: number, on: Kernels): readonly Reading[] {
  const readings = new Map<string, { names: readonly string[]; unknownBits: number; ranges: KernelRange[] }>();
  for (const piece of pieces(model, on)) {
    const { names, unknownBits } = decode(model, value, piece.since);
    const key = `${names.join('|')}:${unknownBits}`;
    const known = readings.get(key);
    if (known === undefined) readings.set(key, { names, unknownBits, ranges: [piece] });
    else known.ranges.push(piece);
  }
  return [...readings.values()].map((r) => ({
    names: r.names,
    unknownBits: r.unknownBits,
    kernels: unionOf(r.ranges),
  }));
}

/** A reading as a message says it: `FOLL_GET on 6.12`. */
export function showReading(reading: Reading, show: (kernels: Kernels) => string): string {
  const rest = reading.unknownBits === 0 ? [] : [`0x${reading.unknownBits.toString(16)} (no flag)`];
  const text = [...reading.names, ...rest].join(' | ');
  return `${text === '' ? 'no flag' : text} on ${show(reading.kernels)}`;
}

/** Flags whose bit is set in `value` on one release, and the bits left over. */
function decode(model: Model, value: number, at: number): { names: readonly string[]; unknownBits: number } {
  const found: { name: string; value: number }[] = [];
  let rest = value;
  for (const name of model.flagNames()) {
    for (const row of model.allFlags(name)) {
      const range = rangeOf(row.kernels);
      if (at < range.since || at >= range.until || (value & row.value) === 0) continue;
      found.push({ name, value: row.value });
      rest &= ~row.value;
    }
  }
  found.sort((a, b) => a.value - b.value);
  return { names: found.map((f) => f.name), unknownBits: rest };
}

/** The ranges of `on`, cut wherever a flag starts, ends or changes its value. */
function pieces(model: Model, on: Kernels): readonly KernelRange[] {
  const cuts = new Set<number>();
  for (const name of model.flagNames()) {
    for (const row of model.allFlags(name)) {
      const range = rangeOf(row.kernels);
      cuts.add(range.since);
      cuts.add(range.until);
    }
  }
  let out: readonly KernelRange[] = on;
  for (const cut of cuts) {
    out = out.flatMap((r) =>
      r.since < cut && cut < r.until
        ? [
            { since: r.since, until: cut },
            { since: cut, until: r.until },
          ]
        : [r],
    );
  }
  return [...out].sort((a, b) => a.since - b.since);
}
