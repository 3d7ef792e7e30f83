/**
 * guplint as the checker of a kernel build: the arguments that kbuild hands over, what is printed where, the exit codes, and
 * that a file without gup costs next to nothing. The command lines have the shape that scripts/Makefile.build of 6.12 gives them.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { definesOfHeader, parseKbuildArguments } from '../server/cli/kbuild-arguments.ts';
import { createAnalyser } from '../server/engine/analyse-job.ts';
import { DEFAULT_SETTINGS, resolveConfig } from '../server/engine/config.ts';
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

  it('a file without gup needs neither the parser nor its files', () => {
    const alone = mkdtempSync(path.join(os.tmpdir(), 'guplint-alone-'));
    try {
      copyFileSync(path.join(bundleDirectory(), 'guplint.js'), path.join(alone, 'guplint.js'));
      const run = (source: string): ReturnType<typeof spawnSync> =>
        spawnSync(process.execPath, [path.join(alone, 'guplint.js'), '--kbuild', ...BUILD, source], {
          cwd,
          encoding: 'utf8',
        });
      const plain = run('drv/plain.c');
      assert.deepEqual([plain.status, plain.stdout, plain.stderr], [0, '', '']);
      assert.match(String(run('drv/take.c').stderr), /^guplint: /);
    } finally {
      rmSync(alone, { recursive: true, force: true });
    }
  });

  it('a file without gup costs less than three starts of node that do nothing', () => {
    const bundle = path.join(bundleDirectory(), 'guplint.js');
    const said = `process.on('exit', () => { const { user, system } = process.cpuUsage(); process.stderr.write(String(user + system)); });`;
    const check = `process.argv = ['node', 'guplint', '--kbuild', ${JSON.stringify(path.join(cwd, 'drv/plain.c'))}];
      require(${JSON.stringify(bundle)});`;
    const cost = (script: string): number => {
      const run = spawnSync(process.execPath, ['-e', `${script}\n${said}`], { encoding: 'utf8' });
      assert.equal(run.status, 0, run.stderr);
      return Number(run.stderr);
    };
    // The least of several turns: what other processes take from these does not count.
    const turns = Array.from({ length: 8 }, () => ({ bare: cost(''), checking: cost(check) }));
    const least = (pick: (t: (typeof turns)[number]) => number): number => Math.min(...turns.map(pick));
    assert.ok(least((t) => t.checking) < 3 * least((t) => t.bare), JSON.stringify(turns));
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
