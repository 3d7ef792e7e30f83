/**
 * What an editor's session has looked at on disk since it began: its answers rest on no more than that. Unlike a run's recorder it
 * remembers nothing for others to use, so that files may change while it watches.
 */
import type { FileSystem } from '../host.ts';
import { contentHash, type FileRead } from './file-read.ts';
import { listHash, type Reads } from './reads.ts';

/** Files that remember what was last read of them, and which names were looked for. */
export class KeptReads {
  /** The files to read through. */
  readonly fs: FileSystem;
  readonly #files = new Map<string, FileRead>();
  readonly #lists = new Map<string, string>();
  readonly #asked = new Map<string, Map<string, boolean>>();
  /** Names in directories, until `forgetNames`. */
  readonly #names = new Map<string, ReadonlySet<string>>();

  constructor(disk: FileSystem) {
    this.fs = {
      ...disk,
      read: (path) => {
        const stamp = disk.stamp?.(path);
        const read = disk.read(path);
        this.#files.set(path, { path, stamp, hash: contentHash(read) });
        return read;
      },
      list: (directory) => {
        const names = disk.list(directory);
        this.#lists.set(directory, listHash(names));
        return names;
      },
      has: (directory, name) => {
        let names = this.#names.get(directory);
        if (names === undefined) {
          names = new Set(disk.list(directory));
          this.#names.set(directory, names);
        }
        const there = names.has(name);
        const asked = this.#asked.get(directory) ?? new Map<string, boolean>();
        this.#asked.set(directory, asked.set(name, there));
        return there;
      },
    };
  }

  /** Files came or went: directories are looked into again. */
  forgetNames(): void {
    this.#names.clear();
  }

  /** Files and directories that were looked at. */
  get size(): number {
    return this.#files.size + this.#lists.size + this.#asked.size;
  }

  /** All of it, sorted by path. */
  all(): Reads {
    const byPath = (a: { path: string }, b: { path: string }): number => (a.path < b.path ? -1 : 1);
    const names = (asked: ReadonlyMap<string, boolean>, there: boolean): string[] =>
      [...asked].flatMap(([name, found]) => (found === there ? [name] : [])).sort();
    return {
      files: [...this.#files.values()].sort(byPath),
      lists: [...this.#lists].map(([path, hash]) => ({ path, hash })).sort(byPath),
      asked: [...this.#asked]
        .map(([path, asked]) => ({ path, there: names(asked, true), missing: names(asked, false) }))
        .sort(byPath),
      searches: [],
    };
  }
}
