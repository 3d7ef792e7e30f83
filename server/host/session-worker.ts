/**
 * What a language server's analysis thread does: takes the requests of protocol.ts in the order they come and answers jobs.
 * The parser loads while the first texts arrive.
 */
import type { MessagePort } from 'node:worker_threads';
import { KeptReads } from '../engine/cache/kept-reads.ts';
import type { SessionReply, SessionRequest } from '../engine/protocol.ts';
import { createSession } from '../engine/session.ts';
import { initParser } from '../syntax/parser.ts';
import { clock } from './clock.ts';
import { keepCompiled } from './compiled.ts';
import { createFileSystem } from './files.ts';
import { parserFiles } from './parser-files.ts';
import { SessionAnswers } from './session-answers.ts';

/** Serves requests for the files below a root, for as long as the thread lives. `keep`: see `WorkerData`. */
export function serveSession(port: MessagePort, root: string, keep: boolean): void {
  const reads = new KeptReads(createFileSystem(root));
  const session = createSession(reads.fs, clock);
  const answers = new SessionAnswers(reads);
  const parser = initParser(parserFiles());
  const take = async (request: SessionRequest): Promise<SessionReply | undefined> => {
    if (request.kind === 'opened') {
      session.opened(request.file, request.text);
      answers.opened(request.file, request.text);
    } else if (request.kind === 'closed') {
      session.closed(request.file);
      answers.closed(request.file);
      reads.forgetNames();
    } else if (request.kind === 'touched') {
      session.touched(request.files);
      reads.forgetNames();
    } else {
      const { id, job } = request;
      try {
        await parser;
        return { id, kind: 'analysed', reply: session.analyse(job) };
      } catch (error) {
        const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
        return { id, kind: 'failed', message };
      }
    }
    return undefined;
  };
  let last: Promise<void> = parser.catch(() => undefined);
  port.on('message', (request: SessionRequest) => {
    last = last.then(async () => {
      const reply = await take(request);
      if (reply === undefined) return;
      port.postMessage(reply);
      if (reply.kind === 'analysed' && request.kind === 'analyse') {
        answers.keep(request.job, reply.reply);
        if (keep) keepCompiled();
      }
    });
  });
}
