/**
 * The extension's entry. Activation registers commands and views and nothing else; the server starts with the first C file that is
 * open, or with the first command that needs it.
 */
import * as vscode from 'vscode';
import { Explanations, SCHEME } from './explain.ts';
import type { SiteEntry } from './protocol.ts';
import { isSource, ServerProcess } from './server.ts';
import { SitesView } from './sites-view.ts';
import { StatusItem } from './status-item.ts';
import { CheckTasks } from './task.ts';
import { exportReport, lintWorkspace } from './workspace-commands.ts';

/** Called by VS Code once. What it subscribes to the context, the server among it, is disposed of when the window closes. */
export function activate(context: vscode.ExtensionContext): void {
  const status = new StatusItem();
  const explanations: Explanations = new Explanations(() => serverProcess);
  const sites = new SitesView(async (again) => {
    const client = await serverProcess.client();
    return client.sendRequest<SiteEntry[]>('guplint/sites', { again });
  });
  const serverProcess: ServerProcess = new ServerProcess(context, {
    status: (s) => status.update(s),
    sitesChanged: () => sites.stale(),
    explain: (topic) => explanations.show(topic),
  });
  context.subscriptions.push(
    serverProcess,
    status,
    sites,
    vscode.workspace.registerTextDocumentContentProvider(SCHEME, explanations),
    vscode.tasks.registerTaskProvider('guplint', new CheckTasks(context)),
    vscode.workspace.onDidOpenTextDocument((document) => startFor(document, serverProcess)),
    ...commands(serverProcess, sites, explanations),
  );
  for (const document of vscode.workspace.textDocuments) startFor(document, serverProcess);
}

function startFor(document: vscode.TextDocument, serverProcess: ServerProcess): void {
  if (!isSource(document)) return;
  serverProcess.client().catch((error: unknown) => {
    serverProcess.output.error(error instanceof Error ? error : String(error));
    void tellFailure(serverProcess);
  });
}

async function tellFailure(serverProcess: ServerProcess): Promise<void> {
  const choice = await vscode.window.showErrorMessage(
    'guplint: the server could not be started.',
    'Show Output',
    'Restart',
  );
  if (choice === 'Show Output') serverProcess.output.show();
  if (choice === 'Restart') await serverProcess.restart();
}

function commands(serverProcess: ServerProcess, sites: SitesView, explanations: Explanations): vscode.Disposable[] {
  const register = vscode.commands.registerCommand;
  return [
    register('guplint.lintWorkspace', () => lintWorkspace(serverProcess)),
    register('guplint.exportReport', (target?: unknown) => exportReport(serverProcess, target)),
    register('guplint.clearFindings', () => execute(serverProcess, 'guplint.clearWorkspace')),
    register('guplint.showSites', () => vscode.commands.executeCommand('guplint.sites.focus')),
    register('guplint.refreshSites', () => sites.refresh()),
    register('guplint.sitesByCase', () => sites.group('case')),
    register('guplint.sitesByDirectory', () => sites.group('directory')),
    register('guplint.explainRule', (topic?: unknown) => explainRule(explanations, topic)),
    register('guplint.restart', () => serverProcess.restart()),
    register('guplint.showOutput', () => serverProcess.output.show()),
    register('guplint.menu', () => menu()),
  ];
}

async function execute<R>(serverProcess: ServerProcess, command: string): Promise<R> {
  const client = await serverProcess.client();
  return client.sendRequest<R>('workspace/executeCommand', { command, arguments: [] });
}

/** Explains a topic: the one given, that of the finding under the cursor, or one that the user chooses. */
async function explainRule(explanations: Explanations, topic: unknown): Promise<void> {
  const chosen = typeof topic === 'string' ? topic : (ruleAtCursor() ?? (await askForTopic()));
  if (chosen !== undefined && chosen !== '') await explanations.show(chosen);
}

function ruleAtCursor(): string | undefined {
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined) return undefined;
  const here = vscode.languages
    .getDiagnostics(editor.document.uri)
    .find((d) => d.source === 'guplint' && d.range.contains(editor.selection.active));
  const code = here?.code;
  return typeof code === 'object' ? String(code.value) : code === undefined ? undefined : String(code);
}

function askForTopic(): Thenable<string | undefined> {
  return vscode.window.showInputBox({
    title: 'guplint: explain',
    prompt: 'A rule, a case (case1 to case5), a function, a FOLL_ flag or a concept (counting, longterm, dax, ...)',
  });
}

async function menu(): Promise<void> {
  const entries = [
    ['$(checklist) Check the workspace', 'guplint.lintWorkspace'],
    ['$(list-tree) Show all sites', 'guplint.showSites'],
    ['$(graph) Export a report', 'guplint.exportReport'],
    ['$(book) Explain a rule, case, function or flag', 'guplint.explainRule'],
    ['$(settings-gear) Settings', 'workbench.action.openSettings', 'guplint'],
    ['$(output) Show the output', 'guplint.showOutput'],
    ['$(debug-restart) Restart the server', 'guplint.restart'],
  ] as const;
  const picked = await vscode.window.showQuickPick(
    entries.map(([label]) => label),
    { title: 'guplint' },
  );
  const entry = entries.find(([label]) => label === picked);
  if (entry !== undefined) await vscode.commands.executeCommand(entry[1], ...entry.slice(2));
}
