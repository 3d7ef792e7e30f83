/** The commands that look at whole folders: they show progress, can be cancelled, and tell at the end what they found. */
import * as vscode from 'vscode';
import type { ReportSummary, WorkspaceSummary } from './protocol.ts';
import type { ServerProcess } from './server.ts';

/** What the server is asked to do, and how that is called while it lasts. */
interface Ask {
  readonly title: string;
  readonly command: string;
  readonly arguments: readonly unknown[];
}

/** Has the server execute a command; undefined when the user cancels it. */
async function executeWatched<R>(serverProcess: ServerProcess, ask: Ask): Promise<R | undefined> {
  const client = await serverProcess.client();
  const { WorkDoneProgress } = await import('vscode-languageclient/node');
  const { title, command } = ask;
  return vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title, cancellable: true },
    async (progress, token) => {
      const workDoneToken = `${command}-${Date.now()}`;
      let done = 0;
      const listener = client.onProgress(WorkDoneProgress.type, workDoneToken, (value) => {
        if (value.kind !== 'report' || value.message === undefined) return;
        const increment = value.percentage === undefined ? 0 : value.percentage - done;
        done += increment;
        progress.report({ message: value.message, increment });
      });
      try {
        const params = { command, arguments: ask.arguments, workDoneToken };
        return await client.sendRequest<R>('workspace/executeCommand', params, token);
      } catch (error) {
        if (token.isCancellationRequested) return undefined;
        throw error;
      } finally {
        listener.dispose();
      }
    },
  );
}

/** Checks every folder of the workspace; the findings go to the Problems panel. */
export async function lintWorkspace(serverProcess: ServerProcess): Promise<void> {
  if ((vscode.workspace.workspaceFolders ?? []).length === 0) {
    void vscode.window.showWarningMessage('guplint: open a folder to check.');
    return;
  }
  const ask = { title: 'guplint: checking the workspace', command: 'guplint.checkWorkspace', arguments: [] };
  const sum = await executeWatched<WorkspaceSummary>(serverProcess, ask);
  if (sum === undefined) return;
  const { errors, warnings, infos, files, sites, problems } = sum;
  for (const problem of problems) serverProcess.output.warn(problem);
  if (problems.length > 0) void tellProblems(serverProcess, problems);
  if (files === 0) return;
  const found = [count(errors, 'error'), count(warnings, 'warning'), count(infos, 'hint')].join(', ');
  const choice = await vscode.window.showInformationMessage(
    `guplint: ${found} at ${count(sites, 'site')} in ${count(files, 'file')}`,
    'Show Problems',
  );
  if (choice !== undefined) await vscode.commands.executeCommand('workbench.actions.view.problems');
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}

/** The first of them as a message; all stand in the output. */
async function tellProblems({ output }: ServerProcess, problems: readonly string[]): Promise<void> {
  const more = problems.length === 1 ? '' : ` (and ${problems.length - 1} more)`;
  const choice = await vscode.window.showWarningMessage(`guplint: not checked: ${problems[0]}${more}`, 'Show Output');
  if (choice !== undefined) output.show();
}

/** Writes the report of a folder as an HTML page; asks which folder and where to. `target`: a URI in place of the second question. */
export async function exportReport(serverProcess: ServerProcess, target: unknown): Promise<void> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const folder = folders.length > 1 ? await vscode.window.showWorkspaceFolderPick() : folders[0];
  if (folder === undefined) {
    if (folders.length === 0) void vscode.window.showWarningMessage('guplint: open a folder to report of.');
    return;
  }
  const uri = target instanceof vscode.Uri ? target : await askForFile(folder);
  if (uri === undefined) return;
  const ask = {
    title: `guplint: report of ${folder.name}`,
    command: 'guplint.writeReport',
    arguments: [uri.toString(), folder.uri.toString()],
  };
  const written = await executeWatched<ReportSummary>(serverProcess, ask);
  if (written === undefined) return;
  const text = `guplint: report of ${count(written.findings, 'finding')} and ${count(written.sites, 'site')} written`;
  const choice = await vscode.window.showInformationMessage(text, 'Open in Browser');
  if (choice !== undefined) await vscode.env.openExternal(uri);
}

function askForFile(folder: vscode.WorkspaceFolder): Thenable<vscode.Uri | undefined> {
  return vscode.window.showSaveDialog({
    title: 'Export the report of guplint',
    defaultUri: vscode.Uri.joinPath(folder.uri, 'guplint-report.html'),
    filters: { HTML: ['html'] },
  });
}
