/**
 * What the analysis of one directory's files sees of their project: its headers and neighbours, loaded for a range of kernels.
 * Only headers and neighbours that name something of the model are loaded. Units are shared among the files of a job.
 */

import { FLAGS_ARE_MACROS } from '../../model/behaviour.ts';
import { model } from '../../model/index.ts';
import { intersect, type KernelRange, rangeOf } from '../../model/version.ts';
import type { ProjectView } from '../analysis/project-view.ts';
import { decode } from '../syntax/decode.ts';
import { loadUnit } from '../syntax/load.ts';
import type { CUnit, DefineValue, PreprocessEnv } from '../syntax/unit.ts';
import type { Headers } from './headers.ts';
import type { FileSystem } from './host.ts';
import { directoryOf, join } from './paths.ts';
import { handlerPrefilter, type Prefilter } from './prefilter.ts';
import type { ResolvedConfig } from './protocol.ts';

/** What the project reads with; one for a whole run. */
export interface ProjectTools {
  readonly fs: FileSystem;
  readonly headers: Headers;
  readonly prefilter: Prefilter;
  /** Keeps units from one job to the next; without it each job loads its own. */
  readonly units?: UnitKeeper;
}

/** Units of earlier jobs. */
export interface UnitKeeper {
  /** The unit of a text: a kept one that is still good, or what `load` makes. */
  unit(path: string, text: string, env: PreprocessEnv, load: () => CUnit): CUnit;
}

/** On which kernels a name of the kernel is a macro, as `#ifdef` sees it. */
function kernelSymbols(name: string): readonly KernelRange[] | undefined {
  if (!name.startsWith('FOLL_')) return undefined;
  const macros = rangeOf(FLAGS_ARE_MACROS.kernels);
  const rows = model.select({ since: 0, until: Number.POSITIVE_INFINITY }).allFlags(name);
  return rows.map((row) => intersect(rangeOf(row.kernels), macros)).filter((r) => r !== undefined);
}

function kept<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

/**
 * What makes a file of a large directory worth keeping for the sites beside it: it gives pages back, marks them dirty, or is told of changes
 * of the page tables.
 */
const TOUCHES = /put_page|put_user_page|release_pages|folio_put|unpin_|_dirty|mmu_notifier_|mmu_interval_/;

/** Files that only handle pages, of one directory, that are followed beside its sites; those of mm/ deal in pages of their own. Bytes. */
const MAX_HANDLERS = 1024 * 1024;

/** Directories below this size keep all their files: callers of a function name nothing of the model. Bytes. */
const SMALL_DIRECTORY = 4 * 1024 * 1024;

/** A source file of a directory, its bytes as a string: one character a byte, or its text where that is known. */
interface Beside {
  readonly path: string;
  readonly bytes: string;
}

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
  readonly #neighbours = new Map<string, readonly string[]>();
  readonly #handlers = new Map<string, readonly string[]>();
  /** Files of a directory that hold a word, by directory and word. */
  readonly #naming = new Map<string, readonly Beside[]>();
  readonly #beside = new Map<string, readonly Beside[]>();

  constructor(tools: ProjectTools, config: ResolvedConfig, texts: ReadonlyMap<string, string>) {
    this.#tools = tools;
    this.#defines = new Map(Object.entries(config.defines));
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

  /** What the preprocessor is told for a range. */
  env(range: KernelRange): PreprocessEnv {
    return { range, defines: this.#defines, kernelSymbols, loader: this.#tools.headers };
  }

  /** The unit of a text for a range; made once. */
  unit(path: string, text: string, range: KernelRange): CUnit {
    const key = `${range.since}:${range.until}:${path}`;
    const env = this.env(range);
    const load = (): CUnit => loadUnit(path, text, env);
    return kept(this.#units, key, () => this.#tools.units?.unit(path, text, env, load) ?? load());
  }

  /** The unit of a file for a range; undefined where it cannot be read. */
  unitAt(path: string, range: KernelRange): CUnit | undefined {
    const text = this.#text(path);
    return text === undefined ? undefined : this.unit(path, text, range);
  }

  headers(unit: CUnit): readonly CUnit[] {
    return kept(this.#headerUnits, unit, () => this.#findHeaders(unit));
  }

  cluster(unit: CUnit): readonly CUnit[] {
    return kept(this.#clusterUnits, unit, () => this.#findCluster(unit));
  }

  users(unit: CUnit, word: string): readonly CUnit[] {
    return this.#unitsBeside(unit, this.#besideWith(unit, word));
  }

  definers(unit: CUnit, name: string): readonly CUnit[] {
    if (!/^\w+$/.test(name)) return [];
    const head = new RegExp(`^(?:[A-Za-z_][^;{}=\\n]*[\\s*])?${name}[ \\t]*\\(`, 'm');
    const defining = kept(this.#naming, `${directoryOf(unit.path)}:${name}(`, () =>
      this.#besideWith(unit, name).filter(({ bytes }) => head.test(bytes)),
    );
    return this.#unitsBeside(unit, defining);
  }

  #besideWith(unit: CUnit, word: string): readonly Beside[] {
    const directory = directoryOf(unit.path);
    const beside = kept(this.#beside, directory, () => this.#readBeside(directory));
    return kept(this.#naming, `${directory}:${word}`, () => beside.filter(({ bytes }) => bytes.includes(word)));
  }

  #unitsBeside({ path: own, range }: CUnit, files: readonly Beside[]): readonly CUnit[] {
    return files
      .filter(({ path }) => path !== own)
      .map(({ path, bytes }) => {
        if (this.#texts.get(path) === undefined) this.#texts.set(path, decode(Buffer.from(bytes, 'latin1')).text);
        return this.unit(path, this.#texts.get(path) ?? '', range);
      });
  }

  /** The source files of a directory as bytes in a string: cheap to search, decoded when one is wanted. */
  #readBeside(directory: string): readonly Beside[] {
    let size = 0;
    const files = this.#tools.fs.list(directory).flatMap((name) => {
      if (!name.endsWith('.c')) return [];
      const path = join(directory, name);
      const given = this.#texts.get(path);
      if (given !== undefined) return [{ path, bytes: given }];
      const read = this.#tools.fs.read(path);
      if (read.kind !== 'bytes') return [];
      const text = Buffer.from(read.bytes).toString('latin1');
      size += text.length;
      return size < SMALL_DIRECTORY || TOUCHES.test(text) ? [{ path, bytes: text }] : [];
    });
    return size < SMALL_DIRECTORY
      ? files
      : files.filter(({ path, bytes }) => this.#texts.has(path) || TOUCHES.test(bytes));
  }

  #findHeaders(unit: CUnit): readonly CUnit[] {
    return this.#tools.headers
      .relevantTo(unit.path, unit.text)
      .map(({ path, text }) => this.unit(path, text, unit.range));
  }

  #findCluster(unit: CUnit): readonly CUnit[] {
    if (!unit.path.endsWith('.c')) return [];
    const directory = directoryOf(unit.path);
    const named = kept(this.#neighbours, directory, () => this.#findNeighbours(directory));
    const others = [...named, ...this.#handlersIn(directory, named)].filter((file) => file !== unit.path);
    return others.flatMap((file) => {
      const text = this.#text(file);
      return text === undefined ? [] : [this.unit(file, text, unit.range)];
    });
  }

  /** The files of a directory that give plain references back or mark pages dirty and are not among the named ones; none where they are many. */
  #handlersIn(directory: string, named: readonly string[]): readonly string[] {
    return kept(this.#handlers, directory, () => {
      const beside = kept(this.#beside, directory, () => this.#readBeside(directory));
      const known = new Set(named);
      const handles = handlerPrefilter();
      const found = beside.filter(({ path, bytes }) => !known.has(path) && handles.test(bytes));
      const size = found.reduce((sum, { bytes }) => sum + bytes.length, 0);
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
    const found: string[] = [];
    for (const name of this.#tools.fs.list(directory)) {
      if (!name.endsWith('.c')) continue;
      const path = join(directory, name);
      const text = this.#texts.get(path) ?? this.#read(path);
      if (text === undefined || !this.#tools.prefilter.test(text)) continue;
      this.#texts.set(path, text);
      found.push(path);
    }
    return found;
  }
}
