/**
 * Real editors over stdio: Neovim, Vim with ALE, Emacs with eglot. In each, diagnostics arrive, a hover answers and a code action
 * edits the buffer. An editor that is not installed is skipped; Debian has them as neovim, vim vim-ale, emacs-nox elpa-eglot.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { bundleDirectory, temporaryTree } from '../harness/cli.ts';

const EXAMPLE = readFileSync(path.join(__dirname, '../../examples/demo-capture.c'), 'utf8');
const ELPA = '/usr/share/emacs/site-lisp/elpa-src';

interface Editor {
  readonly name: string;
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
    program: 'nvim',
    args: ['--headless', '--clean', '-S', script('neovim.lua')],
    installed: has('nvim'),
  },
  {
    name: 'Vim with ALE',
    program: 'vim',
    args: [
      ...['-es', '-N', '-u', 'NONE', '-i', 'NONE'],
      ...['--cmd', 'set packpath^=/usr/share/vim/vimfiles', '-S', script('vim.vim')],
    ],
    installed: has('vim') && existsSync('/usr/share/vim-ale'),
  },
  {
    name: 'Emacs with eglot',
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
  for (const { name, program, args, installed } of EDITORS) {
    it(`${name}: diagnostics, hover, code action`, function () {
      if (!installed) this.skip();
      const folder = temporaryTree({ 'capture.c': EXAMPLE });
      const file = path.join(folder, 'capture.c');
      const out = path.join(folder, 'out.txt');
      const server = path.join(bundleDirectory(), 'guplint.js');
      const env = {
        PATH: process.env.PATH ?? '',
        HOME: folder,
        TMPDIR: os.tmpdir(),
        SERVER: server,
        FILE: file,
        OUT: out,
      };
      const run = spawnSync(program, args, { cwd: folder, env, encoding: 'utf8', timeout: 100_000 });
      const told = `${run.stdout}\n${run.stderr}\n${existsSync(out) ? readFileSync(out, 'utf8') : ''}`;
      assert.equal(run.status, 0, told);
      assert.match(told, /^diagnostics: \d+/m, told);
      assert.match(told, /^line: .*pin_user_pages_fast\(addr, nr, FOLL_WRITE, pages\)/m, told);
      assert.match(told, /^hover: .*FOLL_WRITE/m, told);
      assert.match(told, /^PASS /m, told);
    });
  }
});
