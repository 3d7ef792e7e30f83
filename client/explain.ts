/** Explanations of rules, cases, functions and flags as Markdown previews. */
import * as vscode from 'vscode';
import type { ServerProcess } from './server.ts';

/** The scheme of the documents that hold explanations. */
export const SCHEME = 'guplint-explain';

/** Serves and shows explanations. */
export class Explanations implements vscode.TextDocumentContentProvider {
  readonly #server: () => ServerProcess;

  constructor(server: () => ServerProcess) {
    this.#server = server;
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const topic = uri.path.replace(/^\//, '').replace(/\.md$/, '');
    const client = await this.#server().client();
    const answer = await client.sendRequest<{ markdown: string } | null>('guplint/explain', { topic });
    return answer?.markdown ?? `Nothing is known of ${topic}.`;
  }

  /** Shows a topic beside the editor: as a preview where VS Code has one, as text otherwise. */
  async show(topic: string): Promise<void> {
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${topic}.md` });
    try {
      await vscode.commands.executeCommand('markdown.showPreviewToSide', uri);
    } catch {
      await vscode.window.showTextDocument(uri, { viewColumn: vscode.ViewColumn.Beside, preview: true });
    }
  }
}
