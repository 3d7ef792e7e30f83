/**
 * What is shipped round the program: completion scripts as real shells take them, the templates for CI, the explanation of a
 * configuration.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { bundleDirectory, guplint, temporaryTree } from './harness/cli.ts';

const ROOT = path.join(__dirname, '..');
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');

describe('completion', function () {
  this.timeout(60_000);
  const scripts = new Map<string, string>();
  let cwd = '';
  before(() => {
    cwd = temporaryTree({ 'a.c': 'int a;\n' });
    for (const shell of ['bash', 'zsh', 'fish']) {
      const run = guplint(['completion', shell], { cwd });
      assert.equal(run.code, 0, run.err);
      scripts.set(shell, run.out);
      writeFileSync(path.join(cwd, `guplint.${shell}`), run.out);
    }
  });

  /** What bash offers behind these words. */
  function bash(...words: string[]): string[] {
    const quoted = words.map((w) => `'${w}'`).join(' ');
    const ask = `COMP_WORDS=(guplint ${quoted}); COMP_CWORD=${words.length}; _guplint; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const run = spawnSync('bash', ['-c', `${scripts.get('bash')}\n${ask}`], { cwd, encoding: 'utf8' });
    assert.equal(run.stderr, '');
    return run.stdout
      .trim()
      .split('\n')
      .filter((w) => w !== '');
  }

  it('bash completes commands, options, values and files', () => {
    assert.ok(bash('').includes('sites') && bash('').includes('a.c'));
    assert.deepEqual(bash('sites', '--fo'), ['--format']);
    assert.deepEqual(bash('check', '--format', 's'), ['sarif']);
    assert.deepEqual(bash('--fail-level', 'n'), ['never']);
    assert.deepEqual(bash('baseline', 'p'), ['prune']);
    assert.deepEqual(bash('baseline', 'show', '--format', 'j'), ['json']);
    assert.deepEqual(bash('explain', 'magic-'), ['magic-gup-flags']);
    assert.deepEqual(bash('--config', 'a'), ['a.c']);
    assert.deepEqual(bash('completion', 'f'), ['fish']);
    assert.ok(bash('--rule', 'dead-vmas=').includes('dead-vmas=off'));
  });

  for (const shell of ['zsh', 'fish']) {
    it(`${shell} takes its script`, function () {
      const run = spawnSync(shell, ['-n', `guplint.${shell}`], { cwd, encoding: 'utf8' });
      if (run.error !== undefined) this.skip();
      assert.equal(run.status, 0, run.stderr);
      assert.equal(run.stderr, '');
    });
  }

  it('fish completes commands, options and values', function () {
    const ask = ['sites --fo', 'baseline p', 'check --format s', 'explain magic-'].map(
      (t) => `complete -C 'guplint ${t}'`,
    );
    const script = ['source guplint.fish', ...ask].join('; ');
    const env = { ...process.env, HOME: cwd, XDG_CONFIG_HOME: cwd, XDG_DATA_HOME: cwd };
    const run = spawnSync('fish', ['-c', script], { cwd, encoding: 'utf8', env });
    if (run.error !== undefined) this.skip();
    const words = run.stdout.split('\n').map((line) => line.split('\t')[0]);
    for (const word of ['--format', 'prune', 'sarif', 'magic-gup-flags']) assert.ok(words.includes(word), run.stdout);
  });
});

describe('config --explain', function () {
  this.timeout(30_000);
  const files = {
    'drv/a.c': 'int a;\n',
    'guplint.json': `{ "kernel": "6.1..6.12", "rules": { "dead-vmas": "off" }, "define": { "OLD": "<6.5", "ON": true, "NOT": false },
  "ignore": [{ "rule": "magic-gup-flags", "path": "drv/**", "reason": "abi" }, { "rule": "dead-vmas", "path": "x/**", "reason": "no" }] }`,
  };

  it('names every setting that holds and where it comes from', () => {
    const cwd = temporaryTree(files);
    const run = guplint(['config', '--explain', 'drv/a.c', '--rule', 'foll-force-in-driver=info'], { cwd });
    assert.equal(run.code, 0, run.err);
    assert.deepEqual(
      run.out
        .trimEnd()
        .split('\n')
        .map((l) => l.replace(/ {2,}/g, ' | ')),
      [
        'configuration | guplint.json',
        'kernel | 6.1..6.12 | (guplint.json)',
        'min-confidence | medium',
        'rules.dead-vmas | off | (guplint.json)',
        'rules.foll-force-in-driver | info | (command line)',
        'define.OLD | defined on ..6.4 | (guplint.json)',
        'define.ON | 1 | (guplint.json)',
        'define.NOT | not defined | (guplint.json)',
        'ignore | magic-gup-flags drv/** -- abi | (guplint.json)',
      ],
    );
  });

  it('names the Makefile that the kernel comes from, and fails on what is not there', () => {
    const cwd = temporaryTree({ Makefile: 'VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 3\n', 'drv/a.c': '' });
    assert.match(guplint(['config', '--explain', 'drv'], { cwd }).out, /^kernel +6\.12 +\(Makefile of \.\)$/m);
    const gone = guplint(['config', '--explain', 'gone'], { cwd });
    assert.deepEqual([gone.code, gone.err], [2, 'guplint: gone: no such file or directory\n']);
    assert.deepEqual(guplint(['config'], { cwd }), guplint(['config', '--explain', '.'], { cwd }));
    assert.match(guplint(['config'], { cwd }).out, /^kernel +6\.12 +\(Makefile of \.\)$/m);
  });
});

describe('templates', () => {
  it('the problem matcher reads every line that check prints for a finding, and no other', () => {
    const { problemMatcher } = JSON.parse(read('templates/problem-matcher.json')) as {
      problemMatcher: { pattern: { regexp: string }[] }[];
    };
    const pattern = new RegExp(problemMatcher[0]?.pattern[0]?.regexp ?? 'none');
    const run = guplint(['examples', '--kernel', '6.12'], { cwd: ROOT });
    const lines = run.out.trimEnd().split('\n');
    const findings = lines.filter((l) => !l.startsWith(' '));
    assert.ok(findings.length > 3 && lines.length > findings.length);
    for (const line of lines) assert.equal(pattern.test(line), findings.includes(line), line);
    const [, file, row, column, severity, , code] = pattern.exec(findings[0] ?? '') ?? [];
    assert.match(
      `${file}:${row}:${column} ${severity} ${code}`,
      /^examples\/[\w-]+\.c:\d+:\d+ (error|warning|info) [\w-]+$/,
    );
    assert.ok(pattern.test('a.c:1:2: warning: text [rule-name] (pre-existing)'));
  });

  it('name only options that check has', () => {
    const help = guplint(['check', '--help'], { cwd: ROOT }).out;
    const known = new Set(help.match(/--[a-z-]+/g));
    for (const file of ['.pre-commit-hooks.yaml', 'action.yml', 'templates/gitlab.yml']) {
      const lines = read(file)
        .split('\n')
        .filter((l) => /guplint check|check=\(|check\[@\]/.test(l));
      assert.ok(lines.length > 0, file);
      for (const option of lines.flatMap((l) => l.match(/(?<![\w-])--[a-z-]+/g) ?? []))
        assert.ok(known.has(option), `${file}: ${option}`);
    }
  });

  it("the action's scripts are shell, and its check runs", function () {
    this.timeout(60_000);
    const action = read('action.yml');
    const scripts = [...action.matchAll(/^ {6}run: \|\n((?: {8}.*\n|\n)+)/gm)].map((m) =>
      (m[1] ?? '').replace(/^ {8}/gm, ''),
    );
    assert.equal(scripts.length, 2);
    for (const script of scripts) assert.equal(spawnSync('bash', ['-n'], { input: script }).status, 0, script);
    const cwd = temporaryTree({
      'drv/a.c': 'static int f(unsigned long a, struct page **p)\n{\n\treturn pin_user_pages_fast(a, 1, 1, p);\n}\n',
    });
    const env = {
      PATH: process.env.PATH ?? '',
      PATHS: 'drv',
      SINCE: '',
      KERNEL: '6.12',
      FAIL_LEVEL: 'warning',
      ARGUMENTS: '--rule dead-vmas=off',
      SARIF: '',
      GUPLINT: path.join(bundleDirectory(), 'guplint.js'),
    };
    const run = spawnSync('bash', ['-e', '-o', 'pipefail', '-c', scripts[1] ?? ''], { cwd, env, encoding: 'utf8' });
    assert.equal(run.status, 1, run.stderr);
    assert.match(run.stdout, /^::warning file=drv\/a\.c,line=3,/m);
  });
});
