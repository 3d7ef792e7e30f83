/**
 * What the analysis of one directory's files sees of their project: its headers and neighbours, loaded for a range of kernels.
 * Only headers and neighbours that name something of the model are loaded. Units are shared among the files of a job.
 */

import { FLAGS_ARE_MACROS } from '../../model/behaviour.ts';
import { model } from '../../model/index.ts';
import { intersect, type KernelRange, rangeOf } from '../../model/version.ts';
import type { FlowMemo } from '../analysis/paths/flow-memo.ts';
import { exportsOf, type ProjectView, type VisibleFunction } from '../analysis/project-view.ts';
import { kept } from '../base/kept.ts';
import { decode, latin1 } from '../syntax/decode.ts';
import type { LiveUnit } from '../syntax/live-unit.ts';
import { loadUnit } from '../syntax/load.ts';
import type { CUnit, DefineValue, PreprocessEnv } from '../syntax/unit.ts';
import { DirectoryFiles, type FileBytes, namesModel, type Question, type ReadDirectories } from './directory-files.ts';
import type { Headers } from './headers.ts';
import type { FileSystem } from './host.ts';
import { directoryOf, join } from './paths.ts';
import type { Prefilter } from './prefilter.ts';
import type { ResolvedConfig } from './protocol.ts';

/** What the project reads with; one for a whole run. */
export interface ProjectTools {
  readonly fs: FileSystem;
  readonly headers: Headers;
  readonly prefilter: Prefilter;
  /** Names that the project declares, for which the prefilter looks, too. */
  readonly declared?: readonly string[];
  /** Keeps units from one job to the next; without it each job loads its own. */
  readonly units?: UnitKeeper;
  /** Directories that were searched; without it each job reads its own. */
  readonly directories?: ReadDirectories;
  /** What path analysis found out of functions that may be the same in the next job. */
  readonly memo?: FlowMemo;
  /** Writes down what is asked of a directory; without it, its files are read as all others are. */
  readonly search?: (directory: string) => DirectorySearcher;
  /** Told of a file that is used and was only searched before. */
  readonly used?: (path: string) => void;
}

/** Reads a directory to search in it. */
export interface DirectorySearcher {
  /** The source files of the directory. */
  paths(): readonly string[];
  bytesOf(path: string): string | undefined;
  /** A file is searched whose text is known. */
  given(path: string, text: string): void;
  asked(question: Question, where: readonly string[]): void;
}

/** Units of earlier jobs. */
export interface UnitKeeper {
  /** The unit of a text: a kept one that is still good, or what `load` makes. */
  unit(path: string, text: string, env: PreprocessEnv, load: () => LiveUnit): CUnit;
}

/** On which kernels a name of the kernel is a macro, as `#ifdef` sees it. */
function kernelSymbols(name: string): readonly KernelRange[] | undefined {
  if (!name.startsWith('FOLL_')) return undefined;
  const macros = rangeOf(FLAGS_ARE_MACROS.kernels);
  const rows = model.select({ since: 0, until: Number.POSITIVE_INFINITY }).allFlags(name);
  return rows.map((row) => intersect(rangeOf(row.kernels), macros)).filter((r) => r !== undefined);
}

/** The headers that a unit includes, by the lines outside of its functions. */
const included = new WeakMap<CUnit, ReturnType<Headers['relevantTo']>>();

/** Files that only handle pages, of one directory, that are followed beside its sites; those of mm/ deal in pages of their own. Bytes. */
const MAX_HANDLERS = 1024 * 1024;

/** The units of one job. */
export class Project implements ProjectView {
  readonly #tools: ProjectTools;
  readonly #defines: ReadonlyMap<string, DefineValue>;
  /** Texts by path: those given with the job, and those read. */
  readonly #texts: Map<string, string | undefined>;
  readonly #given: ReadonlySet<string>;
  readonly #units = new Map<string, CUnit>();
  readonly #headerUnits = new Map<CUnit, readonly CUnit[]>();
  readonly #clusterUnits = new Map<CUnit, readonly CUnit[]>();
  readonly #memberUnits = new Map<string, readonly CUnit[]>();
  readonly #exports = new Map<string, ReadonlyMap<string, readonly VisibleFunction[]>>();
  readonly #families = new Map<string, readonly CUnit[]>();
  readonly #neighbours = new Map<string, readonly string[]>();
  readonly #handlers = new Map<string, readonly string[]>();
  /** Files of a directory that hold a word, by directory and word. */
  readonly #directories = new Map<string, DirectoryFiles>();

  /** `directory`: that of the job's files, whose build file says how they are compiled. What is configured outweighs it. */
  constructor(
    tools: ProjectTools,
    { defines }: ResolvedConfig,
    { directory, texts }: { readonly directory: string; readonly texts: ReadonlyMap<string, string> },
  ) {
    this.#tools = tools;
    this.#defines = new Map(Object.entries({ ...tools.headers.buildDefines(directory), ...defines }));
    this.#texts = new Map(texts);
    this.#given = new Set(texts.keys());
  }

  /** Whether a file is one of those the job reports on. */
  isGiven(path: string): boolean {
    return this.#given.has(path);
  }

  /** Says which files of a directory name something of the model, where a scan has found them. */
  knowNeighbours(directory: string, files: readonly string[]): void {
    this.#neighbours.set(directory, files);
  }

  /** What path analysis found out in earlier jobs. */
  get memo(): FlowMemo | undefined {
    return this.#tools.memo;
  }

  /** What the preprocessor is told for a range. */
  env(range: KernelRange): PreprocessEnv {
    return { range, defines: this.#defines, kernelSymbols, loader: this.#tools.headers };
  }

  /** The unit of a text for a range; made once. */
  unit(path: string, text: string, range: KernelRange): CUnit {
    const key = `${range.since}:${range.until}:${path}`;
    const env = this.env(range);
    const load = (): LiveUnit => loadUnit(path, text, env);
    return kept(this.#units, key, () => this.#tools.units?.unit(path, text, env, load) ?? load());
  }

  /** The unit of a file for a range; undefined where it cannot be read. */
  unitAt(path: string, range: KernelRange): CUnit | undefined {
    const text = this.#text(path);
    return text === undefined ? undefined : this.unit(path, text, range);
  }

  /** Whether who analyses a unit looks at another beside it, too: a header knows what it includes, and not who includes it. */
  looksAt(unit: CUnit, other: CUnit): boolean {
    return (
      unit.path === other.path || unit.path.endsWith('.c') || this.headers(unit).some(({ path }) => path === other.path)
    );
  }

  headers(unit: CUnit): readonly CUnit[] {
    return kept(this.#headerUnits, unit, () => this.#findHeaders(unit));
  }

  cluster(unit: CUnit): readonly CUnit[] {
    return kept(this.#clusterUnits, unit, () => this.#findCluster(unit));
  }

  exported(unit: CUnit, name: string): readonly VisibleFunction[] {
    if (!unit.path.endsWith('.c')) return [];
    const directory = directoryOf(unit.path);
    const { since, until } = unit.range;
    const exports = kept(this.#exports, `${since}:${until}:${directory}`, () =>
      exportsOf(this.#members(directory, unit.range)),
    );
    return (exports.get(name) ?? []).filter((f) => f.unit.path !== unit.path);
  }

  family(unit: CUnit): readonly CUnit[] {
    const directory = directoryOf(unit.path);
    const { since, until } = unit.range;
    return kept(this.#families, `${since}:${until}:${directory}`, () => {
      const members = this.#members(directory, unit.range);
      return [...new Set([...members, ...members.flatMap((m) => this.headers(m))])];
    });
  }

  users(unit: CUnit, word: string, atMost?: number): readonly CUnit[] {
    return this.#unitsBeside(unit, this.#directoryOf(unit.path).holding(word), atMost);
  }

  definers(unit: CUnit, name: string): readonly CUnit[] {
    if (!/^\w+$/.test(name)) return [];
    return this.#unitsBeside(unit, this.#directoryOf(unit.path).defining(name));
  }

  #unitsBeside({ path: own, range }: CUnit, files: readonly FileBytes[], atMost = files.length): readonly CUnit[] {
    return files
      .filter(({ path }) => path !== own)
      .slice(0, atMost)
      .map(({ path, bytes, isText }) => {
        this.#tools.used?.(path);
        if (this.#texts.get(path) === undefined)
          this.#texts.set(path, isText ? bytes : decode(Buffer.from(bytes, 'latin1')).text);
        return this.unit(path, this.#texts.get(path) ?? '', range);
      });
  }

  #directoryOf(path: string): DirectoryFiles {
    const directory = directoryOf(path);
    return kept(this.#directories, directory, () => {
      const read = (): DirectoryFiles => this.#readDirectory(directory);
      const known = this.#tools.directories?.of(directory, read) ?? read();
      for (const [given, text] of this.#texts)
        if (text !== undefined && directoryOf(given) === directory) known.update(given, text);
      return known;
    });
  }

  #readDirectory(directory: string): DirectoryFiles {
    const search = this.#searchOf(directory);
    return new DirectoryFiles({
      paths: search.paths(),
      isGiven: (path) => this.#texts.get(path) !== undefined,
      bytesOf: (path) => {
        const given = this.#texts.get(path);
        if (given === undefined) return search.bytesOf(path);
        search.given(path, given);
        return given;
      },
      asked: (question, where) => search.asked(question, where),
    });
  }

  #searchOf(directory: string): DirectorySearcher {
    const { fs, search } = this.#tools;
    if (search !== undefined) return search(directory);
    return {
      paths: () => {
        const names = fs.list(directory).filter((name) => name.endsWith('.c'));
        return names.map((name) => join(directory, name));
      },
      bytesOf: (path) => {
        const read = fs.read(path);
        return read.kind === 'bytes' ? latin1(read.bytes) : undefined;
      },
      given: () => undefined,
      asked: () => undefined,
    };
  }

  #findHeaders(unit: CUnit): readonly CUnit[] {
    let found = included.get(unit);
    if (found === undefined) {
      found = this.#tools.headers.relevantTo(unit.path, unit.text);
      included.set(unit, found);
    }
    return found.map(({ path, text }) => this.unit(path, text, unit.range));
  }

  #findCluster(unit: CUnit): readonly CUnit[] {
    if (!unit.path.endsWith('.c')) return [];
    return this.#members(directoryOf(unit.path), unit.range).filter(({ path }) => path !== unit.path);
  }

  /** The units of a directory that are analysed together. */
  #members(directory: string, range: KernelRange): readonly CUnit[] {
    return kept(this.#memberUnits, `${range.since}:${range.until}:${directory}`, () => {
      const named = kept(this.#neighbours, directory, () => this.#findNeighbours(directory));
      return [...named, ...this.#handlersIn(directory, named)].flatMap((file) => {
        const text = this.#text(file);
        return text === undefined ? [] : [this.unit(file, text, range)];
      });
    });
  }

  /** The files of a directory that give plain references back or mark pages dirty and are not among the named ones; none where they are many. */
  #handlersIn(directory: string, named: readonly string[]): readonly string[] {
    return kept(this.#handlers, directory, () => {
      const known = new Set(named);
      const found = this.#directoryOf(join(directory, '*'))
        .handling()
        .filter(({ path }) => !known.has(path));
      const size = found.reduce((sum, { bytes }) => sum + bytes.length, 0);
      for (const { path } of found) this.#tools.used?.(path);
      return size > MAX_HANDLERS ? [] : found.map(({ path }) => path);
    });
  }

  #text(path: string): string | undefined {
    if (!this.#texts.has(path)) this.#texts.set(path, this.#read(path));
    return this.#texts.get(path);
  }

  #read(path: string): string | undefined {
    const read = this.#tools.fs.read(path);
    return read.kind === 'bytes' ? decode(read.bytes).text : undefined;
  }

  #findNeighbours(directory: string): readonly string[] {
    const search = this.#searchOf(directory);
    const found: string[] = [];
    for (const path of search.paths()) {
      const given = this.#texts.get(path);
      const bytes = given === undefined ? search.bytesOf(path) : undefined;
      if (given !== undefined) search.given(path, given);
      const text = given ?? (bytes === undefined ? undefined : decode(Buffer.from(bytes, 'latin1')).text);
      if (text === undefined || !this.#tools.prefilter.test(text)) continue;
      this.#tools.used?.(path);
      this.#texts.set(path, text);
      found.push(path);
    }
    search.asked(namesModel(this.#tools.declared ?? []), found);
    return found;
  }
}
