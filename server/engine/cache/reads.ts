/**
 * What an analysis looked at on disk: the files with their stamps and content hashes, the directories it listed, and what it asked of files
 * that it only searched. An answer may be given again as long as all of it is the same.
 */
import { hashOf } from '../../base/hash.ts';
import type { FileSystem, ReadResult } from '../host.ts';
import { directoryOf } from '../paths.ts';
import { contentHash, type FileRead } from './file-read.ts';
import { type DirectorySearch, SearchRecord } from './searches.ts';

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
  readonly searches: readonly DirectorySearch[];
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
  #searches = new Map<string, SearchRecord>();
  readonly #disk: FileSystem;

  /** `recording`: somebody will ask what was read; otherwise only lists are kept. */
  constructor(disk: FileSystem, recording: boolean) {
    this.#disk = disk;
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
    this.#searches = new Map();
  }

  /** A directory is about to be searched. */
  search(directory: string): SearchRecord {
    const known = this.#searches.get(directory);
    if (known !== undefined) return known;
    const record = new SearchRecord(directory, {
      ...this.#disk,
      list: (at) => [...this.#names(at, this.#disk)],
    });
    this.#searches.set(directory, record);
    return record;
  }

  /** A file is used whose content is still known, from an earlier job or a search. */
  touch(path: string): void {
    const searched = this.#searches.get(directoryOf(path))?.fileAt(path);
    const known = searched ?? this.#known.get(path);
    if (known !== undefined) this.#files.set(path, known);
  }

  /** What the job has looked at since it began, sorted by path. */
  reads(): Reads {
    const small = [...this.#searches.values()].filter((s) => s.isSmall).map((s) => s.result());
    for (const record of this.#searches.values()) if (!record.isSmall) this.#readWhole(record.result());
    const byPath = (a: { path: string }, b: { path: string }): number => (a.path < b.path ? -1 : 1);
    return {
      files: [...this.#files.values()].sort(byPath),
      lists: [...this.#listed].sort().map((path) => ({ path, hash: listHash([...(this.#lists.get(path) ?? [])]) })),
      asked: [...this.#asked].map(([path, names]) => this.#answered(path, [...names].sort())).sort(byPath),
      searches: small.sort(byPath),
    };
  }

  /** A directory whose files all count. */
  #readWhole({ path, files }: DirectorySearch): void {
    this.#names(path, this.#disk);
    this.#listed.add(path);
    for (const { read } of files) this.#files.set(read.path, read);
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
