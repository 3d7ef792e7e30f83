/**
 * Analyses in rounds: first the files that name something of the model, then those that name a wrapper which the round before
 * found, until no new wrapper appears. Which files end up analysed depends on the files alone, not on the order of the work.
 */
import { projectLevels } from './headers.ts';
import type { Executor, Host } from './host.ts';
import type { ExecutorChoice, Scanned } from './inputs.ts';
import { compareText } from './order.ts';
import { directoryOf, isWithin } from './paths.ts';
import { modelPrefilter } from './prefilter.ts';
import type { AnalyseItem, AnalyseJob, AnalyseReply, FileResult, InputProblem } from './protocol.ts';

/** Wrappers of wrappers are followed this far. */
const MAX_ROUNDS = 4;

/** Files to analyse below which a run that has no threads yet does without. */
const FEW_HITS = 24;

/** Files a scan job takes at once. */
const BATCH = 256;

/** A file to analyse and its size in bytes, by which work is ordered. */
export interface SizedItem {
  readonly item: AnalyseItem;
  readonly size: number;
}

/** What the rounds are given. */
export interface RoundsInput {
  readonly scanned: Scanned;
  readonly host: Host;
  readonly executors: ExecutorChoice;
  /** Makes jobs of items; the same items always make the same jobs. */
  readonly plan: (items: readonly SizedItem[]) => readonly AnalyseJob[];
  readonly progress: (done: number, total: number) => void;
}

/** What the rounds gave. */
export interface RoundsOutcome {
  readonly results: readonly FileResult[];
  readonly problems: readonly InputProblem[];
  readonly jobs: readonly AnalyseJob[];
  readonly threads: number;
}

/** Runs all rounds. */
export async function analyseInRounds(input: RoundsInput): Promise<RoundsOutcome> {
  const { executors, scanned } = input;
  const results: FileResult[] = [];
  const problems: InputProblem[] = [];
  const jobs: AnalyseJob[] = [];
  const analysed = new Set<string>();
  const known = new Set<string>();
  let items: readonly SizedItem[] = scanned.items;
  let threads = 0;
  for (let round = 1; round <= MAX_ROUNDS && items.length > 0; round++) {
    const executor = items.length > FEW_HITS ? executors.large() : executors.current();
    threads = Math.max(threads, executor.threads);
    for (const { item } of items) analysed.add(item.file);
    const planned = input.plan(items);
    const replies = await analyseAll(planned, executor, input.progress);
    jobs.push(...planned);
    problems.push(...replies.flatMap((r) => r.problems));
    const found = replies.flatMap((r) => r.results);
    results.push(...found);
    const callers = callersOf(found, known, input);
    items = await scanFor(callers, analysed, executor, problems);
  }
  return { results, problems, jobs, threads };
}

async function analyseAll(
  jobs: readonly AnalyseJob[],
  executor: Executor,
  progress: RoundsInput['progress'],
): Promise<readonly AnalyseReply[]> {
  const total = jobs.reduce((sum, job) => sum + job.files.length, 0);
  let done = 0;
  const one = async (job: AnalyseJob): Promise<AnalyseReply> => {
    const reply = await executor.analyse(job);
    done += job.files.length;
    progress(done, total);
    return reply;
  };
  return Promise.all(jobs.map(one));
}

/** New wrapper names, and the scanned files that lie where their callers may stand. */
export interface Callers {
  readonly words: readonly string[];
  readonly files: readonly string[];
}

function callersOf(found: readonly FileResult[], known: Set<string>, { scanned, host }: RoundsInput): Callers {
  const scannedFor = modelPrefilter();
  const words = new Set<string>();
  const scopes = new Map<string, boolean>();
  for (const result of found) {
    const directory = directoryOf(result.file);
    for (const { name, inHeader } of result.wrappers) {
      if (scannedFor.test(name)) continue;
      const scope = inHeader
        ? (projectLevels(directory, (at, mark) => host.fs.list(at).includes(mark)).at(-1) ?? directory)
        : directory;
      const key = `${scope}\0${name}`;
      if (known.has(key)) continue;
      known.add(key);
      words.add(name);
      scopes.set(scope, inHeader || scopes.get(scope) === true);
    }
  }
  const deep = [...scopes].filter(([, below]) => below).map(([scope]) => scope);
  const flat = new Set([...scopes].filter(([, below]) => !below).map(([scope]) => scope));
  const near = (file: string): boolean => flat.has(directoryOf(file)) || deep.some((scope) => isWithin(scope, file));
  return { words: [...words].sort(compareText), files: words.size === 0 ? [] : [...scanned.files].filter(near) };
}

/** Scans files that were not analysed for some words. */
export async function scanFor(
  { words, files }: Callers,
  analysed: ReadonlySet<string>,
  executor: Executor,
  problems: InputProblem[],
): Promise<readonly SizedItem[]> {
  const fresh = files.filter((file) => !analysed.has(file));
  const batches: string[][] = [];
  for (let i = 0; i < fresh.length; i += BATCH) batches.push(fresh.slice(i, i + BATCH));
  const replies = await Promise.all(batches.map((batch) => executor.scan({ files: batch, words })));
  problems.push(...replies.flatMap((r) => r.problems));
  return replies.flatMap((reply, i) =>
    reply.hits.flatMap(({ index, size }) => {
      const file = batches[i]?.[index];
      return file === undefined ? [] : [{ item: { file }, size }];
    }),
  );
}
