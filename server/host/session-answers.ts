/**
 * A session's answers, kept for the next one: an editor that is started on files that nobody has touched since shows their findings
 * before anything is analysed. Only what was found out about files as they are on disk is kept.
 */
import { JobCache } from '../engine/cache/job-cache.ts';
import type { KeptReads } from '../engine/cache/kept-reads.ts';
import { Verifier } from '../engine/cache/trust.ts';
import type { AnalyseJob, AnalyseReply } from '../engine/protocol.ts';
import { decode } from '../syntax/decode.ts';
import { createCacheStore } from './cache-store.ts';

/** A session that has looked at more files and directories than this keeps nothing more: asking after all takes too long. */
const MAX_READS = 4000;

/** Keeps the answers about open documents. */
export class SessionAnswers {
  readonly #reads: KeptReads;
  readonly #cache: JobCache | undefined;
  readonly #open = new Map<string, string>();
  /** The text that was kept last, by the file asked about. */
  readonly #kept = new Map<string, string>();

  constructor(reads: KeptReads) {
    this.#reads = reads;
    const store = createCacheStore();
    this.#cache = store === undefined ? undefined : new JobCache(store, new Verifier(reads.fs));
  }

  opened(file: string, text: string): void {
    this.#open.set(file, text);
  }

  closed(file: string): void {
    this.#open.delete(file);
  }

  /** Keeps an answer about an open document if all open documents are as they are on disk. */
  keep(job: AnalyseJob, reply: AnalyseReply): void {
    const file = job.files[0]?.file;
    const text = file === undefined ? undefined : this.#open.get(file);
    if (this.#cache === undefined || file === undefined || text === undefined || this.#kept.get(file) === text) return;
    if (this.#reads.size > MAX_READS || ![...this.#open].every(([path, own]) => this.#isOnDisk(path, own))) return;
    this.#kept.set(file, text);
    this.#cache.keep(job, { ...reply, reads: this.#reads.all() });
  }

  #isOnDisk(file: string, text: string): boolean {
    const read = this.#reads.fs.read(file);
    return read.kind === 'bytes' && decode(read.bytes).text === text;
  }
}
