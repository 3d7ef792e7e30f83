/** Whole runs in memory: kernels by their sources, configuration findings, fixing, inputs. */
import assert from 'node:assert/strict';
import type { CacheStore } from '../server/engine/cache/store.ts';
import { DEFAULT_SETTINGS, type Settings } from '../server/engine/config.ts';
import { fixRun } from '../server/engine/fix-run.ts';
import type { Executor, Stamp } from '../server/engine/host.ts';
import { type RunResult, run } from '../server/engine/run.ts';
import { memoryFiles, memoryHost } from './harness/engine.ts';
import { startParser } from './harness/parser.ts';

const MAKEFILE = 'VERSION = 6\nPATCHLEVEL = 1\nSUBLEVEL = 192\nEXTRAVERSION =\nNAME = x\n';

/** A call whose first argument list fits every kernel. */
const PLAIN = 'static int f(unsigned long a, struct page **p)\n{\n\treturn get_user_pages_fast(a, 1, 1, p);\n}\n';

async function check(
  files: Record<string, string>,
  settings: Partial<Settings> = {},
  paths: string[] = ['.'],
): Promise<RunResult> {
  const host = memoryHost(memoryFiles(files));
  const inputs = paths.map((path) => ({ kind: 'path' as const, path }));
  return run({ inputs, settings: { ...DEFAULT_SETTINGS, ...settings }, rules: true, jobs: 1 }, host);
}

describe('the files that are looked at', () => {
  before(startParser);

  it('are those, too, that extract pages with a helper of the kernel and give them back with put_page()', async () => {
    const take =
      'static void take(struct req *r, struct iov_iter *i)\n{\n\tr->pinned = iov_iter_extract_will_pin(i);\n\textract_iter_to_sg(i, SZ_4K, &r->sgt, 1, 0);\n}\n';
    const drop = 'static void drop(struct req *r)\n{\n\tif (r->pinned)\n\t\tput_page(sg_page(r->sgt.sgl));\n}\n';
    const kernel = { since: 0x060c00, until: 0x060d00 };
    const { findings } = await check({ 'a.c': `${take}${drop}` }, { kernel });
    assert.deepEqual(
      findings.map((f) => `${f.rule} in ${f.functionName}`),
      ['put-on-pinned in drop'],
    );
  });
});

describe('the kernel of a file', () => {
  before(startParser);

  it('comes from the flag, then the Makefile, then the configuration', async () => {
    const files = {
      Makefile: MAKEFILE,
      'guplint.json': '{ "kernel": "5.4" }',
      'drivers/a.c': PLAIN,
      'drivers/Makefile': 'obj-m := a.o\nVERSION = 3\n',
    };
    assert.deepEqual((await check(files, { kernel: { since: 0x060c00, until: 0x060d00 } })).kernel, {
      range: '6.12',
      source: 'flag',
    });
    assert.deepEqual((await check(files)).kernel, { range: '6.1', source: 'makefile' });
    const { Makefile: _, ...alone } = files;
    assert.deepEqual((await check(alone)).kernel, { range: '5.4', source: 'config' });
  });

  it('comes from the versions the code tests for', async () => {
    const text = `#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 8, 0)\n#define X 1\n#endif\n${PLAIN}#if LINUX_VERSION_CODE < KERNEL_VERSION(6,5,0)\n#endif\n`;
    const result = await check({ 'a.c': text });
    assert.deepEqual(result.kernel, { range: '5.7..6.5', source: 'derived' });
    assert.equal(result.assumedKernel, false);
    assert.equal(result.files[0]?.kernel.known, true);
  });

  it('goes back before the oldest that is known where a call is kept for kernels before it, and only there', async () => {
    const text = (old: string): string =>
      `#include <linux/version.h>\nlong f(unsigned long a, unsigned long n, struct page **p)\n{\n#if LINUX_VERSION_CODE < KERNEL_VERSION(4, 0, 0)\n\t${old}\n#elif LINUX_VERSION_CODE < KERNEL_VERSION(4, 6, 0)\n\treturn get_user_pages_unlocked(current, current->mm, a, n, 1, 0, p);\n#else\n\treturn get_user_pages_unlocked(a, n, 1, 0, p);\n#endif\n}\n`;
    const call = 'return get_user_pages(current, current->mm, a, n, 1, 0, p, NULL);';
    const kept = await check({ 'a.c': text(call) });
    assert.deepEqual(kept.kernel, { range: '3.19..4.6', source: 'derived' });
    assert.deepEqual(
      kept.files[0]?.sites.map((s) => s.active),
      ['..3.19', '4.0..4.5', '4.6..'],
    );
    const gone = await check({ 'a.c': text('return -ENOSYS;') });
    assert.deepEqual(gone.kernel, { range: '4.5..4.6', source: 'derived' });
  });

  it('comes from macros of the project that test versions, and each branch of a ladder is read on its own kernels', async () => {
    const forms = [
      ['MAX(4, 6, 0)', 'get_user_pages(t, mm, a, n, 1, 0, p, NULL)'],
      ['MAX(4, 9, 0)', 'get_user_pages_remote(t, mm, a, n, 1, 0, p, NULL)'],
      ['MAX(4, 10, 0)', 'get_user_pages_remote(t, mm, a, n, FOLL_WRITE, p, NULL)'],
      ['MAX(5, 9, 0)', 'get_user_pages_remote(t, mm, a, n, FOLL_WRITE, p, NULL, NULL)'],
      ['OLD_VMAS', 'get_user_pages_remote(mm, a, n, FOLL_WRITE, p, NULL, NULL)'],
      ['1', 'get_user_pages_remote(mm, a, n, FOLL_WRITE, p, NULL)'],
    ];
    const ladder = forms.map(([test, call], i) => `#${i === 0 ? 'if' : 'elif'} ${test}\n\treturn ${call};\n`).join('');
    const text = `#include "versions.h"\nlong f(struct task_struct *t, struct mm_struct *mm, unsigned long a, unsigned long n, struct page **p)\n{\n${ladder}#endif\n}\n`;
    const header =
      '#include <linux/version.h>\n#define MAX(a, b, c) (LINUX_VERSION_CODE < KERNEL_VERSION(a, b, c))\n#if MAX(6, 5, 0)\n#define OLD_VMAS\n#endif\n';
    const result = await check({ 'a.c': text.replace('OLD_VMAS', 'defined(OLD_VMAS)'), 'versions.h': header });
    const file = result.files.find((f) => f.file.endsWith('a.c'));
    assert.deepEqual(result.kernel, { range: '4.5..6.5', source: 'derived' });
    assert.deepEqual(
      file?.sites.map((s) => s.active),
      ['..4.5', '4.6..4.8', '4.9', '4.10..5.8', '5.9..6.4', '6.5..'],
    );
    assert.deepEqual(
      file?.sites.map((s) => s.flags.must.join()),
      Array(6).fill('FOLL_WRITE'),
    );
    assert.deepEqual(
      result.findings.filter((f) => f.rule === 'foll-force-in-driver'),
      [],
    );
  });

  it('that only the tests of the code name makes no error of what depends on it', async () => {
    const call = 'long f(unsigned long a, struct page **p)\n{\n\treturn get_user_pages(a, 1, 0, p, NULL);\n}\n';
    const text = `#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 8, 0)\n${call}#endif\n`;
    const { findings } = await check({ 'a.c': text });
    assert.deepEqual(
      findings.filter((f) => f.rule === 'wrong-arguments').map((f) => f.severity),
      ['info'],
    );
  });

  it('comes from the arguments of its calls, and then nobody named it', async () => {
    const text =
      'long f(unsigned long a, struct page **p)\n{\n\treturn pin_user_pages(a, 1, FOLL_WRITE | FOLL_PIN, p, NULL);\n}\n';
    const result = await check({ 'a.c': text });
    assert.equal(result.kernel.source, 'derived');
    assert.match(result.kernel.range, /^5\.[67]\.\.6\.4$/);
    assert.equal(result.files[0]?.kernel.known, false);
    assert.deepEqual(new Set(result.findings.map((f) => f.severity)), new Set(['info']));
  });

  it('is the newest the model knows where nothing tells', async () => {
    const result = await check({ 'a.c': PLAIN });
    assert.equal(result.kernel.source, 'default');
    assert.equal(result.assumedKernel, true);
  });

  it('is named over all files by its hull and the least certain source', async () => {
    const result = await check({
      'k/Makefile': MAKEFILE,
      'k/a.c': PLAIN,
      'm/a.c': PLAIN,
      'm/guplint.json': '{"kernel":"5.4..5.10"}',
    });
    assert.deepEqual(result.kernel, { range: '5.4..6.1', source: 'config' });
  });
});

describe('configuration findings', () => {
  before(startParser);
  const config = `{
  "rules": { "magic-gup-flag": "off" },
  "ignore": [
    { "rule": "magic-gup-flags", "path": "drv/**", "reason": "used" },
    { "rule": "magic-gup-flags", "path": "other/**", "reason": "not used" },
    { "rule": "no-such-rule", "reason": "not known" }
  ]
}
`;
  const files = { 'guplint.json': config, 'drv/a.c': PLAIN, 'other/b.c': 'int x;\n' };
  const own = (result: RunResult): string[] =>
    result.findings.map((f) => `${f.location.file}:${f.location.line}:${f.location.column} ${f.rule}`);

  it('name unknown rules and unused entries where they stand', async () => {
    const result = await check(files, { kernel: { since: 0x060c00, until: 0x060d00 } });
    assert.deepEqual(own(result), [
      'guplint.json:2:15 unknown-rule',
      'guplint.json:5:5 unused-suppression',
      'guplint.json:6:16 unknown-rule',
    ]);
    assert.equal(result.suppressed, 1);
    assert.match(result.findings[0]?.message ?? '', /did you mean magic-gup-flags\?/);
  });

  it('say nothing of unused entries when only a part was looked at', async () => {
    const result = await check(files, {}, ['drv']);
    assert.deepEqual(
      own(result).filter((f) => f.includes('unused')),
      [],
    );
  });

  it('are mended by fixes that keep the file what it was otherwise', async () => {
    const memory = memoryFiles(files);
    const host = memoryHost(memory);
    const settings = { ...DEFAULT_SETTINGS, kernel: { since: 0x060c00, until: 0x060d00 } };
    const before = await run({ inputs: [{ kind: 'path', path: '.' }], settings, rules: true, jobs: 1 }, host);
    const outcome = await fixRun(before, host, { allowed: 'safe', write: true, select: (f) => f });
    assert.deepEqual(outcome.problems, []);
    const read = memory.read('guplint.json');
    assert.ok(read.kind === 'bytes');
    const text = Buffer.from(read.bytes).toString();
    assert.match(text, /"magic-gup-flags": "off"/);
    assert.equal(text.includes('not used'), false);
    assert.ok(text.includes('"reason": "used"'));
  });
});

describe('fixing', () => {
  before(startParser);

  it('leaves a file alone that changed meanwhile, and says so', async () => {
    const memory = memoryFiles({ 'a.c': PLAIN });
    const host = memoryHost(memory);
    const result = await run(
      { inputs: [{ kind: 'path', path: 'a.c' }], settings: DEFAULT_SETTINGS, rules: true, jobs: 1 },
      host,
    );
    memory.write([{ path: 'a.c', bytes: Buffer.from(`\n${PLAIN}`) }]);
    const outcome = await fixRun(result, host, { allowed: 'safe', write: true, select: (f) => f });
    assert.deepEqual(
      outcome.problems.map((p) => p.message),
      ['changed while guplint was running; not fixed'],
    );
    assert.deepEqual(outcome.changes, []);
    const read = memory.read('a.c');
    assert.ok(read.kind === 'bytes' && Buffer.from(read.bytes).toString() === `\n${PLAIN}`);
  });

  it('goes on until nothing is left and fixes only what is selected', async () => {
    const text =
      'static int f(unsigned long a, struct page **p)\n{\n\treturn pin_user_pages_fast(a, 1, FOLL_PIN | FOLL_GET | FOLL_WRITE, p);\n}\n';
    const host = memoryHost(memoryFiles({ 'a.c': text }));
    const settings = { ...DEFAULT_SETTINGS, kernel: { since: 0x060c00, until: 0x060d00 } };
    const result = await run({ inputs: [{ kind: 'path', path: 'a.c' }], settings, rules: true, jobs: 1 }, host);
    assert.ok(result.findings.length >= 2);
    const outcome = await fixRun(result, host, { allowed: 'safe', write: false, select: (f) => f });
    assert.match(outcome.changes[0]?.after ?? '', /pin_user_pages_fast\(a, 1, FOLL_WRITE, p\)/);
    assert.deepEqual(outcome.result.findings, []);
    assert.equal(outcome.unsettled, false);
    const none = await fixRun(result, host, { allowed: 'safe', write: false, select: () => [] });
    assert.deepEqual(none.changes, []);
  });
});

describe('inputs', () => {
  before(startParser);

  it('a file that only calls a wrapper of its directory is analysed, alone and with the others', async () => {
    const files = {
      'd/take.c':
        'int demo_take(unsigned long a, struct page **pages)\n{\n\treturn pin_user_pages_fast(a, 1, FOLL_WRITE, pages);\n}\n',
      'd/use.c': 'static int g(struct demo *d)\n{\n\treturn demo_take(d->a, d->pages);\n}\n',
      'd/plain.c': 'static int h(void)\n{\n\treturn demo(1);\n}\n',
    };
    const viaOf = (result: RunResult): string[] =>
      result.sites.filter((s) => s.location.file === 'd/use.c').map((s) => s.via ?? '');
    assert.deepEqual(viaOf(await check(files)), ['demo_take']);
    assert.deepEqual(viaOf(await check(files, {}, ['d/use.c'])), ['demo_take']);
    assert.deepEqual((await check(files, {}, ['d/plain.c'])).files, []);
  });

  it('a wrapper in a header is followed to the files of the whole project', async () => {
    const files = {
      MAINTAINERS: '',
      'inc/compat.h': '#define COMPAT_PIN(a, p) pin_user_pages_fast(a, 1, FOLL_WRITE, p)\n',
      'drv/x.c':
        '#include "../inc/compat.h"\nstatic int g(struct demo *d)\n{\n\treturn COMPAT_PIN(d->a, d->pages);\n}\n',
    };
    const result = await check(files);
    assert.deepEqual(
      result.sites.filter((s) => s.via !== undefined).map((s) => `${s.location.file} ${s.via}`),
      ['drv/x.c COMPAT_PIN'],
    );
  });
});

describe('a run beside which others are answered', () => {
  before(startParser);

  const inputs = [{ kind: 'path' as const, path: '.' }];
  const request = { inputs, settings: DEFAULT_SETTINGS, rules: true, jobs: 1 };

  it('does nothing in the calling thread, ends its threads, and finds the same', async () => {
    const files = { 'a.c': PLAIN, 'd/b.c': PLAIN };
    const host = memoryHost(memoryFiles(files));
    let open = 0;
    const pool = (): Executor => {
      const work = host.local(host.fs);
      open++;
      return {
        threads: 1,
        scan: (job) => work.scan(job),
        analyse: (job) => work.analyse(job),
        turn: () => Promise.resolve(),
        close: () => Promise.resolve(void open--),
      };
    };
    const local = (): never => assert.fail('done in the calling thread');
    const apart = await run({ ...request, turn: () => Promise.resolve() }, { ...host, local, pool });
    assert.equal(open, 0);
    assert.deepEqual(apart.findings, (await check(files)).findings);
    assert.equal(apart.findings.length, 2);
  });

  it('lets them have their turn while it walks files that the cache knows', async () => {
    const many = Object.fromEntries(Array.from({ length: 1600 }, (_, i) => [`a${i}.c`, 'int a;\n']));
    const stamp = (): Stamp => ({ size: 7, modified: 0, changed: 0, inode: 1 });
    const host = memoryHost({ ...memoryFiles(many), stamp });
    const kept = new Map<string, string>();
    const cache: CacheStore = {
      build: 'test',
      load: (name) => kept.get(name),
      save: (name, text) => void kept.set(name, text),
      prune: () => undefined,
      wallTime: () => 1e12,
    };
    await run(request, { ...host, cache });
    let turns = 0;
    const turn = async (): Promise<void> => void turns++;
    const pool = (): never => assert.fail('everything is known');
    const again = await run({ ...request, turn }, { ...host, cache, pool });
    assert.deepEqual([again.filesScanned, again.cost.cached?.files], [1600, 1600]);
    assert.ok(turns > 0);
  });
});
