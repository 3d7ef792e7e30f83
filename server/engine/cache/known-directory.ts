/** What earlier runs found out about one directory: its listing, and of each source file in it the stamp and what a scan said. */
import { type Listing, type Stamp, sameStamp } from '../host.ts';

/** A directory as an entry of the cache has it; of the arrays the element of a file stands where its name does. */
export interface KeptDirectory {
  readonly stamp?: Stamp | undefined;
  readonly directories: readonly string[];
  readonly files: readonly string[];
  /** Four numbers a file, in the order of `Stamp`'s fields. */
  readonly stamps: readonly number[];
  /** For which queries (bits) a file was scanned. */
  readonly scanned: readonly number[];
  /** Which of them it answers. */
  readonly found: readonly number[];
}

/** Numbers that a stamp takes. */
const WIDTH = 4;

/** A directory; its files are asked for most quickly in the order of the listing. */
export class KnownDirectory implements Listing {
  readonly stamp: Stamp | undefined;
  readonly directories: readonly string[];
  readonly #files: string[];
  readonly #stamps: number[];
  readonly #scanned: number[];
  readonly #found: number[];
  /** Which files are in this run as they were. */
  readonly #unchanged: boolean[] = [];
  #next = 0;
  #index: Map<string, number> | undefined;

  /** Takes the arrays of `kept` over. */
  constructor({ stamp, directories, files, stamps, scanned, found }: KeptDirectory) {
    this.stamp = stamp;
    this.directories = directories;
    this.#files = files as string[];
    this.#stamps = stamps as number[];
    this.#scanned = scanned as number[];
    this.#found = found as number[];
  }

  get files(): readonly string[] {
    return this.#files;
  }

  /** The directory with another listing: what is known of the files that stay is kept. */
  relisted({ stamp, directories, files }: Listing): KnownDirectory {
    const next = new KnownDirectory({ stamp, directories, files: [...files], stamps: [], scanned: [], found: [] });
    files.forEach((name, i) => {
      const at = this.#indexOf(name);
      if ((this.#scanned[at] ?? 0) !== 0)
        next.#put(i, this.#stampAt(at), [this.#scanned[at] ?? 0, this.#found[at] ?? 0]);
    });
    return next;
  }

  /** Whether a file was scanned for a query (a bit) and is as it was; then whether it answers, else undefined. */
  find(
    name: string,
    bit: number,
    stamp: () => Stamp | undefined,
  ): { readonly found: boolean; readonly size: number } | undefined {
    const at = this.#indexOf(name);
    if (((this.#scanned[at] ?? 0) & bit) === 0) return undefined;
    const now = stamp();
    if (now === undefined || !sameStamp(now, this.#stampAt(at))) return undefined;
    this.#unchanged[at] = true;
    return { found: ((this.#found[at] ?? 0) & bit) !== 0, size: now.size };
  }

  /** The stamp of a file that `find` has met as it was. */
  unchanged(name: string): Stamp | undefined {
    const at = this.#indexOf(name);
    return this.#unchanged[at] === true ? this.#stampAt(at) : undefined;
  }

  /** Keeps what a scan said. */
  keep(name: string, bit: number, stamp: Stamp, found: boolean): void {
    let at = this.#indexOf(name);
    if (at < 0) {
      at = this.#files.push(name) - 1;
      this.#index?.set(name, at);
    }
    const isSame = (this.#scanned[at] ?? 0) !== 0 && sameStamp(stamp, this.#stampAt(at));
    const [scanned, answers] = isSame ? [this.#scanned[at] ?? 0, this.#found[at] ?? 0] : [0, 0];
    this.#put(at, stamp, [scanned | bit, found ? answers | bit : answers & ~bit]);
  }

  /** Forgets what was scanned for a query. */
  forget(bit: number): void {
    for (let i = 0; i < this.#scanned.length; i++) {
      this.#scanned[i] = (this.#scanned[i] ?? 0) & ~bit;
      this.#found[i] = (this.#found[i] ?? 0) & ~bit;
    }
  }

  /** As the cache's entry has it. */
  kept(): KeptDirectory {
    const { stamp, directories } = this;
    return {
      ...(stamp === undefined ? {} : { stamp }),
      directories,
      files: this.#files,
      stamps: this.#stamps,
      scanned: this.#scanned,
      found: this.#found,
    };
  }

  #put(at: number, { size, modified, changed, inode }: Stamp, [scanned, found]: readonly [number, number]): void {
    // Without holes, which JSON could not say.
    for (let i = this.#scanned.length; i <= at; i++) {
      this.#stamps.push(0, 0, 0, 0);
      this.#scanned.push(0);
      this.#found.push(0);
    }
    const from = at * WIDTH;
    this.#stamps[from] = size;
    this.#stamps[from + 1] = modified;
    this.#stamps[from + 2] = changed;
    this.#stamps[from + 3] = inode;
    this.#scanned[at] = scanned;
    this.#found[at] = found;
  }

  #stampAt(at: number): Stamp {
    const from = at * WIDTH;
    const [size = -1, modified = -1, changed = -1, inode = -1] = [
      this.#stamps[from],
      this.#stamps[from + 1],
      this.#stamps[from + 2],
      this.#stamps[from + 3],
    ];
    return { size, modified, changed, inode };
  }

  #indexOf(name: string): number {
    if (this.#files[this.#next] === name) return this.#next++;
    this.#index ??= new Map(this.#files.map((file, i) => [file, i]));
    const at = this.#index.get(name) ?? -1;
    if (at >= 0) this.#next = at + 1;
    return at;
  }
}
