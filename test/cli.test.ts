/** The command line from outside: exit codes, what goes to which stream, options, errors. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, closeSync, mkdirSync, openSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { bundleDirectory, guplint, temporaryTree } from './harness/cli.ts';

/** One error on 6.12 (FOLL_PIN at a call site), one warning on every kernel (1 as flags). */
const BAD = `#include <linux/mm.h>

static int demo_take(unsigned long start, struct page **pages)
{
	return get_user_pages_fast(start, 1, 1, pages);
}

static int demo_pin(unsigned long start, struct page **pages)
{
	return pin_user_pages_fast(start, 1, FOLL_PIN | FOLL_WRITE, pages);
}
`;

const CLEAN = `static int demo_take(unsigned long start, struct page **pages)
{
	return pin_user_pages_fast(start, 1, FOLL_WRITE, pages);
}
`;

const INFO = CLEAN.replace('FOLL_WRITE', 'FOLL_GET | FOLL_WRITE').replace('pin_user', 'get_user');

function tree(): string {
  return temporaryTree({ 'bad.c': BAD, 'clean.c': CLEAN, 'other.txt': BAD, 'sub/none.h': 'int x;\n' });
}

describe('command line: exit codes', () => {
  before(function () {
    this.timeout(120_000);
    bundleDirectory();
  });

  it('is 0 without findings, 1 with findings, and follows --fail-level', () => {
    const cwd = tree();
    const code = (...args: string[]): number | null => guplint([...args, '--kernel', '6.12'], { cwd }).code;
    assert.equal(code('clean.c'), 0);
    assert.equal(code('bad.c'), 1);
    assert.equal(code('check', 'bad.c'), 1);
    assert.equal(code('bad.c', '--fail-level', 'never'), 0);
    assert.equal(code('bad.c', '--rule', 'foll-pin-at-call-site=off', '--fail-level', 'error'), 0);
    assert.equal(code('bad.c', '--rule', 'foll-pin-at-call-site=warning', '--fail-level', 'error'), 0);
    assert.equal(
      code('bad.c', '--rule', 'magic-gup-flags=error', '--rule', 'foll-pin-at-call-site=off', '--fail-level', 'error'),
      1,
    );
  });

  it('counts an info only with --fail-level info', () => {
    const cwd = temporaryTree({ 'info.c': INFO });
    const run = (...args: string[]) => guplint(['info.c', '--kernel', '6.12', ...args], { cwd });
    assert.match(run().out, /: info: .*\[redundant-foll-get\]/);
    assert.equal(run().code, 0);
    assert.equal(run('--fail-level', 'info').code, 1);
  });

  it('is 0 for sites whatever they are', () => {
    assert.equal(guplint(['sites', 'bad.c'], { cwd: tree() }).code, 0);
  });
});

describe('command line: bad usage ends with 2 and one line', () => {
  const oneLine = (args: string[], cwd: string, pattern: RegExp): void => {
    const run = guplint(args, { cwd });
    assert.equal(run.code, 2, run.err);
    assert.equal(run.out, '');
    assert.match(run.err, pattern);
    assert.equal(run.err.trimEnd().split('\n').length, 1, run.err);
  };

  it('names a missing path', () => {
    oneLine(['nothing.c'], tree(), /^guplint: nothing\.c: no such file or directory$/m);
    oneLine(['chek'], tree(), /^guplint: chek: .*did you mean 'guplint check'\?$/m);
  });

  it('names a directory without C files', () => {
    oneLine(['docs'], temporaryTree({ 'docs/a.txt': '' }), /^guplint: docs: no \.c or \.h files in this directory$/m);
    oneLine([], temporaryTree({ 'a.txt': '' }), /no \.c or \.h files/);
  });

  it('names options it does not know and values it does not take', () => {
    const cwd = tree();
    oneLine(['--nope', 'bad.c'], cwd, /^guplint: unknown option '--nope'/m);
    oneLine(['--format', 'yaml', 'bad.c'], cwd, /Allowed choices are text, json, jsonl/);
    oneLine(['--kernel', 'six', 'bad.c'], cwd, /--kernel.*'six'/);
    oneLine(['--kernel', '6.12..6.1', 'bad.c'], cwd, /6\.12\.\.6\.1/);
    oneLine(['--jobs', '0', 'bad.c'], cwd, /--jobs/);
    oneLine(['--rule', 'put-on-pined=off', 'bad.c'], cwd, /there is no rule 'put-on-pined'/);
    oneLine(['--rule', 'magic-gup-flag=off', 'bad.c'], cwd, /did you mean 'magic-gup-flags'\?/);
    oneLine(['--rule', 'magic-gup-flags=loud', 'bad.c'], cwd, /RULE=off/);
    oneLine(['--unsafe-fixes', 'bad.c'], cwd, /--unsafe-fixes needs --fix/);
    oneLine(['--stdin-filename', 'a.c', 'bad.c'], cwd, /--stdin-filename needs -/);
    oneLine(['sites', '--fix', 'bad.c'], cwd, /unknown option '--fix'/);
    oneLine(['explain', 'put_user_pagez'], cwd, /nothing is known of 'put_user_pagez'/);
    oneLine(['--baseline', 'none.json', 'bad.c'], cwd, /none\.json: no such file/);
    oneLine(
      ['--config', 'none.json', 'bad.c'],
      cwd,
      /none\.json: cannot read the configuration: no such file or directory/,
    );
    oneLine(['-o', 'no/such/dir/x', 'clean.c'], cwd, /no\/such\/dir\/x: cannot be written/);
    oneLine(['-o', 'sub', 'clean.c'], cwd, /^guplint: sub: cannot be written: is a directory$/m);
    oneLine(['--kbuild-fail', 'bad.c'], cwd, /^guplint: --kbuild-fail needs --kbuild$/m);
  });

  it('takes no empty name: it comes from a variable that was not set', () => {
    const cwd = tree();
    oneLine(['bad.c', ''], cwd, /^guplint: an empty path; write '\.' for the working directory$/m);
    for (const option of ['-o', '--config', '--baseline', '--patch', '--stdin-filename'])
      oneLine([option, '', 'bad.c'], cwd, /Give a name that is not empty\.$/m);
  });

  it('does not write results over a source', () => {
    const cwd = tree();
    for (const args of [['bad.c'], ['report', '.'], ['sites', '.']])
      oneLine(
        [...args, '-o', 'bad.c'],
        cwd,
        /'bad\.c' is invalid\. Results do not go into a C file; give another name\.$/m,
      );
    assert.equal(readFileSync(path.join(cwd, 'bad.c'), 'utf8'), BAD);
  });

  it('names the place of an error in the configuration', () => {
    const cwd = temporaryTree({ 'a.c': CLEAN, 'guplint.json': '{\n  "rules": { "magic-gup-flags": "loud" }\n}\n' });
    oneLine(['a.c'], cwd, /^guplint: guplint\.json:2:33: the level of 'magic-gup-flags' must be one of .*"loud"$/m);
  });
});

describe('command line: streams', () => {
  it('prints findings as compilers do, on standard output alone', () => {
    const run = guplint(['bad.c', '--kernel', '6.12'], { cwd: tree() });
    const lines = run.out.split('\n');
    assert.match(lines[0] ?? '', /^bad\.c:5:39: warning: .* \[magic-gup-flags\]$/);
    assert.match(lines[1] ?? '', /^ {4}fix: /);
    assert.match(lines[2] ?? '', /^bad\.c:10:39: error: .* \[foll-pin-at-call-site\]$/);
    assert.equal(run.err, '1 error, 1 warning, 0 infos in 1 file, 2 sites\n');
    assert.equal(guplint(['bad.c', '--kernel', '6.12', '--quiet'], { cwd: tree() }).err, '');
  });

  it('says once that it assumes a kernel', () => {
    const run = guplint(['bad.c', 'clean.c'], { cwd: tree() });
    const lines = run.err.split('\n').filter((l) => l.includes('kernel unknown'));
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? '', /^guplint: kernel unknown, assuming \d+\.\d+; set --kernel$/);
    assert.match(run.out, /: info: FOLL_PIN/);
  });

  it('says what it knows nothing of where the kernel is older or newer than all it knows, and reports nothing for that', () => {
    const cwd = temporaryTree({ 'clean.c': `${CLEAN}void demo_put(struct page *page)\n{\n\tput_page(page);\n}\n` });
    const on = (kernel: string) => guplint(['clean.c', '--kernel', kernel, '--format', 'json'], { cwd });
    const apis = (kernel: string): string[] =>
      JSON.parse(on(kernel).out).findings.map((f: { message: string }) => f.message.split('(')[0]);
    assert.deepEqual(apis('3.10'), ['pin_user_pages_fast']);
    assert.match(on('3.10').err, /^guplint: kernel 3\.10: nothing is known of kernels before 4\.4, /m);
    assert.deepEqual(apis('99.1'), []);
    assert.match(on('99.1').err, /^guplint: kernel 99\.1: nothing is known of kernels after \d+\.\d+, /m);
    for (const kernel of ['..6.12', '5.6..', '4.4..6.12']) assert.equal(on(kernel).err, '', kernel);
  });

  it('colours by the usual conventions and never into a file', () => {
    const cwd = tree();
    const out = (args: string[], env: Record<string, string>): string =>
      guplint(['bad.c', '--kernel', '6.12', ...args], { cwd, env }).out;
    const colour = '\u001b[';
    assert.ok(!out([], {}).includes(colour));
    assert.ok(out([], { FORCE_COLOR: '1' }).includes(colour));
    assert.ok(!out(['--no-color'], { FORCE_COLOR: '1' }).includes(colour));
    assert.ok(!out([], { FORCE_COLOR: '1', NO_COLOR: '1' }).includes(colour));
    assert.ok(!out([], { FORCE_COLOR: '0', CI: '1' }).includes(colour));
    out(['-o', 'report.txt'], { FORCE_COLOR: '1' });
    assert.ok(!readFileSync(path.join(cwd, 'report.txt'), 'utf8').includes(colour));
  });

  it('writes -o and then nothing to standard output', () => {
    const cwd = tree();
    const run = guplint(['bad.c', '--kernel', '6.12', '--format', 'json', '-o', 'out.json'], { cwd });
    assert.equal(run.out, '');
    assert.equal(run.code, 1);
    assert.equal(JSON.parse(readFileSync(path.join(cwd, 'out.json'), 'utf8')).findings.length, 2);
  });

  it('reads standard input under the name it is given', () => {
    const cwd = tree();
    const named = guplint(['-', '--stdin-filename', 'drivers/x.c', '--kernel', '6.12'], { cwd, input: BAD });
    assert.match(named.out, /^drivers\/x\.c:5:39: /);
    assert.equal(named.code, 1);
    assert.match(guplint(['-', '--kernel', '6.12'], { cwd, input: BAD }).out, /^<stdin>:5:39: /);
    assert.equal(guplint(['-'], { cwd, input: '' }).code, 0);
    assert.match(guplint(['sites', '-', '--kernel', '6.12'], { cwd, input: BAD }).out, /^<stdin>\n/);
  });

  it('ends quietly when the reader of its output goes away', (done) => {
    const files = Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`f${i}.c`, BAD]));
    const cwd = temporaryTree(files);
    const child = spawn(process.execPath, [path.join(bundleDirectory(), 'guplint.js'), '--kernel', '6.12', '--quiet'], {
      cwd,
    });
    let err = '';
    child.stderr.on('data', (d) => {
      err += String(d);
    });
    child.stdout.once('data', () => child.stdout.destroy());
    child.on('close', (code) => {
      assert.equal(err, '');
      assert.equal(code, 1);
      done();
    });
  });

  it('ends with 2 and one line when its output cannot be written', () => {
    const full = openSync('/dev/full', 'w');
    const run = spawnSync(
      process.execPath,
      [path.join(bundleDirectory(), 'guplint.js'), 'bad.c', '--kernel', '6.12', '--quiet'],
      { cwd: tree(), stdio: ['ignore', full, 'pipe'], encoding: 'utf8' },
    );
    closeSync(full);
    assert.equal(run.status, 2);
    assert.equal(run.stderr, 'guplint: standard output: no space left on device\n');
  });

  it('writes -o into a device without taking its place', () => {
    const run = guplint(['bad.c', '--kernel', '6.12', '--quiet', '-o', '/dev/null'], { cwd: tree() });
    assert.equal(run.code, 1);
    assert.ok(statSync('/dev/null').isCharacterDevice());
  });

  it('prints the help of a command', () => {
    const cwd = tree();
    assert.equal(guplint(['help'], { cwd }).out, guplint(['--help'], { cwd }).out);
    assert.equal(guplint(['help', 'sites'], { cwd }).out, guplint(['sites', '--help'], { cwd }).out);
    assert.match(guplint(['help', 'baseline', 'write'], { cwd }).out, /^Usage: guplint baseline write/);
    for (const [args, message] of [
      [['nosuch'], /^guplint: help: there is no command 'nosuch'; known: check, .*help\n$/],
      [['baseline', 'x'], /^guplint: help: there is no command of baseline 'x'; known: write, prune, show\n$/],
      [['sites', 'x'], /^guplint: help: there is no command of sites 'x'\n$/],
    ] as const) {
      const run = guplint(['help', ...args], { cwd });
      assert.match(run.err, message);
      assert.deepEqual([run.code, run.out], [2, '']);
    }
  });

  it('prints help and version on standard output', () => {
    const cwd = tree();
    assert.match(guplint(['--help'], { cwd }).out, /Usage: guplint/);
    assert.equal(guplint(['--version'], { cwd }).out, `${JSON.parse(readFileSync('package.json', 'utf8')).version}\n`);
    assert.match(guplint(['check', '--help'], { cwd }).out, /--min-confidence/);
  });

  it('tells what a run cost on standard error', () => {
    const run = guplint(['bad.c', '--stats', '--kernel', '6.12', '--format', 'json'], { cwd: tree() });
    assert.match(run.err, /^threads +none$/m);
    assert.match(run.err, /^scan .* MB/m);
    assert.equal(JSON.parse(run.out).summary.filesScanned, 1);
  });
});

describe('command line: inputs', () => {
  it('searches directories for .c and .h, hidden and ignored ones too, and not through linked directories', () => {
    const cwd = temporaryTree({
      'a/bad.c': BAD,
      'a/.hidden/bad.h': BAD,
      'a/ignored/bad.c': BAD,
      '.gitignore': '*\n',
      'elsewhere/bad.c': BAD,
      'elsewhere/linked.c': BAD,
      'a/bad.cc': BAD,
    });
    symlinkSync('../elsewhere', path.join(cwd, 'a/link'));
    symlinkSync('../elsewhere/linked.c', path.join(cwd, 'a/linked.c'));
    symlinkSync('bad.c', path.join(cwd, 'a/same.c'));
    const run = guplint(['a', '--kernel', '6.12', '--format', 'json'], { cwd });
    const files = new Set((JSON.parse(run.out).findings as { file: string }[]).map((f) => f.file));
    assert.deepEqual([...files], ['a/.hidden/bad.h', 'a/bad.c', 'a/ignored/bad.c', 'a/linked.c']);
    assert.equal(JSON.parse(run.out).summary.filesScanned, 4);
  });

  it('looks at a file once however often it is named', () => {
    const cwd = tree();
    const run = guplint(['.', 'bad.c', './bad.c', path.join(cwd, 'bad.c'), '--kernel', '6.12', '--format', 'json'], {
      cwd,
    });
    assert.equal(JSON.parse(run.out).findings.length, 2);
    assert.equal(JSON.parse(run.out).summary.filesScanned, 3);
  });

  it('prints the other results and ends with 2 when a file cannot be read', () => {
    const cwd = tree();
    mkdirSync(path.join(cwd, 'loop'));
    symlinkSync('x.c', path.join(cwd, 'loop/x.c'));
    const run = guplint(['bad.c', 'loop/x.c', '--kernel', '6.12'], { cwd });
    assert.equal(run.code, 2);
    assert.match(run.out, /^bad\.c:5:39: /);
    assert.match(run.err, /^guplint: loop\/x\.c: too many symbolic links/m);
  });

  it('names files and directories it may not read', () => {
    const cwd = temporaryTree({ 'bad.c': BAD, 'locked.c': CLEAN, 'dir/x.c': CLEAN });
    chmodSync(path.join(cwd, 'locked.c'), 0);
    chmodSync(path.join(cwd, 'dir'), 0);
    const run = guplint(['.', '--kernel', '6.12', '--quiet'], { cwd, unprivileged: true });
    chmodSync(path.join(cwd, 'dir'), 0o755);
    assert.equal(run.code, 2);
    assert.match(run.out, /^bad\.c:5:39: /);
    assert.equal(run.err, 'guplint: dir: permission denied\nguplint: locked.c: permission denied\n');
  });

  it('takes any bytes as C', () => {
    const bytes = Buffer.alloc(5000);
    for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 7919) % 256;
    const files = {
      'bytes.c': Buffer.concat([bytes, Buffer.from(' get_user_pages_fast(1,2,3,4)'), bytes]),
      'empty.c': '',
      'open.c': 'static void f(void) { get_user_pages_fast(((((((((( "',
      'latin1.c': Buffer.concat([Buffer.from('/* caf'), Buffer.from([0xe9]), Buffer.from(' */\n'), Buffer.from(BAD)]),
      'crlf.c': BAD.replaceAll('\n', '\r\n'),
      'bom.c': `\uFEFF${BAD}`,
    };
    const run = guplint(['.', '--kernel', '6.12', '--format', 'json'], { cwd: temporaryTree(files) });
    assert.equal(run.code, 1, run.err);
    const places = (JSON.parse(run.out).findings as { file: string; line: number; column: number; rule: string }[])
      .filter((f) => f.rule === 'magic-gup-flags' && !['bytes.c', 'open.c'].includes(f.file))
      .map((f) => `${f.file}:${f.line}:${f.column}`);
    assert.deepEqual(places, ['bom.c:5:39', 'crlf.c:5:39', 'latin1.c:6:39']);
  });

  it('takes -D and -U as compilers do', () => {
    const text = `#ifdef HAVE_OLD\nstatic int f(unsigned long a, struct page **p)\n{\n\treturn get_user_pages_fast(a, 1, 1, p);\n}\n#endif\n`;
    const cwd = temporaryTree({ 'a.c': text });
    const count = (...args: string[]): number =>
      JSON.parse(guplint(['a.c', '--kernel', '6.12', '--format', 'json', ...args], { cwd }).out).findings.length;
    assert.equal(count('-DHAVE_OLD'), 1);
    assert.equal(count('-D', 'HAVE_OLD=1'), 1);
    assert.equal(count('-UHAVE_OLD'), 0);
  });
});

describe('command line: rules and explain', () => {
  it('lists every rule as text and JSON', () => {
    const cwd = tree();
    const { rules } = JSON.parse(guplint(['rules', '--format', 'json'], { cwd }).out) as { rules: { name: string }[] };
    const text = guplint(['rules'], { cwd }).out;
    assert.ok(rules.length > 15);
    for (const rule of rules) assert.ok(text.includes(`  ${rule.name} `), rule.name);
    for (const own of ['parse-damaged', 'unknown-rule', 'unused-suppression'])
      assert.ok(rules.some((r) => r.name === own));
  });

  it('explains rules, cases, APIs, flags and concepts', () => {
    const cwd = tree();
    const says = (topic: string, pattern: RegExp): void =>
      assert.match(guplint(['explain', topic], { cwd }).out, pattern, topic);
    says('magic-gup-flags', /## Why is this bad\?/);
    says('unused-suppression', /suppression/);
    says('case2', /FOLL_LONGTERM/);
    says('pin_user_pages_fast', /\b5\.7\.\./);
    says('get_user_pages()', /\b4\.9\b/);
    says('FOLL_LONGTERM', /\b0x100\b/);
    says('counting', /\w/);
    says('zero-page', /\w/);
  });

  it('explains every rule it lists', () => {
    const cwd = tree();
    const { rules } = JSON.parse(guplint(['rules', '--format', 'json'], { cwd }).out) as { rules: { name: string }[] };
    const [first] = rules;
    assert.ok(first !== undefined);
    for (const rule of [first, ...rules.slice(-3)])
      assert.equal(guplint(['explain', rule.name], { cwd }).code, 0, rule.name);
  });
});

describe('command line: fixes', () => {
  it('applies safe fixes until none is left, and only those', () => {
    const cwd = tree();
    chmodSync(path.join(cwd, 'bad.c'), 0o640);
    const run = guplint(['bad.c', '--kernel', '6.12', '--fix'], { cwd });
    const text = readFileSync(path.join(cwd, 'bad.c'), 'utf8');
    assert.match(text, /get_user_pages_fast\(start, 1, FOLL_WRITE, pages\)/);
    assert.match(text, /pin_user_pages_fast\(start, 1, FOLL_WRITE, pages\)/);
    assert.equal(run.code, 0);
    assert.match(run.err, /^fixed 2 findings in 1 file\n {2}bad\.c\n/);
    assert.equal(guplint(['bad.c', '--kernel', '6.12'], { cwd }).out, '');
  });

  it('mends a release in a file beside that names no acquire function', () => {
    const header = 'struct demo_vm {\n\tstruct page *monitor;\n};\n';
    const take =
      '#include "demo.h"\nlong demo_take(struct demo_vm *vm, unsigned long addr)\n{\n\tstruct page *page;\n\n' +
      '\tif (pin_user_pages_fast(addr, 1, FOLL_WRITE | FOLL_LONGTERM, &page) != 1)\n\t\treturn -EFAULT;\n' +
      '\tvm->monitor = page;\n\treturn 0;\n}\n';
    const end =
      '#include "demo.h"\nvoid demo_end(struct demo_vm *vm)\n{\n\tif (vm->monitor)\n\t\tput_page(vm->monitor);\n' +
      '\tvm->monitor = NULL;\n}\n';
    const cwd = temporaryTree({ 'demo.h': header, 'take.c': take, 'end.c': end });
    const args = ['take.c', '--kernel', '6.12', '--rule', 'missing-dirty=off'];
    assert.match(guplint(args, { cwd }).out, /^take\.c:6:6: error: .* put_page\(\) .*\[put-on-pinned\]/);
    const run = guplint([...args, '--fix'], { cwd });
    assert.equal(readFileSync(path.join(cwd, 'end.c'), 'utf8'), end.replace('put_page', 'unpin_user_page'));
    assert.equal(run.code, 0);
    assert.equal(guplint(args, { cwd }).out, '');
  });

  it('changes nothing in a dry run', () => {
    const cwd = tree();
    const run = guplint(['bad.c', '--kernel', '6.12', '--fix-dry-run'], { cwd });
    assert.equal(readFileSync(path.join(cwd, 'bad.c'), 'utf8'), BAD);
    assert.match(run.err, /^would fix 2 findings in 1 file\n/);
    assert.equal(run.out, '');
  });

  it('keeps the encoding, the line ends and the byte order mark', () => {
    const latin1 = Buffer.concat([Buffer.from('/* '), Buffer.from([0xe9]), Buffer.from(' */\n'), Buffer.from(BAD)]);
    const cwd = temporaryTree({ 'latin1.c': latin1, 'crlf.c': BAD.replaceAll('\n', '\r\n'), 'bom.c': `\uFEFF${BAD}` });
    assert.equal(guplint(['.', '--kernel', '6.12', '--fix'], { cwd }).code, 0);
    const read = (name: string): Buffer => readFileSync(path.join(cwd, name));
    assert.equal(read('latin1.c')[3], 0xe9);
    assert.deepEqual([...read('bom.c').subarray(0, 3)], [0xef, 0xbb, 0xbf]);
    const crlf = read('crlf.c').toString();
    assert.equal(crlf.replaceAll('\r\n', '').includes('\n'), false);
    for (const name of ['latin1.c', 'crlf.c', 'bom.c']) assert.ok(read(name).includes('FOLL_WRITE, pages'), name);
  });

  it('refuses to fix standard input', () => {
    const run = guplint(['-', '--fix'], { cwd: tree(), input: BAD });
    assert.equal(run.code, 2);
    assert.match(run.err, /standard input cannot be fixed/);
  });
});

describe('command line: baseline', () => {
  it('accepts what is there, reports what is new and what is stale', () => {
    const cwd = tree();
    const check = () => guplint(['.', '--kernel', '6.12'], { cwd });
    assert.equal(check().code, 1);
    const wrote = guplint(['baseline', 'write', '.', '--kernel', '6.12'], { cwd });
    assert.equal(wrote.code, 0, wrote.err);
    assert.equal(wrote.err, 'guplint-baseline.json: 2 entries\n');
    const quiet = check();
    assert.equal(quiet.code, 0);
    assert.match(quiet.err, /\(2 in the baseline\)/);
    writeFileSync(path.join(cwd, 'bad.c'), `\n\n${BAD.replace('1, 1, pages', '1, 0, pages')}`);
    const fixed = check();
    assert.equal(fixed.code, 0);
    assert.match(fixed.err, /1 entry matches nothing any more/);
    const pruned = guplint(['baseline', 'prune', '.', '--kernel', '6.12'], { cwd });
    assert.equal(pruned.err, 'guplint-baseline.json: 1 entry, 1 entry removed\n');
    assert.equal(guplint(['baseline', 'show'], { cwd }).out.trim().split('\n').length, 1);
    writeFileSync(path.join(cwd, 'clean.c'), CLEAN.replace('FOLL_WRITE', '1'));
    assert.equal(check().code, 1);
  });

  it('says what to do without one', () => {
    const run = guplint(['baseline', 'show'], { cwd: tree() });
    assert.equal(run.code, 2);
    assert.match(run.err, /guplint baseline write/);
  });
});
