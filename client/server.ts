/** The server's process and its life: started with the first C file or command, restarted on demand, ended with the window. */
import path from 'node:path';
import * as vscode from 'vscode';
import type { LanguageClient, LanguageClientOptions, ServerOptions } from 'vscode-languageclient/node';
import type { Status } from './protocol.ts';

/** What other parts of the extension want to hear of. */
export interface Listeners {
  status(status: Status): void;
  sitesChanged(): void;
  /** The server asks to have a topic explained. */
  explain(topic: string): Promise<void>;
}

/** Which documents are looked at: C, and headers, which VS Code takes for C++. */
const SELECTOR = [
  { scheme: 'file', language: 'c' },
  { scheme: 'file', language: 'cpp', pattern: '**/*.h' },
];

/** Whether a document is one of `SELECTOR`. */
export function isSource(document: vscode.TextDocument): boolean {
  return vscode.languages.match(SELECTOR, document) > 0;
}

/** The one server of a window. */
export class ServerProcess implements vscode.Disposable {
  readonly output = vscode.window.createOutputChannel('guplint', { log: true });
  readonly #program: string;
  readonly #listeners: Listeners;
  #client: LanguageClient | undefined;
  #starting: Promise<LanguageClient> | undefined;

  constructor(context: vscode.ExtensionContext, listeners: Listeners) {
    this.#program = context.asAbsolutePath(path.join('dist', 'guplint.js'));
    this.#listeners = listeners;
  }

  /** The running server, started if it was not. Rejects when it cannot be started. */
  client(): Promise<LanguageClient> {
    this.#starting ??= this.#start().catch((error: unknown) => {
      this.#starting = undefined;
      throw error;
    });
    return this.#starting;
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.client();
  }

  async stop(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    this.#starting = undefined;
    await client?.dispose();
  }

  dispose(): void {
    void this.stop();
    this.output.dispose();
  }

  async #start(): Promise<LanguageClient> {
    // The largest part of the extension by far: activation does without it.
    const { LanguageClient, TransportKind } = await import('vscode-languageclient/node');
    const run = { module: this.#program, args: ['lsp'], transport: TransportKind.stdio };
    const options: ServerOptions = { run, debug: run };
    const listeners = this.#listeners;
    const clientOptions: LanguageClientOptions = {
      documentSelector: SELECTOR,
      outputChannel: this.output,
      diagnosticPullOptions: { onChange: true, onSave: true },
      middleware: {
        executeCommand: async (command, args, next) => {
          if (command === 'guplint.explainTopic' && typeof args[0] === 'string') return listeners.explain(args[0]);
          return next(command, args);
        },
      },
    };
    const client = new LanguageClient('guplint', 'guplint', options, clientOptions);
    client.onNotification('guplint/status', (status: Status) => listeners.status(status));
    client.onNotification('guplint/sitesChanged', () => listeners.sitesChanged());
    await client.start();
    this.#client = client;
    return client;
  }
}
