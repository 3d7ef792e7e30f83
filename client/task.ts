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
    const { paths = ['.'], kernel, args: further = [] } = definition;
    const settings = vscode.workspace.getConfiguration('guplint', typeof scope === 'object' ? scope : null);
    const args = [this.#program, 'check', ...paths, ...argumentsOf(settings, kernel), ...further];
    // In the desktop application the running program is Electron, which takes this variable to be Node.
    const run = new vscode.ProcessExecution(process.execPath, args, { env: { ELECTRON_RUN_AS_NODE: '1' } });
    const task = new vscode.Task(definition, scope, 'check', 'guplint', run, '$guplint');
    task.group = vscode.TaskGroup.Test;
    task.detail = 'Check the folder with the guplint command line';
    return task;
  }
}

/** What the editor's settings are on the command line, so that both say the same. `kernel`: what the task itself says of it. */
function argumentsOf(settings: vscode.WorkspaceConfiguration, kernel: string | undefined): readonly string[] {
  const defines = Object.entries(settings.get<Record<string, unknown>>('define', {}));
  const rules = Object.entries(settings.get<Record<string, string>>('rules', {}));
  return [
    ...option('--kernel', kernel ?? settings.get<string>('kernel')),
    ...option('--config', settings.get<string>('configFile')),
    ...option('--min-confidence', settings.get<string>('minConfidence')),
    ...rules.flatMap(([name, level]) => ['--rule', `${name}=${level}`]),
    ...defines.map(([name, value]) => (value === false ? `-U${name}` : `-D${name}=${value === true ? 1 : value}`)),
  ];
}

function option(name: string, value: string | undefined): readonly string[] {
  return value === undefined || value === '' ? [] : [name, value];
}
