/** The commands that a client can have executed. */
import { ErrorCodes, type ExecuteCommandParams, ResponseError, type WorkspaceEdit } from 'vscode-languageserver/node';
import { explainTopic } from '../ide/explain.ts';
import { APPLY, EXPLAIN } from './code-actions.ts';
import type { Context } from './context.ts';
import type { Publisher } from './diagnostics.ts';
import { exportReport } from './export-report.ts';
import { lintWorkspace, type Watch } from './workspace-run.ts';

/** Checks every folder and publishes the findings of closed files. */
const LINT_WORKSPACE = 'guplint.checkWorkspace';

/** Takes the findings of the last check of the workspace back. */
const CLEAR_WORKSPACE = 'guplint.clearWorkspace';

/** Writes the report of a folder: `[target URI, folder URI?]`. */
const EXPORT_REPORT = 'guplint.writeReport';

/** Every command. */
export const COMMANDS: readonly string[] = [EXPLAIN, APPLY, LINT_WORKSPACE, CLEAR_WORKSPACE, EXPORT_REPORT];

/** Executes a command; refuses one that it does not know, or with arguments that are not its own. */
export async function execute(
  { command, arguments: args }: ExecuteCommandParams,
  context: Context,
  publisher: Publisher,
  watch: Watch,
): Promise<unknown> {
  if (command === LINT_WORKSPACE) return lintWorkspace(context, publisher, watch);
  if (command === CLEAR_WORKSPACE) {
    publisher.clear();
    return null;
  }
  if (command === EXPORT_REPORT && typeof args?.[0] === 'string')
    return exportReport(args[0], typeof args[1] === 'string' ? args[1] : undefined, context, watch);
  if (command === EXPLAIN && typeof args?.[0] === 'string') return explain(args[0], context);
  if (command === APPLY && typeof args?.[0] === 'string' && typeof args[1] === 'object')
    return context.connection.workspace.applyEdit({ label: args[0], edit: args[1] as WorkspaceEdit });
  const what = COMMANDS.includes(command)
    ? `${command} does not take these arguments`
    : `there is no command ${command}`;
  throw new ResponseError(ErrorCodes.InvalidParams, what);
}

/** Shows what explains a topic: a rule's page where the client can open it, a message otherwise. Returns the text too. */
async function explain(topic: string, context: Context): Promise<string | null> {
  const text = explainTopic(topic);
  if (text === undefined) return null;
  const page = context.pageOf(topic);
  if (page !== undefined && context.client.showDocument) {
    await context.connection.window.showDocument({ uri: page, takeFocus: true });
    return text;
  }
  void context.connection.window.showInformationMessage(shortened(text));
  return text;
}

/** The head of an explanation: a message box shows no whole page. */
function shortened(text: string): string {
  const [head = ''] = text.split(/\n## Example/);
  return head.replace(/^#+ /gm, '').trim();
}
