/**
 * Real editors over stdio, set up as docs/editors.md says: Neovim, Vim with ALE, Emacs with eglot. In each, diagnostics arrive, a hover
 * answers and a code action edits the buffer. An editor that is not installed is skipped; Debian has them as neovim, vim vim-ale,
 * emacs-nox elpa-eglot. Debian has no Helix: its configuration is read, and the server spoken to as Helix does.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { CodeAction, Hover } from 'vscode-languageserver/node';
import { bundleDirectory, temporaryTree } from '../harness/cli.ts';
import { LspClient, positionOf } from '../harness/lsp.ts';
import { HELIX, readLanguages } from './helix.ts';

const EXAMPLE = readFileSync(path.join(__dirname, '../../examples/demo-capture.c'), 'utf8');
const ELPA = '/usr/share/emacs/site-lisp/elpa-src';

const DOCUMENT = readFileSync(path.join(__dirname, '../../docs/editors.md'), 'utf8');

/** The last block of code in a section of docs/editors.md, for a kernel without some of the functions that the example calls. */
function documented(section: string): string {
  const [, text = ''] = DOCUMENT.split(new RegExp(`^## ${section}$`, 'm'));
  const blocks = [...(text.split(/^## /m)[0] ?? '').matchAll(/^```\w+\n([\s\S]*?)^```$/gm)];
  const code = blocks.at(-1)?.[1] ?? '';
  assert.match(code, /\bauto\b/);
  return code.replace(/\bauto\b/, '5.4..6.12');
}

interface Editor {
  /** Its section of docs/editors.md. */
  readonly name: string;
  /** The name of a file for its configuration. */
  readonly config: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly installed: boolean;
}

function has(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
}

const script = (name: string): string => path.join(__dirname, name);

const EDITORS: readonly Editor[] = [
  {
    name: 'Neovim',
    config: 'init.lua',
    program: 'nvim',
    args: ['--headless', '--clean', '-S', script('neovim.lua')],
    installed: has('nvim'),
  },
  {
    name: 'Vim with ALE',
    config: 'vimrc.vim',
    program: 'vim',
    args: [
      ...['-es', '-N', '-u', 'NONE', '-i', 'NONE'],
      ...['--cmd', 'set packpath^=/usr/share/vim/vimfiles', '-S', script('vim.vim')],
    ],
    installed: has('vim') && existsSync('/usr/share/vim-ale'),
  },
  {
    name: 'Emacs with eglot',
    config: 'init.el',
    program: 'emacs',
    args: [
      '--batch',
      '-Q',
      ...(existsSync(ELPA) ? readdirSync(ELPA).flatMap((d) => ['-L', path.join(ELPA, d)]) : []),
      ...['-l', script('emacs.el')],
    ],
    installed: has('emacs'),
  },
];

describe('editors', function () {
  this.timeout(120_000);
  for (const { name, config, program, args, installed } of EDITORS) {
    it(`${name}: diagnostics, hover, code action`, function () {
      if (!installed) this.skip();
      const folder = temporaryTree({ 'capture.c': EXAMPLE, '.git/HEAD': '', [config]: documented(name) });
      const out = path.join(folder, 'out.txt');
      const env = {
        PATH: `${programsIn(folder)}:${process.env.PATH}`,
        HOME: folder,
        TMPDIR: os.tmpdir(),
        CONFIG: path.join(folder, config),
        FILE: path.join(folder, 'capture.c'),
        OUT: out,
      };
      const run = spawnSync(program, args, { cwd: folder, env, encoding: 'utf8', timeout: 100_000 });
      const told = `${run.stdout}\n${run.stderr}\n${existsSync(out) ? readFileSync(out, 'utf8') : ''}`;
      assert.equal(run.status, 0, told);
      assert.match(told, /^diagnostics: \d+/m, told);
      assert.match(told, /^told: .*pin_user_pages_fast\(\) does not exist on 5\.4\.\.5\.5/m, told);
      assert.match(told, /^line: .*pin_user_pages_fast\(addr, nr, FOLL_WRITE, pages\)/m, told);
      assert.match(told, /^hover: .*FOLL_WRITE/m, told);
      assert.match(told, /^PASS /m, told);
    });
  }

  it('Helix: the configuration has its documented form, and starts a server that gives diagnostics, hover, code action', async () => {
    const config = readLanguages(documented('Helix'));
    assert.deepEqual(Object.keys(config).sort(), ['language', 'language-server']);
    const [language] = config.language;
    assert.deepEqual(Object.keys(language ?? {}).sort(), ['language-servers', 'name']);
    const [name, server, ...others] = Object.entries(config['language-server'])[0] ?? [];
    assert.ok(name !== undefined && server !== undefined && others.length === 0);
    assert.ok(language?.name === 'c' && language['language-servers'].includes(name));
    assert.deepEqual(Object.keys(server).sort(), ['args', 'command', 'config']);
    const folder = temporaryTree({ 'capture.c': EXAMPLE });
    const file = path.join(folder, 'capture.c');
    const command = [path.join(programsIn(folder), server.command), ...server.args];
    const client = new LspClient(null, { command });
    await client.initialize({ folders: [folder], capabilities: HELIX, initializationOptions: server.config });
    await client.rpc.sendNotification('workspace/didChangeConfiguration', { settings: server.config });
    const uri = await client.open(file, EXAMPLE);
    const diagnostics = await client.pushedFor(uri);
    assert.ok(
      diagnostics.some((d) => /pin_user_pages_fast\(\) does not exist on 5\.4\.\.5\.5/.test(String(d.message))),
    );
    const found = diagnostics.find((d) => d.code === 'magic-gup-flags');
    assert.ok(found !== undefined);
    const actions = await client.request<CodeAction[]>('textDocument/codeAction', {
      textDocument: { uri },
      range: found.range,
      context: { diagnostics: [found] },
    });
    const fix = actions.find((a) => a.title === 'Use FOLL_WRITE');
    const { edit } = await client.request<CodeAction>('codeAction/resolve', fix);
    const [change] = edit?.documentChanges ?? [];
    assert.ok(change !== undefined && 'edits' in change);
    assert.deepEqual(change.edits, [{ range: found.range, newText: 'FOLL_WRITE' }]);
    const hover = await client.at<Hover>('textDocument/hover', uri, positionOf(EXAMPLE, 'pin_user_pages_fast(addr', 3));
    assert.match(JSON.stringify(hover.contents), /Evidence/);
    assert.equal(await client.stop(), 0, client.errors);
  });
});

/** A directory with the program `guplint` in it, to be found along PATH. */
function programsIn(folder: string): string {
  const bin = path.join(folder, 'bin');
  mkdirSync(bin);
  const program = path.join(bundleDirectory(), 'guplint.js');
  writeFileSync(path.join(bin, 'guplint'), `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`, {
    mode: 0o755,
  });
  return bin;
}
