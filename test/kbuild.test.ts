/**
 * guplint as the checker of a kernel build: the arguments that kbuild hands over, what is printed where, the exit codes, and
 * what a file without gup needs. The command lines have the shape that scripts/Makefile.build of 6.12 gives them.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { definesOfHeader, parseKbuildArguments } from '../server/cli/kbuild-arguments.ts';
import { createAnalyser } from '../server/engine/analyse-job.ts';
import { DEFAULT_SETTINGS, resolveConfig } from '../server/engine/config.ts';
import type { FileSystem, Host } from '../server/engine/host.ts';
import { run } from '../server/engine/run.ts';
import { createFileSystem } from '../server/host/files.ts';
import { LocalExecutor } from '../server/host/local.ts';
import { bundleDirectory, guplint, temporaryTree } from './harness/cli.ts';
import { memoryFiles } from './harness/engine.ts';
import { startParser } from './harness/parser.ts';

/** What stands before the source: CHECKFLAGS, the dependency file, include paths, compiler options. */
const BUILD = [
  '-D__linux__ -Dlinux -D__STDC__ -Dunix -D__unix__ -Wbitwise -Wno-return-void -D__x86_64__ --arch=x86 -mlittle-endian',
  '-m64 -Wp,-MMD,drv/.take.o.d -nostdinc -I./arch/x86/include -I./include -include ./include/linux/kconfig.h',
  '-D__KERNEL__ -fmacro-prefix-map=./= -Werror -std=gnu11 -fshort-wchar --param=allow-store-data-races=0 --param max-inline=5',
  '-mno-sse -Wno-format-security -DMODULE -DKBUILD_BASENAME="take" -DKBUILD_MODNAME="take" -D__KBUILD_MODNAME=kmod_take',
].flatMap((line) => line.split(' '));

const TAKE = `#include "demo.h"
static int demo_take(unsigned long addr, struct page **pages)
{
#ifdef DEMO_OLD
	return get_user_pages_fast(addr, 1, 1, pages);
#else
	return pin_user_pages_fast(addr, 1, FOLL_WRITE, pages);
#endif
}
`;

const HEADER = `static inline int demo_one(unsigned long addr, struct page **pages)
{
	return pin_user_pages_fast(addr, 1, 1, pages);
}
`;

const MAKEFILE = 'VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 1\nEXTRAVERSION =\n';

describe('arguments of a kernel build', () => {
  it('the source is the last one; only -D, -U, -I and -include count', () => {
    const parsed = parseKbuildArguments([
      '--kbuild',
      ...BUILD,
      '-UMODULE',
      '-I',
      'a/b',
      '-D',
      'X=a b',
      '/src/drv/take.c',
    ]);
    assert.equal(parsed.source, '/src/drv/take.c');
    assert.deepEqual(parsed.includeDirs, ['./arch/x86/include', './include', 'a/b']);
    assert.deepEqual(parsed.forcedIncludes, ['./include/linux/kconfig.h']);
    assert.deepEqual(parsed.defines.__KERNEL__, { kind: 'value', text: '1' });
    assert.deepEqual(parsed.defines.KBUILD_BASENAME, { kind: 'value', text: '"take"' });
    assert.deepEqual(parsed.defines.MODULE, { kind: 'undefined' });
    assert.deepEqual(parsed.defines.X, { kind: 'value', text: 'a b' });
    assert.equal(parsed.fail, false);
    assert.deepEqual(parsed.own, []);
  });

  it('own long options may stand behind CHECK=, others are passed over', () => {
    const args = ['--kbuild', '--kbuild-fail', '--rule', 'dead-vmas=off', '--kernel=6.1', '--strange', ...BUILD, 'a.c'];
    const parsed = parseKbuildArguments(args);
    assert.equal(parsed.fail, true);
    assert.deepEqual(parsed.own, ['--rule=dead-vmas=off', '--kernel=6.1']);
  });

  it('refuses a command line without a source', () => {
    assert.throws(() => parseKbuildArguments(['--kbuild']), /last argument must be the source/);
    assert.throws(() => parseKbuildArguments(['--kbuild', '-DX']), /last argument must be the source/);
  });

  it('reads the macros that a configure script wrote', () => {
    const text = `#ifndef _CONFIG_H
#define _CONFIG_H
/* #define NOT_THIS 1 */
#define HAVE_PIN_USER_PAGES 1
#  define ARGS 4 /* of them */
#define EMPTY
#define F(x) (x)
#undef HAVE_GUP
#if ARGS > 4
#define NESTED 1
#endif
#endif
`;
    assert.deepEqual(definesOfHeader(text), {
      _CONFIG_H: { kind: 'value', text: '' },
      HAVE_PIN_USER_PAGES: { kind: 'value', text: '1' },
      ARGS: { kind: 'value', text: '4' },
      EMPTY: { kind: 'value', text: '' },
      HAVE_GUP: { kind: 'undefined' },
    });
  });
});

describe('guplint --kbuild', function () {
  this.timeout(60_000);
  const files = { Makefile: MAKEFILE, 'drv/take.c': TAKE, 'drv/demo.h': HEADER, 'drv/plain.c': 'int demo_plain;\n' };
  let cwd = '';
  before(() => {
    cwd = temporaryTree(files);
  });
  const check = (source: string, ...more: string[]): ReturnType<typeof guplint> =>
    guplint(['--kbuild', ...more, ...BUILD, source], { cwd });

  it('prints nothing and ends with 0 where nothing is found', () => {
    assert.deepEqual(check('drv/take.c', '-UDEMO_OLD'), { code: 0, out: '', err: '' });
    assert.deepEqual(check('drv/plain.c'), { code: 0, out: '', err: '' });
  });

  it('honours -D and -U, prints a line a finding on standard error, and ends with 0', () => {
    const run = check('drv/take.c', '-DDEMO_OLD');
    assert.equal(run.code, 0);
    assert.equal(run.out, '');
    assert.match(run.err, /^drv\/take\.c:5:38: warning: .+ \[magic-gup-flags\]\n/);
    assert.ok(
      run.err
        .trimEnd()
        .split('\n')
        .every((line) => /^drv\/take\.c:\d+:\d+: (warning|info): .+ \[[\w-]+\]$/.test(line)),
    );
  });

  it('reports the findings of the file alone, those that check reports for it', () => {
    const all = JSON.parse(guplint(['drv', '-DDEMO_OLD', '--format', 'json'], { cwd }).out) as {
      findings: { file: string; line: number; column: number; rule: string }[];
    };
    assert.ok(all.findings.some((f) => f.file === 'drv/demo.h'));
    const asked = all.findings.filter((f) => f.file === 'drv/take.c').map((f) => `${f.line}:${f.column} ${f.rule}`);
    const found = check('drv/take.c', '-DDEMO_OLD')
      .err.trimEnd()
      .split('\n')
      .map((line) => line.replace(/^[^:]*:(\d+:\d+):.*\[([\w-]+)\]$/, '$1 $2'));
    assert.deepEqual(found, asked);
  });

  it('shows the path as the build gives it, absolute ones too', () => {
    const source = path.join(cwd, 'drv/take.c');
    const run = guplint(['--kbuild', '-DDEMO_OLD', source], { cwd: os.tmpdir() });
    assert.ok(run.err.startsWith(`${source}:5:38: warning: `), run.err);
  });

  it('fails when asked to: 1 for findings at --fail-level, 2 for a file that cannot be read', () => {
    assert.equal(check('drv/take.c', '-DDEMO_OLD', '--kbuild-fail').code, 1);
    assert.equal(check('drv/take.c', '-UDEMO_OLD', '--kbuild-fail').code, 0);
    assert.equal(check('drv/take.c', '-DDEMO_OLD', '--kbuild-fail', '--rule', 'magic-gup-flags=info').code, 0);
    const gone = check('drv/gone.c', '--kbuild-fail');
    assert.equal(gone.code, 2);
    assert.equal(gone.err, 'guplint: drv/gone.c: no such file or directory\n');
  });

  it('breaks no build: a missing file, a broken configuration and a bad option give their line and 0', () => {
    assert.equal(check('drv/gone.c').code, 0);
    const broken = temporaryTree({ ...files, 'guplint.json': '{ "rulez": {} }' });
    const run = guplint(['--kbuild', 'drv/take.c'], { cwd: broken });
    assert.equal(run.code, 0);
    assert.match(run.err, /^guplint: guplint\.json:1:3: unknown setting 'rulez'/);
    assert.equal(guplint(['--kbuild', '--kbuild-fail', 'drv/take.c'], { cwd: broken }).code, 2);
    const option = check('drv/take.c', '--kernel', 'six');
    assert.equal(option.code, 0);
    assert.match(option.err, /^guplint: option '--kernel <range>' argument 'six' is invalid/);
  });

  it('leaves out what the baseline of the working or the source directory accepts', () => {
    const tree = temporaryTree(files);
    assert.equal(guplint(['baseline', 'write', 'drv', '-DDEMO_OLD'], { cwd: tree }).code, 0);
    assert.equal(guplint(['--kbuild', '-DDEMO_OLD', 'drv/take.c'], { cwd: tree }).err, '');
    const outside = temporaryTree({ 'x/y': '' });
    const source = path.join(tree, 'drv/take.c');
    assert.notEqual(guplint(['--kbuild', '-DDEMO_OLD', source], { cwd: outside }).err, '');
    assert.equal(guplint(['--kbuild', '-DDEMO_OLD', source], { cwd: outside, env: { srctree: tree } }).err, '');
  });

  it('takes the kernel that is being built for a module outside of the tree', () => {
    const tree = temporaryTree({
      'm.c':
        'static long demo(unsigned long a, struct page **p)\n{\n\treturn pin_user_pages(a, 1, FOLL_WRITE, p, NULL);\n}\n',
    });
    const run = (version: string): string =>
      guplint(['--kbuild', 'm.c'], { cwd: tree, env: { KERNELVERSION: version } }).err;
    assert.match(run('6.12.94'), /\[wrong-arguments\]/);
    assert.doesNotMatch(run('6.1.100'), /\[wrong-arguments\]/);
  });

  it('looks at a file that calls what takes pages in its directory', () => {
    const tree = temporaryTree({
      Makefile: MAKEFILE,
      'drv/take.c':
        'int demo_pin(unsigned long a, struct page **p)\n{\n\treturn pin_user_pages_fast(a, 1, FOLL_WRITE, p);\n}\n',
      'drv/use.c':
        'struct demo {\n\tstruct page *page;\n};\n\nint demo_use(struct demo *d, unsigned long a)\n{\n\tint ret = demo_pin(a, &d->page);\n\n\tif (ret != 1)\n\t\treturn -EIO;\n\tput_page(d->page);\n\treturn 0;\n}\n',
    });
    const plain = guplint(['drv/use.c'], { cwd: tree }).out;
    assert.match(plain, /^drv\/use\.c:\d+:\d+: .*\[put-on-pinned\]$/m);
    assert.match(
      guplint(['--kbuild', 'drv/use.c'], { cwd: tree }).err,
      /^drv\/use\.c:\d+:\d+: warning: .*\[put-on-pinned\]$/m,
    );
  });

  /** A copy of some files of the bundle, and how to run the build's check with it. */
  function bundleOf(...names: string[]): {
    readonly directory: string;
    readonly run: (source: string, cache?: string) => ReturnType<typeof spawnSync>;
  } {
    const directory = temporaryTree({});
    for (const name of names) copyFileSync(path.join(bundleDirectory(), name), path.join(directory, name));
    const run = (source: string, cache = directory): ReturnType<typeof spawnSync> =>
      spawnSync(process.execPath, [path.join(directory, 'guplint.js'), '--kbuild', ...BUILD, '-DDEMO_OLD', source], {
        cwd,
        encoding: 'utf8',
        env: { PATH: process.env.PATH ?? '', XDG_CACHE_HOME: cache },
      });
    return { directory, run };
  }

  it('a file without gup needs the entry alone: no argument parser, no analysis, no C parser', () => {
    const { run } = bundleOf('guplint.js');
    const plain = run('drv/plain.c');
    assert.deepEqual([plain.status, plain.stdout, plain.stderr], [0, '', '']);
    assert.match(String(run('drv/take.c').stderr), /^guplint: .*commands\.js/);
  });

  it('a file with gup comes from the cache without the C parser', () => {
    const parser = ['web-tree-sitter.wasm', 'tree-sitter-c.wasm'];
    const { directory, run } = bundleOf('guplint.js', 'commands.js', ...parser);
    const cold = run('drv/take.c');
    assert.match(String(cold.stderr), /magic-gup-flags/);
    for (const name of parser) rmSync(path.join(directory, name));
    const warm = run('drv/take.c');
    assert.deepEqual([warm.status, warm.stderr], [0, cold.stderr]);
    assert.match(String(run('drv/take.c', temporaryTree({})).stderr), /^guplint: .*\.wasm/);
  });

  it('a file that names only what the project declares is looked at', () => {
    const model =
      '{ "functions": { "demo_pin": { "takes": "pin", "arguments": ["start", "nr", "flags", "pages"], "releasedBy": "unpin_user_page" } } }';
    const tree = temporaryTree({
      Makefile: MAKEFILE,
      'guplint.json': '{ "model": "guplint.model.json" }',
      'guplint.model.json': model,
      'drv/use.c':
        'int demo_use(unsigned long a, struct page **p)\n{\n\tif (demo_pin(a, 1, 1, p) != 1)\n\t\treturn -EIO;\n\tput_page(p[0]);\n\treturn 0;\n}\n',
      'drv/plain.c': 'int demo_plain;\n',
      'other.json': '{}',
    });
    const run = (...args: string[]): ReturnType<typeof guplint> => guplint(['--kbuild', ...args], { cwd: tree });
    assert.match(run('drv/use.c').err, /^drv\/use\.c:5:\d+: warning: .*\[put-on-pinned\]$/m);
    assert.equal(run('--config', 'other.json', 'drv/use.c').err, '');
    assert.equal(run('drv/plain.c').err, '');
    writeFileSync(path.join(tree, 'guplint.model.json'), '{ "functions": 1 }');
    assert.deepEqual(run('drv/plain.c'), { code: 0, out: '', err: '' });
  });
});

describe('one file of a tree', () => {
  before(startParser);

  it('is checked without a walk, and without reading files of directories it has nothing to do with', async () => {
    const files = createFileSystem(
      temporaryTree({
        Makefile: MAKEFILE,
        'drv/take.c': TAKE,
        'drv/demo.h': HEADER,
        'drv/use.c': 'int demo_use(void);\n',
        'drv/sub/more.c': TAKE,
        'other/take.c': TAKE,
        'mm/gup.c': TAKE,
      }),
    );
    const seen = new Set<string>();
    const fs: FileSystem = {
      ...files,
      read: (file) => {
        seen.add(file);
        return files.read(file);
      },
      resolve: (file) => {
        seen.add(file);
        return files.resolve(file);
      },
      walk: () => assert.fail('walked'),
    };
    const host: Host = {
      fs,
      clock: { now: () => 0 },
      local: (on) => new LocalExecutor(on, { now: () => 0 }),
      pool: () => assert.fail('a pool for one file'),
    };
    const inputs = [{ kind: 'path', path: 'drv/take.c' }] as const;
    const defines = { DEMO_OLD: { kind: 'value', text: '1' } } as const;
    const { findings } = await run({ inputs, settings: { ...DEFAULT_SETTINGS, defines }, rules: true, jobs: 1 }, host);
    assert.ok(findings.some((f) => f.rule === 'magic-gup-flags'));
    const elsewhere = [...seen].filter(
      (file) => !/^(?:drv\/[^/]+|Makefile)$/.test(file) && files.kind(file) === 'file',
    );
    assert.deepEqual(elsewhere, []);
    assert.ok(seen.has('drv/take.c') && seen.has('drv/demo.h'));
  });
});

describe('directories of -I', () => {
  before(startParser);

  it('are searched for headers after those of the project', () => {
    const text = '#include "wrap.h"\nstatic int f(unsigned long a, struct page **p)\n{\n\treturn DEMO_PIN(a, p);\n}\n';
    const fs = memoryFiles({
      'drv/a.c': text,
      'other/inc/wrap.h': '#define DEMO_PIN(a, p) pin_user_pages_fast(a, 1, FOLL_WRITE, p)\n',
    });
    const sites = (includeDirs: readonly string[]): unknown[] => {
      const config = resolveConfig({ ...DEFAULT_SETTINGS, includeDirs }, undefined);
      const analyse = createAnalyser(fs, { now: () => 0 });
      const job = {
        directory: 'drv',
        config,
        tree: undefined,
        files: [{ file: 'drv/a.c' }],
        neighbours: undefined,
        rules: false,
      };
      return analyse(job).results.flatMap((r) => r.sites.map((s) => s.via));
    };
    assert.deepEqual(sites([]), []);
    assert.deepEqual(sites(['other/inc']), ['DEMO_PIN']);
  });
});
