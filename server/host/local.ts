/**
 * Scans and analyses in the calling thread: what a worker does with each job, and what a run does that is too small for workers.
 */
import { createAnalyser } from '../engine/analyse-job.ts';
import type { Clock, Executor, FileSystem } from '../engine/host.ts';
import { modelPrefilter, type Prefilter, wordFilter } from '../engine/prefilter.ts';
import type { AnalyseJob, AnalyseReply, InputProblem, ScanJob, ScanReply } from '../engine/protocol.ts';
import { latin1 } from '../syntax/decode.ts';
import { initParser } from '../syntax/parser.ts';
import { parserFiles } from './parser-files.ts';
import { Scanner } from './scan.ts';
import { systemMessage } from './system.ts';

interface Filter {
  readonly prefilter: Prefilter;
  readonly scanner: Scanner;
}

/** Does jobs one after the other, in this thread. */
export class LocalExecutor implements Executor {
  readonly threads = 0;
  readonly #clock: Clock;
  readonly #fs: FileSystem;
  readonly #analyse: (job: AnalyseJob) => AnalyseReply;
  /** The filters in use, by the words they look for: one for the model's names, few others. */
  readonly #filters = new Map<string, Filter>();
  #parser: Promise<void> | undefined;

  constructor(fs: FileSystem, clock: Clock) {
    this.#fs = fs;
    this.#clock = clock;
    this.#analyse = createAnalyser(fs, clock);
  }

  /** Starts to load the parser; `analyse` waits for it. */
  warm(): Promise<void> {
    this.#parser ??= initParser(parserFiles());
    return this.#parser;
  }

  scan(job: ScanJob): Promise<ScanReply> {
    return Promise.resolve(this.scanNow(job));
  }

  /** Reads files and says which of them name something of the model, or one of the job's words. */
  scanNow({ files, words }: ScanJob): ScanReply {
    const start = this.#clock.now();
    const { prefilter, scanner } = this.#filterFor(words);
    const hits: { index: number; size: number }[] = [];
    const problems: InputProblem[] = [];
    let bytes = 0;
    files.forEach((file, index) => {
      try {
        const held = this.#fs.held?.(file);
        const scanned =
          held === undefined
            ? scanner.scanFile(this.#fs.resolve(file))
            : { found: scanner.scanBytes(held), bytes: held.length };
        bytes += scanned.bytes;
        if (!scanned.found) return;
      } catch (error) {
        problems.push({ path: file, message: systemMessage(error) });
        return;
      }
      const read = this.#fs.read(file);
      if (read.kind === 'problem') problems.push(read.problem);
      else if (prefilter.test(latin1(read.bytes))) hits.push({ index, size: read.bytes.length });
    });
    return { hits, bytes, problems, time: this.#clock.now() - start };
  }

  #filterFor(words: readonly string[] | undefined): Filter {
    const key = words?.join(' ') ?? '';
    let filter = this.#filters.get(key);
    if (filter === undefined) {
      const prefilter = words === undefined ? modelPrefilter() : wordFilter(words);
      filter = { prefilter, scanner: new Scanner(prefilter.strings) };
      this.#filters.set(key, filter);
    }
    return filter;
  }

  async analyse(job: AnalyseJob): Promise<AnalyseReply> {
    await this.warm();
    return this.#analyse(job);
  }

  turn(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
