/** The language server over standard input and output, for as long as the client is there. */
import {
  createConnection,
  ProposedFeatures,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver/node';
import type { ServerInfo } from './context.ts';
import { Server } from './server.ts';

/** Serves until the input ends or the client says exit; the process then ends by itself. */
export function serveStdio(info: ServerInfo): Promise<void> {
  const reader = new StreamMessageReader(process.stdin);
  const writer = new StreamMessageWriter(process.stdout);
  const connection = createConnection(ProposedFeatures.all, reader, writer);
  new Server(connection, info).listen();
  return new Promise((resolve) => {
    process.stdin.on('end', resolve);
    process.stdin.on('close', resolve);
  });
}
