/**
 * The cache, through the command line as users run it: a warm run says what a fresh one says, byte for byte, whatever changed in between and
 * whatever became of the entries.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { bundleDirectory, guplint, temporaryTree } from './harness/cli.ts';

const LEAK = `#include "demo.h"
static int demo_take(unsigned long addr)
{
	struct page *page;
	int ret = demo_pin(addr, &page);

	if (ret != 1)
		return -EFAULT;
	if (demo_full())
		return -ENOSPC;
	unpin_user_pages_dirty_lock(&page, 1, true);
	return 0;
}
`;

const HEADER = `static inline int demo_pin(unsigned long addr, struct page **pages)
{
	return pin_user_pages_fast(addr, 1, FOLL_WRITE, pages);
}
`;

const FILES = {
  'a/take.c': LEAK,
  'a/demo.h': HEADER,
  'a/plain.c': 'int demo_plain(void)\n{\n\treturn 0;\n}\n',
  // Scanned twice: for the model's names, and for the function of the header that takes pages.
  'b/other.c': LEAK.replace('"demo.h"', '"../a/demo.h"').replaceAll('demo_take', 'demo_other'),
};

/** A tree whose files are old enough to be trusted by their stamps, and a cache of its own. */
function prepared(): { root: string; cache: string } {
  const root = temporaryTree(FILES);
  const cache = temporaryTree({});
  for (const name of Object.keys(FILES)) utimesSync(path.join(root, name), 1e9, 1e9);
  return { root, cache };
}

const ARGS = ['.', '--kernel', '6.12', '--format', 'jsonl', '--fail-level', 'never'];

function run({ root, cache }: { root: string; cache: string }, ...more: string[]): { out: string; use: string } {
  const { code, out, err } = guplint([...ARGS, '--stats', ...more], { cwd: root, env: { XDG_CACHE_HOME: cache } });
  assert.equal(code, 0, err);
  return { out, use: /^cache +(.*)$/m.exec(err)?.[1] ?? err };
}

/** The entries that lie in a cache. */
function entries(cache: string, beginning: string): string[] {
  const directory = path.join(cache, 'guplint');
  return readdirSync(directory)
    .filter((name) => name.startsWith(beginning))
    .map((name) => path.join(directory, name));
}

/** The files that an entry of scans knows. */
function filesIn(scans: string): string[] {
  const kept = JSON.parse(readFileSync(scans, 'utf8')) as {
    directories: Record<string, { files: string[]; scanned: number[] }>;
  };
  const files = Object.entries(kept.directories).flatMap(([directory, { files, scanned }]) =>
    files.filter((_, i) => (scanned[i] ?? 0) !== 0).map((name) => `${directory}/${name}`),
  );
  return files.sort();
}

/** Runs warm and without a cache, and holds them to the same answer. */
function same(where: { root: string; cache: string }): string {
  const warm = run(where);
  assert.equal(warm.out, run(where, '--no-cache').out);
  return warm.use;
}

/** Until every stamp taken now is old enough to be trusted; ctime cannot be set. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 2100));
}

describe('cache', function () {
  this.timeout(120_000);

  it('answers an unchanged tree from what it kept', async () => {
    const where = prepared();
    await settle();
    const cold = run(where);
    assert.equal(cold.use, '0 scans and 0 directories known');
    assert.match(cold.out, /"pin-leaked"/);
    const warm = run(where);
    assert.equal(warm.out, cold.out);
    assert.equal(warm.use, '5 scans and 2 directories known');
  });

  it('is not used where it is not wanted', () => {
    const where = prepared();
    assert.equal(run(where, '--no-cache').use, 'not used');
    assert.deepEqual(readdirSync(where.cache), []);
  });

  it('gives the same for any number of threads, cold and warm', () => {
    const where = prepared();
    const fresh = run(where, '--no-cache').out;
    for (const jobs of ['1', '2', '8']) {
      rmSync(path.join(where.cache, 'guplint'), { recursive: true, force: true });
      assert.equal(run(where, '--jobs', jobs).out, fresh);
      assert.equal(run(where, '--jobs', jobs).out, fresh);
    }
  });

  it('analyses only the directory whose file changed', async () => {
    const where = prepared();
    await settle();
    run(where);
    writeFileSync(path.join(where.root, 'b/other.c'), LEAK.replace('return -ENOSPC', 'goto out'));
    assert.match(same(where), /^4 scans and 1 directories known$/);
  });

  it('analyses nothing again for a file beside that says of itself what it said', async () => {
    const where = prepared();
    await settle();
    run(where);
    const file = path.join(where.root, 'a/plain.c');
    writeFileSync(file, 'int demo_plain(void)\n{\n\treturn demo_count() + 1;\n}\n');
    assert.match(same(where), / 2 directories known$/);
    rmSync(file);
    writeFileSync(path.join(where.root, 'a/fresh.c'), 'int demo_fresh(void)\n{\n\treturn 1;\n}\n');
    assert.match(same(where), / 2 directories known$/);
  });

  it('analyses callers again when the body of what they call changes, and no directory that has nothing to do with it', async () => {
    const where = prepared();
    const always = 'void demo_unpin(struct page *page)\n{\n\tunpin_user_page(page);\n}\n';
    const give = (body: string): void =>
      writeFileSync(path.join(where.root, 'a/give.c'), `${always}void demo_give(struct page *page)\n{\n\t${body}\n}\n`);
    give('unpin_user_page(page);');
    mkdirSync(path.join(where.root, 'c'));
    writeFileSync(path.join(where.root, 'c/own.c'), `${HEADER}${LEAK.replace('#include "demo.h"\n', '')}`);
    const caller = LEAK.replaceAll('demo_take', 'demo_call').replace('return -ENOSPC', 'goto out');
    writeFileSync(
      path.join(where.root, 'a/call.c'),
      caller.replace('return 0', 'return 0;\nout:\n\tdemo_give(page);\n\treturn -ENOSPC'),
    );
    await settle();
    const leaks = (out: string): number => out.split('"rule":"pin-leaked"').length - 1;
    const before = run(where).out;
    give('demo_seen++;');
    assert.equal(leaks(run(where).out), leaks(before) + 1);
    give('demo_seen--;');
    assert.match(same(where), / 1 directories known$/);
  });

  it('sees a change that leaves size and times as they were', async () => {
    const where = prepared();
    await settle();
    const before = run(where).out;
    const file = path.join(where.root, 'a/take.c');
    writeFileSync(file, LEAK.replace('demo_full', 'demo_null'));
    utimesSync(file, 1e9, 1e9);
    assert.notEqual(run(where).out, before);
    same(where);
  });

  it('does not trust the stamp of a file written just before the run', () => {
    const where = prepared();
    run(where);
    const file = path.join(where.root, 'a/take.c');
    const { mtime, size } = statSync(file);
    writeFileSync(file, LEAK.replace('demo_full', 'demo_null'));
    utimesSync(file, mtime, mtime);
    assert.equal(statSync(file).size, size);
    same(where);
  });

  it('sees a touched file that holds what it held', async () => {
    const where = prepared();
    await settle();
    run(where);
    utimesSync(path.join(where.root, 'a/take.c'), 2e9, 2e9);
    assert.match(same(where), /2 directories known$/);
  });

  it('sees a header that changed, one that went and one that stands nearer now', async () => {
    const where = prepared();
    await settle();
    run(where);
    writeFileSync(path.join(where.root, 'a/demo.h'), HEADER.replace('pin_user', 'get_user'));
    assert.match(same(where), /0 directories known$/);
    rmSync(path.join(where.root, 'a/demo.h'));
    same(where);
    mkdirSync(path.join(where.root, 'a/include'));
    writeFileSync(path.join(where.root, 'a/include/demo.h'), HEADER);
    same(where);
  });

  it('sees new files, removed ones and changed settings', async () => {
    const where = prepared();
    await settle();
    run(where);
    writeFileSync(path.join(where.root, 'b/more.c'), LEAK.replaceAll('demo_take', 'demo_more'));
    assert.match(same(where), /1 directories known$/);
    rmSync(path.join(where.root, 'b/other.c'));
    same(where);
    const [scans = ''] = entries(where.cache, 'scan-');
    assert.ok(filesIn(scans).includes('a/take.c') && !filesIn(scans).includes('b/other.c'));
    writeFileSync(path.join(where.root, 'guplint.json'), '{ "rules": { "pin-leaked": "off" } }\n');
    same(where);
    assert.doesNotMatch(run(where).out, /"pin-leaked"/);
  });

  it('forgets files that are gone, and no others', async () => {
    const where = prepared();
    await settle();
    run(where);
    rmSync(path.join(where.root, 'a/plain.c'));
    const args = ['a', ...ARGS.slice(1), '--stats'];
    guplint(args, { cwd: where.root, env: { XDG_CACHE_HOME: where.cache } });
    const [scans = ''] = entries(where.cache, 'scan-');
    assert.deepEqual(filesIn(scans), ['a/demo.h', 'a/take.c', 'b/other.c']);
    same(where);
  });

  it('sees what comes, goes or moves in a directory of which it knows what is in it', async () => {
    const where = prepared();
    mkdirSync(path.join(where.root, 'deep/er'), { recursive: true });
    await settle();
    run(where);
    run(where);
    const more = path.join(where.root, 'deep/er/more.c');
    writeFileSync(more, `${HEADER}${LEAK.replace('#include "demo.h"\n', '')}`);
    same(where);
    assert.match(run(where).out, /deep\/er\/more\.c/);
    await settle();
    run(where);
    renameSync(path.join(where.root, 'deep/er'), path.join(where.root, 'deep/est'));
    same(where);
    assert.match(run(where).out, /deep\/est\/more\.c/);
    rmSync(path.join(where.root, 'deep'), { recursive: true });
    same(where);
  });

  it('sees that a link leads elsewhere', async () => {
    const where = prepared();
    const outside = temporaryTree({ 'x.c': `${HEADER}${LEAK.replace('#include "demo.h"\n', '')}` });
    symlinkSync(path.join(outside, 'x.c'), path.join(where.root, 'b/linked.c'));
    await settle();
    run(where);
    run(where);
    assert.match(run(where).out, /b\/linked\.c/);
    rmSync(path.join(outside, 'x.c'));
    assert.doesNotMatch(run(where).out, /b\/linked\.c/);
    same(where);
  });

  it('keeps the compiled program, and runs none that was damaged', async () => {
    const where = prepared();
    await settle();
    const fresh = run(where).out;
    const code = entries(where.cache, 'code-');
    assert.ok(code.length > 0);
    for (const file of code) {
      const bytes = readFileSync(file);
      for (let i = 100; i < bytes.length; i += 1000) bytes[i] = (bytes[i] ?? 0) ^ 0xff;
      writeFileSync(file, bytes);
    }
    assert.equal(run(where).out, fresh);
    for (const file of code) writeFileSync(file, '');
    assert.equal(run(where).out, fresh);
    for (const file of code) assert.ok(statSync(file).size > 1000, 'written anew');
  });

  it('takes no entry that is damaged, cut short or of another program', async () => {
    const where = prepared();
    await settle();
    run(where);
    const all = [...entries(where.cache, 'job-'), ...entries(where.cache, 'scan-')];
    assert.equal(all.length, 3);
    for (const damage of [
      (): string => '',
      (text: string): string => text.slice(0, text.length / 2),
      (): string => 'null',
      (): string => '{"build":1}',
      (text: string): string => text.replace(/"build":"\w+"/, '"build":"0"'),
    ]) {
      for (const entry of all) writeFileSync(entry, damage(readFileSync(entry, 'utf8')));
      assert.equal(same(where), '0 scans and 0 directories known');
    }
    assert.equal(same(where), '5 scans and 2 directories known');
  });

  it('does without a directory it may not write', () => {
    const where = prepared();
    chmodSync(where.cache, 0o555);
    const args = [...ARGS, '--stats'];
    const options = { cwd: where.root, env: { XDG_CACHE_HOME: where.cache }, unprivileged: true };
    for (let i = 0; i < 2; i++) {
      const { code, err } = guplint(args, options);
      assert.equal(code, 0, err);
      assert.match(err, /^cache +0 scans and 0 directories known$/m);
    }
  });

  it('does without a directory that the file system cannot make', () => {
    const run = guplint(ARGS, { cwd: prepared().root, env: { XDG_CACHE_HOME: '/proc' } });
    assert.equal(run.code, 0, run.err);
  });

  it('is shared by runs at the same time, and survives those that are killed', async () => {
    const where = prepared();
    await settle();
    const fresh = run(where, '--no-cache').out;
    const start = (): { ended: Promise<string>; kill: () => void } => {
      const child = spawn(process.execPath, [path.join(bundleDirectory(), 'guplint.js'), ...ARGS], {
        cwd: where.root,
        env: { PATH: process.env.PATH ?? '', XDG_CACHE_HOME: where.cache },
      });
      let out = '';
      child.stdout.on('data', (data: Buffer) => {
        out += data.toString();
      });
      return {
        ended: new Promise((resolve) => child.on('close', () => resolve(out))),
        kill: () => child.kill('SIGKILL'),
      };
    };
    const together = [start(), start(), start()];
    for (const { ended } of together) assert.equal(await ended, fresh);
    for (let after = 50; after <= 650; after += 100) {
      rmSync(path.join(where.cache, 'guplint'), { recursive: true, force: true });
      const { ended, kill } = start();
      setTimeout(kill, after);
      await ended;
      assert.equal(run(where).out, fresh);
    }
  });
});
