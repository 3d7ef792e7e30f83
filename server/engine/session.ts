/**
 * Analysis for an editor: the same `analyzeFile` as a run's, over files whose texts change under it. What was read and loaded is
 * kept from one job to the next and dropped as soon as a file it rests on changes, so that answers are those of a fresh start.
 */

import { FlowMemo } from '../analysis/paths/flow-memo.ts';
import { decode } from '../syntax/decode.ts';
import type { LiveUnit } from '../syntax/live-unit.ts';
import { loadUnit } from '../syntax/load.ts';
import type { CUnit, PreprocessEnv } from '../syntax/unit.ts';
import { analyseWith } from './analyse-job.ts';
import { ReadDirectories } from './directory-files.ts';
import { Headers, HeaderTexts } from './headers.ts';
import type { Clock, FileSystem, ReadResult } from './host.ts';
import { directoryOf, join } from './paths.ts';
import { modelPrefilter, RecallingFilter, wordFilter } from './prefilter.ts';
import { declaredNames } from './private-model.ts';
import { Project, type ProjectTools, type UnitKeeper } from './project.ts';
import type { AnalyseJob, AnalyseReply } from './protocol.ts';
import { Slack } from './slack.ts';

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

/** Units kept for one text each; that of a file whose text changes lives on where it can. */
class KeptUnits implements UnitKeeper {
  readonly #units = new Map<string, { text: string; defines: string; unit: LiveUnit }>();

  unit(path: string, text: string, env: PreprocessEnv, load: () => LiveUnit): CUnit {
    const key = `${env.range.since}:${env.range.until}:${path}`;
    const defines = env.defines.size === 0 ? '' : JSON.stringify([...env.defines]);
    const known = this.#units.get(key);
    if (known?.text === text && known.defines === defines) return known.unit;
    const unit = (known?.defines === defines ? renewed(known.unit, text, env, load) : undefined) ?? load();
    this.#units.set(key, { text, defines, unit });
    return unit;
  }

  /** A file changed. */
  changed(): void {
    for (const { unit } of this.#units.values()) unit.renewSurroundings();
  }

  clear(): void {
    this.#units.clear();
  }
}

/** The unit with its file's new text; another one, freshly loaded, where it cannot live on. */
function renewed(unit: LiveUnit, text: string, env: PreprocessEnv, load: () => LiveUnit): LiveUnit {
  if (unit.retype(text, (piece) => loadUnit(unit.path, piece, env))) return unit;
  const fresh = load();
  return unit.takeOver(fresh) ? unit : fresh;
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
  #prefilter = new RecallingFilter(modelPrefilter());
  /** Names that model files declare, of all configurations met. */
  readonly #declared = new Set<string>();
  readonly #units = new KeptUnits();
  readonly #memo = new FlowMemo();
  readonly #directories = new ReadDirectories();
  readonly #slack = new Map<string, Slack>();
  /** Texts of open documents as their editors show them. */
  readonly #shown = new Map<string, string>();
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
    if (file.endsWith('.c') && !this.#slack.has(file)) this.#slack.set(file, new Slack());
    const wide = this.#widen(file, text);
    this.#shown.set(file, text);
    this.#files.texts.set(file, wide);
    this.#texts.delete(file);
    // A file that names nothing of the model any more is no neighbour, but it is still searched for callers and the like.
    this.#directories.update(file, wide);
    if (before !== wide) this.#changed(file, before === undefined);
  }

  closed(file: string): void {
    this.#files.texts.delete(file);
    this.#slack.delete(file);
    this.#shown.delete(file);
    this.#directories.forget(file);
    this.#changed(file, false);
  }

  touched(files: readonly string[]): void {
    if (files.length === 0) {
      this.#files.forget();
      this.#directories.forget();
      this.#texts.clear();
      this.#neighbours.clear();
      this.#reset();
      return;
    }
    for (const file of files) if (!this.#files.texts.has(file)) this.#touched(file);
  }

  analyse(job: AnalyseJob): AnalyseReply {
    const start = this.#clock.now();
    this.#learn(declaredNames(job.config));
    const texts = new Map<string, string>();
    const files = job.files.map(({ file, text }) => ({
      file,
      text: text === undefined ? undefined : this.#widen(file, text),
    }));
    const supposed = files.filter((item) => item.text !== undefined && item.text !== this.#text(item.file));
    if (supposed.length > 0) this.#units.changed();
    const known = this.#knownTexts(job.directory);
    for (const { file, text } of supposed) if (text !== undefined) known.set(file, text);
    const project = new Project(this.#tools, job.config, { directory: job.directory, texts: known });
    const neighbours = this.#neighboursOf(job.directory);
    project.knowNeighbours(job.directory, [...neighbours].sort());
    for (const item of files) {
      const text = item.text ?? this.#text(item.file);
      if (text !== undefined && this.#isOfInterest(item.file, text, project)) texts.set(item.file, text);
    }
    const shown = new Map([
      ...this.#shown,
      ...job.files.flatMap(({ file, text }) => (text === undefined ? [] : [[file, text] as const])),
    ]);
    const { results, problems } = analyseWith(project, texts, { job, clock: this.#clock, shown });
    if (supposed.length > 0) this.#units.changed();
    return { results, problems, time: this.#clock.now() - start };
  }

  /** The text of an open document with room in it to type; that of any other file as it is. */
  #widen(file: string, text: string): string {
    return this.#slack.get(file)?.widen(text) ?? text;
  }

  /** Looks for what a project declares as for the model's own names. */
  #learn(declared: readonly string[]): void {
    const fresh = declared.filter((name) => !this.#declared.has(name));
    if (fresh.length === 0) return;
    for (const name of fresh) this.#declared.add(name);
    this.#prefilter = new RecallingFilter(modelPrefilter(this.#declared));
    this.#neighbours.clear();
    this.#reset();
  }

  #touched(file: string): void {
    this.#directories.forget(file);
    this.#changed(file, true);
  }

  /** `appeared`: the file may not have been there before. */
  #changed(file: string, appeared: boolean): void {
    this.#texts.delete(file);
    this.#files.forget(file);
    this.#units.changed();
    const neighbours = this.#neighbours.get(directoryOf(file));
    if (neighbours !== undefined && file.endsWith('.c')) {
      const text = this.#text(file);
      if (text !== undefined && this.#prefilter.testFile(file, text)) neighbours.add(file);
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
      memo: this.#memo,
      directories: this.#directories,
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
    if (this.#prefilter.testFile(file, text)) return true;
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
