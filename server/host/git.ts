/**
 * What git knows of another state of the working tree, read with plumbing commands that change nothing and heed no one's
 * settings for display. Works wherever git itself does: in linked work trees, shallow and sparse clones, below the top.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import nodePath from 'node:path';
import { UserError } from '../base/user-error.ts';
import type { TreeChange } from '../engine/diff/states.ts';
import { slashed } from './files.ts';

/** What is looked at of a tree: sources, the files that tell the kernel's version, configurations. */
const WANTED: readonly string[] = [':(top)*.c', ':(top)*.h', ':(top,glob)**/Makefile', ':(top,glob)**/guplint.json'];

/** Settings that could run programs, lock files or change what is printed. */
const PLAIN: readonly string[] = [
  '-c',
  'core.quotepath=off',
  '-c',
  'core.fsmonitor=false',
  '-c',
  'diff.renameLimit=2000',
  '--no-optional-locks',
  '--no-pager',
];

/** Bytes of output that are taken; the objects of a difference between two kernel releases fit. */
const MAX_OUTPUT = 2 ** 31 - 1;

interface GitResult {
  readonly ok: boolean;
  readonly out: Buffer;
  /** The first line that git said on standard error. */
  readonly message: string;
}

function git(cwd: string, args: readonly string[], input?: string): GitResult {
  const run = spawnSync('git', [...PLAIN, ...args], {
    cwd,
    maxBuffer: MAX_OUTPUT,
    ...(input === undefined ? {} : { input }),
  });
  if (run.error !== undefined) {
    const missing = (run.error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new UserError(missing ? '--since needs git, which was not found' : `git: ${run.error.message}`);
  }
  const message = run.stderr.toString().trim().split('\n')[0] ?? '';
  return { ok: run.status === 0, out: run.stdout, message: message.replace(/^(fatal|error): /, '') };
}

function must(cwd: string, args: readonly string[], input?: string): Buffer {
  const run = git(cwd, args, input);
  if (!run.ok) throw new UserError(`git ${args[0]}: ${run.message}`);
  return run.out;
}

const text = (bytes: Buffer): string => bytes.toString('utf8').replace(/\n$/, '');

/** The tree that a revision names. */
function treeOf(cwd: string, rev: string): string {
  const inside = git(cwd, ['rev-parse', '--is-inside-work-tree']);
  if (!inside.ok) throw new UserError(`--since needs a git repository: ${inside.message}`);
  if (text(inside.out) !== 'true') throw new UserError('--since needs a working tree; this is a bare repository');
  const found = rev.startsWith('-') || rev === '' ? undefined : git(cwd, ['rev-parse', '--verify', `${rev}^{tree}`]);
  if (found?.ok === true) return text(found.out);
  const shallow = text(git(cwd, ['rev-parse', '--is-shallow-repository']).out) === 'true';
  const hint = shallow ? `; this clone is shallow: fetch it first (git fetch --depth=1 origin ${rev})` : '';
  throw new UserError(`--since: there is no revision '${rev}' in this repository${hint}`);
}

/** One line of git diff --raw. */
interface RawChange {
  readonly oldMode: string;
  readonly newMode: string;
  readonly oldId: string;
  readonly oldPath: string;
  readonly newPath: string;
  readonly status: string;
}

function rawChanges(out: Buffer): readonly RawChange[] {
  const fields = out.toString('utf8').split('\0');
  const changes: RawChange[] = [];
  for (let i = 0; i + 1 < fields.length; ) {
    const [oldMode = '', newMode = '', oldId = '', , status = ''] = (fields[i++] ?? '').slice(1).split(' ');
    const oldPath = fields[i++] ?? '';
    const newPath = /^[RC]/.test(status) ? (fields[i++] ?? '') : oldPath;
    changes.push({ oldMode, newMode, oldId, oldPath, newPath, status });
  }
  return changes;
}

const isFile = (mode: string): boolean => mode.startsWith('100');

/** Reads objects; the same order as the ids. */
function blobs(cwd: string, ids: readonly string[]): readonly Buffer[] {
  if (ids.length === 0) return [];
  const out = must(cwd, ['cat-file', '--batch'], `${ids.join('\n')}\n`);
  const found: Buffer[] = [];
  let at = 0;
  for (const id of ids) {
    const end = out.indexOf(10, at);
    const size = Number(/ blob (\d+)$/.exec(out.toString('latin1', at, end))?.[1] ?? Number.NaN);
    if (Number.isNaN(size)) throw new UserError(`git cat-file: object ${id} cannot be read`);
    found.push(out.subarray(end + 1, end + 1 + size));
    at = end + 1 + size + 1;
  }
  return found;
}

/**
 * How the working tree differs from a revision, its submodules from what that revision names of them: tracked files, and untracked ones
 * that git does not ignore. `cwd`: absolute. Throws UserError where there is no repository, no such revision, or git fails.
 */
export function changesSince(cwd: string, rev: string): TreeChange {
  const tree = treeOf(cwd, rev);
  const prefix = text(must(cwd, ['rev-parse', '--show-prefix']));
  const local = (path: string): string => slashed(nodePath.posix.relative(prefix, path));
  const before = new Map<string, Uint8Array | undefined>();
  const renames = new Map<string, string>();
  for (const path of must(cwd, ['ls-files', '--others', '--exclude-standard', '-z', '--full-name', '--', ...WANTED])
    .toString('utf8')
    .split('\0')) {
    if (path !== '') before.set(local(path), undefined);
  }
  const changes = changesOf(cwd, tree).filter((c) => isHere(c, nodePath.join(cwd, local(c.newPath))));
  for (const c of changes) {
    if (isFile(c.newMode)) before.set(local(c.newPath), undefined);
    if (c.status.startsWith('R')) renames.set(local(c.newPath), local(c.oldPath));
  }
  const old = changes.filter((c) => isFile(c.oldMode));
  blobs(
    cwd,
    old.map((c) => c.oldId),
  ).forEach((bytes, i) => {
    const change = old[i];
    if (change !== undefined) before.set(local(change.oldPath), bytes);
  });
  for (const { path, commit } of submodules(cwd, tree)) {
    const inside = submoduleChanges(nodePath.join(cwd, local(path)), commit);
    const at = (file: string): string => nodePath.posix.join(local(path), file);
    for (const [file, bytes] of inside.other) before.set(at(file), bytes);
    for (const [to, from] of inside.renames) renames.set(at(to), at(from));
  }
  return { disk: 'after', other: before, renames };
}

/** What changed of the files that are looked at; without what is being merged. */
function changesOf(cwd: string, tree: string): readonly RawChange[] {
  const raw = ['diff', '--raw', '-z', '--no-abbrev', '-M', '--no-ext-diff', '--no-textconv', '--ignore-submodules=all'];
  return rawChanges(must(cwd, [...raw, tree, '--', ...WANTED])).filter((c) => !c.status.startsWith('U'));
}

/** Whether the working tree has the new file, as git says: a sparse checkout leaves some out, which are in neither state then. */
function isHere(change: RawChange, path: string): boolean {
  return !isFile(change.newMode) || fs.existsSync(path);
}

/** The submodules that are checked out, with the commit that the tree names of each. Paths are seen from the top. */
function submodules(cwd: string, tree: string): readonly { readonly path: string; readonly commit: string }[] {
  const top = text(must(cwd, ['rev-parse', '--show-toplevel']));
  if (!fs.existsSync(nodePath.join(top, '.gitmodules'))) return [];
  const named = git(top, ['config', '-z', '-f', '.gitmodules', '--get-regexp', '\\.path$']);
  const paths = named.out
    .toString('utf8')
    .split('\0')
    .flatMap((entry) => entry.split('\n')[1] ?? []);
  return paths.flatMap((path) => {
    const commit = /^160000 commit (\S+)/.exec(must(top, ['ls-tree', tree, '--', path]).toString('utf8'))?.[1];
    return commit === undefined || !fs.existsSync(nodePath.join(top, path, '.git')) ? [] : [{ path, commit }];
  });
}

function submoduleChanges(directory: string, commit: string): TreeChange {
  try {
    return changesSince(directory, commit);
  } catch (error) {
    if (error instanceof UserError) throw new UserError(`${error.message} (submodule ${directory})`);
    throw error;
  }
}
