/**
 * Files as they are on disk with some replaced, added or taken away: another state of the same tree, read without writing it.
 * Paths are relative to the working directory and normalised, as everywhere in the engine.
 */
import type { FileSystem, Host, Overlay, ReadResult, Walk } from '../host.ts';
import { directoryOf, isWithin, join, normalise } from '../paths.ts';

/** Names in a directory that an overlay adds. */
type Added = ReadonlyMap<string, ReadonlySet<string>>;

function addedNames(files: Overlay): Added {
  const added = new Map<string, Set<string>>();
  for (const [path, content] of files) {
    if (content === undefined) continue;
    let at = path;
    // The directories above a new file may be new as well.
    while (at !== '.' && at !== '/' && !at.endsWith('..')) {
      const directory = directoryOf(at);
      const names = added.get(directory) ?? new Set<string>();
      if (names.has(at)) break;
      names.add(at);
      added.set(directory, names);
      at = directory;
    }
  }
  return added;
}

/** The files of `fs` as the overlay has them. Writing goes to disk. */
export function overlayFiles(fs: FileSystem, files: Overlay): FileSystem {
  if (files.size === 0) return fs;
  const added = addedNames(files);
  return {
    ...fs,
    stamp: (path) => (files.has(normalise(path)) ? undefined : fs.stamp?.(path)),
    held: (path) => files.get(normalise(path)) ?? fs.held?.(path),
    read(path): ReadResult {
      const key = normalise(path);
      const bytes = files.get(key);
      if (bytes !== undefined) return { kind: 'bytes', bytes };
      return files.has(key)
        ? { kind: 'problem', problem: { path, message: 'no such file or directory' } }
        : fs.read(path);
    },
    kind(path) {
      const key = normalise(path);
      if (files.has(key)) return files.get(key) === undefined ? 'missing' : 'file';
      return added.has(key) ? 'directory' : fs.kind(path);
    },
    list(directory) {
      const key = normalise(directory);
      const own = [...(added.get(key) ?? [])].map((path) => path.slice(path.lastIndexOf('/') + 1));
      const names = [...new Set([...fs.list(directory), ...own])].sort();
      return names.filter((name) => {
        const path = normalise(join(key, name));
        return !files.has(path) || files.get(path) !== undefined;
      });
    },
    walk: (directories) => overlayWalk(fs.walk(directories), directories, files),
  };
}

/** The walk of the disk without what is not there in this state, then what is there in this state only. */
function overlayWalk(inner: Walk, directories: readonly string[], files: Overlay): Walk {
  const met = new Set<string>();
  let added: readonly string[] | undefined;
  return {
    problems: inner.problems,
    next() {
      for (let batch = inner.next(); batch.length > 0; batch = inner.next()) {
        const here = batch.filter((path) => {
          const key = normalise(path);
          met.add(key);
          return !files.has(key) || files.get(key) !== undefined;
        });
        if (here.length > 0) return here;
      }
      if (added !== undefined) return [];
      added = [...files].flatMap(([path, content]) => {
        const fresh = content !== undefined && !met.has(path) && /[^/]\.[ch]$/.test(path);
        return fresh && directories.some((d) => isWithin(d, path)) ? [path] : [];
      });
      return added;
    },
  };
}

/** A host whose files are those of the overlay, in this thread and in workers. */
export function overlayHost(host: Host, files: Overlay): Host {
  if (files.size === 0) return host;
  const { cache: _, ...rest } = host;
  return { ...rest, fs: overlayFiles(host.fs, files), pool: (threads) => host.pool(threads, files) };
}
