/**
 * The release artefacts, installed as users install them, each in an empty folder: what was installed lints examples/ as the sources
 * do, and finds everything that it needs.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { guplint } from '../harness/cli.ts';
import { LspClient } from '../harness/lsp.ts';
import { artefacts } from '../harness/package.ts';
import { installExtension } from '../vscode/vscode-server.ts';

const ROOT = path.join(__dirname, '../..');
const LINT = ['check', 'examples', '--kernel', '6.12', '--format', 'json'];

describe('what is released', function () {
  this.timeout(300_000);
  let scratch: string;
  let expected: string;

  before(() => {
    scratch = mkdtempSync(path.join(os.tmpdir(), 'guplint-install-'));
    cpSync(path.join(ROOT, 'examples'), path.join(scratch, 'work/examples'), { recursive: true });
    const run = guplint(LINT, { cwd: path.join(scratch, 'work') });
    assert.equal(run.code, 1, run.err);
    expected = run.out;
    assert.ok((JSON.parse(expected) as { findings: unknown[] }).findings.length >= 5);
  });
  after(() => rmSync(scratch, { recursive: true, force: true }));

  /** Runs an installed program beside a copy of the examples. */
  function run(
    program: string,
    args: readonly string[],
    home: string,
  ): { code: number | null; out: string; err: string } {
    const env = { PATH: process.env.PATH ?? '', HOME: home };
    const done = spawnSync(program, args, { cwd: path.join(scratch, 'work'), env, encoding: 'utf8' });
    if (done.error !== undefined) throw done.error;
    return { code: done.status, out: done.stdout, err: done.stderr };
  }

  async function lintsAndHasItsParts(program: string, before: readonly string[], home: string): Promise<void> {
    const lint = run(program, [...before, ...LINT], home);
    assert.equal(lint.code, 1, lint.err);
    assert.equal(lint.out, expected);
    const page = path.join(home, 'report.html');
    const report = run(program, [...before, 'report', 'examples', '-o', page], home);
    assert.deepEqual([report.code, existsSync(page)], [0, true], report.err);
    assert.match(run(program, [...before, 'explain', 'magic-gup-flags'], home).out, /Why is this bad/);
    const client = new LspClient({ kernel: '6.12' }, { command: [program, ...before, 'lsp', '--stdio'] });
    await client.initialize({ folders: [path.join(scratch, 'work')] });
    const file = path.join(scratch, 'work/examples/demo-capture.c');
    const shown = await client.pull(await client.open(file, readFileSync(file, 'utf8')));
    const pages = shown.map((d) => fileURLToPath(d.codeDescription?.href ?? 'file:///none'));
    assert.ok(pages.length >= 5);
    assert.deepEqual(
      pages.filter((p) => !existsSync(p)),
      [],
    );
    assert.equal(await client.stop(), 0, client.errors);
  }

  it('guplint-<version>.tgz: npm install in an empty folder brings one package, and it lints', async () => {
    const folder = path.join(scratch, 'npm');
    mkdirSync(folder);
    const install = ['install', '--no-audit', '--no-fund', '--silent', artefacts().tgz];
    execFileSync('npm', install, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
    const packages = readdirSync(path.join(folder, 'node_modules')).filter((name) => !name.startsWith('.'));
    assert.deepEqual(packages, ['guplint']);
    await lintsAndHasItsParts(path.join(folder, 'node_modules/.bin/guplint'), [], folder);
  });

  it('guplint-<version>.vsix: VS Code installs it in an empty folder, and the program in it lints', async () => {
    const data = path.join(scratch, 'vscode');
    mkdirSync(data);
    const extension = installExtension(artefacts().vsix, data);
    await lintsAndHasItsParts(process.execPath, [path.join(extension, 'dist/guplint.js')], data);
    const parts = [
      'package.json',
      'readme.md',
      'changelog.md',
      'LICENSE.txt',
      'docs/rules/README.md',
      'media/icon.png',
    ];
    const readme = readFileSync(path.join(extension, 'readme.md'), 'utf8');
    const images = [...readme.matchAll(/!\[[^\]]+\]\(([^)]+)\)/g)].map((m) => m[1] ?? '');
    assert.ok(images.length >= 4);
    assert.deepEqual(
      [...parts, ...images].filter((file) => !existsSync(path.join(extension, file))),
      [],
    );
  });
});
