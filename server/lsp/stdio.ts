/**
 * The language server over standard input and output, for as long as the client is there. A client that goes without a word is taken
 * to have said `exit`: nothing that is still under way learns of it, and the process ends.
 */
import {
  createConnection,
  type DataCallback,
  type Disposable,
  type Message,
  ProposedFeatures,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver/node';
import type { ServerInfo } from './context.ts';
import { lifecycle } from './lifecycle.ts';
import { Server } from './server.ts';

/** The protocol's word for the end. */
const EXIT = { jsonrpc: '2.0', method: 'exit' } as Message;

/** Standard input as messages. */
class Input extends StreamMessageReader {
  #callback: DataCallback | undefined;

  constructor() {
    super(process.stdin);
    // A message of which a part is missing is waited for, without a timer that outlives the client.
    this.partialMessageTimeout = 0;
    process.stdin.on('end', () => this.end());
    process.stdin.on('error', () => this.end());
    this.onError((error) => {
      // A body that is no JSON is passed over. Of a header that cannot be read nobody knows where the next message begins.
      if (error instanceof SyntaxError) return;
      process.stderr.write(`guplint: standard input is not the language server protocol: ${firstLine(error)}\n`);
      this.end();
    });
  }

  override listen(callback: DataCallback): Disposable {
    this.#callback = callback;
    return super.listen(callback);
  }

  /** Ends the server. */
  end(): void {
    this.#callback?.(EXIT);
  }

  /** The connection is never told: what is under way would fail for want of somebody to tell its result. */
  protected override fireClose(): void {
    this.end();
  }
}

/** Standard output as messages; `gone` is called when nobody reads them any more. */
class Output extends StreamMessageWriter {
  readonly #gone: () => void;

  constructor(gone: () => void) {
    super(process.stdout);
    this.#gone = gone;
    process.stdout.on('error', gone);
  }

  override async write(message: Message): Promise<void> {
    await super.write(message).catch(() => this.#gone());
  }

  protected override fireError(): void {
    this.#gone();
  }

  protected override fireClose(): void {
    this.#gone();
  }
}

/** Serves until the client says exit or is gone, which ends the process: 0 after `shutdown`, else 1. */
export function serveStdio(info: ServerInfo): Promise<never> {
  const input = new Input();
  const output = new Output(() => input.end());
  const messageStrategy = lifecycle((response) => void output.write(response));
  new Server(createConnection(ProposedFeatures.all, input, output, { messageStrategy }), info).listen();
  return new Promise(() => undefined);
}

function firstLine(error: Error): string {
  return error.message.split('\n', 1)[0] ?? '';
}
