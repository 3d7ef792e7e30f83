/**
 * A pool of worker threads behind the engine's `Executor`. Each worker has at most two jobs, so that it never waits for a
 * message; a worker that dies gets a successor and its jobs are done again, once. Nothing depends on which worker does what.
 */
import os from 'node:os';
import type { Worker } from 'node:worker_threads';
import type { Executor, Overlay } from '../engine/host.ts';
import type { AnalyseJob, AnalyseReply, ScanJob, ScanReply, WorkerReply, WorkerRequest } from '../engine/protocol.ts';
import { keepsCompiled } from './compiled.ts';
import { startWorker } from './start-worker.ts';

/** Jobs a worker holds at once: one at work, one waiting. */
const HELD = 2;

type Request =
  | { readonly kind: 'scan'; readonly job: ScanJob }
  | { readonly kind: 'analyse'; readonly job: AnalyseJob }
  | { readonly kind: 'keep' };

interface Task {
  readonly request: WorkerRequest;
  readonly resolve: (reply: WorkerReply) => void;
  readonly reject: (error: Error) => void;
  retried: boolean;
}

/** As many workers as there are processors for this process. */
export function defaultJobs(): number {
  return os.availableParallelism();
}

/** Megabytes for new objects: the scanner's garbage is short-lived and small, a large nursery would only grow the process. */
const YOUNG = 24;

/** One worker thread and the jobs it holds. */
class Slot {
  readonly worker: Worker;
  readonly tasks = new Map<number, Task>();

  constructor(worker: Worker) {
    this.worker = worker;
  }
}

/** Worker threads that scan and analyse. */
export class WorkerPool implements Executor {
  readonly threads: number;
  readonly #root: string;
  readonly #files: Overlay | undefined;
  readonly #old: number | undefined;
  readonly #slots: Slot[] = [];
  readonly #queue: Task[] = [];
  #nextId = 0;
  #closed = false;

  /** `files` are laid over those below `root`. `old`: see `MemoryLimits`. */
  constructor(
    threads: number,
    root: string,
    { files, old }: { readonly files?: Overlay | undefined; readonly old?: number | undefined } = {},
  ) {
    this.threads = threads;
    this.#old = old;
    this.#root = root;
    this.#files = files;
    for (let i = 0; i < threads; i++) this.#start();
  }

  async scan(job: ScanJob): Promise<ScanReply> {
    const reply = await this.#submit({ kind: 'scan', job });
    if (reply.kind !== 'scan') throw new Error('a worker answered another question');
    return reply.reply;
  }

  async analyse(job: AnalyseJob): Promise<AnalyseReply> {
    const reply = await this.#submit({ kind: 'analyse', job });
    if (reply.kind !== 'analyse') throw new Error('a worker answered another question');
    return reply.reply;
  }

  turn(): Promise<void> {
    return new Promise((resolve) => {
      setImmediate(resolve);
    });
  }

  async close(): Promise<void> {
    // One worker does; of a run that was broken off, none.
    const isIdle = this.#queue.length === 0 && this.#slots.every((slot) => slot.tasks.size === 0);
    if (isIdle && this.#slots.length > 0 && keepsCompiled())
      await this.#submit({ kind: 'keep' }).catch(() => undefined);
    this.#closed = true;
    await Promise.all(this.#slots.map((slot) => slot.worker.terminate()));
  }

  #submit(request: Request): Promise<WorkerReply> {
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#queue.push({ request: { id, ...request }, resolve, reject, retried: false });
      this.#dispatch();
    });
  }

  #start(): void {
    const slot = new Slot(startWorker({ root: this.#root, files: this.#files }, { young: YOUNG, old: this.#old }));
    this.#slots.push(slot);
    slot.worker.on('message', (reply: WorkerReply) => {
      this.#settle(slot, reply);
    });
    slot.worker.on('error', (error: Error) => {
      this.#replace(slot, error);
    });
    slot.worker.on('exit', () => {
      this.#replace(slot, new Error('a worker thread ended by itself'));
    });
  }

  #settle(slot: Slot, reply: WorkerReply): void {
    const task = slot.tasks.get(reply.id);
    slot.tasks.delete(reply.id);
    if (reply.kind === 'failed') task?.reject(new Error(reply.message));
    else task?.resolve(reply);
    this.#dispatch();
  }

  /** Takes a dead worker out and gives its jobs to a new one; a job that kills two workers is given up. */
  #replace(slot: Slot, error: Error): void {
    const index = this.#slots.indexOf(slot);
    if (index < 0 || this.#closed) return;
    this.#slots.splice(index, 1);
    for (const task of slot.tasks.values()) {
      if (task.retried) task.reject(error);
      else {
        task.retried = true;
        this.#queue.unshift(task);
      }
    }
    this.#dispatch();
  }

  #dispatch(): void {
    if (this.#slots.length === 0 && this.#queue.length > 0 && !this.#closed) this.#start();
    for (let held = 0; held < HELD; held++) {
      for (const slot of this.#slots) {
        if (slot.tasks.size > held) continue;
        const task = this.#queue.shift();
        if (task === undefined) return;
        slot.tasks.set(task.request.id, task);
        slot.worker.postMessage(task.request);
      }
    }
  }
}
