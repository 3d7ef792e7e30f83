/**
 * What an analysis asked of the files of a directory: which hold a word, which define a function. Of files whose text it did not use, the
 * answers count and not the content, so that a file may change, come or go as long as it answers what it answered.
 */
import { latin1 } from '../../syntax/decode.ts';
import { type Question, SMALL_DIRECTORY, testOf } from '../directory-files.ts';
import type { FileSystem, ReadResult } from '../host.ts';
import { join } from '../paths.ts';
import { contentHash, type FileRead } from './file-read.ts';

/** A file that was searched. */
export interface SearchedFile {
  readonly read: FileRead;
  /** Bytes. */
  readonly length: number;
}

/** All that was asked of a directory. */
export interface DirectorySearch {
  readonly path: string;
  /** Files that were searched by what was already known of them: they count as read. */
  readonly given: readonly string[];
  /** Bytes of all files: of a large directory not all are kept. */
  readonly size: number;
  readonly files: readonly SearchedFile[];
  readonly asked: readonly { readonly question: Question; readonly where: readonly string[] }[];
}

/** Writes down what is asked of a directory. */
export class SearchRecord {
  readonly #directory: string;
  readonly #disk: FileSystem;
  readonly #given: string[] = [];
  readonly #files = new Map<string, SearchedFile>();
  readonly #asked = new Map<Question, readonly string[]>();
  #size = 0;

  constructor(directory: string, disk: FileSystem) {
    this.#directory = directory;
    this.#disk = disk;
  }

  /** The source files of the directory. */
  paths(): readonly string[] {
    return sourcesIn(this.#directory, this.#disk.list(this.#directory));
  }

  /** A file is searched whose text is known. */
  given(path: string, text: string): void {
    if (this.#given.includes(path) || this.#files.has(path)) return;
    this.#given.push(path);
    this.#size += text.length;
  }

  /** The bytes of a file, one character each; undefined where it cannot be read. */
  bytesOf(path: string): string | undefined {
    const stamp = this.#disk.stamp?.(path);
    const read = this.#disk.read(path);
    const bytes = bytesIn(read);
    const length = bytes?.length ?? 0;
    if (!this.#files.has(path)) {
      this.#files.set(path, { read: { path, stamp, hash: contentHash(read) }, length });
      this.#size += length;
    }
    return bytes;
  }

  asked(question: Question, where: readonly string[]): void {
    this.#asked.set(question, where);
  }

  /** What reading a file gave; undefined for one that was not searched. */
  fileAt(path: string): FileRead | undefined {
    return this.#files.get(path)?.read;
  }

  /** Whether the answers may be asked for again: what of a large directory is kept depends on all of it. */
  get isSmall(): boolean {
    return this.#size < SMALL_DIRECTORY;
  }

  /** All of it. */
  result(): DirectorySearch {
    return {
      path: this.#directory,
      given: this.#given,
      size: this.#size,
      files: [...this.#files.values()],
      asked: [...this.#asked].map(([question, where]) => ({ question, where })),
    };
  }
}

/** How to look at a directory again. */
export interface Again {
  names(directory: string): Iterable<string>;
  holds(file: FileRead): boolean;
  read(path: string): ReadResult;
}

/** Whether a directory answers everything as it did. */
export function searchHolds(
  { path: directory, given, files, asked, ...search }: DirectorySearch,
  again: Again,
): boolean {
  const now = sourcesIn(directory, [...again.names(directory)]);
  const known = new Map(files.map((f) => [f.read.path, f]));
  const there = new Set(now);
  const others = new Set(given);
  const gone = files.filter((f) => !there.has(f.read.path));
  const changed = now.flatMap((path) => {
    const before = known.get(path);
    if (others.has(path) || (before !== undefined && again.holds(before.read))) return [];
    return [{ path, bytes: bytesIn(again.read(path)) ?? '', before: before?.length ?? 0 }];
  });
  if (gone.length === 0 && changed.length === 0) return true;
  const more = changed.reduce((sum, { bytes, before }) => sum + bytes.length - before, 0);
  const less = gone.reduce((sum, { length }) => sum + length, 0);
  if (search.size + more - less >= SMALL_DIRECTORY) return false;
  return asked.every(({ question, where }) => {
    const test = testOf(question);
    const same = changed.every(({ path, bytes }) => test(bytes) === where.includes(path));
    return same && gone.every(({ read }) => !where.includes(read.path));
  });
}

function sourcesIn(directory: string, names: readonly string[]): readonly string[] {
  return names.filter((name) => name.endsWith('.c')).map((name) => join(directory, name));
}

function bytesIn(read: ReadResult): string | undefined {
  return read.kind === 'bytes' ? latin1(read.bytes) : undefined;
}
