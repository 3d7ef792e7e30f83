/**
 * When what is remembered of a file still holds: when size, times and inode are as they were, or else when the content is. A file
 * that was written just before it was read may be written again within the same tick of its clock: its stamp proves nothing.
 */
import { type FileSystem, type Stamp, sameStamp } from '../host.ts';
import { contentHash, type FileRead } from './file-read.ts';
import { listHash, type NamesAsked, type Reads } from './reads.ts';
import { type Again, searchHolds } from './searches.ts';

/** The coarsest clock of a file system in use (FAT), in milliseconds. */
const TICK = 2000;

/** Whether a stamp taken at a moment (milliseconds since 1970) will still prove that the file is unchanged. */
export function isSettled(stamp: Stamp | undefined, takenAt: number): stamp is Stamp {
  return stamp !== undefined && Math.max(stamp.modified, stamp.changed) + TICK < takenAt;
}

/** Asks the disk whether what was read is as it was; each file and directory once. */
export class Verifier {
  readonly #fs: FileSystem;
  readonly #stampOf: (path: string) => Stamp | undefined;
  readonly #stamps = new Map<string, Stamp | undefined>();
  readonly #hashes = new Map<string, string>();
  readonly #lists = new Map<string, ReadonlySet<string>>();

  readonly #again: Again = {
    names: (directory) => this.#names(directory),
    holds: (file) => this.#fileHolds(file),
    read: (path) => this.#fs.read(path),
  };

  /** `stampOf`: for who has looked at most files before. */
  constructor(fs: FileSystem, stampOf = (path: string): Stamp | undefined => fs.stamp?.(path)) {
    this.#fs = fs;
    this.#stampOf = stampOf;
  }

  /** The stamp of a file now. */
  stamp(path: string): Stamp | undefined {
    if (!this.#stamps.has(path)) this.#stamps.set(path, this.#stampOf(path));
    return this.#stamps.get(path);
  }

  /** Whether all of it is unchanged. */
  holds(reads: Reads): boolean {
    return (
      reads.lists.every(({ path, hash }) => listHash([...this.#names(path)]) === hash) &&
      reads.asked.every((a) => this.#answersHold(a)) &&
      reads.files.every((f) => this.#fileHolds(f)) &&
      reads.searches.every((s) => searchHolds(s, this.#again))
    );
  }

  #answersHold({ path, there, missing }: NamesAsked): boolean {
    const names = this.#names(path);
    return there.every((name) => names.has(name)) && !missing.some((name) => names.has(name));
  }

  #names(path: string): ReadonlySet<string> {
    let names = this.#lists.get(path);
    if (names === undefined) {
      names = new Set(this.#fs.list(path));
      this.#lists.set(path, names);
    }
    return names;
  }

  #fileHolds({ path, stamp, hash }: FileRead): boolean {
    const there = stamp === undefined ? undefined : this.stamp(path);
    if (stamp !== undefined && there !== undefined && sameStamp(there, stamp)) return true;
    let now = this.#hashes.get(path);
    if (now === undefined) {
      now = contentHash(this.#fs.read(path));
      this.#hashes.set(path, now);
    }
    return now === hash;
  }
}
