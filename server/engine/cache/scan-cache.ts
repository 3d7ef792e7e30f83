/**
 * Which files name something of the model, or a wrapper, as earlier scans found, and where these files are: one entry for all directories
 * below a working directory. A file whose stamp is another is scanned again, a directory listed again.
 */
import { hashOf } from '../../base/hash.ts';
import type { FileSystem, Listing, Listings, Stamp } from '../host.ts';
import { baseName, directoryOf, isWithin } from '../paths.ts';
import { type KeptDirectory, KnownDirectory } from './known-directory.ts';
import type { CacheStore } from './store.ts';
import { isSettled } from './trust.ts';

/** Sets of names that are remembered; the ones asked for longest ago go first. A bit mask holds what is known for each. */
const MAX_QUERIES = 24;

interface Kept {
  readonly build: string;
  readonly queries: readonly string[];
  readonly directories: Readonly<Record<string, KeptDirectory>>;
}

/** What the cache says of a file. `size`: bytes. */
export interface ScanAnswer {
  readonly found: boolean;
  readonly size: number;
}

/** The scans of one working directory. */
export class ScanCache implements Listings {
  readonly #store: CacheStore;
  readonly #fs: FileSystem;
  readonly #name: string;
  readonly #startedAt: number;
  #queries: string[] = [];
  #directories = new Map<string, KnownDirectory>();
  /** Directories met in this run. */
  readonly #met = new Set<string>();
  #loaded = false;
  #changed = false;

  constructor(store: CacheStore, fs: FileSystem) {
    this.#store = store;
    this.#fs = fs;
    this.#name = `scan-${hashOf(fs.cwd)}.json`;
    this.#startedAt = store.wallTime();
  }

  /** The query for a set of names, undefined for the model's own. A query's bit stays the same for the whole run. */
  query(words: readonly string[] | undefined): number {
    this.#load();
    const text = words === undefined ? '' : words.join(' ');
    const known = this.#queries.indexOf(text);
    if (known >= 0) return known;
    if (this.#queries.length < MAX_QUERIES) return this.#queries.push(text) - 1;
    // The first is the model's own.
    this.#queries.splice(1, 1, text);
    for (const directory of this.#directories.values()) directory.forget(2);
    return 1;
  }

  /** Whether a file answers a query, if that is known. */
  answer(path: string, query: number): ScanAnswer | undefined {
    return this.#directories.get(directoryOf(path))?.find(baseName(path), 1 << query, () => this.#fs.stamp?.(path));
  }

  /** Says what scanning a file gave. `stamp`: taken before the scan. */
  keep(path: string, query: number, stamp: Stamp | undefined, found: boolean): void {
    if (!isSettled(stamp, this.#startedAt)) return;
    const name = directoryOf(path);
    const directory = this.#directories.get(name) ?? new KnownDirectory(NOTHING());
    this.#directories.set(name, directory);
    directory.keep(baseName(path), 1 << query, stamp, found);
    this.#changed = true;
  }

  /** The stamp of a file, as this run has met it. */
  stampOf(path: string): Stamp | undefined {
    return this.#directories.get(directoryOf(path))?.unchanged(baseName(path)) ?? this.#fs.stamp?.(path);
  }

  find(directory: string): Listing | undefined {
    this.#load();
    return this.#directories.get(directory);
  }

  met(directory: string, listing: Listing): void {
    this.#met.add(directory);
    const known = this.#directories.get(directory);
    if (listing === known) return;
    const settled = isSettled(listing.stamp, this.#startedAt) ? listing : { ...listing, stamp: undefined };
    if (known !== undefined && settled.stamp === undefined && sameNames(known, listing)) return;
    this.#directories.set(directory, (known ?? new KnownDirectory(NOTHING())).relisted(settled));
    this.#changed = true;
  }

  /** Writes what is new, without what is in these directories and was not met in them. */
  save(walked: readonly string[]): void {
    this.#forget(walked);
    if (!this.#changed) return;
    this.#changed = false;
    const kept: Kept = {
      build: this.#store.build,
      queries: this.#queries,
      directories: Object.fromEntries([...this.#directories].map(([path, directory]) => [path, directory.kept()])),
    };
    this.#store.save(this.#name, JSON.stringify(kept));
  }

  #forget(walked: readonly string[]): void {
    // Not every walk tells.
    if (this.#met.size === 0) return;
    for (const path of this.#directories.keys()) {
      if (this.#met.has(path) || !walked.some((directory) => isWithin(directory, path))) continue;
      this.#directories.delete(path);
      this.#changed = true;
    }
  }

  #load(): void {
    if (this.#loaded) return;
    this.#loaded = true;
    const kept = parse(this.#store.load(this.#name));
    if (kept?.build !== this.#store.build) return;
    this.#queries = [...kept.queries];
    for (const [path, directory] of Object.entries(kept.directories))
      this.#directories.set(path, new KnownDirectory(directory));
  }
}

/** A directory of which nothing is known. */
const NOTHING = (): KeptDirectory => ({ directories: [], files: [], stamps: [], scanned: [], found: [] });

function sameNames(a: Listing, b: Listing): boolean {
  const same = (x: readonly string[], y: readonly string[]): boolean =>
    x.length === y.length && x.every((name, i) => name === y[i]);
  return a.stamp === undefined && same(a.directories, b.directories) && same(a.files, b.files);
}

function parse(text: string | undefined): Kept | undefined {
  if (text === undefined) return undefined;
  try {
    const value = JSON.parse(text) as Partial<Kept> | null;
    if (value === null || typeof value.build !== 'string' || !Array.isArray(value.queries)) return undefined;
    return typeof value.directories === 'object' ? (value as Kept) : undefined;
  } catch {
    return undefined;
  }
}
