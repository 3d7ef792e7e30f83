/**
 * A language server's analysis thread, seen from the thread that speaks with the editor. It is started by the first job, and
 * again after it died or hung: it is then told of all open documents once more.
 */
import type { Worker } from 'node:worker_threads';
import type { AnalyseJob, AnalyseReply, SessionReply, SessionRequest } from '../engine/protocol.ts';
import { keepsCompiled } from './compiled.ts';
import { startWorker } from './start-worker.ts';

/** Milliseconds after which an analysis is taken to hang; the largest kernel file takes below 2 % of it. */
const PATIENCE = 60_000;

/**
 * Megabytes for new objects: what an analysis makes is mostly gone when it ends, and is collected less often where there is room.
 */
const YOUNG = 64;

interface Waiting {
  readonly resolve: (reply: AnalyseReply) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/** One thread; jobs are done in the order they are given. */
export class SessionThread {
  readonly #root: string;
  readonly #open = new Map<string, string>();
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #nextId = 0;

  /** `root`: the directory that paths are relative to. */
  constructor(root: string) {
    this.#root = root;
  }

  get started(): boolean {
    return this.#worker !== undefined;
  }

  /** Starts the thread if it is not: a job will come. */
  warm(): void {
    this.#worker ??= this.#start();
  }

  opened(file: string, text: string): void {
    this.#open.set(file, text);
    this.#tell({ kind: 'opened', file, text });
  }

  closed(file: string): void {
    this.#open.delete(file);
    this.#tell({ kind: 'closed', file });
  }

  touched(files: readonly string[]): void {
    this.#tell({ kind: 'touched', files });
  }

  /** Rejects when the thread dies over the job or does not end it in time. */
  analyse(job: AnalyseJob): Promise<AnalyseReply> {
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      const timer = setTimeout(() => this.#end(new Error('an analysis did not end in time')), PATIENCE);
      timer.unref();
      this.#waiting.set(id, { resolve, reject, timer });
      this.#worker ??= this.#start();
      this.#worker.postMessage({ id, kind: 'analyse', job } satisfies SessionRequest);
    });
  }

  /** Ends the thread; jobs under way are rejected. A later job starts a new one. */
  async close(): Promise<void> {
    const worker = this.#worker;
    this.#end(new Error('the analysis was stopped'));
    await worker?.terminate();
  }

  #tell(request: SessionRequest): void {
    this.#worker?.postMessage(request);
  }

  #start(): Worker {
    const worker = startWorker({ root: this.#root, session: true, keep: keepsCompiled() }, { young: YOUNG });
    worker.unref();
    const lost = (error: Error): void => {
      if (this.#worker === worker) this.#end(error);
    };
    worker.on('message', (reply: SessionReply) => this.#settle(reply));
    worker.on('error', lost);
    worker.on('exit', () => lost(new Error('the analysis thread ended by itself')));
    for (const [file, text] of this.#open) worker.postMessage({ kind: 'opened', file, text } satisfies SessionRequest);
    return worker;
  }

  #settle(reply: SessionReply): void {
    const waiting = this.#waiting.get(reply.id);
    if (waiting === undefined) return;
    this.#waiting.delete(reply.id);
    clearTimeout(waiting.timer);
    if (reply.kind === 'failed') waiting.reject(new Error(reply.message));
    else waiting.resolve(reply.reply);
  }

  #end(error: Error): void {
    const worker = this.#worker;
    this.#worker = undefined;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject, timer } of waiting) {
      clearTimeout(timer);
      reject(error);
    }
    worker?.terminate().catch(() => undefined);
  }
}
