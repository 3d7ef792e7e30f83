/**
 * The cache's entries as files of the user's cache directory: `$XDG_CACHE_HOME/guplint`, by default `~/.cache/guplint`. Each entry is
 * written beside its place and renamed: a reader sees the old one or the new one, whoever else writes and whenever a process is killed.
 */
import fs from 'node:fs';
import os from 'node:os';
import nodePath from 'node:path';
import { threadId } from 'node:worker_threads';
import type { CacheStore } from '../engine/cache/store.ts';

/** The program as built, set by scripts/build.mjs; a program run from its sources has none. */
declare const GUPLINT_BUILD: string | undefined;

/** Entries nobody has written for this long are removed, milliseconds. */
const MAX_AGE = 30 * 24 * 3600 * 1000;

/** The build of this program; undefined when it runs from its sources, which may change under it. */
export function buildOfProgram(): string | undefined {
  return typeof GUPLINT_BUILD === 'string' ? GUPLINT_BUILD : undefined;
}

/** Where the entries of this user lie. */
export function cacheDirectory(env: NodeJS.ProcessEnv = process.env): string {
  const { XDG_CACHE_HOME: named } = env;
  const base = named !== undefined && nodePath.isAbsolute(named) ? named : nodePath.join(os.homedir(), '.cache');
  return nodePath.join(base, 'guplint');
}

/** The store of this user; undefined for a program that has no build. */
export function createCacheStore(
  directory: string = cacheDirectory(),
  build: string | undefined = buildOfProgram(),
): CacheStore | undefined {
  if (build === undefined) return undefined;
  const place = (name: string): string => nodePath.join(directory, name);
  return {
    build,
    load(name) {
      try {
        return fs.readFileSync(place(name), 'utf8');
      } catch {
        return undefined;
      }
    },
    save: (name, text) => writeWhole(place(name), text),
    prune() {
      for (const name of namesIn(directory)) removeIfOld(place(name));
    },
    wallTime: () => Date.now(),
  };
}

/** Puts a file of the cache in its place, as a whole or not at all. */
export function writeWhole(path: string, content: string | Uint8Array): void {
  const temporary = `${path}.${process.pid}-${threadId}.tmp`;
  try {
    makeDirectory(nodePath.dirname(path));
    fs.writeFileSync(temporary, content, { flag: 'wx' });
    fs.renameSync(temporary, path);
  } catch {
    // A full disk, a read-only home: the next run works as long as this one did.
    removeQuietly(temporary);
  }
}

/**
 * Makes a directory and those above it. Not with node's `recursive`, which never ends where the file system answers "no such file" to
 * mkdir itself, as /proc and some automounters do.
 */
function makeDirectory(directory: string): void {
  if (fs.existsSync(directory)) return;
  const above = nodePath.dirname(directory);
  if (above !== directory) makeDirectory(above);
  try {
    fs.mkdirSync(directory);
  } catch (error) {
    // Another run may have been faster.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function namesIn(directory: string): readonly string[] {
  try {
    return fs
      .readdirSync(directory)
      .filter((name) => /^(?:(?:job|scan)-[0-9a-f]+\.json|code-[0-9a-f]+\.bin)/.test(name));
  } catch {
    return [];
  }
}

/** Temporary files of processes that were killed go after a day. */
function removeIfOld(path: string): void {
  const stat = fs.statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (Date.now() - stat.mtimeMs > (path.endsWith('.tmp') ? MAX_AGE / 30 : MAX_AGE)) removeQuietly(path);
}

function removeQuietly(path: string): void {
  try {
    fs.rmSync(path, { force: true });
  } catch {
    // It stays: the cache may be larger than it need be, never wrong.
  }
}
