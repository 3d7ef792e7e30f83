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
}

/** Starts a thread. `youngMb`: megabytes for new objects at most. */
export function startWorker(workerData: WorkerData, youngMb: number): Worker {
  const fromSource = __filename.endsWith('.ts');
  return new Worker(nodePath.join(__dirname, fromSource ? 'worker.ts' : 'worker.js'), {
    workerData,
    execArgv: fromSource ? ['--require', createRequire(__filename).resolve('tsx/cjs')] : [],
    resourceLimits: { maxYoungGenerationSizeMb: youngMb },
  });
}
