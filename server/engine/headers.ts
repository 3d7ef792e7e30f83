/**
 * Finds the headers that include lines of project code mean, without running the build: beside the file, in the directories above
 * it and their `include`, up to the project's root, then where its build files point to. Texts are read once.
 */
import { KERNEL_INCLUDE_DIRS } from '../../model/kernel-c.ts';
import { decode } from '../syntax/decode.ts';
import type { HeaderLoader } from '../syntax/unit.ts';
import {
  BUILD_FILES,
  type BuildDefines,
  type BuildFileDefines,
  definesOf,
  dirsBelow,
  includeFlagsOf,
} from './build-flags.ts';
import type { FileSystem } from './host.ts';
import { directoryOf, join, normalise } from './paths.ts';
import { handlerPrefilter, type Prefilter } from './prefilter.ts';

/** A header as read. */
export interface Header {
  readonly path: string;
  readonly text: string;
}

/** Headers above this size hold register tables, not wrappers; they are not read. Bytes. */
const MAX_HEADER = 1024 * 1024;

/** How many directories above a file are searched: module trees keep their headers at most this far up. */
const MAX_UP = 3;

/** Headers a file may pull in; more are not looked at. Bounds the work on files that include everything. */
const MAX_INCLUDED = 400;

/** A macro with parameters and a jump or return in its body. */
const JUMPING_MACRO = /^[ \t]*#[ \t]*define[ \t]+\w+\([^)\n]*\)(?:[^\n\\]|\\\r?\n|\\.)*?\b(?:goto|return)\b/m;

const INCLUDE = /^[ \t]*#[ \t]*include[ \t]*(?:"([^"\n]+)"|<([^>\n]+)>)/gm;

/** Names that mark the top of a project. */
const ROOT_MARKS: readonly string[] = ['.git', 'guplint.json', 'Kbuild.include', 'MAINTAINERS'];

/** The directories from one upward that may hold the headers of its files, nearest first; the last is the project's top. */
export function projectLevels(directory: string, has: (directory: string, name: string) => boolean): readonly string[] {
  const levels: string[] = [];
  let at = directory;
  for (let up = 0; up <= MAX_UP; up++) {
    levels.push(at);
    if (ROOT_MARKS.some((mark) => has(at, mark))) break;
    const above = normalise(join(at, '..'));
    if (above === at) break;
    at = above;
  }
  return levels;
}

/** What a build file says, read from its text once: that at the top of a tree is one of every directory. */
interface BuildFile {
  readonly defines: BuildFileDefines;
  readonly dirs: readonly string[];
}

const buildFiles = new WeakMap<Header, BuildFile>();

function knownOf(file: Header): BuildFile {
  let known = buildFiles.get(file);
  if (known === undefined) {
    known = { defines: definesOf(file.text), dirs: includeFlagsOf(file.text) };
    buildFiles.set(file, known);
  }
  return known;
}

/** Texts of headers, and what follows from a text alone: kept for a whole run. */
export class HeaderTexts {
  readonly #texts = new Map<string, Header | undefined>();
  readonly #relevant = new Map<string, boolean>();
  readonly #prefilter: Prefilter;
  readonly #reused: (path: string) => void;

  /** `reused` is told of each use of a text that was read before. */
  constructor(prefilter: Prefilter, reused: (path: string) => void = () => undefined) {
    this.#prefilter = prefilter;
    this.#reused = reused;
  }

  /** A header's text; undefined when it is unreadable or too large. */
  read(path: string, fs: FileSystem): Header | undefined {
    if (this.#texts.has(path)) {
      this.#reused(path);
      return this.#texts.get(path);
    }
    const read = fs.read(path);
    const header =
      read.kind === 'bytes' && read.bytes.length <= MAX_HEADER ? { path, text: decode(read.bytes).text } : undefined;
    this.#texts.set(path, header);
    return header;
  }

  /**
   * Whether a header names something of the model, or what files beside a site do to its pages: plain releases, dirty markings; or has macros
   * that jump in the functions that call them.
   */
  isRelevant(header: Header): boolean {
    let relevant = this.#relevant.get(header.path);
    if (relevant === undefined) {
      const { text } = header;
      relevant = this.#prefilter.test(text) || handlerPrefilter().test(text) || JUMPING_MACRO.test(text);
      this.#relevant.set(header.path, relevant);
    }
    return relevant;
  }
}

/** Searches and reads headers. */
export class Headers implements HeaderLoader {
  readonly #fs: FileSystem;
  readonly #names = new Map<string, ReadonlySet<string>>();
  readonly #found = new Map<string, string | undefined>();
  readonly #texts: HeaderTexts;
  readonly #searched = new Map<string, readonly string[]>();
  readonly #included = new Map<string, readonly string[]>();
  readonly #includeDirs: readonly string[];
  readonly #defines = new Map<string, BuildDefines>();

  /** `includeDirs`: directories that a build names, searched last. */
  constructor(fs: FileSystem, texts: HeaderTexts, includeDirs: readonly string[] = []) {
    this.#fs = fs;
    this.#includeDirs = includeDirs;
    this.#texts = texts;
  }

  /**
   * Headers of the project that a text includes, transitively, nearest first: those that are relevant by what they name.
   * The kernel's own (`<linux/…>` and the like) are not followed: the model speaks for them.
   */
  relevantTo(path: string, text: string): readonly Header[] {
    const found: Header[] = [];
    const seen = new Set([path]);
    let level = this.#includes(path, text);
    while (level.length > 0 && seen.size <= MAX_INCLUDED) {
      const next: string[] = [];
      for (const at of level) {
        if (seen.has(at)) continue;
        seen.add(at);
        const header = this.read(at);
        if (header === undefined) continue;
        if (this.#texts.isRelevant(header)) found.push(header);
        next.push(...this.#includesOf(header));
      }
      level = next;
    }
    return found;
  }

  #includesOf(header: Header): readonly string[] {
    let included = this.#included.get(header.path);
    if (included === undefined) {
      included = this.#includes(header.path, header.text);
      this.#included.set(header.path, included);
    }
    return included;
  }

  #includes(path: string, text: string): string[] {
    return [...text.matchAll(INCLUDE)].flatMap((m) => {
      const [, quoted, angled = ''] = m;
      if (quoted === undefined && KERNEL_INCLUDE_DIRS.has(angled.split('/')[0] ?? '')) return [];
      const found = this.#find(directoryOf(path), quoted ?? angled, quoted !== undefined);
      return found === undefined ? [] : [found];
    });
  }

  load(fromPath: string, includePath: string, quoted: boolean): Header | undefined {
    const path = this.#find(directoryOf(fromPath), includePath, quoted);
    return path === undefined ? undefined : this.read(path);
  }

  /** A header's text; undefined when it is unreadable or too large. */
  read(path: string): Header | undefined {
    return this.#texts.read(path, this.#fs);
  }

  #find(directory: string, includePath: string, quoted: boolean): string | undefined {
    const key = `${directory}\0${quoted ? '"' : '<'}${includePath}`;
    if (this.#found.has(key)) return this.#found.get(key);
    let path: string | undefined;
    for (const base of this.#bases(directory)) {
      const candidate = normalise(join(base, includePath));
      if (this.#exists(candidate)) {
        path = candidate;
        break;
      }
    }
    this.#found.set(key, path);
    return path;
  }

  /** The directories searched for includes of files in `directory`, nearest first. */
  #bases(directory: string): readonly string[] {
    const known = this.#searched.get(directory);
    if (known !== undefined) return known;
    const levels = projectLevels(directory, (at, name) => this.#has(at, name));
    const near = levels.flatMap((at) => [at, join(at, 'include')]);
    const bases = [...new Set([...near, ...this.#buildDirs(levels), ...this.#includeDirs])];
    this.#searched.set(directory, bases);
    return bases;
  }

  /**
   * The macros that build files define for the files of a directory: the nearest one upward, which compiles them, and what those above it
   * define for all below.
   */
  buildDefines(directory: string): BuildDefines {
    const known = this.#defines.get(directory);
    if (known !== undefined) return known;
    const levels = projectLevels(directory, (at, name) => this.#has(at, name));
    const files = levels.flatMap((level) => {
      const name = BUILD_FILES.find((n) => this.#has(level, n));
      const file = name === undefined ? undefined : this.read(join(level, name));
      return file === undefined ? [] : [knownOf(file).defines];
    });
    const [nearest, ...above] = files;
    const defines: BuildDefines = Object.assign({}, ...above.toReversed().map((f) => f.below), nearest?.own);
    this.#defines.set(directory, defines);
    return defines;
  }

  /** The directories that build files from a directory upward name for headers. */
  #buildDirs(levels: readonly string[]): readonly string[] {
    return levels.flatMap((level, i) =>
      BUILD_FILES.flatMap((name) => {
        const file = this.#has(level, name) ? this.read(join(level, name)) : undefined;
        return file === undefined ? [] : dirsBelow(knownOf(file).dirs, levels.slice(i));
      }),
    );
  }

  #exists(path: string): boolean {
    return this.#has(directoryOf(path), path.slice(path.lastIndexOf('/') + 1));
  }

  #has(directory: string, name: string): boolean {
    if (this.#fs.has !== undefined) return this.#fs.has(directory, name);
    let names = this.#names.get(directory);
    if (names === undefined) {
      names = new Set(this.#fs.list(directory));
      this.#names.set(directory, names);
    }
    return names.has(name);
  }
}
