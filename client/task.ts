/** The task `guplint: check`, which runs the command line that comes with the extension; the problem matcher reads what it prints. */
import path from 'node:path';
import * as vscode from 'vscode';

/** What a task of tasks.json may say. */
interface CheckTask extends vscode.TaskDefinition {
  readonly paths?: readonly string[];
  readonly kernel?: string;
  readonly args?: readonly string[];
}

/** Offers the task for each folder, and resolves those of tasks.json. */
export class CheckTasks implements vscode.TaskProvider {
  readonly #program: string;

  constructor(context: vscode.ExtensionContext) {
    this.#program = context.asAbsolutePath(path.join('dist', 'guplint.js'));
  }

  provideTasks(): vscode.Task[] {
    return (vscode.workspace.workspaceFolders ?? []).map((folder) => this.#task({ type: 'guplint' }, folder));
  }

  resolveTask(task: vscode.Task): vscode.Task {
    return this.#task(task.definition as CheckTask, task.scope ?? vscode.TaskScope.Workspace);
  }

  #task(definition: CheckTask, scope: vscode.WorkspaceFolder | vscode.TaskScope): vscode.Task {
    const kernel = definition.kernel === undefined ? [] : ['--kernel', definition.kernel];
    const args = [this.#program, 'check', ...(definition.paths ?? ['.']), ...kernel, ...(definition.args ?? [])];
    // In the desktop application the running program is Electron, which takes this variable to be Node.
    const run = new vscode.ProcessExecution(process.execPath, args, { env: { ELECTRON_RUN_AS_NODE: '1' } });
    const task = new vscode.Task(definition, scope, 'check', 'guplint', run, '$guplint');
    task.group = vscode.TaskGroup.Test;
    task.detail = 'Check the folder with the guplint command line';
    return task;
  }
}
