/** Nothing is exported that no other line of the program names: what only a test uses, or nobody, is no part of it. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.join(__dirname, '..');

/** What a host calls by its name, where facts were read, and forms in which golden tests see what has no other form. */
const NAMED_ELSEWHERE = new Set([
  'activate',
  'deactivate',
  'NEWEST_SOURCE',
  'SCAN_SOURCE_HASH',
  'dumpCfg',
  'printType',
  'parsePlace',
]);

function sources(): readonly string[] {
  return ['server', 'model', 'client', 'scripts'].flatMap((folder) =>
    readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(?:ts|mjs)$/.test(name) && !name.includes('node_modules'))
      .map((name) => path.join(folder, name)),
  );
}

describe('dead code', () => {
  it('is not exported', () => {
    const times = new Map<string, number>();
    const exported = new Map<string, string>();
    for (const file of sources()) {
      const text = readFileSync(path.join(ROOT, file), 'utf8');
      for (const [word] of text.matchAll(/[A-Za-z_]\w*/g)) times.set(word, (times.get(word) ?? 0) + 1);
      for (const m of text.matchAll(/^export (?:async )?(?:const|function|class|interface|type) (\w+)/gm))
        exported.set(m[1] ?? '', file);
    }
    const dead = [...exported].filter(([name]) => times.get(name) === 1 && !NAMED_ELSEWHERE.has(name));
    assert.deepEqual(dead, []);
  });
});
