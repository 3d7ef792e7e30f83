/**
 * A whole run: inputs to files, files to jobs (one per directory), jobs to results, results to one sorted answer.
 * The answer depends on the inputs and the settings alone, never on threads, timing or what was analysed before.
 */
import { formatRange } from '../../model/version.ts';
import { decode } from '../syntax/decode.ts';
import { type CacheUse, RunCache } from './cache/executor.ts';
import { ConfigFinder, type Settings } from './config.ts';
import type { ConfigFile } from './config-file.ts';
import { configFindings } from './config-findings.ts';
import { withDeclared } from './declared-callers.ts';
import type { FileSystem, Host } from './host.ts';
import { type Classified, chooseExecutor, classify, type Input, type Scanned, scanInputs } from './inputs.ts';
import { namedKernel, newestKernel } from './kernel.ts';
import { kernelTrees } from './kernel-tree.ts';
import { possibleCallers } from './named-files.ts';
import { compareFindings, compareSites, compareText } from './order.ts';
import { directoryOf, isWithin } from './paths.ts';
import type {
  AnalyseItem,
  AnalyseJob,
  FileResult,
  Finding,
  InputProblem,
  KernelChoice,
  KernelSource,
  ResolvedConfig,
  SilencedFinding,
  SiteRecord,
} from './protocol.ts';
import { analyseInRounds } from './rounds.ts';

/** What to do. */
export interface RunRequest {
  readonly inputs: readonly Input[];
  readonly settings: Settings;
  /** Whether rules run. */
  readonly rules: boolean;
  /** Name of a function whose summary is wanted as text. */
  readonly facts?: string;
  /** Threads to use when the run is large. */
  readonly jobs: number;
  /**
   * Lets the calling thread answer others now and then; where it is given, all that takes long is done in threads of the run's own, which
   * end with it and take their memory along.
   */
  readonly turn?: () => Promise<void>;
  /** Told now and then how far the run is. */
  readonly progress?: (state: RunProgress) => void;
}

/** How far a run is. `total` is known for the analysis only. */
export interface RunProgress {
  readonly phase: 'scan' | 'analyse';
  readonly done: number;
  readonly total: number | undefined;
}

/** What a run cost, in milliseconds: wall time of its phases, and what the threads spent in them together. */
export interface RunCost {
  readonly walk: number;
  readonly scan: number;
  readonly analyse: number;
  readonly scanWork: number;
  readonly loadWork: number;
  readonly siteWork: number;
  readonly ruleWork: number;
  readonly scannedBytes: number;
  readonly analysedUnits: number;
  readonly threads: number;
  /** Files and jobs of which earlier runs had the answer; undefined without a cache. */
  readonly cached: CacheUse | undefined;
}

/** The kernel of a run as machine formats name it: the range over all files, and where it came from. */
export interface RunKernel {
  readonly range: string;
  readonly source: KernelSource;
}

/** What a run gave. Everything is sorted. */
export interface RunResult {
  readonly files: readonly FileResult[];
  readonly findings: readonly Finding[];
  readonly sites: readonly SiteRecord[];
  readonly problems: readonly InputProblem[];
  readonly kernel: RunKernel;
  /** Whether some file's kernel was assumed because nothing names one. */
  readonly assumedKernel: boolean;
  readonly filesScanned: number;
  readonly suppressed: number;
  readonly silenced: readonly SilencedFinding[];
  readonly skipped: number;
  readonly cost: RunCost;
  readonly parts: Parts;
}

/** What a run needs to be put together; kept to put it together again when some files were analysed anew. */
export interface Parts {
  readonly files: readonly FileResult[];
  readonly problems: readonly InputProblem[];
  readonly scanned: Scanned;
  readonly configs: readonly ConfigFile[];
  /** The settings of each analysed file. */
  readonly configOf: ReadonlyMap<string, ResolvedConfig>;
  readonly request: RunRequest;
  readonly analyse: number;
  readonly threads: number;
  /** What earlier runs had done; undefined without a cache. */
  readonly cached: CacheUse | undefined;
  readonly host: Host;
}

function withFacts(jobs: readonly AnalyseJob[], facts: string | undefined): readonly AnalyseJob[] {
  return facts === undefined ? jobs : jobs.map((job) => ({ ...job, facts }));
}

/** Runs. Throws UsageError and ConfigError; everything that concerns one file alone is among the problems. */
export async function run(request: RunRequest, host: Host): Promise<RunResult> {
  const { fs, clock } = host;
  const problems: InputProblem[] = [];
  const read = (path: string): string | undefined => {
    const found = fs.read(path);
    if (found.kind === 'bytes') return decode(found.bytes).text;
    problems.push(found.problem);
    return undefined;
  };
  const classified = classify(request.inputs, fs, read);
  const configs = new ConfigFinder(fs, request.settings);
  for (const directory of classified.directories) configs.of(directory);
  for (const file of classified.files) configs.of(directoryOf(file));
  const cache = host.cache === undefined ? undefined : new RunCache(host.cache, fs);
  const executors = chooseExecutor(host, request, cache);
  try {
    const found = await scanInputs(classified, host, executors, (done) =>
      request.progress?.({ phase: 'scan', done, total: undefined }),
    );
    const scanned = withCallers(await withDeclared(found, configs.used(), executors), classified, fs);
    problems.push(...scanned.problems);
    const start = clock.now();
    const treeOf = kernelTrees(fs);
    const outcome = await analyseInRounds({
      scanned,
      host,
      executors,
      plan: (items) => withFacts(planJobs({ ...scanned, items }, configs, treeOf, request.rules), request.facts),
      progress: (done, total) => request.progress?.({ phase: 'analyse', done, total }),
    });
    const analyse = clock.now() - start;
    problems.push(...outcome.problems);
    cache?.save(scanned.directories);
    return assemble({
      files: outcome.results,
      problems,
      scanned,
      configs: configs.used(),
      configOf: new Map(outcome.jobs.flatMap((job) => job.files.map((item) => [item.file, job.config] as const))),
      request,
      analyse,
      threads: outcome.threads,
      cached: cache?.use,
      host,
    });
  } finally {
    await executors.close();
  }
}

/** Adds the files that were named one by one and may call a wrapper of their neighbours; directories find theirs in rounds. */
function withCallers(scanned: Scanned, { files, directories }: Classified, fs: FileSystem): Scanned {
  const hits = new Set(scanned.items.map(({ item }) => item.file));
  const alone = files.filter((file) => !hits.has(file) && !directories.some((d) => isWithin(d, file)));
  const callers = possibleCallers(alone, fs).map(({ file, size }) => ({ item: { file }, size }));
  return callers.length === 0 ? scanned : { ...scanned, items: [...scanned.items, ...callers] };
}

/** One job per directory, the largest first so that no thread is left with it at the end. */
export function planJobs(
  scanned: Pick<Scanned, 'items' | 'directories' | 'hits'>,
  configs: ConfigFinder,
  treeOf: ReturnType<typeof kernelTrees>,
  rules: boolean,
): readonly AnalyseJob[] {
  const groups = new Map<string, { items: AnalyseItem[]; size: number }>();
  for (const { item, size } of scanned.items) {
    const directory = directoryOf(item.file);
    const group = groups.get(directory) ?? { items: [], size: 0 };
    group.items.push(item);
    group.size += size;
    groups.set(directory, group);
  }
  const walked = new Set<string>();
  for (const directory of groups.keys()) {
    if (scanned.directories.some((d) => isWithin(d, directory))) walked.add(directory);
  }
  return [...groups]
    .sort((a, b) => b[1].size - a[1].size || compareText(a[0], b[0]))
    .map(([directory, { items }]) => ({
      directory,
      config: configs.of(directory),
      tree: treeOf(directory),
      files: items,
      neighbours: walked.has(directory) ? (scanned.hits.get(directory) ?? []) : undefined,
      rules,
    }));
}

/** Joins what the files gave into the answer of the run. */
export function assemble(parts: Parts): RunResult {
  const { scanned, configs, configOf, request } = parts;
  const files = [...parts.files].sort((a, b) => compareText(a.file, b.file));
  const own = request.rules ? configFindings(configs, { files, configOf, scanned, settings: request.settings }) : [];
  const sum = (pick: (f: FileResult) => number): number => files.reduce((total, f) => total + pick(f), 0);
  return {
    files,
    findings: collectFindings(files, own),
    sites: files.flatMap((f) => f.sites).sort(compareSites),
    problems: [...parts.problems].sort((a, b) => compareText(a.path, b.path) || compareText(a.message, b.message)),
    kernel: runKernel(files, parts),
    assumedKernel: files.some((f) => f.kernel.source === 'default'),
    filesScanned: scanned.filesScanned,
    suppressed: sum((f) => f.suppressed),
    silenced: files.flatMap((f) => f.silenced).sort((a, b) => compareFindings(a.finding, b.finding)),
    skipped: sum((f) => f.skipped.length),
    cost: {
      walk: scanned.walkTime,
      scan: scanned.scanTime,
      analyse: parts.analyse,
      scanWork: scanned.scanWork,
      loadWork: sum((f) => f.times.load),
      siteWork: sum((f) => f.times.sites),
      ruleWork: sum((f) => f.times.rules),
      scannedBytes: scanned.bytes,
      analysedUnits: sum((f) => f.length),
      threads: parts.threads,
      cached: parts.cached,
    },
    parts,
  };
}

/** All findings, sorted; one that several files lead to (in a header) once; suppressions that some file needed are not unused. */
export function collectFindings(files: readonly FileResult[], own: readonly Finding[]): Finding[] {
  const needed = new Set(files.flatMap((f) => f.usedElsewhere));
  const all = [...files.flatMap((f) => f.findings), ...own].sort(compareFindings);
  return all.filter((finding, i) => {
    const before = all[i - 1];
    if (before !== undefined && before.fingerprint === finding.fingerprint && compareFindings(before, finding) === 0)
      return false;
    const { file, line } = finding.location;
    return finding.rule !== 'unused-suppression' || !needed.has(`${file}:${line}`);
  });
}

/** From the most to the least certain. */
const SOURCES: readonly KernelSource[] = ['flag', 'makefile', 'config', 'derived', 'default'];

/** The range over all analysed files, with the least certain of their sources; without any file what the settings say. */
function runKernel(files: readonly FileResult[], parts: Parts): RunKernel {
  const choices = files.length > 0 ? files.map((f) => f.kernel) : [emptyChoice(parts)];
  const since = choices.reduce((least, c) => Math.min(least, c.range.since), Number.POSITIVE_INFINITY);
  const until = choices.reduce((most, c) => Math.max(most, c.range.until), 0);
  const source = choices.reduce<KernelSource>(
    (worst, c) => (SOURCES.indexOf(c.source) > SOURCES.indexOf(worst) ? c.source : worst),
    'flag',
  );
  return { range: formatRange({ since, until }), source };
}

function emptyChoice({ host, request, scanned }: Parts): KernelChoice {
  const directory = scanned.directories[0] ?? '.';
  const config = new ConfigFinder(host.fs, request.settings).of(directory);
  return (
    namedKernel(config, kernelTrees(host.fs)(directory)) ?? { range: newestKernel(), source: 'default', known: false }
  );
}
