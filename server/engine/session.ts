/**
 * Analysis for an editor: the same `analyzeFile` as a run's, over files whose texts change under it. What was read and loaded is
 * kept from one job to the next and dropped as soon as a file it rests on changes, so that answers are those of a fresh start.
 */
import { decode } from '../syntax/decode.ts';
import { renewUnit } from '../syntax/load.ts';
import type { CUnit, PreprocessEnv } from '../syntax/unit.ts';
import { analyseWith } from './analyse-job.ts';
import { Headers, HeaderTexts } from './headers.ts';
import type { Clock, FileSystem, ReadResult } from './host.ts';
import { directoryOf, join } from './paths.ts';
import { modelPrefilter, type Prefilter, wordFilter } from './prefilter.ts';
import { declaredNames } from './private-model.ts';
import { Project, type ProjectTools, type UnitKeeper } from './project.ts';
import type { AnalyseJob, AnalyseReply } from './protocol.ts';

/** An analysis that lives as long as an editor's window. Paths are relative to the root of its files. */
export interface Session {
  /** The text of an open document, which stands for its file until it is closed. */
  opened(file: string, text: string): void;
  closed(file: string): void;
  /** Files changed on disk; none named: any may have. */
  touched(files: readonly string[]): void;
  /** Analyses, a text given with the job in place of the file's own; files that name nothing of interest are left out of the results. */
  analyse(job: AnalyseJob): AnalyseReply;
}

/** Units kept for one text each; a file's directory is renewed when one of its files changes. */
class KeptUnits implements UnitKeeper {
  readonly #units = new Map<string, { text: string; defines: string; unit: CUnit; era: number }>();
  readonly #eras = new Map<string, number>();

  unit(path: string, text: string, env: PreprocessEnv, load: () => CUnit): CUnit {
    const key = `${env.range.since}:${env.range.until}:${path}`;
    const defines = env.defines.size === 0 ? '' : JSON.stringify([...env.defines]);
    const era = this.#eras.get(directoryOf(path)) ?? 0;
    const known = this.#units.get(key);
    if (known === undefined || known.text !== text || known.defines !== defines) {
      const unit = load();
      this.#units.set(key, { text, defines, unit, era });
      return unit;
    }
    if (known.era !== era) {
      known.unit = renewUnit(known.unit);
      known.era = era;
    }
    return known.unit;
  }

  /** A file changed: units of its directory may have conclusions that rest on it. */
  changed(file: string): void {
    const directory = directoryOf(file);
    this.#eras.set(directory, (this.#eras.get(directory) ?? 0) + 1);
  }

  clear(): void {
    this.#units.clear();
  }
}

/** Bytes of closed files that are kept; a directory with more is read again for each job. */
const KEPT_BYTES = 48 * 1024 * 1024;

/** Files as they are, with the texts of open documents in their place; keeps what was read. */
class OpenFiles {
  readonly texts = new Map<string, string>();
  readonly fs: FileSystem;
  readonly #read = new Map<string, ReadResult>();
  readonly #lists = new Map<string, readonly string[]>();
  #bytes = 0;

  constructor(disk: FileSystem) {
    this.fs = {
      ...disk,
      read: (path): ReadResult => {
        const text = this.texts.get(path);
        return text === undefined ? this.#keep(path, disk) : { kind: 'bytes', bytes: Buffer.from(text, 'utf8') };
      },
      list: (directory) => {
        const names = this.#lists.get(directory) ?? disk.list(directory);
        this.#lists.set(directory, names);
        return names;
      },
      kind: (path) => (this.texts.has(path) ? 'file' : disk.kind(path)),
    };
  }

  #keep(path: string, disk: FileSystem): ReadResult {
    const known = this.#read.get(path);
    if (known !== undefined) return known;
    const read = disk.read(path);
    const size = read.kind === 'bytes' ? read.bytes.length : 0;
    if (this.#bytes + size > KEPT_BYTES) return read;
    this.#bytes += size;
    this.#read.set(path, read);
    return read;
  }

  /** Forgets what was read: of one file and its directory's list, or all. */
  forget(path?: string): void {
    if (path === undefined) {
      this.#read.clear();
      this.#lists.clear();
      this.#bytes = 0;
      return;
    }
    const known = this.#read.get(path);
    if (known?.kind === 'bytes') this.#bytes -= known.bytes.length;
    this.#read.delete(path);
    this.#lists.delete(directoryOf(path));
  }

  read(path: string): string | undefined {
    const open = this.texts.get(path);
    if (open !== undefined) return open;
    const found = this.fs.read(path);
    return found.kind === 'bytes' ? decode(found.bytes).text : undefined;
  }
}

/** Starts a session over files. The parser must have been started before the first job. */
export function createSession(disk: FileSystem, clock: Clock): Session {
  return new EditorSession(disk, clock);
}

class EditorSession implements Session {
  readonly #files: OpenFiles;
  readonly #clock: Clock;
  #prefilter: Prefilter = modelPrefilter();
  /** Names that model files declare, of all configurations met. */
  readonly #declared = new Set<string>();
  readonly #units = new KeptUnits();
  /** Texts of closed files that were asked for. */
  readonly #texts = new Map<string, string | undefined>();
  /** Files of a directory that name something of the model. */
  readonly #neighbours = new Map<string, Set<string>>();
  #readByHeaders = new Set<string>();
  #tools: ProjectTools;

  constructor(disk: FileSystem, clock: Clock) {
    this.#files = new OpenFiles(disk);
    this.#clock = clock;
    this.#tools = this.#newTools();
  }

  opened(file: string, text: string): void {
    const before = this.#files.texts.get(file) ?? this.#texts.get(file);
    this.#files.texts.set(file, text);
    this.#texts.delete(file);
    if (before !== text) this.#changed(file, before === undefined);
  }

  closed(file: string): void {
    this.#files.texts.delete(file);
    this.#changed(file, false);
  }

  touched(files: readonly string[]): void {
    if (files.length === 0) {
      this.#files.forget();
      this.#texts.clear();
      this.#neighbours.clear();
      this.#reset();
      return;
    }
    for (const file of files) if (!this.#files.texts.has(file)) this.#changed(file, true);
  }

  analyse(job: AnalyseJob): AnalyseReply {
    const start = this.#clock.now();
    this.#learn(declaredNames(job.config));
    const texts = new Map<string, string>();
    const supposed = job.files.filter((item) => item.text !== undefined && item.text !== this.#text(item.file));
    for (const { file } of supposed) this.#units.changed(file);
    const known = this.#knownTexts(job.directory);
    for (const { file, text } of supposed) if (text !== undefined) known.set(file, text);
    const project = new Project(this.#tools, job.config, known);
    const neighbours = this.#neighboursOf(job.directory);
    project.knowNeighbours(job.directory, [...neighbours].sort());
    for (const item of job.files) {
      const text = item.text ?? this.#text(item.file);
      if (text !== undefined && this.#isOfInterest(item.file, text, project)) texts.set(item.file, text);
    }
    const { results, problems } = analyseWith(project, texts, job, this.#clock);
    for (const { file } of supposed) this.#units.changed(file);
    return { results, problems, time: this.#clock.now() - start };
  }

  /** Looks for what a project declares as for the model's own names. */
  #learn(declared: readonly string[]): void {
    const fresh = declared.filter((name) => !this.#declared.has(name));
    if (fresh.length === 0) return;
    for (const name of fresh) this.#declared.add(name);
    this.#prefilter = modelPrefilter(this.#declared);
    this.#neighbours.clear();
    this.#reset();
  }

  /** `appeared`: the file may not have been there before. */
  #changed(file: string, appeared: boolean): void {
    this.#texts.delete(file);
    this.#files.forget(file);
    this.#units.changed(file);
    const neighbours = this.#neighbours.get(directoryOf(file));
    if (neighbours !== undefined && file.endsWith('.c')) {
      const text = this.#text(file);
      if (text !== undefined && this.#prefilter.test(text)) neighbours.add(file);
      else neighbours.delete(file);
    }
    if (this.#readByHeaders.has(file) || (appeared && file.endsWith('.h'))) this.#reset();
  }

  #reset(): void {
    this.#units.clear();
    this.#tools = this.#newTools();
  }

  #newTools(): ProjectTools {
    const { fs } = this.#files;
    const read = new Set<string>();
    this.#readByHeaders = read;
    const recording: FileSystem = {
      ...fs,
      read: (path) => {
        read.add(path);
        return fs.read(path);
      },
    };
    return {
      fs,
      prefilter: this.#prefilter,
      headers: new Headers(recording, new HeaderTexts(this.#prefilter)),
      units: this.#units,
    };
  }

  #text(file: string): string | undefined {
    const open = this.#files.texts.get(file);
    if (open !== undefined) return open;
    if (!this.#texts.has(file)) this.#texts.set(file, this.#files.read(file));
    return this.#texts.get(file);
  }

  #neighboursOf(directory: string): ReadonlySet<string> {
    let known = this.#neighbours.get(directory);
    if (known === undefined) {
      const { fs, texts } = this.#files;
      const names = fs.list(directory).map((name) => join(directory, name));
      const open = [...texts.keys()].filter((file) => directoryOf(file) === directory);
      const files = [...new Set([...names, ...open])].filter((file) => file.endsWith('.c'));
      known = new Set(files.filter((file) => this.#prefilter.test(this.#text(file) ?? '')));
      for (const file of files) if (!known.has(file)) this.#texts.delete(file);
      this.#neighbours.set(directory, known);
    }
    return known;
  }

  #knownTexts(directory: string): Map<string, string> {
    const texts = new Map<string, string>();
    for (const file of this.#neighboursOf(directory)) {
      const text = this.#text(file);
      if (text !== undefined) texts.set(file, text);
    }
    return texts;
  }

  /** Whether a file names something of the model, or a function or macro of the files round it that may be a wrapper. */
  #isOfInterest(file: string, text: string, project: Project): boolean {
    if (this.#prefilter.test(text)) return true;
    const unit = project.unit(file, text, { since: 0, until: Number.POSITIVE_INFINITY });
    const names: string[] = [];
    for (const { functions } of project.cluster(unit))
      for (const fn of functions) if (!fn.isStatic) names.push(fn.name);
    for (const { functions, macros } of project.headers(unit)) {
      for (const fn of functions) names.push(fn.name);
      for (const macro of macros) names.push(macro.name);
    }
    return names.length > 0 && wordFilter(names).test(text);
  }
}
