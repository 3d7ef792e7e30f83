/**
 * What a machine may do to a run: a full disk, a read-only tree, files that cannot be read, links that lead round in a circle. Each has its
 * message and its exit code, and leaves nothing half done.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { bundleDirectory, type CliResult, guplint, temporaryTree } from './harness/cli.ts';

const MAKEFILE = 'VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 0\n';

/** One finding with a safe fix. */
const TAKE = `static int demo_take(unsigned long addr, struct page **pages)
{
	return get_user_pages_fast(addr, 1, 1, pages);
}
`;

/** Pages are taken in one file and given back in the other: the conversion changes both. */
const HALVES = {
  'drv/take.c': `#include "demo.h"
int demo_take(struct demo *d, unsigned long addr)
{
	int ret = get_user_pages_fast(addr, 1, FOLL_WRITE, &d->page);

	if (ret != 1)
		return ret < 0 ? ret : -EFAULT;
	d->dma = dma_map_page(d->dev, d->page, 0, PAGE_SIZE, DMA_FROM_DEVICE);
	return 0;
}
`,
  'drv/drop.c': `#include "demo.h"
void demo_drop(struct demo *d)
{
	dma_unmap_page(d->dev, d->dma, PAGE_SIZE, DMA_FROM_DEVICE);
	set_page_dirty_lock(d->page);
	put_page(d->page);
}
`,
  'drv/demo.h': `struct demo {
	struct device *dev;
	struct page *page;
	dma_addr_t dma;
};
int demo_take(struct demo *d, unsigned long addr);
void demo_drop(struct demo *d);
`,
};

/** The texts of a directory's files by name. */
function texts(directory: string): Record<string, string> {
  const names = readdirSync(directory).sort();
  return Object.fromEntries(names.map((name) => [name, readFileSync(path.join(directory, name), 'utf8')]));
}

describe('a full disk', function () {
  this.timeout(120_000);
  const mounts: string[] = [];

  /** A file system of its own, full but for `left` bytes; undefined where this user may not mount one. */
  function fullDisk(files: Readonly<Record<string, string>>, left = 0): string | undefined {
    const at = temporaryTree({});
    const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k,mode=0777', 'guplint-test', at]);
    if (mount.status !== 0) return undefined;
    mounts.push(at);
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(at, name)), { recursive: true });
      writeFileSync(path.join(at, name), text);
    }
    spawnSync('sh', ['-c', 'cat /dev/zero > filler', 'sh'], { cwd: at });
    if (left > 0) spawnSync('truncate', ['-s', `-${left}`, 'filler'], { cwd: at });
    return at;
  }

  after(() => {
    for (const at of mounts) spawnSync('umount', [at]);
  });

  it('--fix leaves the file as it was, says so and ends with 2', function () {
    const disk = fullDisk({ Makefile: MAKEFILE, 'drv/take.c': TAKE });
    if (disk === undefined) return this.skip();
    const run = guplint(['drv', '--fix'], { cwd: disk });
    assert.equal(run.code, 2);
    assert.match(run.err, /^guplint: drv\/take\.c: cannot be written: no space left on device$/m);
    assert.match(run.err, /^fixed 0 findings in 0 files$/m);
    assert.deepEqual(texts(path.join(disk, 'drv')), { 'take.c': TAKE });
  });

  it('a fix of two files of which one fits changes neither', function () {
    // Room for one page, which the first of the two takes.
    const disk = fullDisk({ Makefile: MAKEFILE, ...HALVES }, 4096);
    if (disk === undefined) return this.skip();
    const before = texts(path.join(disk, 'drv'));
    const run = guplint(['drv', '--fix', '--unsafe-fixes'], { cwd: disk });
    assert.equal(run.code, 2, run.err);
    assert.match(run.err, /^guplint: drv\/take\.c: cannot be written: no space left on device$/m);
    assert.match(run.err, /^guplint: drv\/drop\.c: not fixed: the same fix changes drv\/take\.c$/m);
    assert.deepEqual(texts(path.join(disk, 'drv')), before);
  });

  it('results that do not fit end with 2, and no part of them stays', function () {
    const disk = fullDisk({ Makefile: MAKEFILE, 'drv/take.c': TAKE });
    if (disk === undefined) return this.skip();
    const run = guplint(['drv', '-o', 'out.json', '--format', 'json'], { cwd: disk });
    assert.equal(run.code, 2);
    assert.equal(run.err, 'guplint: out.json: cannot be written: no space left on device\n');
    assert.deepEqual(readdirSync(disk).sort(), ['Makefile', 'drv', 'filler']);
    const baseline = guplint(['baseline', 'write', 'drv'], { cwd: disk });
    assert.equal(baseline.code, 2);
    assert.match(baseline.err, /^guplint: guplint-baseline\.json: cannot be written: no space left on device$/m);
    assert.deepEqual(readdirSync(disk).sort(), ['Makefile', 'drv', 'filler']);
  });

  it('a cache that does not fit is done without', function () {
    const disk = fullDisk({ 'guplint/x': '' });
    if (disk === undefined) return this.skip();
    const cwd = temporaryTree({ Makefile: MAKEFILE, 'drv/take.c': TAKE });
    const fresh = guplint(['drv', '--no-cache'], { cwd });
    for (let i = 0; i < 2; i++) assert.deepEqual(guplint(['drv'], { cwd, env: { XDG_CACHE_HOME: disk } }), fresh);
    assert.deepEqual(readdirSync(path.join(disk, 'guplint')), ['x']);
  });
});

describe('a run that is killed', function () {
  this.timeout(120_000);

  it('leaves every file as it was or as it is to be, and the next run does the rest', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 40 }, (_, i) => [`drv/f${i}.c`, TAKE.replace('demo', `d${i}`)]),
    );
    const fixed = (text: string): string => text.replace('1, 1,', '1, FOLL_WRITE,');
    const cwd = temporaryTree({ Makefile: MAKEFILE, ...files });
    let mended = 0;
    for (let after = 200; mended < 40; after += 200) {
      const child = spawn(
        process.execPath,
        [path.join(bundleDirectory(), 'guplint.js'), 'drv', '--fix', '--no-cache'],
        {
          cwd,
          stdio: 'ignore',
        },
      );
      const timer = setTimeout(() => child.kill('SIGKILL'), after);
      await once(child, 'exit');
      clearTimeout(timer);
      const now = Object.entries(files).map(([name, text]) => ({
        text,
        is: readFileSync(path.join(cwd, name), 'utf8'),
      }));
      assert.ok(now.every(({ text, is }) => is === text || is === fixed(text)));
      mended = now.filter(({ text, is }) => is === fixed(text)).length;
    }
  });
});

describe('a tree that may only be read', function () {
  this.timeout(60_000);

  /** Runs as somebody else in a tree of which nothing may be written. */
  function reading(files: Readonly<Record<string, string>>, ...args: string[]): CliResult & { readonly drv: string } {
    const cwd = temporaryTree(files);
    const drv = path.join(cwd, 'drv');
    for (const directory of [drv, cwd]) chmodSync(directory, 0o555);
    try {
      return { ...guplint(args, { cwd, unprivileged: true }), drv };
    } finally {
      for (const directory of [drv, cwd]) chmodSync(directory, 0o755);
    }
  }

  it('is checked as any other', () => {
    const { code, out } = reading({ Makefile: MAKEFILE, 'drv/take.c': TAKE }, 'drv');
    assert.equal(code, 1);
    assert.match(out, /^drv\/take\.c:3:/);
  });

  it('is not fixed: a message a file, exit code 2, nothing changed', () => {
    const { code, err, drv } = reading({ Makefile: MAKEFILE, 'drv/take.c': TAKE }, 'drv', '--fix');
    assert.equal(code, 2);
    assert.match(err, /^guplint: drv\/take\.c: cannot be written: permission denied$/m);
    assert.deepEqual(texts(drv), { 'take.c': TAKE });
  });

  it('takes no results', () => {
    const { code, err } = reading({ Makefile: MAKEFILE, 'drv/take.c': TAKE }, 'drv', '-o', 'out.txt');
    assert.equal(code, 2);
    assert.equal(err, 'guplint: out.txt: cannot be written: permission denied\n');
  });
});

describe('what cannot be read', function () {
  this.timeout(60_000);

  it('a source among others: the results of the others, its name, exit code 2; the same for its fix', () => {
    const cwd = temporaryTree({ Makefile: MAKEFILE, 'drv/take.c': TAKE, 'drv/locked.c': TAKE });
    chmodSync(path.join(cwd, 'drv/locked.c'), 0);
    const run = guplint(['drv'], { cwd, unprivileged: true });
    assert.equal(run.code, 2);
    assert.match(run.out, /^drv\/take\.c:3:/);
    assert.match(run.err, /^guplint: drv\/locked\.c: permission denied$/m);
    const alone = guplint(['drv/locked.c'], { cwd, unprivileged: true });
    assert.deepEqual([alone.code, alone.out], [2, '']);
    assert.match(alone.err, /^guplint: drv\/locked\.c: permission denied$/m);
  });

  it('a configuration, a baseline, a patch: one line, exit code 2', () => {
    const files = { Makefile: MAKEFILE, 'drv/take.c': TAKE, 'guplint.json': '{}', 'base.json': '{}', 'x.patch': '' };
    const cwd = temporaryTree(files);
    const locked = (name: string, ...args: string[]): CliResult => {
      chmodSync(path.join(cwd, name), 0);
      const run = guplint(['drv', ...args], { cwd, unprivileged: true });
      chmodSync(path.join(cwd, name), 0o644);
      return run;
    };
    const message = (run: CliResult): string => {
      assert.deepEqual([run.code, run.out], [2, '']);
      assert.equal(run.err.trimEnd().split('\n').length, 1, run.err);
      return run.err;
    };
    assert.match(message(locked('guplint.json')), /^guplint: guplint\.json: .*permission denied$/m);
    assert.match(message(locked('base.json', '--baseline', 'base.json')), /^guplint: base\.json: permission denied$/m);
    assert.match(message(locked('x.patch', '--patch', 'x.patch')), /^guplint: --patch: x\.patch: permission denied$/m);
  });
});

describe('what is no file', function () {
  this.timeout(60_000);

  it('is not read where it lies beside a file, though its name is a source', () => {
    const cwd = temporaryTree({ Makefile: MAKEFILE, 'drv/take.c': TAKE });
    assert.equal(spawnSync('mkfifo', [path.join(cwd, 'drv/pipe.c')]).status, 0);
    const run = guplint(['drv'], { cwd });
    assert.equal(run.code, 1, run.err);
    assert.match(run.out, /^drv\/take\.c:3:/);
  });

  it('is read to its end when it is named, unless that is too far off', () => {
    const cwd = temporaryTree({ Makefile: MAKEFILE, 'take.c': TAKE });
    assert.equal(spawnSync('mkfifo', [path.join(cwd, 'pipe.c')]).status, 0);
    const writer = spawn('sh', ['-c', 'cat take.c > pipe.c'], { cwd });
    const run = guplint(['pipe.c'], { cwd });
    writer.kill();
    assert.match(run.out, /^pipe\.c:3:/);
    const zeros = guplint(['/dev/zero'], { cwd });
    assert.equal(zeros.code, 2);
    assert.match(zeros.err, /zero: larger than 256 MB$/m);
  });
});

describe('links that lead round in a circle', function () {
  this.timeout(60_000);

  it('a directory that holds itself is searched once', () => {
    const cwd = temporaryTree({ Makefile: MAKEFILE, 'drv/take.c': TAKE });
    symlinkSync('..', path.join(cwd, 'drv/again'));
    symlinkSync('self', path.join(cwd, 'drv/self'));
    const run = guplint(['.', '--format', 'json'], { cwd });
    assert.equal(run.code, 1, run.err);
    assert.equal(JSON.parse(run.out).summary.filesScanned, 1);
  });

  it('a source that is one is named, whether it was found or asked for', () => {
    const cwd = temporaryTree({ Makefile: MAKEFILE, 'drv/take.c': TAKE });
    symlinkSync('loop.c', path.join(cwd, 'drv/loop.c'));
    symlinkSync('nothing.c', path.join(cwd, 'drv/dangling.c'));
    for (const args of [['drv'], ['drv/take.c', 'drv/loop.c']]) {
      const run = guplint(args, { cwd });
      assert.equal(run.code, 2);
      assert.match(run.out, /^drv\/take\.c:3:/);
      assert.match(run.err, /^guplint: drv\/loop\.c: too many symbolic links encountered$/m);
      assert.doesNotMatch(run.err, /dangling/);
    }
  });

  it('a configuration that is one: one line, exit code 2', () => {
    const cwd = temporaryTree({ Makefile: MAKEFILE, 'drv/take.c': TAKE });
    symlinkSync('guplint.json', path.join(cwd, 'guplint.json'));
    const run = guplint(['drv'], { cwd });
    assert.deepEqual([run.code, run.out], [2, '']);
    assert.match(run.err, /^guplint: guplint\.json: cannot read the configuration: too many symbolic links/);
  });

  it('the program is found through a link to it', () => {
    const cwd = temporaryTree({ Makefile: MAKEFILE, 'drv/take.c': TAKE });
    const link = path.join(temporaryTree({}), 'guplint');
    symlinkSync(path.join(bundleDirectory(), 'guplint.js'), link);
    const run = spawnSync(process.execPath, [link, 'drv', '--no-cache'], { cwd, encoding: 'utf8' });
    assert.equal(run.status, 1, run.stderr);
  });
});
