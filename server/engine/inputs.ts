/**
 * What the paths of a command line mean: files, directories to walk, standard input. Scans what was found and says which
 * files are worth an analysis.
 */
import { UserError } from '../base/user-error.ts';
import type { RunCache } from './cache/executor.ts';
import type { Executor, FileSystem, Host, Listings } from './host.ts';
import { directoryOf, relativeTo } from './paths.ts';
import type { AnalyseItem, InputProblem, ScanReply } from './protocol.ts';

/** Files below which a run does without worker threads: starting them costs more than scanning. */
const FEW_FILES = 1500;

/** An input as the user names it. */
export type Input =
  | { readonly kind: 'path'; readonly path: string }
  /** A text that was read already, as standard input. */
  | { readonly kind: 'text'; readonly file: string; readonly text: string };

/** A fault in how guplint was called; the message is one line for the user. */
export class UsageError extends UserError {}

/** Files that name something of the model, and what was looked at to know. */
export interface Scanned {
  /** In the order of the walk. */
  readonly items: readonly { readonly item: AnalyseItem; readonly size: number }[];
  /** Source files that name something of the model, by directory. */
  readonly hits: ReadonlyMap<string, readonly string[]>;
  readonly filesScanned: number;
  readonly bytes: number;
  readonly problems: readonly InputProblem[];
  /** Directories that were walked as a whole. */
  readonly directories: readonly string[];
  /** Every file looked at. */
  readonly files: ReadonlySet<string>;
  /** Milliseconds until the walk was over, and until the scan was. */
  readonly walkTime: number;
  readonly scanTime: number;
  /** The threads' milliseconds together. */
  readonly scanWork: number;
}

/** Sorts the inputs into directories, files and texts. Throws UsageError for a path that is not there. */
export function classify(
  inputs: readonly Input[],
  fs: FileSystem,
  read: (path: string) => string | undefined,
): Classified {
  const directories: string[] = [];
  const files: string[] = [];
  const texts: { file: string; text: string }[] = [];
  for (const input of inputs) {
    if (input.kind === 'text') {
      texts.push(input);
      continue;
    }
    if (input.path === '') throw new UsageError("an empty path; write '.' for the working directory");
    const path = relativeTo(fs.cwd, input.path);
    const kind = fs.kind(path);
    if (kind === 'missing') throw new UsageError(`${input.path}: no such file or directory`);
    if (kind === 'directory') directories.push(path);
    else if (kind === 'file') files.push(path);
    else texts.push({ file: path, text: read(path) ?? '' });
  }
  return { directories: [...new Set(directories)], files: [...new Set(files)], texts };
}

/** Inputs by kind. */
export interface Classified {
  readonly directories: readonly string[];
  readonly files: readonly string[];
  readonly texts: readonly { readonly file: string; readonly text: string }[];
}

/** Gets the executor of a run: in this thread while the run is small, a pool from the first time it is not. */
export interface ExecutorChoice {
  /** The pool, started if it was not. */
  large(): Executor;
  /** Whatever there is. */
  current(): Executor;
  /** What earlier walks found, where that is kept. */
  readonly listings?: Listings;
}

/** How many threads a run may have. */
export interface Threads {
  readonly jobs: number;
  /** See `RunRequest.turn`; without it small runs and those of one job are done in the calling thread. */
  readonly turn?: (() => Promise<void>) | undefined;
}

/** Chooses the executors of a run. What the cache knows, none is asked for. */
export function chooseExecutor(
  host: Host,
  { jobs, turn }: Threads,
  cache?: RunCache,
): ExecutorChoice & { close(): Promise<void> } {
  let pool: Executor | undefined;
  let large: Executor | undefined;
  const start = (): Executor => {
    pool ??= host.pool(jobs);
    return pool;
  };
  const onPool = (): Executor => cache?.over(start, jobs, turn) ?? start();
  const inThisThread = (): Executor => {
    const own = host.local(host.fs);
    return cache?.over(() => own, 0) ?? own;
  };
  const small = turn === undefined ? inThisThread() : onPool();
  return {
    large() {
      if (jobs > 1 && turn === undefined) large ??= onPool();
      return large ?? small;
    },
    current: () => large ?? small,
    ...(cache === undefined ? {} : { listings: cache.listings }),
    async close() {
      await pool?.close();
    },
  };
}

class ScanRun {
  readonly files = new Set<string>();
  readonly hits: { readonly file: string; readonly size: number }[][] = [];
  readonly problems: InputProblem[] = [];
  bytes = 0;
  work = 0;
  readonly #executors: ExecutorChoice;
  readonly #waiting: (readonly string[])[] = [];
  readonly #running = new Set<Promise<void>>();
  readonly #progress: (done: number) => void;
  #done = 0;

  constructor(executors: ExecutorChoice, progress: (done: number) => void) {
    this.#executors = executors;
    this.#progress = progress;
  }

  /** Takes a batch; files met before are left out. Starts the threads once there are many files. */
  async add(batch: readonly string[]): Promise<void> {
    const fresh = batch.filter((file) => !this.files.has(file));
    for (const file of fresh) this.files.add(file);
    if (fresh.length > 0) this.#waiting.push(fresh);
    if (this.files.size <= FEW_FILES) return;
    const executor = this.#executors.large();
    if (executor.threads === 0) return;
    await this.#drain(executor);
    await executor.turn();
  }

  async #drain(executor: Executor): Promise<void> {
    for (let batch = this.#waiting.shift(); batch !== undefined; batch = this.#waiting.shift()) {
      const files = batch;
      const slot = this.hits.length;
      this.hits.push([]);
      const job = executor.scan({ files }).then((reply) => this.#take(slot, files, reply));
      this.#running.add(job);
      job.finally(() => this.#running.delete(job)).catch(() => undefined);
      if (executor.threads === 0) await job;
    }
  }

  #take(slot: number, files: readonly string[], reply: ScanReply): void {
    this.hits[slot] = reply.hits.flatMap(({ index, size }) => {
      const file = files[index];
      return file === undefined ? [] : [{ file, size }];
    });
    this.problems.push(...reply.problems);
    this.bytes += reply.bytes;
    this.work += reply.time;
    this.#done += files.length;
    this.#progress(this.#done);
  }

  /** Waits until all that was added is scanned. */
  async finish(): Promise<void> {
    await this.#drain(this.#executors.current());
    await Promise.all(this.#running);
  }
}

/** Walks and scans. Throws UsageError for a directory without C files. */
export async function scanInputs(
  classified: Classified,
  host: Host,
  executors: ExecutorChoice,
  progress: (done: number) => void = () => undefined,
): Promise<Scanned> {
  const { fs, clock } = host;
  const start = clock.now();
  const run = new ScanRun(executors, progress);
  for (const directory of classified.directories) {
    const walk = fs.walk([directory], executors.listings);
    let met = 0;
    for (let batch = walk.next(); batch.length > 0; batch = walk.next()) {
      met += batch.length;
      await run.add(batch);
    }
    run.problems.push(...walk.problems);
    if (met === 0 && walk.problems.length === 0)
      throw new UsageError(`${directory}: no .c or .h files in this directory`);
  }
  if (classified.files.length > 0) await run.add(classified.files);
  const walked = clock.now();
  await run.finish();
  const items = run.hits.flat().map(({ file, size }) => ({ item: { file }, size }));
  return {
    hits: sourcesByDirectory(items.map(({ item }) => item.file)),
    items: [...items, ...classified.texts.map((item) => ({ item, size: item.text.length }))],
    filesScanned: run.files.size + classified.texts.length,
    bytes: run.bytes,
    problems: run.problems,
    directories: classified.directories,
    files: new Set([...run.files, ...classified.texts.map((t) => t.file)]),
    walkTime: walked - start,
    scanTime: clock.now() - walked,
    scanWork: run.work,
  };
}

/** Source files (no headers) by directory. */
export function sourcesByDirectory(files: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const file of files) {
    if (!file.endsWith('.c')) continue;
    const directory = directoryOf(file);
    const list = found.get(directory);
    if (list === undefined) found.set(directory, [file]);
    else list.push(file);
  }
  return found;
}
