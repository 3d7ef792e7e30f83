/** What CI systems run, run here step by step against a repository: the action, the GitLab job, the way pre-commit installs a hook. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { bundleDirectory, temporaryTree } from './harness/cli.ts';

const ROOT = path.join(__dirname, '..');
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');

const OLD = `static int old(unsigned long a, struct page **p)
{
	return pin_user_pages_fast(a, 1, 1, p);
}
`;
const NEW = `static int taken(unsigned long a)
{
	struct page *page;

	if (pin_user_pages_fast(a, 1, 0, &page) != 1)
		return -EFAULT;
	put_page(page);
	return 0;
}
`;

function git(cwd: string, ...args: string[]): string {
  const identity = ['-c', 'user.name=a', '-c', 'user.email=a@b', '-c', 'init.defaultBranch=main'];
  return execFileSync('git', [...identity, ...args], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim();
}

/** A repository of two commits: the second brings a finding beside an old one. */
function repository(): { cwd: string; base: string } {
  const cwd = temporaryTree({ 'drv/a.c': OLD });
  git(cwd, 'init', '-q');
  git(cwd, 'add', '.');
  git(cwd, 'commit', '-q', '-m', 'one');
  const base = git(cwd, 'rev-parse', 'HEAD');
  writeFileSync(path.join(cwd, 'drv/a.c'), `${OLD}\n${NEW}`);
  git(cwd, 'commit', '-q', '-a', '-m', 'two');
  return { cwd, base };
}

function sh(script: string, cwd: string, env: Readonly<Record<string, string>>): { code: number | null; out: string } {
  const all = { PATH: process.env.PATH ?? '', HOME: cwd, ...env };
  const run = spawnSync('bash', ['-e', '-o', 'pipefail', '-c', script], { cwd, env: all, encoding: 'utf8' });
  assert.equal(run.error, undefined);
  return { code: run.status, out: `${run.stdout}${run.stderr}` };
}

/** The literal blocks of a YAML list item's key, unindented. */
function blocks(text: string, key: string): string[] {
  return [...text.matchAll(new RegExp(`^ {6}${key}: \\|\\n((?: {8}.*\\n|\\n)+)`, 'gm'))].map((m) =>
    (m[1] ?? '').replace(/^ {8}/gm, ''),
  );
}

describe('CI runs', function () {
  this.timeout(120_000);
  let program = '';
  before(() => {
    program = path.join(bundleDirectory(), 'guplint.js');
  });

  /** The action's two scripts, as a runner hands their values on. */
  function action(
    cwd: string,
    env: Readonly<Record<string, string>>,
  ): { rev: string; code: number | null; out: string } {
    const [find = '', check = ''] = blocks(read('action.yml'), 'run');
    const output = path.join(cwd, '../', `${path.basename(cwd)}.output`);
    writeFileSync(output, '');
    const found = sh(find, cwd, { GITHUB_OUTPUT: output, SINCE: 'auto', BASE: '', ...env });
    assert.equal(found.code, 0, found.out);
    const rev = /^rev=(.*)$/m.exec(readFileSync(output, 'utf8'))?.[1] ?? '';
    const values = { PATHS: '.', KERNEL: '6.12', FAIL_LEVEL: 'warning', ARGUMENTS: '', SARIF: '', GUPLINT: program };
    return { rev, ...sh(check, cwd, { ...values, ...env, SINCE: rev }) };
  }

  it('action: what a push brought is annotated, and only that', () => {
    const { cwd, base } = repository();
    const run = action(cwd, { BASE: base });
    assert.equal(run.rev, base);
    assert.equal(run.code, 1, run.out);
    const annotations = run.out.split('\n').filter((line) => /^::.*file=/.test(line));
    assert.deepEqual(
      annotations.map((line) => /^::(\w+) file=([^,]+),line=(\d+)/.exec(line)?.slice(1)),
      [['error', 'drv/a.c', '12']],
    );
  });

  it('action: without a base everything counts', () => {
    const { cwd } = repository();
    for (const BASE of ['', '0'.repeat(40)]) {
      const run = action(cwd, { BASE });
      assert.equal(run.rev, '');
      assert.deepEqual([run.code, run.out.match(/^::(?:error|warning) /gm)?.length], [1, 2], run.out);
    }
  });

  it('action: a shallow clone fetches its base', () => {
    const { cwd, base } = repository();
    const clone = temporaryTree({});
    git(clone, 'clone', '-q', '--depth', '1', `file://${cwd}`, 'work');
    git(cwd, 'config', 'uploadpack.allowAnySHA1InWant', 'true');
    const run = action(path.join(clone, 'work'), { BASE: base, FAIL_LEVEL: 'never' });
    assert.equal(run.rev, base);
    assert.deepEqual([run.code, run.out.match(/^::(?:error|warning) /gm)?.length], [0, 1], run.out);
  });

  it('action: the SARIF file holds what was found', function () {
    if (spawnSync('jq', ['--version']).error !== undefined) this.skip();
    const { cwd } = repository();
    const run = action(cwd, { SARIF: 'out.sarif' });
    assert.equal(run.code, 1);
    const { runs } = JSON.parse(readFileSync(path.join(cwd, 'out.sarif'), 'utf8')) as {
      runs: { results: { ruleId: string }[] }[];
    };
    assert.deepEqual(runs[0]?.results.map((r) => r.ruleId).sort(), ['magic-gup-flags', 'put-on-pinned']);
  });

  it('GitLab: the job writes the report of what the merge request brings', () => {
    const { cwd, base } = repository();
    const bin = temporaryTree({ guplint: `#!/bin/sh\nexec node '${program}' "$@"\n` });
    chmodSync(path.join(bin, 'guplint'), 0o755);
    const job = read('templates/gitlab.yml');
    const script = /^ {2}script:\n((?: {4}- .*\n)+)/m.exec(job)?.[1]?.replace(/^ {4}- /gm, '') ?? '';
    const before = /^ {2}before_script:\n((?: {4}- .*\n)+)/m.exec(job)?.[1]?.replace(/^ {4}- /gm, '') ?? '';
    const env = { PATH: `${bin}:${process.env.PATH}`, GUPLINT_PATHS: '.', GUPLINT_OPTIONS: '--kernel 6.12' };
    const lines = (extra: Readonly<Record<string, string>>): readonly unknown[] => {
      const run = sh(before + script, cwd, { ...env, ...extra });
      assert.equal(run.code, 1, run.out);
      const report = JSON.parse(readFileSync(path.join(cwd, 'gl-code-quality-report.json'), 'utf8')) as {
        check_name: string;
        location: { path: string; lines: { begin: number } };
      }[];
      return report.map((r) => [r.check_name, r.location.path, r.location.lines.begin]);
    };
    assert.deepEqual(lines({ CI_MERGE_REQUEST_DIFF_BASE_SHA: base }), [['put-on-pinned', 'drv/a.c', 12]]);
    assert.deepEqual(lines({}), [
      ['magic-gup-flags', 'drv/a.c', 3],
      ['put-on-pinned', 'drv/a.c', 12],
    ]);
  });

  it('pre-commit: npm pack in a clone prints the name of the package and nothing else, and the hook runs from it', () => {
    const clone = path.join(temporaryTree({}), 'clone');
    git(ROOT, 'clone', '-q', ROOT, clone);
    // What is not committed yet is what is tested.
    for (const file of ['.npmrc', 'package.json']) writeFileSync(path.join(clone, file), read(file));
    symlinkSync(path.join(ROOT, 'node_modules'), path.join(clone, 'node_modules'));
    const env = { PATH: process.env.PATH ?? '', HOME: clone };
    const packed = spawnSync('npm', ['pack'], { cwd: clone, env, encoding: 'utf8' });
    assert.match(packed.stdout, /^guplint-[\d.]+\.tgz\n$/, packed.stderr);
    const prefix = path.join(clone, 'prefix');
    mkdirSync(prefix);
    const install = ['install', '--silent', '--global', '--prefix', prefix, path.join(clone, packed.stdout.trim())];
    execFileSync('npm', install, { env, stdio: ['ignore', 'ignore', 'pipe'] });
    const { cwd } = repository();
    const entry = /id: guplint\n(?:.*\n)*? {2}entry: (.*)$/m.exec(read('.pre-commit-hooks.yaml'))?.[1] ?? '';
    const run = sh(`${entry} drv/a.c`, cwd, { PATH: `${prefix}/bin:${env.PATH}` });
    assert.equal(run.code, 1);
    assert.match(run.out, /^drv\/a\.c:12:2: error: .* \[put-on-pinned\]$/m);
  });
});
