/** A client of the language server: a real process, spoken to over its standard input and output. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  createMessageConnection,
  type MessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-jsonrpc/node';
import type { ClientCapabilities, Diagnostic, Position, Range } from 'vscode-languageserver/node';
import { bundleDirectory, temporaryTree } from './cli.ts';

/** Everything a capable client says of itself. */
export const CAPABLE: ClientCapabilities = {
  general: { positionEncodings: ['utf-16'] },
  workspace: {
    configuration: true,
    workspaceFolders: true,
    didChangeConfiguration: { dynamicRegistration: true },
    didChangeWatchedFiles: { dynamicRegistration: true },
    workspaceEdit: { documentChanges: true },
    diagnostics: { refreshSupport: true },
    codeLens: { refreshSupport: true },
    inlayHint: { refreshSupport: true },
  },
  textDocument: {
    diagnostic: {},
    publishDiagnostics: {
      relatedInformation: true,
      versionSupport: true,
      codeDescriptionSupport: true,
      tagSupport: { valueSet: [1, 2] },
    },
    codeAction: {
      dataSupport: true,
      resolveSupport: { properties: ['edit'] },
      codeActionLiteralSupport: { codeActionKind: { valueSet: ['quickfix', 'source.fixAll', 'refactor.rewrite'] } },
    },
    hover: { contentFormat: ['markdown', 'plaintext'] },
    documentSymbol: { hierarchicalDocumentSymbolSupport: true },
    definition: { linkSupport: true },
  },
  window: { workDoneProgress: true, showDocument: { support: true } },
};

/** A client that pushes are sent to, otherwise as capable. */
export const PUSHED: ClientCapabilities = {
  ...CAPABLE,
  textDocument: { ...CAPABLE.textDocument, diagnostic: undefined as never },
};

/** What a server was started with. */
export interface ClientOptions {
  readonly capabilities?: ClientCapabilities;
  readonly folders?: readonly string[];
  /** Answered to `workspace/configuration`. */
  readonly settings?: Record<string, unknown>;
  readonly initializationOptions?: unknown;
  /** Where answers are kept for other servers; by default every server has a place of its own. */
  readonly cache?: string;
  /** Send neither `initialize` nor `initialized`. */
  readonly silent?: boolean;
}

/** Milliseconds that an awaited event may take on a busy machine. */
const PATIENCE = 30_000;

/** One running server. */
export class LspClient {
  readonly process: ChildProcessWithoutNullStreams;
  readonly rpc: MessageConnection;
  /** Diagnostics pushed, by URI, newest last. */
  readonly pushed = new Map<string, { version?: number; diagnostics: Diagnostic[] }[]>();
  /** Every notification, in order. */
  readonly notified: { method: string; params: unknown }[] = [];
  readonly requested: string[] = [];
  settings: Record<string, unknown> | null;
  /** What `workspace/configuration` waits for before it answers. */
  configurationGate: Promise<void> = Promise.resolve();
  errors = '';
  readonly #waiting = new Set<() => void>();

  /** `settings`: the answer to a question for them. `command`: what starts the server; the bundle's by default. */
  constructor(
    settings: Record<string, unknown> | null = {},
    { command, cache }: { readonly command?: readonly string[]; readonly cache?: string | undefined } = {},
  ) {
    this.settings = settings;
    const bundled = [process.execPath, path.join(bundleDirectory(), 'guplint.js'), 'lsp', '--stdio'];
    const [program = '', ...args] = command ?? [...bundled, `--clientProcessId=${process.pid}`];
    const env = { ...process.env, XDG_CACHE_HOME: cache ?? temporaryTree({}) };
    this.process = spawn(program, args, { env });
    this.process.stderr.on('data', (d: Buffer) => {
      this.errors += d.toString();
    });
    this.rpc = createMessageConnection(
      new StreamMessageReader(this.process.stdout),
      new StreamMessageWriter(this.process.stdin),
    );
    this.rpc.onNotification((method, params) => {
      this.notified.push({ method, params });
      if (method === 'textDocument/publishDiagnostics') {
        const { uri, ...rest } = params as unknown as { uri: string; version?: number; diagnostics: Diagnostic[] };
        this.pushed.set(uri, [...(this.pushed.get(uri) ?? []), rest]);
      }
      for (const wake of this.#waiting) wake();
    });
    this.rpc.onUnhandledProgress((params) => {
      this.notified.push({ method: '$/progress', params });
      for (const wake of this.#waiting) wake();
    });
    this.rpc.onRequest(async (method, params) => {
      this.requested.push(method);
      for (const wake of this.#waiting) wake();
      if (method !== 'workspace/configuration') return null;
      await this.configurationGate;
      return (params as unknown as { items: unknown[] }).items.map(() => this.settings);
    });
    this.rpc.onError(() => undefined);
    this.rpc.listen();
  }

  static async start(options: ClientOptions = {}): Promise<LspClient> {
    const client = new LspClient(options.settings, { cache: options.cache });
    if (options.silent === true) return client;
    await client.initialize(options);
    return client;
  }

  async initialize(options: ClientOptions): Promise<unknown> {
    const folders = (options.folders ?? []).map((f) => ({ uri: pathToFileURL(f).href, name: path.basename(f) }));
    const answer = await this.rpc.sendRequest('initialize', {
      processId: process.pid,
      rootUri: folders[0]?.uri ?? null,
      workspaceFolders: folders.length === 0 ? null : folders,
      capabilities: options.capabilities ?? CAPABLE,
      initializationOptions: options.initializationOptions,
    });
    await this.rpc.sendNotification('initialized', {});
    return answer;
  }

  async open(file: string, text: string, version = 1): Promise<string> {
    const uri = pathToFileURL(file).href;
    await this.rpc.sendNotification('textDocument/didOpen', {
      textDocument: { uri, languageId: 'c', version, text },
    });
    return uri;
  }

  async change(uri: string, version: number, changes: readonly { range?: Range; text: string }[]): Promise<void> {
    await this.rpc.sendNotification('textDocument/didChange', {
      textDocument: { uri, version },
      contentChanges: changes,
    });
  }

  async close(uri: string): Promise<void> {
    await this.rpc.sendNotification('textDocument/didClose', { textDocument: { uri } });
  }

  /** Pulls the diagnostics of a document. */
  async pull(uri: string): Promise<Diagnostic[]> {
    const report = await this.request<{ items: Diagnostic[] }>('textDocument/diagnostic', { textDocument: { uri } });
    return report.items;
  }

  request<R>(method: string, params: unknown): Promise<R> {
    return this.rpc.sendRequest(method, params);
  }

  at<R>(method: string, uri: string, position: Position, more: object = {}): Promise<R> {
    return this.request(method, { textDocument: { uri }, position, ...more });
  }

  /** Waits until something holds; looked at after each message. */
  async until<T>(what: string, test: () => T | undefined | false): Promise<T> {
    const end = Date.now() + PATIENCE;
    for (;;) {
      const found = test();
      if (found !== undefined && found !== false) return found;
      if (Date.now() > end) throw new Error(`waited in vain for ${what}\n${this.errors}`);
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#waiting.delete(wake);
          clearTimeout(timer);
          resolve();
        };
        const timer = setTimeout(wake, 200);
        this.#waiting.add(wake);
      });
    }
  }

  /** The diagnostics pushed for a version, or the first ones pushed at all. */
  pushedFor(uri: string, version?: number): Promise<Diagnostic[]> {
    return this.until(`diagnostics of ${uri}`, () => {
      const all = this.pushed.get(uri) ?? [];
      return all.findLast((p) => version === undefined || p.version === version)?.diagnostics;
    });
  }

  /** Shuts the server down; resolves to its exit code. */
  async stop(): Promise<number | null> {
    const ended = new Promise<number | null>((resolve) => this.process.on('exit', resolve));
    await this.rpc.sendRequest('shutdown');
    await this.rpc.sendNotification('exit');
    const code = await ended;
    this.rpc.dispose();
    return code;
  }
}

/** The 0-based position of the first occurrence of a text, or of one behind `offset` letters in it. */
export function positionOf(text: string, wanted: string, inside = 0): Position {
  const at = text.indexOf(wanted);
  if (at < 0) throw new Error(`no ${wanted}`);
  const before = text.slice(0, at + inside);
  return { line: before.split('\n').length - 1, character: before.length - before.lastIndexOf('\n') - 1 };
}
