/**
 * What the engine needs from the machine it runs on, as interfaces; server/host implements them.
 * Paths are relative to the working directory of the run and use `/`, also on Windows; absolute ones only where they lie on another drive.
 */
import type { CacheStore } from './cache/store.ts';
import type { AnalyseJob, AnalyseReply, InputProblem, ScanJob, ScanReply } from './protocol.ts';

/** What stands at a path. `stream`: something that can be read only once (a pipe, a device). */
export type PathKind = 'file' | 'directory' | 'stream' | 'missing';

/** The bytes of a file, or why they could not be had. */
export type ReadResult =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'problem'; readonly problem: InputProblem };

/** Another state of the files: content by path, undefined where there is no such file. Structured-cloneable. */
export type Overlay = ReadonlyMap<string, Uint8Array | undefined>;

/** A directory tree being walked: batches of files in a stable order, and what could not be read. */
export interface Walk {
  /** Paths of .c and .h files, at most some hundred a batch; empty when the walk is over. */
  next(): readonly string[];
  readonly problems: readonly InputProblem[];
}

/**
 * What the system says of a file or directory without reading it. Two equal ones mean the same content (of a directory, the same names), save for
 * what was written a moment ago.
 */
export interface Stamp {
  /** Bytes. */
  readonly size: number;
  /** When the content last changed; milliseconds since 1970. */
  readonly modified: number;
  /** When the inode last changed; milliseconds since 1970. */
  readonly changed: number;
  readonly inode: number;
}

/** Whether two stamps say the same. */
export function sameStamp(a: Stamp, b: Stamp): boolean {
  return a.size === b.size && a.modified === b.modified && a.changed === b.changed && a.inode === b.inode;
}

/** What a walk wants to know of a directory. */
export interface Listing {
  /** Undefined where the directory does not tell whether it lists the same again. */
  readonly stamp: Stamp | undefined;
  /** Names of the directories in it that are walked, sorted. */
  readonly directories: readonly string[];
  /** Names of the .c and .h files in it, sorted. */
  readonly files: readonly string[];
}

/** What earlier walks found in directories. A directory whose stamp is as it was need not be read again. */
export interface Listings {
  find(directory: string): Listing | undefined;
  /** Told of every directory that is met; `listing` is what `find` gave where nothing changed. */
  met(directory: string, listing: Listing): void;
}

/** The new content of a file. */
export interface FileToWrite {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Why files were not written. The message is readable and does not name the file. */
export class WriteError extends Error {
  /** The file that could not be. */
  readonly path: string;

  constructor(path: string, message: string) {
    super(message);
    this.path = path;
  }
}

/** Reading and writing files. Nothing here throws for a file that is missing or unreadable. */
export interface FileSystem {
  /** The working directory, absolute, with `/`. */
  readonly cwd: string;
  /** The path as the system takes it. */
  resolve(path: string): string;
  kind(path: string): PathKind;
  /** The stamp of a regular file as it is on disk; undefined where there is none, or the content is not the disk's. */
  stamp?(path: string): Stamp | undefined;
  read(path: string): ReadResult;
  /** The bytes of a file that is held in memory and not as it is on disk; searching by path must not look at the disk for it. */
  held?(path: string): Uint8Array | undefined;
  /**
   * Replaces files, all of them or none: what cannot be written is found out before the first one changes. Their permissions stay. Throws a
   * `WriteError` that names the file.
   */
  write(files: readonly FileToWrite[]): void;
  /** Whether a directory holds this name; where it is missing, `list` tells. */
  has?(directory: string, name: string): boolean;
  /** Names in a directory, sorted; empty when it cannot be read. */
  list(directory: string): readonly string[];
  /** Walks directories for .c and .h files; see `Walk`. */
  walk(directories: readonly string[], known?: Listings): Walk;
}

/** Where files are scanned and analysed: in this thread, or in a pool of worker threads. Results never depend on which. */
export interface Executor {
  /** 0 when the work is done in the calling thread. */
  readonly threads: number;
  scan(job: ScanJob): Promise<ScanReply>;
  analyse(job: AnalyseJob): Promise<AnalyseReply>;
  /** Lets answers come in; for a caller that is busy between jobs. */
  turn(): Promise<void>;
  /** Ends the threads; jobs under way are dropped. */
  close(): Promise<void>;
}

/** What a run gets from the machine. */
export interface Host {
  readonly fs: FileSystem;
  readonly clock: Clock;
  /** What earlier runs over these files left; without it nothing is kept. */
  readonly cache?: CacheStore;
  /** An executor in the calling thread, over these files. */
  local(fs: FileSystem): Executor;
  /** An executor with this many worker threads, over the files of the disk with `files` laid over them. */
  pool(threads: number, files?: Overlay): Executor;
}

/** Milliseconds from some start, never going back. */
export interface Clock {
  now(): number;
}
