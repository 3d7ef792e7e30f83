/** The byte scanner against a plain search, on texts made to lie across its blocks; and that its module is the one of scan.wat. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Scanner } from '../server/host/scan.ts';
import { SCAN_SOURCE_HASH } from '../server/host/scan-module.ts';
import { temporaryTree } from './harness/cli.ts';

/** Numbers from a fixed seed (xorshift). */
function numbers(seed: number): () => number {
  let x = seed;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) / 2 ** 32;
  };
}

describe('scanner', () => {
  it('is compiled from the scan.wat at hand', () => {
    const source = readFileSync('server/host/scan.wat');
    assert.equal(SCAN_SOURCE_HASH, createHash('sha256').update(source).digest('hex'), 'run scripts/scan-module.mjs');
  });

  it('finds exactly what a plain search finds, in 3,000 random texts', () => {
    const next = numbers(7);
    const letters = 'abcd_FO\n';
    const word = (n: number): string =>
      Array.from({ length: n }, () => letters[Math.floor(next() * letters.length)])
        .join('')
        .replace(/\n/g, 'x');
    for (let round = 0; round < 60; round++) {
      const strings = Array.from({ length: 1 + Math.floor(next() * 20) }, () => word(3 + Math.floor(next() * 6)));
      const scanner = new Scanner(strings);
      for (let i = 0; i < 50; i++) {
        const text = Array.from(
          { length: Math.floor(next() * 300) },
          () => letters[Math.floor(next() * letters.length)],
        ).join('');
        const expected = strings.some((s) => text.includes(s));
        assert.equal(scanner.scanBytes(Buffer.from(text)), expected, JSON.stringify({ strings, text }));
      }
    }
  });

  it('finds a string wherever it lies, across blocks too', () => {
    const scanner = new Scanner(['iov_iter_extract_pages', 'FOLL_']);
    const block = 1024 * 1024;
    for (const at of [
      0,
      1,
      15,
      16,
      17,
      block - 30,
      block - 22,
      block - 21,
      block - 11,
      block - 1,
      block,
      block + 5,
      2 * block - 43,
      2 * block - 10,
      3 * block - 22,
    ]) {
      for (const text of ['iov_iter_extract_pages', 'FOLL_']) {
        const bytes = Buffer.alloc(3 * block, 'a');
        bytes.write(text, at);
        assert.equal(scanner.scanBytes(bytes), true, `${text} at ${at}`);
        const tree = temporaryTree({ 'x.c': bytes });
        assert.equal(scanner.scanFile(path.join(tree, 'x.c')).found, true, `${text} at ${at} of a file`);
      }
    }
  });

  it('does not find what an earlier, longer file left behind', () => {
    const scanner = new Scanner(['get_user_pages']);
    assert.equal(scanner.scanBytes(Buffer.from(`${'x'.repeat(100)}get_user_pages`)), true);
    assert.equal(scanner.scanBytes(Buffer.from(`${'x'.repeat(100)}get_user_page`)), false);
    assert.equal(scanner.scanBytes(Buffer.from('x'.repeat(100))), false);
    assert.equal(scanner.scanBytes(Buffer.alloc(0)), false);
  });

  it('takes bytes of any value and says how many it read', () => {
    const scanner = new Scanner(['get_user_pages']);
    const bytes = Buffer.alloc(3_000_000);
    for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 2654435761) >>> 24;
    const tree = temporaryTree({ 'x.c': bytes, 'empty.c': '' });
    assert.deepEqual(scanner.scanFile(path.join(tree, 'x.c')), { found: false, bytes: bytes.length });
    assert.deepEqual(scanner.scanFile(path.join(tree, 'empty.c')), { found: false, bytes: 0 });
    assert.throws(() => scanner.scanFile(path.join(tree, 'none.c')), { code: 'ENOENT' });
  });

  it('refuses strings it cannot look for', () => {
    assert.throws(() => new Scanner(['ab']));
    assert.throws(() => new Scanner(['caf\u00e9']));
    assert.equal(new Scanner([]).scanBytes(Buffer.from('anything at all')), false);
    assert.equal(
      new Scanner(['x'.repeat(100)]).scanBytes(Buffer.from('x'.repeat(62))),
      true,
      'long ones by their beginning',
    );
  });
});
