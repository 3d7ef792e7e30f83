/**
 * The language server: what happens when. Documents come and go, settings and files change, and each of that leads to the analyses
 * that are needed and no others. Nothing is said before the first settings are known.
 */
import {
  type Connection,
  DidChangeConfigurationNotification,
  DidChangeWatchedFilesNotification,
  type DidChangeWatchedFilesParams,
  type InitializeParams,
  type InitializeResult,
  TextDocumentSyncKind,
} from 'vscode-languageserver/node';
import { BASELINE_NAME } from '../engine/baseline.ts';
import { CONFIG_NAME } from '../engine/config-name.ts';
import { directoryOf } from '../engine/paths.ts';
import { rulePage } from '../host/rule-pages.ts';
import { analyseDocument, warmFor } from './analyse-document.ts';
import { abilitiesOf, type ClientAbilities } from './client.ts';
import { ACTION_KINDS } from './code-actions.ts';
import { COMMANDS } from './commands.ts';
import type { Context, DocumentAnalysis, ServerInfo } from './context.ts';
import { Publisher } from './diagnostics.ts';
import { Documents } from './documents.ts';
import { answerRequests } from './handlers.ts';
import { indexDirectory } from './index-files.ts';
import { pathOfUri, type Root } from './root.ts';
import { Roots } from './roots.ts';
import { Schedule } from './schedule.ts';
import { readSettings } from './settings.ts';
import { StatusSender } from './status.ts';

/** Milliseconds after an edit until other open documents that may rest on it are analysed again. */
const RIPPLE = 300;

/** The server behind one connection. */
export class Server {
  readonly #connection: Connection;
  readonly #documents = new Documents();
  readonly #roots = new Roots();
  readonly #schedule: Schedule<DocumentAnalysis>;
  readonly #info: ServerInfo;
  #context: Context;
  #publisher: Publisher;
  #status: StatusSender;
  #initial: unknown;
  /** Whether the settings are known; before, nothing is analysed. */
  #ready = false;
  #becomeReady: () => void = () => undefined;
  readonly #whenReady = new Promise<void>((resolve) => {
    this.#becomeReady = resolve;
  });
  #ripple: NodeJS.Timeout | undefined;
  readonly #rippled = new Set<string>();

  constructor(connection: Connection, info: ServerInfo) {
    this.#connection = connection;
    this.#info = info;
    this.#schedule = new Schedule<DocumentAnalysis>({
      analyse: (uri) => analyseDocument(uri, this.#context),
      done: (uri, result) => this.#done(uri, result),
    });
    this.#context = this.#newContext(abilitiesOf(undefined));
    this.#publisher = new Publisher(this.#context);
    this.#status = new StatusSender(this.#context);
  }

  /** Registers everything and starts to listen. */
  listen(): void {
    const c = this.#connection;
    c.onInitialize((params) => this.#initialize(params));
    c.onInitialized(() => this.#initialized());
    c.onShutdown(() => this.#roots.close());
    c.onDidOpenTextDocument(({ textDocument }) => {
      if (typeof textDocument?.text !== 'string') return;
      const document = this.#documents.open(textDocument);
      this.#tell(document.uri);
      this.#publisher.opened(document.uri);
      warmFor(document.uri, this.#context);
      if (this.#ready) this.#schedule.want(document.uri);
    });
    c.onDidChangeTextDocument((params) => {
      const document = this.#documents.change(params);
      if (document === undefined) return;
      this.#tell(document.uri);
      if (!this.#ready || this.#roots.placeOf(document.uri)?.root.settings.run === 'onSave') return;
      this.#schedule.want(document.uri);
      this.#rippleFrom(document.uri);
    });
    c.onDidSaveTextDocument(({ textDocument }) => this.#saved(textDocument.uri));
    c.onDidCloseTextDocument(({ textDocument }) => this.#closed(textDocument.uri));
    c.onDidChangeConfiguration(({ settings }) => {
      if (!this.#context.client.configuration) this.#initial = (settings as { guplint?: unknown } | null)?.guplint;
      return this.#configure();
    });
    c.onDidChangeWatchedFiles((params) => this.#filesChanged(params));
    answerRequests(c, () => ({ context: this.#context, publisher: this.#publisher, ready: this.#whenReady }));
    c.listen();
  }

  #newContext(client: ClientAbilities): Context {
    return {
      connection: this.#connection,
      client,
      info: this.#info,
      documents: this.#documents,
      roots: this.#roots,
      schedule: this.#schedule,
      pageOf: rulePage,
      indexChanged: (root) => this.#tellStatus(root),
    };
  }

  #initialize(params: InitializeParams): InitializeResult {
    const client = abilitiesOf(params.capabilities);
    this.#context = this.#newContext(client);
    this.#publisher = new Publisher(this.#context);
    this.#status = new StatusSender(this.#context);
    this.#documents.encoding = client.encoding;
    this.#initial = params.initializationOptions;
    const folders = params.workspaceFolders ?? (typeof params.rootUri === 'string' ? [{ uri: params.rootUri }] : []);
    for (const folder of folders) if (typeof folder?.uri === 'string') this.#roots.addFolder(folder.uri);
    return { serverInfo: this.#info, capabilities: { positionEncoding: client.encoding, ...capabilities(client) } };
  }

  async #initialized(): Promise<void> {
    const { client } = this.#context;
    const c = this.#connection;
    try {
      if (client.watchConfiguration)
        await c.client.register(DidChangeConfigurationNotification.type, { section: 'guplint' });
      if (client.watchFiles) {
        const globs = ['**/*.{c,h}', `**/{${CONFIG_NAME},*.model.json,${BASELINE_NAME},Makefile}`];
        await c.client.register(DidChangeWatchedFilesNotification.type, {
          watchers: globs.map((globPattern) => ({ globPattern })),
        });
      }
    } catch (error) {
      c.console.warn(`registration refused: ${String(error)}`);
    }
    if (client.workspaceFolders) {
      c.workspace.onDidChangeWorkspaceFolders(async ({ added, removed }) => {
        for (const { uri } of removed) await this.#roots.removeFolder(uri);
        for (const { uri } of added) this.#roots.addFolder(uri);
        for (const document of this.#documents.all()) this.#tell(document.uri);
        await this.#configure();
      });
    }
    await this.#configure();
  }

  /** Asks for the settings of every folder, and analyses all open documents anew. */
  async #configure(): Promise<void> {
    const { client } = this.#context;
    const folders = this.#roots.all();
    let values: unknown[] = folders.map(() => this.#initial);
    let fallback = this.#initial;
    if (client.configuration) {
      try {
        const items = [{ section: 'guplint' }, ...folders.map((r) => ({ scopeUri: r.uriOf('.'), section: 'guplint' }))];
        const answers: unknown = await Promise.race([this.#connection.workspace.getConfiguration(items), noAnswer()]);
        if (Array.isArray(answers)) [fallback, ...values] = answers;
      } catch (error) {
        this.#connection.console.warn(`no settings: ${String(error)}`);
      }
    }
    this.#roots.fallback = readSettings(fallback ?? this.#initial);
    folders.forEach((root, i) => {
      root.configure(readSettings(values[i] ?? fallback ?? this.#initial));
      root.thread.touched([]);
    });
    this.#ready = true;
    for (const document of this.#documents.all()) this.#schedule.want(document.uri);
    this.#becomeReady();
    this.#refresh();
  }

  #refresh(): void {
    const { client } = this.#context;
    const { languages } = this.#connection;
    const ignore = (): undefined => undefined;
    if (client.refreshDiagnostics) languages.diagnostics.refresh().catch?.(ignore);
    if (client.refreshLenses) this.#connection.sendRequest('workspace/codeLens/refresh').catch(ignore);
    if (client.refreshInlays) languages.inlayHint.refresh().catch?.(ignore);
  }

  /** Gives a document's text to the thread that may need it. */
  #tell(uri: string): void {
    const place = this.#roots.placeOf(uri);
    const document = this.#documents.get(uri);
    if (place !== undefined && document !== undefined && /\.[ch]$/.test(place.file))
      place.root.thread.opened(place.file, document.getText());
  }

  #done(uri: string, analysis: DocumentAnalysis | undefined): void {
    if (analysis === undefined) return;
    const { root, file, result, problem } = analysis;
    if (problem !== undefined) this.#connection.console.error(problem);
    if (result !== undefined) root.results.set(file, result);
    else root.results.delete(file);
    this.#publisher.document(analysis);
    this.#publisher.configs(root);
    this.#status.send(analysis);
    if (this.#documents.get(uri)?.version !== analysis.version) return;
    // Shown at once; what the thread says of the text itself follows, and has it loaded for the first edit.
    if (analysis.earlier) this.#schedule.want(uri);
    else if (result !== undefined && result.sites.length === 0 && root.thread.started)
      void indexDirectory(this.#context, root, directoryOf(file));
  }

  /** The state of a root's index is shown with each of its documents. */
  #tellStatus(root: Root): void {
    for (const { uri } of this.#documents.all()) {
      const last = this.#schedule.last(uri);
      if (last?.root === root) this.#status.send(last);
    }
  }

  /** Open documents that may rest on one that was typed into are analysed again once typing pauses. */
  #rippleFrom(uri: string): void {
    this.#rippled.add(uri);
    clearTimeout(this.#ripple);
    this.#ripple = setTimeout(() => {
      const changed = [...this.#rippled].flatMap((u) => this.#roots.placeOf(u) ?? []);
      this.#rippled.clear();
      let any = false;
      for (const { uri: other } of this.#documents.all()) {
        const place = this.#roots.placeOf(other);
        if (place === undefined || !changed.some((c) => restsOn(place, c))) continue;
        this.#schedule.want(other);
        any = true;
      }
      if (any) this.#refresh();
    }, RIPPLE);
    this.#ripple.unref();
  }

  #saved(uri: string): void {
    const place = this.#roots.placeOf(uri);
    if (place === undefined || !this.#ready) return;
    if (!this.#context.client.watchFiles && !/\.[ch]$/.test(place.file))
      this.#filesChanged({ changes: [{ uri, type: 2 }] });
    if (place.root.settings.run === 'onSave' && this.#documents.get(uri) !== undefined) {
      this.#schedule.want(uri);
      this.#refresh();
    }
  }

  #closed(uri: string): void {
    if (this.#documents.close(uri) === undefined) return;
    this.#schedule.forget(uri);
    this.#publisher.closed(uri);
    this.#status.closed(uri);
    const place = this.#roots.placeOf(uri);
    if (place === undefined) return;
    place.root.results.delete(place.file);
    place.root.forgetDirectory(directoryOf(place.file));
    place.root.thread.closed(place.file);
    // What was typed is gone; the lists of all sites are to show what is on disk.
    if (place.root.index.reach === 'workspace')
      void indexDirectory(this.#context, place.root, directoryOf(place.file)).then(() =>
        this.#status.sitesChanged(uri),
      );
  }

  /** Files changed on disk: documents of their roots are analysed again. */
  #filesChanged({ changes }: DidChangeWatchedFilesParams): void {
    const touched = new Map<Root, string[]>();
    for (const { uri } of Array.isArray(changes) ? changes : []) {
      const place = pathOfUri(uri) === undefined ? undefined : this.#roots.placeOf(uri);
      if (place === undefined) continue;
      const { root, file } = place;
      if (!/\.[ch]$/.test(file)) root.reread();
      else if (this.#documents.get(uri) === undefined) root.results.delete(file);
      root.forgetDirectory(directoryOf(file));
      touched.set(root, [...(touched.get(root) ?? []), file]);
    }
    for (const [root, files] of touched) {
      if (files.some((file) => !/\.[ch]$/.test(file))) root.thread.touched([]);
      else root.thread.touched(files);
      for (const { uri } of this.#documents.all())
        if (this.#roots.placeOf(uri)?.root === root) this.#schedule.want(uri);
    }
    if (touched.size > 0 && this.#ready) this.#refresh();
  }
}

/** Milliseconds that a client has to tell its settings; then those it started the server with hold. */
const SETTINGS_PATIENCE = 10_000;

function noAnswer(): Promise<undefined> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(undefined), SETTINGS_PATIENCE).unref();
  });
}

/** Whether an open file may rest on another: a header of the same root, or a file of the same directory. */
function restsOn(place: { root: Root; file: string }, changed: { root: Root; file: string }): boolean {
  if (place.root !== changed.root || place.file === changed.file) return false;
  return changed.file.endsWith('.h') || directoryOf(place.file) === directoryOf(changed.file);
}

/** What the server can do for a client. */
function capabilities(client: ClientAbilities): InitializeResult['capabilities'] {
  return {
    textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental, save: true },
    ...(client.pullDiagnostics
      ? { diagnosticProvider: { identifier: 'guplint', interFileDependencies: true, workspaceDiagnostics: false } }
      : {}),
    codeActionProvider: client.actionLiterals
      ? { codeActionKinds: [...ACTION_KINDS], resolveProvider: client.resolveEdit }
      : true,
    hoverProvider: true,
    codeLensProvider: {},
    inlayHintProvider: {},
    definitionProvider: true,
    implementationProvider: true,
    referencesProvider: true,
    documentHighlightProvider: true,
    documentSymbolProvider: { label: 'guplint' },
    completionProvider: { triggerCharacters: ['|', '_'] },
    executeCommandProvider: { commands: [...COMMANDS], workDoneProgress: true },
    ...(client.workspaceFolders
      ? { workspace: { workspaceFolders: { supported: true, changeNotifications: true } } }
      : {}),
  };
}
