/**
 * What an analysis looked at on disk: the files with their stamps and content hashes, and the directories it listed. An answer
 * may be given again as long as all of it is the same.
 */
import { hashOf, hashOfBytes } from '../../base/hash.ts';
import type { FileSystem, ReadResult, Stamp } from '../host.ts';

/** A file that was read. */
export interface FileRead {
  readonly path: string;
  /** What the system said of the file just before it was read; undefined where that says nothing. */
  readonly stamp: Stamp | undefined;
  /** Of the content; `-` where there was none to be had. */
  readonly hash: string;
}

/** A directory that was listed. */
export interface ListRead {
  readonly path: string;
  /** Of the names in it, in order. */
  readonly hash: string;
}

/** Names that were looked for in a directory. */
export interface NamesAsked {
  readonly path: string;
  readonly there: readonly string[];
  readonly missing: readonly string[];
}

/** All that one job looked at. */
export interface Reads {
  readonly files: readonly FileRead[];
  readonly lists: readonly ListRead[];
  readonly asked: readonly NamesAsked[];
}

/** The hash of what reading gave. */
export function contentHash(read: ReadResult): string {
  return read.kind === 'bytes' ? hashOfBytes(read.bytes) : '-';
}

/** The hash of the names in a directory. */
export function listHash(names: readonly string[]): string {
  return hashOf(...names);
}

/** Files that remember what was read of them, job by job. Directories are listed once. */
export class Recorder {
  /** The files to read through. */
  readonly fs: FileSystem;
  readonly #known = new Map<string, FileRead>();
  readonly #lists = new Map<string, ReadonlySet<string>>();
  #files = new Map<string, FileRead>();
  #listed = new Set<string>();
  #asked = new Map<string, Set<string>>();

  /** `recording`: somebody will ask what was read; otherwise only lists are kept. */
  constructor(disk: FileSystem, recording: boolean) {
    this.fs = {
      ...disk,
      read: (path) => (recording ? this.#read(path, disk) : disk.read(path)),
      list: (directory) => {
        this.#listed.add(directory);
        return [...this.#names(directory, disk)];
      },
      has: (directory, name) => {
        const asked = this.#asked.get(directory) ?? new Set();
        this.#asked.set(directory, asked.add(name));
        return this.#names(directory, disk).has(name);
      },
    };
  }

  /** Begins a job. */
  begin(): void {
    this.#files = new Map();
    this.#listed = new Set();
    this.#asked = new Map();
  }

  /** A file is used whose content is still known from an earlier job. */
  touch(path: string): void {
    const known = this.#known.get(path);
    if (known !== undefined) this.#files.set(path, known);
  }

  /** What the job has looked at since it began, sorted by path. */
  reads(): Reads {
    const byPath = (a: { path: string }, b: { path: string }): number => (a.path < b.path ? -1 : 1);
    return {
      files: [...this.#files.values()].sort(byPath),
      lists: [...this.#listed].sort().map((path) => ({ path, hash: listHash([...(this.#lists.get(path) ?? [])]) })),
      asked: [...this.#asked].map(([path, names]) => this.#answered(path, [...names].sort())).sort(byPath),
    };
  }

  #read(path: string, disk: FileSystem): ReadResult {
    const stamp = disk.stamp?.(path);
    const read = disk.read(path);
    const record: FileRead = { path, stamp, hash: contentHash(read) };
    this.#known.set(path, record);
    this.#files.set(path, record);
    return read;
  }

  #names(directory: string, disk: FileSystem): ReadonlySet<string> {
    let names = this.#lists.get(directory);
    if (names === undefined) {
      names = new Set(disk.list(directory));
      this.#lists.set(directory, names);
    }
    return names;
  }

  #answered(path: string, names: readonly string[]): NamesAsked {
    const known = this.#lists.get(path);
    const isThere = (name: string): boolean => known?.has(name) === true;
    return { path, there: names.filter(isThere), missing: names.filter((name) => !isThere(name)) };
  }
}
