/**
 * Directories walked for C files, as they are: no .gitignore, no symbolic links followed below the paths that the user named (a linked .c
 * file that lies outside of them is taken). A directory that cannot have changed since an earlier walk is not read again.
 */
import fs from 'node:fs';
import nodePath from 'node:path';
import { type Listing, type Listings, type Stamp, sameStamp, type Walk } from '../engine/host.ts';
import type { InputProblem } from '../engine/protocol.ts';
import { stampIn, systemMessage } from './system.ts';

/** Files a batch: large enough that a message costs little, small enough that two threads end together. */
const BATCH = 256;

/**
 * File systems of Linux known to note in a directory when a name comes or goes, by the numbers of include/uapi/linux/magic.h: ext2 to ext4, XFS,
 * btrfs, F2FS, tmpfs, overlayfs. The times of others (FAT's root, some that are mounted over a network) say less.
 */
const NOTE_CHANGES: ReadonlySet<number> = new Set([0xef53, 0x58465342, 0x9123683e, 0xf2f52010, 0x01021994, 0x794c7630]);

/** Whether guplint looks at a file of this name inside a directory. */
export function isSourceName(name: string): boolean {
  return name.length > 2 && (name.endsWith('.c') || name.endsWith('.h'));
}

/** A walk of some directories; see `FileSystem.walk`. */
export class DirectoryWalk implements Walk {
  readonly problems: InputProblem[] = [];
  /** Directories still to be listed, the next one last. */
  readonly #open: string[];
  readonly #resolve: (path: string) => string;
  #roots: readonly string[] | undefined;
  readonly #named: readonly string[];
  readonly #known: Listings | undefined;
  /** Of the devices met, whether their directories note changes. */
  readonly #devices = new Map<number, boolean>();

  constructor(directories: readonly string[], resolve: (path: string) => string, known?: Listings) {
    this.#named = directories;
    this.#open = [...directories].reverse();
    this.#resolve = resolve;
    this.#known = known;
  }

  next(): readonly string[] {
    const batch: string[] = [];
    while (batch.length < BATCH) {
      const directory = this.#open.pop();
      if (directory === undefined) break;
      this.#visit(directory, batch);
    }
    return batch;
  }

  #visit(directory: string, batch: string[]): void {
    const prefix = directory === '.' ? '' : directory.endsWith('/') ? directory : `${directory}/`;
    const listing = this.#listing(directory, prefix);
    if (listing === undefined) return;
    this.#known?.met(directory, listing);
    const { files, directories } = listing;
    for (const name of files) batch.push(prefix + name);
    for (let i = directories.length - 1; i >= 0; i--) this.#open.push(prefix + directories[i]);
  }

  /** What a directory holds; undefined, with a problem, where it cannot be read. */
  #listing(directory: string, prefix: string): Listing | undefined {
    const path = this.#resolve(directory);
    // Taken before the directory is read: what changes afterwards shows the next time.
    const stamp = this.#known === undefined ? undefined : this.#stampOf(path);
    const known = stamp === undefined ? undefined : this.#known?.find(directory);
    if (stamp !== undefined && known?.stamp !== undefined && sameStamp(known.stamp, stamp)) return known;
    let entries: fs.Dirent[];
    try {
      entries = fs.readdirSync(path, { withFileTypes: true });
    } catch (error) {
      this.problems.push({ path: directory, message: systemMessage(error) });
      return undefined;
    }
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    const sources = entries.filter((entry) => isSourceName(entry.name));
    const files = sources.filter((e) => e.isFile() || (e.isSymbolicLink() && this.#linkedFile(prefix + e.name)));
    return {
      // Where a link leads is not noted here.
      stamp: sources.some((entry) => entry.isSymbolicLink()) ? undefined : stamp,
      directories: entries.filter((e) => e.isDirectory() && e.name !== '.git').map((e) => e.name),
      files: files.map((e) => e.name),
    };
  }

  #stampOf(path: string): Stamp | undefined {
    if (process.platform !== 'linux') return undefined;
    try {
      const stat = fs.statSync(path, { throwIfNoEntry: false });
      if (stat === undefined || !stat.isDirectory()) return undefined;
      let notes = this.#devices.get(stat.dev);
      if (notes === undefined) {
        notes = NOTE_CHANGES.has(fs.statfsSync(path).type);
        this.#devices.set(stat.dev, notes);
      }
      return notes ? stampIn(stat) : undefined;
    } catch {
      return undefined;
    }
  }

  /** Whether a link leads to a file that the walk does not meet anyway. */
  #linkedFile(path: string): boolean {
    try {
      const target = fs.realpathSync(this.#resolve(path));
      if (!fs.statSync(target).isFile()) return false;
      this.#roots ??= this.#named.map((d) => fs.realpathSync(this.#resolve(d)) + nodePath.sep);
      return !this.#roots.some((root) => target.startsWith(root));
    } catch (error) {
      // One that leads nowhere is no file; one that leads round in a circle is a mistake.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        this.problems.push({ path, message: systemMessage(error) });
      return false;
    }
  }
}
