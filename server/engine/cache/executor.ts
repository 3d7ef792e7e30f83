/** An executor that asks the caches first; what they do not know is done by another one, and kept. */
import type { Executor, FileSystem, Listings } from '../host.ts';
import type { AnalyseJob, AnalyseReply, ScanJob, ScanReply } from '../protocol.ts';
import { JobCache } from './job-cache.ts';
import { ScanCache } from './scan-cache.ts';
import type { CacheStore } from './store.ts';
import { Verifier } from './trust.ts';

/** How much of a run earlier runs had done. */
export interface CacheUse {
  readonly files: number;
  readonly jobs: number;
}

/** The caches of one run. */
export class RunCache {
  readonly #scans: ScanCache;
  readonly #jobs: JobCache;
  readonly #store: CacheStore;
  #use: CacheUse = { files: 0, jobs: 0 };
  #kept = false;

  constructor(store: CacheStore, fs: FileSystem) {
    this.#store = store;
    this.#scans = new ScanCache(store, fs);
    this.#jobs = new JobCache(store, new Verifier(fs, (path) => this.#scans.stampOf(path)));
  }

  get use(): CacheUse {
    return this.#use;
  }

  /** What earlier walks found. */
  get listings(): Listings {
    return this.#scans;
  }

  /** An executor that does with `inner` what is not known; `inner` is not started before there is something to do. */
  over(inner: () => Executor, threads: number, turn = (): Promise<void> => Promise.resolve()): Executor {
    return {
      threads,
      scan: (job) => this.#scan(job, inner),
      analyse: (job) => this.#analyse(job, inner),
      turn,
      close: () => Promise.resolve(),
    };
  }

  /** Keeps what the run has found out. `walked`: the directories that were walked as a whole. */
  save(walked: readonly string[]): void {
    this.#scans.save(walked);
    if (this.#kept) this.#store.prune();
  }

  async #scan({ files, words }: ScanJob, inner: () => Executor): Promise<ScanReply> {
    const query = this.#scans.query(words);
    const hits: { index: number; size: number }[] = [];
    const unknown: number[] = [];
    files.forEach((file, index) => {
      const answer = this.#scans.answer(file, query);
      if (answer === undefined) unknown.push(index);
      else if (answer.found) hits.push({ index, size: answer.size });
    });
    this.#use = { ...this.#use, files: this.#use.files + files.length - unknown.length };
    if (unknown.length === 0) return { hits, bytes: 0, problems: [], time: 0 };
    const names = unknown.map((index) => files[index] ?? '');
    const stamps = names.map((name) => this.#scans.stampOf(name));
    const reply = await inner().scan({ files: names, ...(words === undefined ? {} : { words }) });
    const found = new Map(reply.hits.map((hit) => [hit.index, hit.size]));
    const failed = new Set(reply.problems.map((p) => p.path));
    names.forEach((name, i) => {
      if (!failed.has(name)) this.#scans.keep(name, query, stamps[i], found.has(i));
    });
    for (const [i, size] of found) hits.push({ index: unknown[i] ?? 0, size });
    return { ...reply, hits: hits.sort((a, b) => a.index - b.index) };
  }

  async #analyse(job: AnalyseJob, inner: () => Executor): Promise<AnalyseReply> {
    const known = this.#jobs.find(job);
    if (known !== undefined) {
      this.#use = { ...this.#use, jobs: this.#use.jobs + 1 };
      return known;
    }
    const reply = await inner().analyse({ ...job, record: true });
    this.#jobs.keep(job, reply);
    this.#kept = true;
    return reply;
  }
}
