/**
 * A session over two sources and their header that call each other, under random edits, taken back and done again, with documents closed,
 * opened again and changed on disk: what it says is what a session says that never saw another text.
 */
import assert from 'node:assert/strict';
import { parseRange } from '../model/version.ts';
import { DEFAULT_SETTINGS, resolveConfig } from '../server/engine/config.ts';
import type { FileSystem } from '../server/engine/host.ts';
import type { AnalyseJob } from '../server/engine/protocol.ts';
import { createSession, type Session } from '../server/engine/session.ts';
import { memoryFiles } from './harness/engine.ts';
import { startParser } from './harness/parser.ts';
import { randomNumbers } from './harness/random.ts';

const RING_H = `#ifndef RING_H
#define RING_H
struct ring {
	struct page **pages;
	long nr;
	unsigned int flags;
	const struct ring_ops *ops;
};
struct ring_ops {
	void (*give)(struct ring *r);
};
#define RING_FLAGS (FOLL_WRITE | FOLL_LONGTERM)
#define ring_pin(addr, nr, pages) pin_user_pages_fast(addr, nr, RING_FLAGS, pages)
int ring_take(struct ring *r, unsigned long addr, int nr);
void ring_give(struct ring *r);
static inline void ring_put_one(struct ring *r, int i)
{
	unpin_user_page(r->pages[i]);
	r->pages[i] = NULL;
}
#endif
`;

const RING_C = `#include "ring.h"

static void ring_dirty(struct ring *r)
{
	int i;

	for (i = 0; i < r->nr; i++)
		set_page_dirty_lock(r->pages[i]);
}

/* Takes the pages of a buffer. */
int ring_take(struct ring *r, unsigned long addr, int nr)
{
	long got;

	r->pages = kcalloc(nr, sizeof(*r->pages), GFP_KERNEL);
	if (!r->pages)
		return -ENOMEM;
#ifdef CONFIG_RING_SLOW
	mmap_read_lock(current->mm);
	got = pin_user_pages(addr, nr, r->flags, r->pages);
	mmap_read_unlock(current->mm);
#else
	got = ring_pin(addr, nr, r->pages);
#endif
	if (got < 0) {
		kfree(r->pages);
		return got;
	}
	r->nr = got;
	if (got != nr) {
		ring_give(r);
		return -EFAULT;
	}
	return 0;
}

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
static int ring_peek(unsigned long addr)
{
	struct page *page;
	int ret = get_user_pages_fast(addr, 1, 1, &page);

	if (ret != 1)
		return -EFAULT;
	ret = *(int *)page_address(page);
	put_page(page);
	return ret;
}
#else
static int ring_peek(unsigned long addr)
{
	return -ENOSYS;
}
#endif

int ring_use(struct ring *r, unsigned long addr)
{
	int ret = ring_take(r, addr, 8);

	if (ret)
		return ret;
	ret = ring_peek(addr);
	ring_dirty(r);
	r->ops->give(r);
	return ret;
}
`;

const GIVE_C = `#include "ring.h"

static void ring_free(struct ring *r)
{
	kfree(r->pages);
	r->pages = NULL;
}

void ring_give(struct ring *r)
{
	int i;

	for (i = 0; i < r->nr; i++)
		ring_put_one(r, i);
	ring_free(r);
}

static const struct ring_ops ring_fast_ops = {
	.give = ring_give,
};

int ring_open(struct ring *r, unsigned long addr)
{
	r->flags = FOLL_WRITE;
	r->ops = &ring_fast_ops;
	return ring_take(r, addr, 16);
}

int ring_once(struct ring *r, unsigned long addr)
{
	struct page *pages[4];
	int nr = ring_pin(addr, 4, pages);

	if (nr <= 0)
		return nr;
	unpin_user_pages(pages, nr);
	return ring_use(r, addr);
}
`;

const TEXTS: Readonly<Record<string, string>> = { 'ring.h': RING_H, 'ring.c': RING_C, 'give.c': GIVE_C };
const NAMES = Object.keys(TEXTS);

const STATEMENTS = [
  'put_page(r->pages[0]);',
  'unpin_user_pages(r->pages, r->nr);',
  'if (r->nr > 2) {\n\t\treturn 0;\n\t}',
  'r->nr = pin_user_pages_fast(addr, 1, 0, r->pages);',
  '/* a comment; with { and " */',
  'kfree(r->pages);',
  '#define put_page unpin_user_page\n',
  'struct ring { struct page *pages; int nr; } *other;',
  '#include "none.h"\n',
  'struct none { int a; } n;',
].map((statement) => `\t${statement}\n`);

const WORDS = [
  ...[
    'put_page',
    'unpin_user_page',
    'unpin_user_pages',
    'ring_give',
    'ring_free',
    'ring_dirty',
    'kfree',
    'ring_pin',
    'FOLL_WRITE',
  ],
  ...['nr', 'got', '0', '1', 'return', '-EFAULT', 'static', '{', '#endif\n'],
];

type Random = (bound: number) => number;

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Steps of one person at work: a statement typed letter by letter, a line taken out or said twice, a word in place of another. */
function editsOf(text: string, random: Random): readonly Edit[] {
  // Mostly in bodies: what is outside makes a file another one.
  const lines = [...text.matchAll(random(6) === 0 ? /^.*\n/gm : /^\t.*\n/gm)];
  const line = lines[random(lines.length)];
  if (line === undefined) return [{ start: 0, end: 0, text: RING_C }];
  const [start, end] = [line.index, line.index + line[0].length];
  switch (random(6)) {
    case 0:
      return [{ start, end, text: '' }];
    case 1:
      return [{ start, end: start, text: line[0] }];
    case 2:
    case 3: {
      const words = [...line[0].matchAll(/\w+/g)];
      const word = words[random(words.length)];
      const at = start + (word?.index ?? 0);
      return [{ start: at, end: at + (word?.[0].length ?? 0), text: WORDS[random(WORDS.length)] ?? '' }];
    }
    case 4:
      return [{ start, end: start, text: random(2) === 0 ? '/* why */\n' : 'int ring_more(struct ring *r);\n' }];
    default: {
      const statement = STATEMENTS[random(STATEMENTS.length)] ?? '';
      return [...statement].map((letter, i) => ({ start: start + i, end: start + i, text: letter }));
    }
  }
}

const applied = (text: string, { start, end, text: put }: Edit): string => text.slice(0, start) + put + text.slice(end);
const opposite = (text: string, { start, end, text: put }: Edit): Edit => ({
  start,
  end: start + put.length,
  text: text.slice(start, end),
});

/** Documents in an editor over files on a disk. */
class Desk {
  readonly disk = new Map(Object.entries(TEXTS));
  readonly open = new Map<string, string>();
  readonly fs: FileSystem;
  readonly session: Session;
  readonly #done = new Map<string, Edit[]>(NAMES.map((name) => [name, []]));
  readonly #undone = new Map<string, Edit[]>(NAMES.map((name) => [name, []]));
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
    this.fs = memoryFiles(TEXTS);
    this.session = createSession(this.fs, performance);
    for (const name of NAMES) this.show(name);
  }

  show(name: string): void {
    const text = this.open.get(name) ?? this.disk.get(name) ?? '';
    this.open.set(name, text);
    this.session.opened(name, text);
  }

  /** One thing that a person does; gives what it was, for messages. */
  async act(): Promise<string> {
    const random = this.#random;
    const name = NAMES[random(NAMES.length)] ?? '';
    const text = this.open.get(name);
    const what = random(12);
    if (text === undefined) {
      this.show(name);
      return `opens ${name}`;
    }
    if (what === 0) return this.close(name);
    if (what === 1) return this.save(name, text);
    // What is left of the files stays mostly C.
    const edited = this.#done.get(name)?.length ?? 0;
    if (what < 5 || edited > 60) return this.back(name, text);
    if (what === 5) return this.again(name, text);
    const edits = editsOf(text, random);
    this.#undone.set(name, []);
    // Somebody who types pauses in the middle of a word at times: the answer is asked for there.
    const stop = random(3) === 0 ? random(edits.length) + 1 : edits.length;
    for (const edit of edits.slice(0, stop)) this.apply(name, edit, this.#done);
    return `edits ${name}`;
  }

  apply(name: string, edit: Edit, into: Map<string, Edit[]>): void {
    const text = this.open.get(name) ?? '';
    into.get(name)?.push(opposite(text, edit));
    this.open.set(name, applied(text, edit));
    this.session.opened(name, this.open.get(name) ?? '');
  }

  close(name: string): string {
    this.open.delete(name);
    this.#done.set(name, []);
    this.#undone.set(name, []);
    this.session.closed(name);
    return `closes ${name}`;
  }

  async save(name: string, text: string): Promise<string> {
    this.disk.set(name, text);
    await this.fs.write([{ path: name, bytes: Buffer.from(text, 'utf8') }]);
    this.session.touched([name]);
    return `saves ${name}`;
  }

  back(name: string, text: string): string {
    const steps = this.#done.get(name) ?? [];
    for (const edit of steps.splice(-1 - this.#random(20)).reverse()) this.apply(name, edit, this.#undone);
    return `takes back in ${name}, of ${text.length}`;
  }

  again(name: string, text: string): string {
    const steps = this.#undone.get(name) ?? [];
    for (const edit of steps.splice(-1 - this.#random(20)).reverse()) this.apply(name, edit, this.#done);
    return `does again in ${name}, of ${text.length}`;
  }

  /** A session over the same texts that saw no others. */
  fresh(): Session {
    const session = createSession(memoryFiles(Object.fromEntries(this.disk)), performance);
    for (const [name, text] of this.open) session.opened(name, text);
    return session;
  }
}

const KERNEL = parseRange('6.1..6.12') ?? assert.fail();
const CONFIG = resolveConfig({ ...DEFAULT_SETTINGS, kernel: KERNEL, minConfidence: 'low' }, undefined);

const told = (session: Session, file: string): unknown => {
  const job: AnalyseJob = {
    directory: '.',
    config: CONFIG,
    tree: undefined,
    files: [{ file }],
    neighbours: undefined,
    rules: true,
  };
  const { results, problems } = session.analyse(job);
  return { problems, results: results.map(({ times: _, ...result }) => result) };
};

describe('a session over files that call each other', function () {
  this.timeout(300_000);
  before(startParser);

  for (const seed of [3, 17, 105]) {
    it(`says what a fresh one says, whatever was done before (${seed})`, async () => {
      const random = randomNumbers(seed);
      const desk = new Desk(random);
      const log: string[] = [];
      let findings = 0;
      for (let i = 0; i < 240; i++) {
        log.push(await desk.act());
        // Also what is asked only now and then is right.
        const asked = NAMES.filter(() => random(4) === 0);
        if (asked.length === 0) continue;
        const fresh = desk.fresh();
        for (const name of asked) {
          const now = told(desk.session, name);
          findings += (now as { results: { findings: unknown[] }[] }).results[0]?.findings.length ?? 0;
          assert.deepEqual(now, told(fresh, name), `${name} after step ${i}: ${log.slice(-6).join(', ')}`);
        }
      }
      assert.ok(findings > 100, `${findings} findings compared`);
    });
  }
});
