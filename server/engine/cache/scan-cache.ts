/**
 * Which files name something of the model, or a wrapper, as earlier scans found: one entry for all files of a working directory.
 * A file whose stamp is another is scanned again.
 */
import { hashOf } from '../../base/hash.ts';
import type { FileSystem, Stamp } from '../host.ts';
import { isWithin } from '../paths.ts';
import type { CacheStore } from './store.ts';
import { isSettled } from './trust.ts';

/** Sets of names that are remembered; the ones asked for longest ago go first. A bit mask holds what is known for each. */
const MAX_QUERIES = 24;

/** What is known of one file: its stamp, for which queries (bits) it was scanned, and which of them it answers. */
type Known = [stamp: string, scanned: number, found: number];

interface Kept {
  readonly build: string;
  readonly queries: readonly string[];
  readonly files: Readonly<Record<string, Known>>;
}

/** What the cache says of a file. */
export type ScanAnswer =
  /** Bytes of the file that holds one of the names. */
  { readonly found: true; readonly size: number } | { readonly found: false };

/** Directories that a run has walked, and all files it met. */
export interface Walked {
  readonly directories: readonly string[];
  readonly files: ReadonlySet<string>;
}

/** The scans of one working directory. */
export class ScanCache {
  readonly #store: CacheStore;
  readonly #fs: FileSystem;
  readonly #name: string;
  readonly #startedAt: number;
  #queries: string[] = [];
  #files = new Map<string, Known>();
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
    for (const [path, [stamp, scanned, found]] of this.#files) this.#files.set(path, [stamp, scanned & ~2, found & ~2]);
    return 1;
  }

  /** Whether a file answers a query, if that is known. */
  find(path: string, query: number): ScanAnswer | undefined {
    const known = this.#files.get(path);
    if (known === undefined || (known[1] & (1 << query)) === 0) return undefined;
    const stamp = this.#fs.stamp?.(path);
    if (stamp?.text !== known[0]) return undefined;
    return (known[2] & (1 << query)) === 0 ? { found: false } : { found: true, size: stamp.size };
  }

  /** Says what scanning a file gave. `stamp`: taken before the scan. */
  keep(path: string, query: number, stamp: Stamp | undefined, found: boolean): void {
    if (!isSettled(stamp, this.#startedAt)) return;
    const old = this.#files.get(path);
    const [, scanned, answers] = old?.[0] === stamp.text ? old : [stamp.text, 0, 0];
    const bit = 1 << query;
    this.#files.set(path, [stamp.text, scanned | bit, found ? answers | bit : answers & ~bit]);
    this.#changed = true;
  }

  /** The stamp of a file that is about to be scanned. */
  stampOf(path: string): Stamp | undefined {
    return this.#fs.stamp?.(path);
  }

  /** Writes what is new, without files of these directories that were not met in them. */
  save(walked: Walked): void {
    this.#forget(walked);
    if (!this.#changed) return;
    this.#changed = false;
    const kept: Kept = {
      build: this.#store.build,
      queries: this.#queries,
      files: Object.fromEntries(this.#files),
    };
    this.#store.save(this.#name, JSON.stringify(kept));
  }

  #forget({ directories, files }: Walked): void {
    for (const path of this.#files.keys()) {
      if (files.has(path) || !directories.some((directory) => isWithin(directory, path))) continue;
      this.#files.delete(path);
      this.#changed = true;
    }
  }

  #load(): void {
    if (this.#loaded) return;
    this.#loaded = true;
    const kept = parse(this.#store.load(this.#name));
    if (kept?.build !== this.#store.build) return;
    this.#queries = [...kept.queries];
    this.#files = new Map(Object.entries(kept.files));
  }
}

function parse(text: string | undefined): Kept | undefined {
  if (text === undefined) return undefined;
  try {
    const value = JSON.parse(text) as Partial<Kept> | null;
    if (value === null || typeof value.build !== 'string' || !Array.isArray(value.queries)) return undefined;
    return typeof value.files === 'object' ? (value as Kept) : undefined;
  } catch {
    return undefined;
  }
}
