/** OverlayMap against a plain Map: any sequence of writes, deletions and copies gives the same entries and leaves other copies alone. */
import assert from 'node:assert/strict';
import { OverlayMap, OverlaySet } from '../server/base/overlay.ts';

/** A generator of numbers from 0 to 1 that is the same every time. */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

interface Pair {
  readonly overlay: OverlayMap<number>;
  readonly plain: Map<string, number>;
}

function check({ overlay, plain }: Pair): void {
  const visited = new Map<string, number>();
  overlay.forEach((value, key) => {
    visited.set(key, value);
  });
  assert.deepEqual([...visited].sort(), [...plain].sort());
  assert.equal(overlay.size, plain.size);
  for (let k = 0; k < 60; k++) assert.equal(overlay.get(`k${k}`), plain.get(`k${k}`));
}

describe('overlay', () => {
  it('holds what a Map holds, copy by copy', () => {
    const random = sequence(7);
    const pairs: Pair[] = [{ overlay: new OverlayMap(), plain: new Map() }];
    for (let step = 0; step < 4000; step++) {
      const pair = pairs[Math.floor(random() * pairs.length)];
      assert.ok(pair);
      const key = `k${Math.floor(random() * 60)}`;
      const what = random();
      if (what < 0.6) {
        pair.overlay.set(key, step);
        pair.plain.set(key, step);
      } else if (what < 0.9) {
        pair.overlay.delete(key);
        pair.plain.delete(key);
      } else {
        pairs[Math.floor(random() * 8)] = { overlay: pair.overlay.copy(), plain: new Map(pair.plain) };
        for (let i = 0; i < pairs.length; i++) pairs[i] ??= { overlay: new OverlayMap(), plain: new Map() };
      }
      if (step % 50 === 0) pairs.forEach(check);
      if (step % 333 === 0) assert.deepEqual([...pair.overlay].sort(), [...pair.plain].sort());
    }
    pairs.forEach(check);
  });

  it('finds what lies below a key, copy by copy, also while it is deleted', () => {
    const random = sequence(11);
    const parts = ['a', 'b', 'ab', 'a[*]', 'b[*]', '(+ a.b #1)'];
    const keys = parts.flatMap((x) => [x, ...parts.flatMap((y) => [`${x}.${y}`, `${x}[*].${y}`, `${x}.${y}.${x}`])]);
    let pair: Pair = { overlay: new OverlayMap(), plain: new Map() };
    for (let step = 0; step < 2000; step++) {
      const key = keys[Math.floor(random() * keys.length)] ?? '';
      if (random() < 0.1) pair = { overlay: pair.overlay.copy(), plain: new Map(pair.plain) };
      pair.overlay.set(key, step);
      pair.plain.set(key, step);
      if (step % 20 !== 0) continue;
      const prefix = keys[Math.floor(random() * keys.length)] ?? '';
      const isBelow = (k: string): boolean => k.startsWith(`${prefix}.`) || k.startsWith(`${prefix}[`);
      const found: [string, number][] = [];
      pair.overlay.forEachBelow(prefix, (value, k) => {
        found.push([k, value]);
        if (step % 40 === 0) pair.overlay.delete(k);
      });
      assert.deepEqual(found.sort(), [...pair.plain].filter(([k]) => isBelow(k)).sort());
      if (step % 40 === 0) for (const [k] of found) pair.plain.delete(k);
      assert.deepEqual([...pair.overlay].sort(), [...pair.plain].sort());
    }
  });

  it('keeps the members of a copied set apart', () => {
    const a = new OverlaySet().add('x');
    const b = a.copy().add('y');
    assert.deepEqual([...a], ['x']);
    assert.deepEqual([...b], ['x', 'y']);
    assert.equal(b.has('y') && !a.has('y'), true);
  });
});
