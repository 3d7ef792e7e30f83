/**
 * The cache under edits: files of two directories and their headers are changed, added and taken away at random, and after each step a run with
 * the cache says what a run without one says. In memory, so that content alone tells what changed.
 */
import assert from 'node:assert/strict';
import type { CacheStore } from '../server/engine/cache/store.ts';
import { DEFAULT_SETTINGS } from '../server/engine/config.ts';
import type { FileSystem } from '../server/engine/host.ts';
import { run } from '../server/engine/run.ts';
import { memoryFiles, memoryHost } from './harness/engine.ts';
import { startParser } from './harness/parser.ts';
import { randomNumbers } from './harness/random.ts';

const TAKE = `#include "demo.h"
int demo_take(struct demo *d, unsigned long addr)
{
	int ret = demo_pin(addr, d->pages);

	if (ret != 1)
		return -EFAULT;
	if (demo_full(d)) {
		demo_give(d);
		return -ENOSPC;
	}
	return 0;
}
`;
const HEADER = `struct demo {
	struct page *pages[1];
};
static inline int demo_pin(unsigned long addr, struct page **pages)
{
	return pin_user_pages_fast(addr, 1, FOLL_WRITE, pages);
}
`;
const GIVE = `#include "demo.h"
void demo_give(struct demo *d)
{
	unpin_user_pages(d->pages, 1);
}
`;
const ENTRY = `#include "demo.h"
static long demo_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return demo_take(file->private_data, arg);
}
static const struct file_operations demo_fops = { .unlocked_ioctl = demo_ioctl };
`;

/** What each file may hold; undefined: it is not there. */
const STATES: Readonly<Record<string, readonly (string | undefined)[]>> = {
  'a/take.c': [TAKE, TAKE.replace('demo_full(d)', 'd->full'), TAKE.replace('		demo_give(d);\n', ''), undefined],
  'a/demo.h': [HEADER, HEADER.replace('pin_user', 'get_user'), HEADER.replace('FOLL_WRITE', '0')],
  'a/give.c': [
    GIVE,
    GIVE.replace('unpin_user_pages(d->pages, 1)', 'demo_log(d)'),
    GIVE.replace('unpin_user_pages(d->pages, 1)', 'put_page(d->pages[0])'),
    undefined,
  ],
  'a/entry.c': [
    undefined,
    ENTRY,
    ENTRY.replace('unlocked_ioctl', 'release'),
    ENTRY.replace('demo_take(', 'demo_talk('),
  ],
  'a/plain.c': [
    undefined,
    'int demo_plain(void)\n{\n\treturn 0;\n}\n',
    'int demo_plain(void)\n{\n\treturn 1;\n}\n',
    'int demo_full(struct demo *d)\n{\n\treturn 0;\n}\n',
  ],
  'b/other.c': [TAKE.replaceAll('demo_take', 'demo_other').replace('demo.h', '../a/demo.h'), undefined],
  'b/plain.c': [undefined, 'int other;\n', 'void demo_give(struct demo *d)\n{\n\tput_page(d->pages[0]);\n}\n'],
  'a/include/demo.h': [undefined, HEADER.replace('pin_user', 'get_user')],
};

function memoryStore(): CacheStore {
  const kept = new Map<string, string>();
  return {
    build: 'test',
    load: (name) => kept.get(name),
    save: (name, text) => void kept.set(name, text),
    prune: () => undefined,
    wallTime: () => 0,
  };
}

async function answer(fs: FileSystem, cache: CacheStore | undefined): Promise<{ said: string; known: number }> {
  const host = { ...memoryHost(fs), ...(cache === undefined ? {} : { cache }) };
  const settings = { ...DEFAULT_SETTINGS, kernel: { since: 0x060c00, until: 0x060d00 }, minConfidence: 'low' as const };
  const inputs = [{ kind: 'path' as const, path: '.' }];
  const { findings, sites, silenced, problems, cost } = await run({ inputs, settings, rules: true, jobs: 1 }, host);
  return { said: JSON.stringify({ findings, sites, silenced, problems }, null, 1), known: cost.cached?.jobs ?? 0 };
}

describe('cache under edits', () => {
  before(startParser);

  for (const seed of [1, 2, 3, 4]) {
    it(`says what a run without it says (seed ${seed})`, async function () {
      this.timeout(60_000);
      const random = randomNumbers(seed);
      const cache = memoryStore();
      const now = new Map(Object.entries(STATES).map(([file, [first]]) => [file, first]));
      let known = 0;
      for (let step = 0; step < 40; step++) {
        const names = Object.keys(STATES);
        const file = names[random(names.length)] ?? '';
        const states = STATES[file] ?? [];
        now.set(file, states[random(states.length)]);
        const texts = Object.fromEntries([...now].filter((e): e is [string, string] => e[1] !== undefined));
        const warm = await answer(memoryFiles(texts), cache);
        assert.equal(warm.said, (await answer(memoryFiles(texts), undefined)).said, `step ${step}: ${file}`);
        known += warm.known;
      }
      assert.ok(known > 20, `${known} jobs known`);
    });
  }
});
