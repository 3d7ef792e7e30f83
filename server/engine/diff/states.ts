/**
 * Two states of a tree, one of them on disk: as a revision and the working tree have it, or as a patch makes it. A patch is
 * tried on the files at hand both ways, in memory, to learn which of its two sides they are.
 */
import { UserError } from '../../base/user-error.ts';
import { type Decoded, decode, encode } from '../../syntax/decode.ts';
import type { FileSystem, Overlay } from '../host.ts';
import { baseName, directoryOf, join, normalise, relativeTo } from '../paths.ts';
import { applyHunks, type Direction } from './apply.ts';
import type { FilePatch, Hunk } from './parse.ts';

/** How two states of a tree differ. */
export interface TreeChange {
  /** The state that is on disk. */
  readonly disk: 'before' | 'after';
  /** What the other state has in place of files on disk. */
  readonly other: Overlay;
  /** New path to old path of files that were moved or renamed. */
  readonly renames: ReadonlyMap<string, string>;
}

/** Directories above the working directory in which the top of the patched tree is looked for. */
const MAX_UP = 8;

/** Whether a change of this file can change what is found. */
function matters(path: string | undefined): boolean {
  return path !== undefined && (/[^/]\.[ch]$/.test(path) || baseName(path) === 'Makefile');
}

/** One file of a patch with its names as paths from the working directory. */
interface Step {
  readonly oldPath: string | undefined;
  readonly newPath: string | undefined;
  readonly hunks: readonly Hunk[];
  readonly copy: boolean;
}

/** Where the names of a patch start: directories stripped off them, and the directory they lie in. */
interface Base {
  readonly strip: 0 | 1;
  readonly root: string;
  /** The working directory, to which every path is relative. */
  readonly cwd: string;
}

interface Attempt {
  readonly direction: Direction;
  readonly exact: boolean;
  readonly files: Overlay;
}

interface Failure {
  readonly path: string;
  readonly line: number | undefined;
}

function pathOf(name: string | undefined, bare: boolean, base: Base): string | undefined {
  if (name === undefined) return undefined;
  const stripped = base.strip === 1 && !bare ? name.slice(name.indexOf('/') + 1) : name;
  return relativeTo(base.cwd, join(base.root, stripped));
}

function stepsOf(patches: readonly FilePatch[], base: Base): readonly Step[] {
  const steps = patches.map((p) => ({
    oldPath: pathOf(p.oldName, p.bare, base),
    newPath: pathOf(p.newName, p.bare, base),
    hunks: p.hunks,
    copy: p.copy,
  }));
  return steps.filter((s) => matters(s.oldPath) || matters(s.newPath));
}

/** The directories that may be the top of the patched tree: here and upward, up to the top of a repository. */
function roots(fs: FileSystem): readonly string[] {
  const found: string[] = [];
  let at = '.';
  for (let up = 0; up <= MAX_UP; up++) {
    found.push(at);
    if (fs.kind(join(at, '.git')) !== 'missing') break;
    at = normalise(join(at, '..'));
  }
  return found;
}

/** Texts of files while a patch is tried on them. */
class Workspace {
  readonly #fs: FileSystem;
  readonly #texts = new Map<string, string | undefined>();
  readonly #decoded = new Map<string, Decoded>();

  constructor(fs: FileSystem) {
    this.#fs = fs;
  }

  /** A text with its byte order mark, as a diff shows it. */
  get(path: string): string | undefined {
    if (this.#texts.has(path)) return this.#texts.get(path);
    const read = this.#fs.kind(path) === 'file' ? this.#fs.read(path) : undefined;
    if (read?.kind !== 'bytes') return undefined;
    const decoded = decode(read.bytes);
    this.#decoded.set(path, decoded);
    return (decoded.bom ? '\uFEFF' : '') + decoded.text;
  }

  set(path: string, text: string | undefined, from: string | undefined): void {
    const decoded = from === undefined ? undefined : this.#decoded.get(from);
    if (decoded !== undefined) this.#decoded.set(path, decoded);
    this.#texts.set(path, text);
  }

  files(): Overlay {
    const encoding = (path: string): Decoded['encoding'] => this.#decoded.get(path)?.encoding ?? 'utf-8';
    return new Map(
      [...this.#texts].map(([path, text]) => [
        path,
        text === undefined ? undefined : encode({ text, encoding: encoding(path), bom: false }),
      ]),
    );
  }
}

/** Tries all steps in one direction. */
function attempt(steps: readonly Step[], direction: Direction, fs: FileSystem): Attempt | Failure {
  const space = new Workspace(fs);
  const ordered = direction === 'forward' ? steps : [...steps].reverse();
  let exact = true;
  for (const step of ordered) {
    const [from, to] = direction === 'forward' ? [step.oldPath, step.newPath] : [step.newPath, step.oldPath];
    const path = from ?? to ?? '';
    const text = from === undefined ? '' : space.get(from);
    if (text === undefined) return { path, line: undefined };
    const copied = step.copy && direction === 'reverse';
    if (!copied && to !== undefined && to !== from && (space.get(to) ?? '') !== '')
      return { path: to, line: undefined };
    const applied = applyHunks(text, step, direction);
    if (applied.kind === 'failed') return { path, line: applied.hunk.at };
    if (to === undefined && applied.text !== '' && step.hunks.length > 0) return { path, line: step.hunks[0]?.at };
    exact = exact && applied.exact;
    if (to !== undefined && !copied) space.set(to, applied.text, from);
    if (from !== undefined && from !== to && (copied || !step.copy)) space.set(from, undefined, undefined);
  }
  return { direction, exact, files: space.files() };
}

function renamesOf(steps: readonly Step[]): ReadonlyMap<string, string> {
  const renames = new Map<string, string>();
  for (const { oldPath, newPath, copy } of steps) {
    if (copy || oldPath === undefined || newPath === undefined || oldPath === newPath) continue;
    // A series may rename a file twice.
    const first = renames.get(oldPath) ?? oldPath;
    renames.delete(oldPath);
    renames.set(newPath, first);
  }
  return renames;
}

/**
 * What the patches change, seen from the files at hand: before them, or after. `name` is that of the patch file. Throws
 * UserError when the files are neither.
 */
export function changeOfPatches(name: string, patches: readonly FilePatch[], fs: FileSystem): TreeChange {
  const bases = roots(fs).flatMap((root): Base[] => [
    { strip: 1, root, cwd: fs.cwd },
    { strip: 0, root, cwd: fs.cwd },
  ]);
  let failure: Failure | undefined;
  for (const base of bases) {
    const steps = stepsOf(patches, base);
    if (steps.length === 0) return { disk: 'before', other: new Map(), renames: new Map() };
    if (!steps.some((step) => isHere(step, fs))) continue;
    const tried = (['forward', 'reverse'] as const).map((direction) => attempt(steps, direction, fs));
    const fits = tried.filter((t) => 'files' in t);
    const best = fits.find((t) => t.exact) ?? fits[0];
    if (best !== undefined) {
      const disk = best.direction === 'forward' ? 'before' : 'after';
      return { disk, other: best.files, renames: renamesOf(steps) };
    }
    failure ??= tried.find((t): t is Failure => 'path' in t);
  }
  throw new UserError(`${name}: ${explain(failure)}`);
}

/** Whether a file that a step speaks of is here, or the directory that it adds one to. */
function isHere({ oldPath, newPath }: Step, fs: FileSystem): boolean {
  if ([oldPath, newPath].some((p) => p !== undefined && fs.kind(p) === 'file')) return true;
  return oldPath === undefined && newPath !== undefined && fs.kind(directoryOf(newPath)) === 'directory';
}

function explain(failure: Failure | undefined): string {
  if (failure === undefined) return 'none of the files that the patch changes is here';
  const { path, line } = failure;
  const where = line === undefined ? path : `${path} (the hunk at line ${line} of the patch)`;
  return `the tree is neither before the patch nor after it: it does not fit ${where}`;
}
