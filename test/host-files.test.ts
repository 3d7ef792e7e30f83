/** Files of the machine: the walk, atomic writes, readable messages; and the pool of workers. */
import assert from 'node:assert/strict';
import { chmodSync, lstatSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { createFileSystem } from '../server/host/files.ts';
import { isSourceName } from '../server/host/walk.ts';
import { bundleDirectory, temporaryTree } from './harness/cli.ts';

/** Every file of a walk. */
function walked(root: string, directories: readonly string[]): { files: string[]; problems: string[] } {
  const walk = createFileSystem(root).walk(directories);
  const files: string[] = [];
  for (let batch = walk.next(); batch.length > 0; batch = walk.next()) files.push(...batch);
  return { files, problems: walk.problems.map((p) => `${p.path}: ${p.message}`) };
}

describe('walk', () => {
  it('gives .c and .h files in a stable order, batch by batch', () => {
    const files: Record<string, string> = {
      'z.c': '',
      'a.h': '',
      'b.cc': '',
      'c.c/inner.c': '',
      '.c': '',
      'sub/.git/x.c': '',
      'sub/.hid/x.h': '',
    };
    for (let i = 0; i < 700; i++) files[`many/f${String(i).padStart(3, '0')}.c`] = '';
    const root = temporaryTree(files);
    const { files: found, problems } = walked(root, ['.']);
    assert.deepEqual(problems, []);
    assert.deepEqual(found.slice(0, 3), ['a.h', 'z.c', 'c.c/inner.c']);
    assert.equal(found.length, 704);
    assert.ok(found.includes('sub/.hid/x.h') && !found.includes('sub/.git/x.c'));
    assert.deepEqual(walked(root, ['.']).files, found);
    assert.deepEqual(walked(root, ['sub', 'c.c']).files, ['sub/.hid/x.h', 'c.c/inner.c']);
  });

  it('takes no file of another kind', () => {
    assert.ok(isSourceName('a.c') && isSourceName('a.h'));
    for (const name of ['.c', '.h', 'a.cc', 'a.C', 'ac', 'a.c~', 'a.hpp']) assert.ok(!isSourceName(name), name);
  });
});

describe('files', () => {
  it('are replaced as a whole, with their permissions, through links', () => {
    const root = temporaryTree({ 'real.c': 'old' });
    symlinkSync('real.c', path.join(root, 'link.c'));
    chmodSync(path.join(root, 'real.c'), 0o750);
    createFileSystem(root).write([{ path: 'link.c', bytes: Buffer.from('new') }]);
    assert.equal(readFileSync(path.join(root, 'real.c'), 'utf8'), 'new');
    assert.equal(statSync(path.join(root, 'real.c')).mode & 0o777, 0o750);
    assert.ok(lstatSync(path.join(root, 'link.c')).isSymbolicLink());
    assert.deepEqual(readdirSync(root).sort(), ['link.c', 'real.c']);
  });

  it('stay as they were when writing fails', () => {
    const root = temporaryTree({ 'dir/x.c': 'old' });
    const write = (...names: string[]): void =>
      createFileSystem(root).write(names.map((name) => ({ path: name, bytes: Buffer.from('new') })));
    assert.throws(() => write('dir'), /directory|denied|exists/);
    assert.throws(() => write('none/x.c'), { message: 'no such file or directory', path: 'none/x.c' });
    assert.throws(() => write('dir/x.c', 'none/x.c'), { path: 'none/x.c' });
    assert.equal(readFileSync(path.join(root, 'dir/x.c'), 'utf8'), 'old');
    assert.deepEqual(readdirSync(path.join(root, 'dir')), ['x.c']);
    assert.deepEqual(readdirSync(root), ['dir']);
  });

  it('say what they are and why they cannot be read', () => {
    const root = temporaryTree({ 'a.c': 'x' });
    symlinkSync('loop', path.join(root, 'loop'));
    const fs = createFileSystem(root);
    assert.deepEqual(
      [fs.kind('a.c'), fs.kind('.'), fs.kind('none'), fs.kind('/dev/null')],
      ['file', 'directory', 'missing', 'stream'],
    );
    const problem = (name: string): string => {
      const read = fs.read(name);
      return read.kind === 'problem' ? read.problem.message : 'read';
    };
    assert.equal(problem('none'), 'no such file or directory');
    assert.match(problem('loop'), /^too many symbolic links/);
    assert.match(problem('.'), /directory/);
    assert.deepEqual(fs.list('none'), []);
  });
});

describe('worker pool', () => {
  /** The pool of the bundle: from source each worker would have to translate the whole program. */
  const pool = (threads: number, root: string) => {
    const { WorkerPool } = require(
      path.join(bundleDirectory(), 'pool-for-test.js'),
    ) as typeof import('../server/host/pool.ts');
    return new WorkerPool(threads, root);
  };

  before(async function () {
    this.timeout(120_000);
    const { build } = await import('esbuild');
    await build({
      entryPoints: ['server/host/pool.ts'],
      bundle: true,
      platform: 'node',
      format: 'cjs',
      outfile: path.join(bundleDirectory(), 'pool-for-test.js'),
    });
  });

  it('answers each job with its own reply, in whatever order they end', async () => {
    const files: Record<string, string> = {};
    for (let i = 0; i < 60; i++) files[`f${i}.c`] = i % 3 === 0 ? 'get_user_pages(1);' : 'x'.repeat(i * 1000);
    const root = temporaryTree(files);
    const workers = pool(3, root);
    try {
      const replies = await Promise.all(Object.keys(files).map((file) => workers.scan({ files: [file, 'none.c'] })));
      replies.forEach((reply, i) => {
        assert.deepEqual(
          reply.hits.map((h) => h.index),
          i % 3 === 0 ? [0] : [],
          `f${i}.c`,
        );
        assert.deepEqual(reply.problems, [{ path: 'none.c', message: 'no such file or directory' }]);
      });
      const words = await workers.scan({ files: ['f1.c', 'f0.c'], words: ['get_user_pages', 'other'] });
      assert.deepEqual(
        words.hits.map((h) => h.index),
        [1],
      );
    } finally {
      await workers.close();
    }
  });

  it('gives up a job that fails and goes on with the others', async () => {
    const root = temporaryTree({ 'a.c': 'get_user_pages(1);' });
    const workers = pool(2, root);
    try {
      const broken = workers.scan({ files: undefined as unknown as string[] });
      await assert.rejects(broken, /scan: /);
      assert.equal((await workers.scan({ files: ['a.c'] })).hits.length, 1);
    } finally {
      await workers.close();
    }
  });
});
