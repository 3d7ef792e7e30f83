/**
 * Files of this machine, as the engine's `FileSystem` asks for them. Paths are relative to the root given (default: the process's working
 * directory).
 */
import fs from 'node:fs';
import nodePath from 'node:path';
import {
  type FileSystem,
  type FileToWrite,
  type PathKind,
  type ReadResult,
  type Stamp,
  WriteError,
} from '../engine/host.ts';
import { readStream } from './streams.ts';
import { stampIn, systemMessage } from './system.ts';
import { DirectoryWalk } from './walk.ts';

/** Files above this many bytes are not read: no C source is that large, and a string must hold it. */
const MAX_BYTES = 256 * 1024 * 1024;

/** Turns the system's separators into `/`. */
export function slashed(path: string): string {
  return nodePath.sep === '/' ? path : path.split(nodePath.sep).join('/');
}

function kindOf(path: string): PathKind {
  const stat = fs.statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return 'missing';
  if (stat.isDirectory()) return 'directory';
  return stat.isFile() ? 'file' : 'stream';
}

/** Whether reading the entry may wait for ever: nobody named it, it only lies beside a file. */
function isStream(entry: fs.Dirent): boolean {
  return entry.isFIFO() || entry.isSocket() || entry.isCharacterDevice() || entry.isBlockDevice();
}

/** What a pipe or device gives; undefined where it gives more than a file may hold. */
function readDevice(path: string): Uint8Array | undefined {
  const fd = fs.openSync(path, 'r');
  try {
    return readStream(fd, MAX_BYTES);
  } finally {
    fs.closeSync(fd);
  }
}

function stampOf(path: string): Stamp | undefined {
  try {
    const stat = fs.statSync(path, { throwIfNoEntry: false });
    if (stat === undefined || !stat.isFile()) return undefined;
    return stampIn(stat);
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
        const stat = fs.statSync(full);
        const bytes = stat.size > MAX_BYTES ? undefined : stat.isFile() ? fs.readFileSync(full) : readDevice(full);
        if (bytes === undefined) return { kind: 'problem', problem: { path, message: 'larger than 256 MB' } };
        return { kind: 'bytes', bytes };
      } catch (error) {
        return { kind: 'problem', problem: { path, message: systemMessage(error) } };
      }
    },
    write: (files) => writeTogether(files, resolve),
    list(directory) {
      const path = resolve(directory);
      // Most that are asked for are not there, and an error costs ten times as much.
      if (!fs.existsSync(path)) return [];
      try {
        const entries = fs.readdirSync(path, { withFileTypes: true });
        return entries
          .filter((entry) => !isStream(entry))
          .map((entry) => entry.name)
          .sort();
      } catch {
        return [];
      }
    },
    walk: (directories, known) => new DirectoryWalk(directories, resolve, known),
  };
}
