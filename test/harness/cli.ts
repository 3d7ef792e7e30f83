/** Runs the built command line as users do: a process of its own, from a bundle made once per test run in a temporary directory. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** What a run gave. */
export interface CliResult {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** How to run. */
export interface CliOptions {
  readonly cwd: string;
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  /** Run as a user who may not read everything, also where the tests run as the superuser. */
  readonly unprivileged?: boolean;
}

/** The user and group that own nothing. */
const NOBODY = 65534;

const ROOT = path.join(__dirname, '..', '..');
let bundle: string | undefined;

/** The directory of the bundle, built on the first call; removed when the process ends. */
export function bundleDirectory(): string {
  if (bundle === undefined) {
    const made = mkdtempSync(path.join(os.tmpdir(), 'guplint-dist-'));
    process.on('exit', () => rmSync(made, { recursive: true, force: true }));
    chmodSync(made, 0o755);
    execFileSync(process.execPath, [path.join(ROOT, 'scripts', 'build.mjs'), made], { cwd: ROOT });
    bundle = made;
  }
  return bundle;
}

/** Runs `guplint` with these arguments; colours and terminals off unless `env` says otherwise. */
export function guplint(args: readonly string[], options: CliOptions): CliResult {
  const cache = path.join(bundleDirectory(), 'cache');
  const env: Record<string, string> = {
    PATH: process.env.PATH ?? '',
    HOME: os.tmpdir(),
    XDG_CACHE_HOME: cache,
    ...options.env,
  };
  const run = spawnSync(process.execPath, [path.join(bundleDirectory(), 'guplint.js'), ...args], {
    cwd: options.cwd,
    env,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    ...(options.unprivileged === true && process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}),
    ...(options.input === undefined ? {} : { input: options.input }),
  });
  if (run.error !== undefined) throw run.error;
  return { code: run.status, out: run.stdout, err: run.stderr };
}

/** A directory of files that is removed after the tests of the current suite. */
export function temporaryTree(files: Readonly<Record<string, string | Uint8Array>>): string {
  const root = mkdtempSync(path.join(os.tmpdir(), 'guplint-tree-'));
  chmodSync(root, 0o755);
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(root, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  trees.push(root);
  return root;
}

const trees: string[] = [];
process.on('exit', () => {
  for (const tree of trees) rmSync(tree, { recursive: true, force: true });
});
