/**
 * What worker threads do, those of a pool and that of a language server: answer the jobs of protocol.ts, one at a time, in the order they come.
 * The parser loads while the first files are scanned.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { overlayFiles } from '../engine/diff/overlay.ts';
import type { WorkerReply, WorkerRequest } from '../engine/protocol.ts';
import { clock } from './clock.ts';
import { keepCompiled } from './compiled.ts';
import { createFileSystem } from './files.ts';
import { LocalExecutor } from './local.ts';
import { serveSession } from './session-worker.ts';
import type { WorkerData } from './start-worker.ts';

const port = parentPort;
const { root, session, files, keep } = (workerData ?? {}) as WorkerData;
if (port !== null && session === true) serveSession(port, root, keep === true);
else if (port !== null) {
  const executor = new LocalExecutor(overlayFiles(createFileSystem(root), files ?? new Map()), clock);
  const answer = async (request: WorkerRequest): Promise<WorkerReply> => {
    const { id, kind } = request;
    try {
      if (request.kind === 'keep') {
        keepCompiled();
        return { id, kind: 'kept' };
      }
      if (request.kind === 'scan') return { id, kind: 'scan', reply: executor.scanNow(request.job) };
      return { id, kind: 'analyse', reply: await executor.analyse(request.job) };
    } catch (error) {
      return {
        id,
        kind: 'failed',
        message: `${kind}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      };
    }
  };
  let last: Promise<void> = executor.warm().catch(() => undefined);
  port.on('message', (request: WorkerRequest) => {
    last = last.then(async () => port.postMessage(await answer(request)));
  });
}
