/** Everything the engine asks of the machine, in one value. */
import type { Host } from '../engine/host.ts';
import { createCacheStore } from './cache-store.ts';
import { clock } from './clock.ts';
import { createFileSystem } from './files.ts';
import { LocalExecutor } from './local.ts';
import { WorkerPool } from './pool.ts';

/** The host of a run; paths are relative to `root`. `old`: megabytes for what lives long in each thread of a run; see `MemoryLimits`. */
export function createHost(root: string = process.cwd(), old?: number): Host {
  const fs = createFileSystem(root);
  const cache = createCacheStore();
  return {
    fs,
    clock,
    ...(cache === undefined ? {} : { cache }),
    local: (files) => new LocalExecutor(files, clock),
    pool: (threads, files) => new WorkerPool(threads, root, { files, old }),
  };
}
