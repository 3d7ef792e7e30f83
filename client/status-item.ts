/** The item in the status bar: kernels aimed at, findings and state of the file in the active editor. */
import * as vscode from 'vscode';
import type { Status } from './protocol.ts';
import { isSource } from './server.ts';

const SOURCES: Readonly<Record<string, string>> = {
  makefile: "the kernel tree's Makefile",
  flag: 'the setting guplint.kernel',
  config: 'guplint.json',
  derived: 'what the code itself shows',
  default: 'nothing: the newest known kernel is assumed',
};

/** Shows the last status of the active document. */
export class StatusItem implements vscode.Disposable {
  readonly #item = vscode.window.createStatusBarItem('guplint.status', vscode.StatusBarAlignment.Right, 90);
  readonly #known = new Map<string, Status>();
  readonly #subscription: vscode.Disposable;

  constructor() {
    this.#item.name = 'guplint';
    this.#item.command = 'guplint.menu';
    this.#subscription = vscode.window.onDidChangeActiveTextEditor(() => this.show());
  }

  update(status: Status): void {
    this.#known.set(vscode.Uri.parse(status.uri).toString(), status);
    this.show();
  }

  /** Shows what is known of the active editor's document; hides for other languages. */
  show(): void {
    const document = vscode.window.activeTextEditor?.document;
    const status = document === undefined ? undefined : this.#known.get(document.uri.toString());
    if (document === undefined || !isSource(document) || status === undefined) {
      this.#item.hide();
      return;
    }
    const { text, warn } = summary(status);
    this.#item.text = text;
    this.#item.backgroundColor = warn ? new vscode.ThemeColor('statusBarItem.warningBackground') : undefined;
    this.#item.tooltip = new vscode.MarkdownString(details(status));
    this.#item.show();
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#item.dispose();
  }
}

function summary(status: Status): { readonly text: string; readonly warn: boolean } {
  if (status.state === 'idle') return { text: '$(pin) guplint', warn: false };
  if (status.state === 'failed') return { text: '$(error) guplint', warn: true };
  const { errors, warnings, kernel } = status;
  const count = errors + warnings === 0 ? '$(check)' : `$(error) ${errors} $(warning) ${warnings}`;
  const icon = status.indexing ? '$(sync~spin)' : '$(pin)';
  return { text: `${icon} ${kernel} ${count}`, warn: status.problems.length > 0 };
}

function details(status: Status): string {
  if (status.state === 'idle') return 'guplint: nothing in this file takes or gives back user pages';
  const lines = ['**guplint**', ''];
  if (status.kernel !== '')
    lines.push(`- kernel ${status.kernel}, by ${SOURCES[status.kernelSource] ?? status.kernelSource}`);
  if (status.configFile !== undefined) lines.push(`- configuration: ${status.configFile}`);
  lines.push(`- ${status.sites} sites; ${status.errors} errors, ${status.warnings} warnings, ${status.hints} hints`);
  lines.push(`- index: ${indexText(status)}`);
  lines.push(`- analysed in ${status.time.toFixed(0)} ms`);
  for (const name of status.damaged)
    lines.push(`- ${name}() could not be parsed in full: findings in it may be missing`);
  for (const skip of status.skipped) lines.push(`- not analysed to the end: ${skip}`);
  for (const problem of status.problems) lines.push(`- **${problem}**`);
  return lines.join('\n');
}

function indexText({ index, indexing, indexedFiles }: Status): string {
  const files = `${indexedFiles} file${indexedFiles === 1 ? '' : 's'}`;
  const reach = {
    none: 'open files only',
    directory: `${files}, the directories in use`,
    workspace: `${files}, all of the folder`,
  };
  return indexing ? `${reach[index]}; looking at more` : reach[index];
}
