/**
 * One workspace folder (or the project of a file outside of them): its settings and configuration files, its baseline, its
 * analysis thread, and what is known of its files. Paths inside are relative to the folder, as on the command line there.
 */
import nodePath from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isUserError } from '../base/user-error.ts';
import { applyBaseline, BASELINE_NAME, type Baseline, parseBaseline } from '../engine/baseline.ts';
import { JobCache } from '../engine/cache/job-cache.ts';
import { Verifier } from '../engine/cache/trust.ts';
import { ConfigFinder, resolveConfig } from '../engine/config.ts';
import { configFindings } from '../engine/config-findings.ts';
import { CONFIG_NAME } from '../engine/config-name.ts';
import type { Host } from '../engine/host.ts';
import { kernelTrees } from '../engine/kernel-tree.ts';
import { directoryOf, isWithin, join, relativeTo } from '../engine/paths.ts';
import { modelPrefilter, RecallingFilter, wordFilter } from '../engine/prefilter.ts';
import { declaredNames } from '../engine/private-model.ts';
import type { AnalyseJob, AnalyseReply, FileResult, Finding, ResolvedConfig, SiteRecord } from '../engine/protocol.ts';
import { createHost } from '../host/host.ts';
import { SessionThread } from '../host/session-thread.ts';
import { decode } from '../syntax/decode.ts';
import type { EditorSettings } from './settings.ts';

/** A configuration file that cannot be used, or findings in one. */
export interface ConfigReport {
  /** Path of the file. */
  readonly file: string;
  readonly error: { readonly line: number; readonly column: number; readonly message: string } | undefined;
  readonly findings: readonly Finding[];
}

/** How much is known of a root's closed files. */
export interface IndexState {
  /** Nothing, the sites of some directories, or those of all files. */
  reach: 'none' | 'directory' | 'workspace';
  /** Whether more is being found out. */
  busy: boolean;
}

/** The path of a `file:` URI; undefined for other URIs and malformed ones. */
export function pathOfUri(uri: string): string | undefined {
  if (!/^file:/i.test(uri)) return undefined;
  try {
    return fileURLToPath(uri);
  } catch {
    return undefined;
  }
}

/**
 * Megabytes for what a thread that searches a folder keeps: an editor is not to be pushed out of memory by it. The largest directory of
 * Linux 6.12 takes below a quarter.
 */
const SEARCH_MEMORY = 768;

/** A folder under the care of the server. */
export class Root {
  /** Absolute, with the system's separators. */
  readonly directory: string;
  readonly host: Host;
  readonly thread: SessionThread;
  /** What the last analysis of each file gave; of closed files, their sites alone. */
  readonly results = new Map<string, FileResult>();
  /** Directories whose other files are known by `results`. */
  readonly indexed = new Set<string>();
  readonly index: IndexState = { reach: 'none', busy: false };
  settings: EditorSettings;
  #configs: ConfigFinder;
  #treeOf: ReturnType<typeof kernelTrees>;
  #baseline: Baseline | undefined | 'unread' = 'unread';
  #configErrors = new Map<string, ConfigReport>();
  readonly #hits = new Map<string, Promise<readonly string[]>>();
  readonly #prefilter = new RecallingFilter(modelPrefilter());

  constructor(directory: string, settings: EditorSettings) {
    this.directory = directory;
    this.host = createHost(directory, SEARCH_MEMORY);
    this.thread = new SessionThread(directory);
    this.settings = settings;
    this.#configs = new ConfigFinder(this.host.fs, settings.engine);
    this.#treeOf = kernelTrees(this.host.fs);
  }

  /** The root-relative path of an absolute one. */
  fileOf(path: string): string {
    return relativeTo(this.host.fs.cwd, path);
  }

  /** The URI of a root-relative path. */
  uriOf(file: string): string {
    return pathToFileURL(nodePath.resolve(this.directory, file)).href;
  }

  contains(path: string): boolean {
    return isWithin('.', this.fileOf(path));
  }

  /** Takes new settings, and reads configuration files anew. */
  configure(settings: EditorSettings): void {
    this.settings = settings;
    this.reread();
  }

  /** Forgets what was read of configuration files, Makefiles and the baseline. */
  reread(): void {
    this.#configs = new ConfigFinder(this.host.fs, this.settings.engine);
    this.#treeOf = kernelTrees(this.host.fs);
    this.#baseline = 'unread';
    this.#configErrors = new Map();
    this.#hits.clear();
    this.indexed.clear();
  }

  /** Forgets which files of a directory are of interest, and that their sites are known: one of them came, went or changed. */
  forgetDirectory(directory: string): void {
    this.#hits.delete(directory);
    this.indexed.delete(directory);
  }

  /** The settings for a directory. A configuration file that cannot be used is reported and left aside. */
  configOf(directory: string): ResolvedConfig {
    try {
      const file = this.#configs.fileOf(directory);
      if (file !== undefined && !this.#configErrors.has(file.path)) {
        const scanned = { items: [], hits: new Map(), filesScanned: 0, bytes: 0, problems: [], directories: [] };
        const times = { files: new Set<string>(), walkTime: 0, scanTime: 0, scanWork: 0 };
        const judged = { files: [], configOf: new Map(), scanned: { ...scanned, ...times } };
        const findings = configFindings([file], { ...judged, settings: this.settings.engine });
        this.#configErrors.set(file.path, { file: file.path, error: undefined, findings });
      }
      return this.#configs.of(directory);
    } catch (error) {
      if (!isUserError(error)) throw error;
      this.#reportConfig(error.message);
      return resolveConfig(this.settings.engine, undefined);
    }
  }

  #reportConfig(message: string): void {
    const m = /^(.*?):(?:(\d+):(\d+):)? ([\s\S]*)$/.exec(message);
    const file = m?.[1] ?? CONFIG_NAME;
    const error = { line: Number(m?.[2] ?? 1), column: Number(m?.[3] ?? 1), message: m?.[4] ?? message };
    this.#configErrors.set(file, { file, error, findings: [] });
  }

  /** Whether a text names something of the model, or a function that the project declares. */
  isOfInterest(file: string, text: string): boolean {
    return (
      this.#prefilter.testFile(file, text) || wordFilter(declaredNames(this.configOf(directoryOf(file)))).test(text)
    );
  }

  /** What is wrong with the configuration files met so far. */
  configReports(): readonly ConfigReport[] {
    return [...this.#configErrors.values()];
  }

  /** The job that analyses one file, with a text in place of its own when one is given. */
  jobFor(file: string, options: { readonly text?: string; readonly rules?: boolean } = {}): AnalyseJob {
    const directory = directoryOf(file);
    return {
      directory,
      config: this.configOf(directory),
      tree: this.#treeOf(directory),
      files: [options.text === undefined ? { file } : { file, text: options.text }],
      neighbours: undefined,
      rules: options.rules ?? true,
      conversions: true,
    };
  }

  /** The answer of an earlier session, if nothing that it rests on has changed; the documents open now must be as they are on disk. */
  earlierAnswer(job: AnalyseJob): AnalyseReply | undefined {
    const { cache, fs } = this.host;
    return cache === undefined ? undefined : new JobCache(cache, new Verifier(fs)).find(job);
  }

  /** Whether a file's content on disk is this text. */
  isOnDisk(file: string, text: string): boolean {
    const read = this.host.fs.read(file);
    return read.kind === 'bytes' && decode(read.bytes).text === text;
  }

  /** Findings that the baseline does not accept. Throws UserError for a baseline that cannot be read. */
  withoutBaseline(findings: readonly Finding[]): readonly Finding[] {
    if (!this.settings.baseline) return findings;
    if (this.#baseline === 'unread') this.#baseline = this.#readBaseline();
    const baseline = this.#baseline;
    if (baseline === undefined) return findings;
    return applyBaseline(findings, baseline, (path) => this.host.fs.kind(path) === 'missing').kept;
  }

  #readBaseline(): Baseline | undefined {
    const read = this.host.fs.read(BASELINE_NAME);
    if (read.kind === 'problem') return undefined;
    try {
      return parseBaseline(BASELINE_NAME, decode(read.bytes).text);
    } catch (error) {
      if (!isUserError(error)) throw error;
      this.#configErrors.set(BASELINE_NAME, {
        file: BASELINE_NAME,
        error: { line: 1, column: 1, message: error.message },
        findings: [],
      });
      return undefined;
    }
  }

  /** Files of a directory on disk that name something of the model. */
  hitsIn(directory: string): Promise<readonly string[]> {
    let hits = this.#hits.get(directory);
    if (hits === undefined) {
      hits = this.#scan(directory);
      this.#hits.set(directory, hits);
    }
    return hits;
  }

  async #scan(directory: string): Promise<readonly string[]> {
    const { fs } = this.host;
    const files = fs
      .list(directory)
      .filter((name) => /\.[ch]$/.test(name))
      .map((name) => join(directory, name));
    const local = this.host.local(fs);
    const words = declaredNames(this.configOf(directory));
    const { hits } = await local.scan({ files });
    const declared = words.length === 0 ? [] : (await local.scan({ files, words })).hits;
    const found = new Set([...hits, ...declared].map(({ index }) => index));
    return files.filter((_, i) => found.has(i));
  }

  /** Every site known of the folder's files. */
  sites(): readonly SiteRecord[] {
    return [...this.results.values()].flatMap((r) => r.sites);
  }

  close(): Promise<void> {
    return this.thread.close();
  }
}
