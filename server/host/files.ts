/**
 * Files of this machine, as the engine's `FileSystem` asks for them. Directories are walked as they are: no .gitignore,
 * no symbolic links followed below the paths that the user named (a linked .c file that lies outside of them is taken).
 * Paths are relative to the root given (default: the process's working directory).
 */
import fs from 'node:fs';
import nodePath from 'node:path';
import util from 'node:util';
import {
  type FileSystem,
  type FileToWrite,
  type PathKind,
  type ReadResult,
  type Stamp,
  type Walk,
  WriteError,
} from '../engine/host.ts';
import type { InputProblem } from '../engine/protocol.ts';

/** Files a batch: large enough that a message costs little, small enough that two threads end together. */
const BATCH = 256;

/** Files above this many bytes are not read: no C source is that large, and a string must hold it. */
const MAX_BYTES = 256 * 1024 * 1024;

/** What went wrong, in the system's words and without its codes: `permission denied`. */
export function systemMessage(error: unknown): string {
  const errno = (error as { errno?: unknown } | undefined)?.errno;
  if (typeof errno === 'number') {
    const known = util.getSystemErrorMap().get(errno);
    if (known !== undefined) return known[1];
  }
  return error instanceof Error ? error.message : String(error);
}

/** Turns the system's separators into `/`. */
export function slashed(path: string): string {
  return nodePath.sep === '/' ? path : path.split(nodePath.sep).join('/');
}

/** Whether guplint looks at a file of this name inside a directory. */
export function isSourceName(name: string): boolean {
  return name.length > 2 && (name.endsWith('.c') || name.endsWith('.h'));
}

class DirectoryWalk implements Walk {
  readonly problems: InputProblem[] = [];
  /** Directories still to be listed, the next one last. */
  readonly #open: string[];
  readonly #resolve: (path: string) => string;
  #roots: readonly string[] | undefined;
  readonly #named: readonly string[];

  constructor(directories: readonly string[], resolve: (path: string) => string) {
    this.#named = directories;
    this.#open = [...directories].reverse();
    this.#resolve = resolve;
  }

  next(): readonly string[] {
    const batch: string[] = [];
    while (batch.length < BATCH) {
      const directory = this.#open.pop();
      if (directory === undefined) break;
      this.#list(directory, batch);
    }
    return batch;
  }

  #list(directory: string, batch: string[]): void {
    let entries: fs.Dirent[];
    try {
      entries = fs.readdirSync(this.#resolve(directory), { withFileTypes: true });
    } catch (error) {
      this.problems.push({ path: directory, message: systemMessage(error) });
      return;
    }
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    const prefix = directory === '.' ? '' : directory.endsWith('/') ? directory : `${directory}/`;
    for (const entry of entries) {
      if (isSourceName(entry.name)) {
        if (entry.isFile() || (entry.isSymbolicLink() && this.#linkedFile(prefix + entry.name)))
          batch.push(prefix + entry.name);
      }
    }
    for (let i = entries.length - 1; i >= 0; i--) {
      const entry = entries[i];
      if (entry?.isDirectory() && entry.name !== '.git') this.#open.push(prefix + entry.name);
    }
  }

  /** Whether a link leads to a file that the walk does not meet anyway. */
  #linkedFile(path: string): boolean {
    try {
      const target = fs.realpathSync(this.#resolve(path));
      if (!fs.statSync(target).isFile()) return false;
      this.#roots ??= this.#named.map((d) => fs.realpathSync(this.#resolve(d)) + nodePath.sep);
      return !this.#roots.some((root) => target.startsWith(root));
    } catch (error) {
      // One that leads nowhere is no file; one that leads round in a circle is a mistake.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        this.problems.push({ path, message: systemMessage(error) });
      return false;
    }
  }
}

function kindOf(path: string): PathKind {
  const stat = fs.statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return 'missing';
  if (stat.isDirectory()) return 'directory';
  return stat.isFile() ? 'file' : 'stream';
}

function stampOf(path: string): Stamp | undefined {
  try {
    const stat = fs.statSync(path, { throwIfNoEntry: false });
    if (stat === undefined || !stat.isFile()) return undefined;
    const { size, mtimeMs, ctimeMs, ino } = stat;
    return { text: `${size} ${mtimeMs} ${ctimeMs} ${ino}`, size, changed: Math.max(mtimeMs, ctimeMs) };
  } catch {
    return undefined;
  }
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += fs.writeSync(fd, bytes, done);
}

/** Writes into what is no regular file (a pipe, a device): there is nothing to keep whole and nothing to put in its place. */
function writeInto(path: string, bytes: Uint8Array): void {
  const fd = fs.openSync(path, 'w');
  try {
    writeAll(fd, bytes);
  } finally {
    fs.closeSync(fd);
  }
}

/** A file written beside its place. */
interface Staged {
  readonly path: string;
  readonly temporary: string;
  readonly target: string;
}

/** Writes a file beside the one it is to replace, or into what cannot be replaced. `path`: as the caller names it. */
function stage({ path: named, bytes }: FileToWrite, path: string): Staged | undefined {
  const there = fs.statSync(path, { throwIfNoEntry: false });
  if (there !== undefined && !there.isFile()) {
    writeInto(path, bytes);
    return undefined;
  }
  const target = there === undefined ? path : fs.realpathSync(path);
  const mode = there?.mode;
  const temporary = `${target}.guplint-${process.pid}-${Date.now().toString(36)}`;
  try {
    const fd = fs.openSync(temporary, 'wx', mode === undefined ? 0o666 : mode & 0o7777);
    try {
      writeAll(fd, bytes);
      if (mode !== undefined) fs.fchmodSync(fd, mode & 0o7777);
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
    return { path: named, temporary, target };
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw error;
  }
}

/** Writes every file beside its place, then puts all in place; on any failure the old contents stand and nothing else is left. */
function writeTogether(files: readonly FileToWrite[], resolve: (path: string) => string): void {
  const staged: Staged[] = [];
  for (const file of files) {
    try {
      const one = stage(file, resolve(file.path));
      if (one !== undefined) staged.push(one);
    } catch (error) {
      for (const { temporary } of staged) fs.rmSync(temporary, { force: true });
      throw new WriteError(file.path, systemMessage(error));
    }
  }
  for (const [i, { path, temporary, target }] of staged.entries()) {
    try {
      fs.renameSync(temporary, target);
    } catch (error) {
      for (const left of staged.slice(i)) fs.rmSync(left.temporary, { force: true });
      throw new WriteError(path, systemMessage(error));
    }
  }
}

/** The files of this machine, seen from a root directory. */
export function createFileSystem(root: string = process.cwd()): FileSystem {
  const here = nodePath.resolve(root) === process.cwd();
  const resolve = (path: string): string => (here ? path : nodePath.resolve(root, path));
  return {
    cwd: slashed(nodePath.resolve(root)),
    resolve,
    kind(path) {
      try {
        return kindOf(resolve(path));
      } catch {
        // Something is there that cannot be looked at; reading it tells why.
        return 'file';
      }
    },
    stamp: (path) => stampOf(resolve(path)),
    read(path): ReadResult {
      try {
        const full = resolve(path);
        if (fs.statSync(full).size > MAX_BYTES)
          return { kind: 'problem', problem: { path, message: 'larger than 256 MB' } };
        return { kind: 'bytes', bytes: fs.readFileSync(full) };
      } catch (error) {
        return { kind: 'problem', problem: { path, message: systemMessage(error) } };
      }
    },
    write: (files) => writeTogether(files, resolve),
    list(directory) {
      try {
        return fs.readdirSync(resolve(directory)).sort();
      } catch {
        return [];
      }
    },
    walk: (directories) => new DirectoryWalk(directories, resolve),
  };
}
