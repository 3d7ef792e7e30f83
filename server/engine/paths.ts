/**
 * Paths as results show them: relative to the working directory, with `/`. Pure functions; nothing is looked up on disk.
 */
import nodePath from 'node:path';

function slashed(path: string): string {
  return nodePath.sep === '/' ? path : path.split(nodePath.sep).join('/');
}

/** The path of a file or directory relative to `cwd`; `.` for `cwd` itself. */
export function relativeTo(cwd: string, path: string): string {
  const relative = slashed(nodePath.relative(cwd, nodePath.resolve(cwd, path)));
  return relative === '' ? '.' : relative;
}

/** A path as seen from a directory; both as seen from `cwd`, or absolute. */
export function seenFrom(cwd: string, directory: string, path: string): string {
  return relativeTo(nodePath.resolve(cwd, directory), nodePath.resolve(cwd, path));
}

/** The directory a path lies in; `.` for a bare name. */
export function directoryOf(path: string): string {
  const slash = path.lastIndexOf('/');
  if (slash < 0) return '.';
  return slash === 0 ? '/' : path.slice(0, slash);
}

/** The last part of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** A path below a directory; `directory` may be `.`. */
export function join(directory: string, name: string): string {
  if (directory === '.') return name;
  return directory.endsWith('/') ? directory + name : `${directory}/${name}`;
}

/** The path of `path` as seen from `directory`, both relative to `cwd`: `foo.c` for `drivers/foo.c` in `drivers`. */
export function within(directory: string, path: string): string {
  if (directory === '.' && !path.startsWith('..') && !nodePath.isAbsolute(path)) return path;
  if (path.startsWith(`${directory}/`) && !directory.startsWith('..')) return path.slice(directory.length + 1);
  return slashed(nodePath.relative(directory, path));
}

/** Whether a file or directory lies in a directory (or is it), both relative to `cwd`. */
export function isWithin(directory: string, path: string): boolean {
  const seen = within(directory, path);
  return seen !== '..' && !seen.startsWith('../') && !nodePath.isAbsolute(seen);
}

/** A path with `.` and `..` resolved, as `drivers/../include/x.h`. */
export function normalise(path: string): string {
  const plain = nodePath.posix.normalize(path);
  return plain === '' ? '.' : plain;
}

/** A directory and all above it, nearest first, as paths relative to `cwd` up to the root of the file system. */
export function* upwards(cwd: string, directory: string): Generator<string> {
  let absolute = nodePath.resolve(cwd, directory);
  for (;;) {
    yield relativeTo(cwd, absolute);
    const parent = nodePath.dirname(absolute);
    if (parent === absolute) return;
    absolute = parent;
  }
}
