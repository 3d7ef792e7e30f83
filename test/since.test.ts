/**
 * `--since` and `--patch` on a repository that the test makes: a series of commits with mistakes brought in, moved, renamed and
 * fixed. Each command reports exactly what its change introduces, and old findings only where the change touches them.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ruleTable } from '../server/engine/rule-table.ts';
import { type CliResult, guplint, temporaryTree } from './harness/cli.ts';

const take = (name: string, flags = '1'): string => `static int ${name}(unsigned long addr, struct page **pages)
{
	int ret;

	ret = pin_user_pages_fast(addr, 1, ${flags}, pages);
	return ret;
}
`;

const OWNER = `struct demo {
	struct page *page;
};

static int demo_map(struct demo *d, unsigned long addr)
{
	int ret = get_user_pages_fast(addr, 1, FOLL_WRITE, &d->page);

	if (ret < 0)
		return ret;
	return ret == 1 ? 0 : -EFAULT;
}

static void demo_unmap(struct demo *d)
{
	put_page(d->page);
}
`;

interface Report {
  readonly findings: readonly { rule: string; file: string; line: number; function: string; change?: string }[];
  readonly summary: { introduced?: number; preExisting?: number; fixed?: number };
}

/** The rules that these tests speak of; the others are off, so that a new rule changes nothing here. */
const USED: ReadonlySet<string> = new Set(['magic-gup-flags', 'put-on-pinned', 'unknown-rule']);
const OTHERS_OFF = ruleTable()
  .filter((r) => !USED.has(r.name))
  .flatMap((r) => ['--rule', `${r.name}=off`]);

const GIT_ENV = {
  PATH: process.env.PATH ?? '',
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'a',
  GIT_AUTHOR_EMAIL: 'a@example.org',
  GIT_COMMITTER_NAME: 'a',
  GIT_COMMITTER_EMAIL: 'a@example.org',
};

class Repository {
  readonly root: string;

  constructor(files: Readonly<Record<string, string>>) {
    this.root = temporaryTree(files);
    this.git('init', '-q', '-b', 'main');
    this.commit('start');
  }

  git(...args: string[]): string {
    return execFileSync('git', args, { cwd: this.root, env: GIT_ENV, encoding: 'utf8', stdio: 'pipe' });
  }

  write(file: string, text: string): void {
    mkdirSync(path.dirname(path.join(this.root, file)), { recursive: true });
    writeFileSync(path.join(this.root, file), text);
  }

  edit(file: string, change: (text: string) => string): void {
    const before = readFileSync(path.join(this.root, file), 'utf8');
    const after = change(before);
    assert.notEqual(after, before);
    this.write(file, after);
  }

  commit(message: string): void {
    this.git('add', '-A');
    this.git('commit', '-qm', message, '--allow-empty');
  }

  run(args: readonly string[], over: { cwd?: string; input?: string } = {}): CliResult {
    const { cwd = this.root, input } = over;
    return guplint([...args, '--kernel', '6.12', ...OTHERS_OFF], {
      cwd,
      env: GIT_ENV,
      ...(input === undefined ? {} : { input }),
    });
  }

  /** `file:line rule change` of each finding, and the counts. */
  check(args: readonly string[], over: { cwd?: string; input?: string } = {}): [string[], string, number | null] {
    const run = this.run([...args, '--format', 'json'], over);
    assert.notEqual(run.out, '', run.err);
    return [...shown(run), run.code];
  }
}

function shown(run: CliResult): [string[], string] {
  const { findings, summary } = JSON.parse(run.out) as Report;
  const counts = `${summary.introduced} introduced, ${summary.preExisting} pre-existing, ${summary.fixed} fixed`;
  return [findings.map((f) => `${f.file}:${f.line} ${f.rule} ${f.change}`), counts];
}

describe('--since', function () {
  this.timeout(120_000);

  it('reports what is new, wherever it stands, and counts what is gone', () => {
    const r = new Repository({
      'drv/a.c': `${take('one')}\n${take('two')}`,
      'drv/b.c': OWNER,
      'drv/c.c': take('gone'),
    });
    r.edit('drv/a.c', (t) => `/* moved down */\n\n${t}\n${take('three')}`);
    r.edit('drv/c.c', (t) => t.replace('1, 1,', '1, FOLL_WRITE,'));
    assert.deepEqual(r.check(['--since', 'HEAD']), [
      ['drv/a.c:23 magic-gup-flags introduced'],
      '1 introduced, 0 pre-existing, 1 fixed',
      1,
    ]);
    r.commit('three');
    assert.deepEqual(r.check(['--since', 'HEAD']), [[], '0 introduced, 0 pre-existing, 0 fixed', 0]);
    assert.deepEqual(r.check(['--since', 'HEAD~1'])[0], ['drv/a.c:23 magic-gup-flags introduced']);
  });

  it('a conversion that forgot the put_page of an unchanged function', () => {
    const r = new Repository({ 'drv/b.c': OWNER });
    assert.equal(r.run(['.']).code, 0);
    r.edit('drv/b.c', (t) => t.replace('get_user_pages_fast', 'pin_user_pages_fast'));
    const [findings, counts, code] = r.check(['--since', 'HEAD']);
    assert.deepEqual(findings, ['drv/b.c:16 put-on-pinned introduced']);
    assert.match(counts, /^1 introduced, 0 pre-existing/);
    assert.equal(code, 1);
  });

  it('old findings are shown where the change touches them, marked, and do not count for --fail-level', () => {
    const r = new Repository({ 'a.c': `${take('one')}\n${take('two')}` });
    r.edit('a.c', (t) =>
      t.replace('ret = pin_user_pages_fast(addr, 1, 1, pages);', 'ret = pin_user_pages_fast(addr, 1,  1, pages);'),
    );
    const [findings, counts, code] = r.check(['--since', 'HEAD']);
    assert.deepEqual(
      [findings, counts, code],
      [['a.c:5 magic-gup-flags pre-existing'], '0 introduced, 1 pre-existing, 0 fixed', 0],
    );
    assert.match(r.run(['--since', 'HEAD']).out, /\[magic-gup-flags\] \(pre-existing\)\n/);
    assert.match(r.run(['--since', 'HEAD']).err, /0 introduced, 1 pre-existing on changed lines, 0 fixed\n$/);
  });

  it('an equal mistake added above an old one: the added one is the new one', () => {
    const call = '\tret = pin_user_pages_fast(addr, 1, 1, pages);';
    const r = new Repository({ 'a.c': take('one') });
    r.write('a.c', take('one').replace(call, `${call} /* again */\n\tif (ret)\n\t\treturn -EIO;\n${call}`));
    const [findings] = r.check(['--since', 'HEAD']);
    assert.deepEqual(
      findings.filter((f) => f.includes('magic')),
      ['a.c:5 magic-gup-flags introduced'],
    );
  });

  it('renamed and moved files bring nothing new, with or without an edit', () => {
    const filler = Array.from({ length: 30 }, (_, i) => `int filler_${i};\n`).join('');
    const r = new Repository({ 'drv/a.c': `${filler}${take('one')}`, 'drv/b.c': `${filler}${take('two')}` });
    r.git('mv', 'drv/a.c', 'drv/renamed.c');
    mkdirSync(path.join(r.root, 'other'));
    renameSync(path.join(r.root, 'drv/b.c'), path.join(r.root, 'other/b.c'));
    r.git('add', '-A');
    r.edit('other/b.c', (t) => `${t}\n${take('three')}`);
    assert.deepEqual(r.check(['--since', 'HEAD']), [
      ['other/b.c:43 magic-gup-flags introduced'],
      '1 introduced, 0 pre-existing, 0 fixed',
      1,
    ]);
    // Looking at one directory only: what came into it is old, what left it is not fixed.
    assert.deepEqual(r.check(['other', '--since', 'HEAD'])[1], '1 introduced, 0 pre-existing, 0 fixed');
    assert.deepEqual(r.check(['drv', '--since', 'HEAD'])[1], '0 introduced, 0 pre-existing, 0 fixed');
    assert.deepEqual(r.check(['drv/renamed.c', '--since', 'HEAD'])[1], '0 introduced, 0 pre-existing, 0 fixed');
  });

  it('functions moved to another file or renamed take their findings along; copies do not', () => {
    const r = new Repository({ 'a.c': `${take('one')}\n${take('two')}\n${take('three')}`, 'b.c': 'int b;\n' });
    r.write('a.c', `${take('two_renamed')}\n${take('three')}`);
    r.write('b.c', `int b;\n\n${take('one')}\n${take('three')}`);
    assert.deepEqual(r.check(['--since', 'HEAD']).slice(0, 2), [
      [
        'a.c:5 magic-gup-flags pre-existing',
        'b.c:7 magic-gup-flags pre-existing',
        'b.c:15 magic-gup-flags introduced',
      ].filter((f) => !f.startsWith('a.c')),
      '1 introduced, 1 pre-existing, 0 fixed',
    ]);
  });

  it('new files count, tracked or not; ignored ones do not; deleted ones are fixed', () => {
    const r = new Repository({ 'a.c': take('one'), '.gitignore': 'gen.c\n' });
    r.write('new.c', take('fresh'));
    r.write('gen.c', take('generated'));
    rmSync(path.join(r.root, 'a.c'));
    assert.deepEqual(r.check(['--since', 'HEAD']).slice(0, 2), [
      ['new.c:5 magic-gup-flags introduced'],
      '1 introduced, 0 pre-existing, 1 fixed',
    ]);
  });

  it('a changed header counts for the files that include it', () => {
    const header = '#define DEMO_PIN(a, p) pin_user_pages_fast(a, 1, FOLL_WRITE, p)\n';
    const r = new Repository({
      'drv/demo.h': header,
      'drv/a.c': '#include "demo.h"\nstatic int f(unsigned long a, struct page **p)\n{\n\treturn DEMO_PIN(a, p);\n}\n',
    });
    r.edit('drv/demo.h', (t) => t.replace('FOLL_WRITE', '1'));
    const [findings] = r.check(['--since', 'HEAD']);
    assert.ok(findings.length > 0 && findings.every((f) => f.endsWith('introduced')), findings.join());
  });

  it('baseline and suppressions hold; a suppression taken away makes its finding new', () => {
    const kept = take('one').replace('\tret =', '\t/* guplint: ignore magic-gup-flags -- meant */\n\tret =');
    const r = new Repository({ 'a.c': kept });
    r.write('a.c', take('one'));
    assert.deepEqual(r.check(['--since', 'HEAD'])[0], ['a.c:5 magic-gup-flags introduced']);
    assert.equal(r.run(['baseline', 'write']).code, 0);
    assert.deepEqual(r.check(['--since', 'HEAD'])[0], []);
  });

  it('the configuration at hand holds for both states; what is wrong in it is new where its line is', () => {
    const r = new Repository({ 'a.c': take('one'), 'guplint.json': '{ "rules": { "magic-gup-flags": "off" } }\n' });
    r.write('guplint.json', '{\n  "rules": {\n    "no-such-rule": "off"\n  }\n}\n');
    assert.deepEqual(r.check(['--since', 'HEAD']).slice(0, 2), [
      ['guplint.json:3 unknown-rule introduced'],
      '1 introduced, 0 pre-existing, 0 fixed',
    ]);
  });

  it('--fix mends what is reported and nothing else', () => {
    const r = new Repository({ 'a.c': take('one') });
    r.edit('a.c', (t) => `${t}\n${take('two')}`);
    assert.equal(r.run(['--since', 'HEAD', '--fix']).code, 0);
    assert.equal(readFileSync(path.join(r.root, 'a.c'), 'utf8'), `${take('one')}\n${take('two', 'FOLL_WRITE')}`);
  });

  it('works below the top, in a linked work tree, in a shallow clone and with names that need quoting', () => {
    const r = new Repository({ 'drv/ü "x".c': take('one'), 'drv/b.c': 'int b;\n' });
    r.edit('drv/ü "x".c', (t) => `${t}\n${take('two')}`);
    r.commit('two');
    const linked = `${r.root}-linked`;
    const clone = `${r.root}-clone`;
    try {
      r.git('worktree', 'add', '-q', linked, 'HEAD');
      assert.deepEqual(r.check(['--since', 'HEAD~1'], { cwd: linked })[0], [
        'drv/ü "x".c:13 magic-gup-flags introduced',
      ]);
      assert.deepEqual(r.check(['--since', 'HEAD~1'], { cwd: path.join(r.root, 'drv') })[0], [
        'ü "x".c:13 magic-gup-flags introduced',
      ]);
      r.git('clone', '-q', '--depth=1', `file://${r.root}`, clone);
      const missing = r.run(['--since', 'HEAD~1'], { cwd: clone });
      assert.equal(missing.code, 2);
      assert.match(missing.err, /no revision 'HEAD~1'.*this clone is shallow: fetch it first/);
      execFileSync('git', ['fetch', '-q', '--depth=2'], { cwd: clone, env: GIT_ENV });
      assert.deepEqual(r.check(['--since', 'HEAD~1'], { cwd: clone })[0], [
        'drv/ü "x".c:13 magic-gup-flags introduced',
      ]);
    } finally {
      rmSync(linked, { recursive: true, force: true });
      rmSync(clone, { recursive: true, force: true });
    }
  });

  it('looks into submodules, from above and from beside, and knows what of a sparse checkout is not there', () => {
    const inner = new Repository({ 'drv/a.c': take('one') });
    const r = new Repository({ 'own/c.c': 'int c;\n' });
    r.git('-c', 'protocol.file.allow=always', 'submodule', 'add', '-q', inner.root, 'lib');
    r.commit('module');
    r.edit('lib/drv/a.c', (t) => `${t}\n${take('two')}`);
    assert.deepEqual(r.check(['--since', 'HEAD']), [
      ['lib/drv/a.c:13 magic-gup-flags introduced'],
      '1 introduced, 0 pre-existing, 0 fixed',
      1,
    ]);
    assert.deepEqual(r.check(['--since', 'HEAD', 'own'])[1], '0 introduced, 0 pre-existing, 0 fixed');
    assert.deepEqual(
      r.check(['--since', 'HEAD', '.'], { cwd: path.join(r.root, 'own') })[1].slice(0, 12),
      '0 introduced',
    );
    assert.deepEqual(r.check(['--since', 'HEAD', '../lib'], { cwd: path.join(r.root, 'own') })[0], [
      '../lib/drv/a.c:13 magic-gup-flags introduced',
    ]);
    inner.edit('drv/a.c', (t) => t.replace('1, 1,', '1, FOLL_WRITE,'));
    inner.write('other.c', 'int other;\n');
    inner.commit('mended');
    inner.git('sparse-checkout', 'set', 'nothing');
    assert.deepEqual(inner.check(['--since', 'HEAD~1']), [[], '0 introduced, 0 pre-existing, 0 fixed', 0]);
  });

  it('gives the same with worker threads', () => {
    const files: Record<string, string> = {};
    for (let i = 0; i < 1600; i++) files[`p/f${i}.c`] = `int plain_${i};\n`;
    for (let i = 0; i < 30; i++) files[`d${i}/a.c`] = take(`one_${i}`);
    const r = new Repository(files);
    for (let i = 0; i < 30; i += 3) r.edit(`d${i}/a.c`, (t) => `${t}\n${take(`two_${i}`)}`);
    rmSync(path.join(r.root, 'd1/a.c'));
    const one = r.run(['--since', 'HEAD', '--format', 'json', '--jobs', '1']);
    const two = r.run(['--since', 'HEAD', '--format', 'json', '--jobs', '2']);
    assert.equal(shown(one)[1], '10 introduced, 0 pre-existing, 1 fixed');
    assert.equal(two.out, one.out);
  });

  it('says what is wrong: no repository, no such revision, standard input, both options', () => {
    const r = new Repository({ 'a.c': 'int a;\n' });
    const bare = temporaryTree({ 'a.c': 'int a;\n' });
    const message = (args: string[], cwd = r.root): string => {
      const run = r.run(args, { cwd, input: '' });
      assert.equal(run.code, 2);
      assert.equal(run.out, '');
      return run.err;
    };
    assert.match(message(['--since', 'HEAD'], bare), /--since needs a git repository: not a git repository/);
    assert.match(message(['--since', 'nowhere']), /there is no revision 'nowhere' in this repository\n$/);
    assert.match(message(['--since=--output=x']), /there is no revision '--output=x'/);
    assert.match(message(['-', '--since', 'HEAD']), /give paths, not -/);
    assert.match(message(['--since', 'HEAD', '--patch', '-']), /exclude each other/);
  });
});

describe('--patch', function () {
  this.timeout(120_000);

  /** A repository with three commits, and the two last as mails. */
  function series(): { r: Repository; mails: string; plain: string } {
    const filler = Array.from({ length: 30 }, (_, i) => `int filler_${i};\n`).join('');
    const r = new Repository({ 'drv/a.c': `${filler}${take('one')}`, 'drv/b.c': OWNER, README: 'x\n' });
    r.edit('drv/a.c', (t) => `${t}\n${take('two')}`);
    r.edit('drv/b.c', (t) => t.replace('get_user_pages_fast', 'pin_user_pages_fast'));
    r.write('README', 'y\n');
    r.commit('Convert to pins\n\n--- a/drv/a.c is not a header here\n+++ nor is this');
    r.git('mv', 'drv/a.c', 'drv/moved.c');
    r.edit('drv/moved.c', (t) => `${t}\n${take('three')}`);
    r.write('drv/new.c', take('fresh'));
    r.commit('Move');
    const mails = r.git('format-patch', '--stdout', '-M', 'HEAD~2');
    return { r, mails, plain: r.git('diff', '--no-renames', 'HEAD~2') };
  }

  const FOUND = [
    'drv/b.c:16 put-on-pinned introduced',
    'drv/moved.c:43 magic-gup-flags introduced',
    'drv/moved.c:51 magic-gup-flags introduced',
    'drv/new.c:5 magic-gup-flags introduced',
  ];

  it('a series of mails gives the same before it is applied and after', () => {
    const { r, mails } = series();
    assert.deepEqual(r.check(['--patch', '-'], { input: mails }), [FOUND, '4 introduced, 0 pre-existing, 0 fixed', 1]);
    r.git('checkout', '-q', 'HEAD~2');
    assert.deepEqual(r.check(['--patch', '-'], { input: mails }), [FOUND, '4 introduced, 0 pre-existing, 0 fixed', 1]);
    assert.equal(r.git('status', '--porcelain'), '');
    writeFileSync(path.join(r.root, 'x.mbox'), mails);
    assert.deepEqual(r.check(['--patch', 'x.mbox'])[0], FOUND);
    assert.deepEqual(
      r.check(['--patch', '../x.mbox'], { cwd: path.join(r.root, 'drv') })[0],
      FOUND.map((f) => f.replace('drv/', '')),
    );
    // In the middle of the series the tree is neither.
    r.git('checkout', '-q', 'main~1');
    const run = r.run(['--patch', '-'], { input: mails });
    assert.equal(run.code, 2);
    assert.equal(run.out, '');
    assert.match(
      run.err,
      /^guplint: <stdin>: the tree is neither before the patch nor after it: it does not fit drv\/[ab]\.c/,
    );
  });

  it('is what --since says of the same change', () => {
    const { r, mails } = series();
    const since = r.check(['--since', 'HEAD~2']);
    assert.deepEqual(r.check(['--patch', '-'], { input: mails }), since);
  });

  it('takes plain diffs, with any prefix, moved lines, \\r\\n of mail and transfer encodings', () => {
    const { r, plain, mails } = series();
    r.git('checkout', '-q', 'HEAD~2');
    const forms: Record<string, string> = {
      plain,
      'no prefix': plain.replace(/^(---|\+\+\+) [ab]\//gm, '$1 ').replace(/^diff --git .*\n/gm, ''),
      'other prefixes': plain
        .replace(/^diff --git .*\n/gm, '')
        .replace(/^--- a\//gm, '--- linux.orig/')
        .replace(/^\+\+\+ b\//gm, '+++ linux/'),
      timestamps: plain.replace(/^((?:---|\+\+\+) [ab]\/\S+)$/gm, '$1\t2024-01-01 00:00:00.000000000 +0000'),
      'crlf mail': mails.replaceAll('\n', '\r\n'),
      'quoted-printable': qp(mails),
      base64: mails.replace(
        /^(Subject: [\s\S]*?)\n\n([\s\S]*?)(?=^From [0-9a-f]{40} |$(?![\s\S]))/gm,
        (_, head: string, body: string) =>
          `${head}\nContent-Transfer-Encoding: base64\n\n${Buffer.from(body).toString('base64')}\n`,
      ),
    };
    for (const [name, input] of Object.entries(forms)) {
      const [findings] = r.check(['--patch', '-'], { input });
      assert.equal(
        findings.filter((f) => f.endsWith('introduced')).length >= FOUND.length,
        true,
        `${name}: ${findings.join('; ')}`,
      );
      assert.deepEqual(
        findings.filter((f) => FOUND.includes(f)),
        FOUND,
        name,
      );
    }
    r.edit('drv/b.c', (t) => `/* two lines\n * more */\n${t}`);
    assert.ok(r.check(['--patch', '-'], { input: mails })[0].includes('drv/b.c:18 put-on-pinned introduced'));
  });

  it('a patch that mends: counted as fixed; nothing to look at: nothing found', () => {
    const r = new Repository({ 'a.c': take('one'), 'b.c': 'int b;\n' });
    const diff = r.run(['.', '--format', 'patch']).out;
    assert.deepEqual(r.check(['--patch', '-'], { input: diff }), [[], '0 introduced, 0 pre-existing, 1 fixed', 0]);
    assert.deepEqual(r.check(['--patch', '-'], { input: '' }), [[], '0 introduced, 0 pre-existing, 0 fixed', 0]);
    const other = 'diff --git a/README b/README\n--- a/README\n+++ b/README\n@@ -1 +1 @@\n-x\n+y\n';
    assert.deepEqual(r.check(['--patch', '-'], { input: other })[1], '0 introduced, 0 pre-existing, 0 fixed');
  });

  it('refuses what is no patch, a damaged one, one for another tree, and --fix of what is not applied', () => {
    const { r, mails } = series();
    const fails = (input: string, ...more: string[]): string => {
      const run = r.run(['--patch', '-', ...more], { input });
      assert.equal(run.code, 2);
      return run.err;
    };
    assert.match(fails('hello\nworld\n'), /<stdin>: there is no diff in it/);
    assert.match(fails('--- a/drv/b.c\n+++ b/drv/b.c\n@@ -1,9 +1,9 @@\n struct demo {\n'), /<stdin>:\d+: /);
    const head = 'diff --git a/drv/b.c b/drv/b.c\n--- a/drv/b.c\n+++ b/drv/b.c\n';
    assert.match(fails(head), /<stdin>:5: the diff breaks off here/);
    assert.match(fails(`${head}@@ -1`), /<stdin>:4: this is no head of a hunk/);
    assert.match(fails(mails.replaceAll('\n', '\r')), /<stdin>: there is no diff in it/);
    const binary = 'diff --git a/drv/b.c b/drv/b.c\nindex 1..2\nBinary files a/drv/b.c and b/drv/b.c differ\n';
    assert.match(fails(binary), /<stdin>:3: a binary diff cannot be read \(a\/drv\/b\.c\)/);
    assert.equal(
      r.run(['--patch', '-'], { input: binary.replaceAll('b.c', 'b.png') }).err.includes('0 introduced'),
      true,
    );
    assert.match(
      fails('--- a/no/such.c\n+++ b/no/such.c\n@@ -1 +1 @@\n-x\n+y\n'),
      /none of the files that the patch changes is here/,
    );
    assert.match(
      fails('--- a/drv/b.c\n+++ b/drv/b.c\n@@ -1 +1 @@\n-x\n+y\n'),
      /does not fit drv\/b\.c \(the hunk at line 3 of the patch\)/,
    );
    assert.match(r.run(['--patch', 'gone.patch']).err, /--patch: gone\.patch: no such file/);
    r.git('checkout', '-q', 'HEAD~2');
    assert.match(fails(mails, '--fix'), /apply the patch first/);
  });
});

/** Each mail of a mailbox in quoted-printable. */
function qp(mails: string): string {
  return mails.replace(
    /^(Subject: [\s\S]*?)\n\n([\s\S]*?)(?=^From [0-9a-f]{40} |$(?![\s\S]))/gm,
    (_, head: string, body: string) => {
      const encoded = body
        .replaceAll('=', '=3D')
        .replace(/\t/g, '=09')
        .replace(/ $/gm, '=20')
        .replace(/^(.{60})(?=.)/gm, '$1=\n');
      return `${head}\nContent-Transfer-Encoding: quoted-printable\n\n${encoded}`;
    },
  );
}
