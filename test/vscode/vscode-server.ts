/**
 * VS Code's own server, as the code-server package of the npm registry brings it: installed once into guplint's cache directory.
 * Nothing of it is compiled: the native half of its terminals, in which tasks run, comes from a package that brings it ready made.
 */
import { execFileSync, type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** The release that is tested with: VS Code 1.100.3. */
const RELEASE = '4.100.3';

/** The same release of node-pty as the server's own. */
const TERMINALS = `@lydell/node-pty-linux-${process.arch}@1.1.0`;

const CACHE = path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'guplint');

/** The directory of VS Code's server, installed with npm when it is not there yet. Throws when that fails. */
export function vscodeServer(): string {
  const target = path.join(CACHE, `code-server-${RELEASE}`);
  const server = path.join(target, 'lib/vscode');
  if (!existsSync(path.join(server, 'out/server-main.js')) || !existsSync(path.join(server, 'node_modules')))
    madeAt(target, download);
  const terminals = path.join(server, 'node_modules/node-pty/build/Release');
  if (!existsSync(path.join(terminals, 'pty.node'))) madeAt(terminals, downloadTerminals);
  return server;
}

/** Makes a directory and puts it in its place when it is whole. */
function madeAt(target: string, make: (directory: string) => void): void {
  mkdirSync(CACHE, { recursive: true });
  const made = mkdtempSync(path.join(CACHE, 'code-server-'));
  try {
    make(made);
    rmSync(target, { recursive: true, force: true });
    mkdirSync(path.dirname(target), { recursive: true });
    renameSync(made, target);
  } catch (error) {
    rmSync(made, { recursive: true, force: true });
    throw error;
  }
}

function run(file: string, args: readonly string[], cwd: string): string {
  return execFileSync(file, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

function downloadTerminals(into: string): void {
  const archive = run('npm', ['pack', '--silent', TERMINALS], into).trim();
  run('tar', ['xzf', archive, '--strip-components=1', 'package/pty.node'], into);
  rmSync(path.join(into, archive));
}

function download(into: string): void {
  const archive = `code-server-${RELEASE}.tgz`;
  run('npm', ['pack', '--silent', `code-server@${RELEASE}`], into);
  run('tar', ['xzf', archive, '--strip-components=1', 'package/lib', 'package/package.json'], into);
  rmSync(path.join(into, archive));
  run('npm', ['install', '--silent', '--omit=dev', '--ignore-scripts'], path.join(into, 'lib/vscode'));
  // Two thirds of it are source maps.
  for (const name of readdirSync(into, { recursive: true, encoding: 'utf8' }))
    if (name.endsWith('.map')) rmSync(path.join(into, name));
}

/** The program to run with Node, and the arguments that keep everything it writes below `data`. */
export function serverCommand(data: string): readonly string[] {
  return [
    path.join(vscodeServer(), 'out/server-main.js'),
    '--accept-server-license-terms',
    ...['--server-data-dir', path.join(data, 'data'), '--user-data-dir', path.join(data, 'data')],
    ...['--extensions-dir', path.join(data, 'ext')],
  ];
}

/** The environment of such a server: no settings of whoever runs the tests. */
export function serverEnvironment(data: string): Record<string, string> {
  return { PATH: process.env.PATH ?? '', HOME: data };
}

/** Installs an extension as VS Code does; returns the directory it lies in. Throws what the server said when it did not. */
export function installExtension(vsix: string, data: string): string {
  const run: SpawnSyncReturns<string> = spawnSync(
    process.execPath,
    [...serverCommand(data), '--install-extension', vsix],
    { env: serverEnvironment(data), encoding: 'utf8' },
  );
  const [installed] = existsSync(path.join(data, 'ext'))
    ? readdirSync(path.join(data, 'ext'), { withFileTypes: true }).filter(
        (e) => e.isDirectory() && !e.name.startsWith('.'),
      )
    : [];
  if (installed === undefined || !/successfully installed/.test(run.stdout)) throw new Error(run.stdout + run.stderr);
  return path.join(data, 'ext', installed.name);
}
