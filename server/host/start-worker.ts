/** Starts worker threads on the entry of worker.ts: from its bundle, or from the sources where these are run by tsx. */
import { createRequire } from 'node:module';
import nodePath from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Overlay } from '../engine/host.ts';

/** What the entry is told. */
export interface WorkerData {
  /** The directory that paths are relative to. */
  readonly root: string;
  /** Whether it is the analysis thread of a language server rather than one of a pool. */
  readonly session?: boolean;
  /** Laid over the files below `root`. */
  readonly files?: Overlay | undefined;
  /** Whether an analysis thread keeps the program's compiled code for later sessions. */
  readonly keep?: boolean;
}

/** Megabytes of memory that a thread may take. */
export interface MemoryLimits {
  /** For new objects at most. */
  readonly young: number;
  /** For all others; the thread dies when it needs more. Below the system's own limit the heap also grows in smaller steps. */
  readonly old?: number | undefined;
}

/** Starts a thread. */
export function startWorker(workerData: WorkerData, { young, old }: MemoryLimits): Worker {
  const fromSource = __filename.endsWith('.ts');
  return new Worker(nodePath.join(__dirname, fromSource ? 'worker.ts' : 'worker.js'), {
    workerData,
    execArgv: fromSource ? ['--require', createRequire(__filename).resolve('tsx/cjs')] : [],
    resourceLimits: {
      maxYoungGenerationSizeMb: young,
      ...(old === undefined ? {} : { maxOldGenerationSizeMb: old }),
    },
  });
}
