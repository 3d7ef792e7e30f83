/**
 * Code actions. Menus are made from the analysis of the current text; edits when an action is resolved, and only while the
 * document still is at the version the menu was made for.
 */
import {
  type CodeAction,
  CodeActionKind,
  type CodeActionParams,
  type Command,
  type Diagnostic,
  LSPErrorCodes,
  ResponseError,
  type TextEdit,
  type WorkspaceEdit,
} from 'vscode-languageserver/node';
import type { FileEdit, Finding, Fix } from '../engine/protocol.ts';
import { actionsAt, type IdeAction, ignoreEdit } from '../ide/actions.ts';
import { isShown } from '../ide/diagnostics.ts';
import { fixedText, lineEdits } from '../ide/fix-all.ts';
import { touches } from '../ide/follow.ts';
import { type Context, converter, type DocumentAnalysis, placed } from './context.ts';
import { type DiagnosticData, protocolDiagnostics } from './diagnostics.ts';

/** The kind of the action that applies all safe fixes. */
const FIX_ALL = `${CodeActionKind.SourceFixAll}.guplint`;

/** Kinds that the server has. */
export const ACTION_KINDS: readonly string[] = [CodeActionKind.QuickFix, CodeActionKind.RefactorRewrite, FIX_ALL];

/** The command behind "Explain". */
export const EXPLAIN = 'guplint.explainTopic';

/** What an action carries until it is resolved. */
interface ActionData {
  readonly uri: string;
  readonly version: number;
  readonly what:
    | { readonly kind: 'fix'; readonly fingerprint: string; readonly fix: number }
    | { readonly kind: 'ignore'; readonly fingerprint: string }
    | { readonly kind: 'fixAll' }
    | { readonly kind: 'convert'; readonly line: number; readonly column: number };
}

/** Whether actions of a kind are asked for. `only` names kinds and everything below them. */
function wanted(only: readonly string[] | undefined, kind: string): boolean {
  return only === undefined || only.some((o) => o === '' || kind === o || kind.startsWith(`${o}.`));
}

/** The menu for a range. */
export async function codeActions(params: CodeActionParams, context: Context): Promise<(CodeAction | Command)[]> {
  const { uri } = params.textDocument;
  const only = params.context?.only;
  if (!ACTION_KINDS.some((kind) => wanted(only, kind))) return [];
  const analysis = await context.schedule.current(uri);
  if (analysis === undefined) return [];
  const actions: CodeAction[] = [];
  if (wanted(only, CodeActionKind.QuickFix)) actions.push(...quickFixes(params, analysis, context));
  if (wanted(only, CodeActionKind.RefactorRewrite)) actions.push(...conversions(params, analysis, context));
  const all = analysis.findings.some((f) => f.fixes.some((fix) => fix.applicability === 'safe'));
  if (all && only !== undefined && wanted(only, FIX_ALL)) actions.push(fixAll(analysis));
  else if (all && only === undefined && actions.length > 0) actions.push(fixAll(analysis));
  const ready = context.client.resolveEdit
    ? actions
    : await Promise.all(actions.map((a) => (a.data === undefined ? a : resolveAction(a, context))));
  const usable = ready.filter((a) => a.edit !== undefined || a.command !== undefined || a.data !== undefined);
  return context.client.actionLiterals ? usable : usable.flatMap(asCommand);
}

/** For clients that know commands only: the edit goes along as the argument of a command that applies it. */
function asCommand(action: CodeAction): Command[] {
  if (action.command !== undefined) return [action.command];
  return [{ title: action.title, command: APPLY, arguments: [action.title, action.edit] }];
}

/** The command that applies an edit, for clients that know commands only. */
export const APPLY = 'guplint.applyEdit';

function quickFixes(params: CodeActionParams, analysis: DocumentAnalysis, context: Context): CodeAction[] {
  const { root, file, uri, version } = analysis;
  const convert = converter(context, root);
  const range = convert.location(file, params.range);
  const findings = analysis.findings.filter(isShown);
  const shown = protocolDiagnostics(findings, context, root);
  const diagnosticOf = (finding: Finding): Diagnostic[] => {
    const own = shown[findings.indexOf(finding)];
    const asked = (params.context?.diagnostics ?? []).find((d) => {
      const data = d.data as DiagnosticData | undefined;
      return data?.fingerprint === finding.fingerprint;
    });
    const diagnostic = asked ?? own;
    return diagnostic === undefined ? [] : [diagnostic];
  };
  return actionsAt(findings, range).map((action): CodeAction => {
    const base = { title: action.title, diagnostics: diagnosticOf(action.finding), kind: CodeActionKind.QuickFix };
    if (action.kind === 'explain')
      return { ...base, command: { title: action.title, command: EXPLAIN, arguments: [action.finding.rule] } };
    const what = whatOf(action);
    const data: ActionData = { uri, version, what };
    return { ...base, ...(action.kind === 'fix' && action.preferred ? { isPreferred: true } : {}), data };
  });
}

function whatOf(action: Exclude<IdeAction, { kind: 'explain' }>): ActionData['what'] {
  const { fingerprint } = action.finding;
  return action.kind === 'fix' ? { kind: 'fix', fingerprint, fix: action.fix } : { kind: 'ignore', fingerprint };
}

function fixAll({ uri, version }: DocumentAnalysis): CodeAction {
  const data: ActionData = { uri, version, what: { kind: 'fixAll' } };
  return { title: 'Apply all safe guplint fixes in this file', kind: FIX_ALL, data };
}

function conversions(params: CodeActionParams, analysis: DocumentAnalysis, context: Context): CodeAction[] {
  const { root, file, uri, version } = analysis;
  const range = converter(context, root).location(file, params.range);
  return (analysis.result?.conversions ?? []).flatMap(({ location, fix }) => {
    if (location.file !== file || fix === undefined || !touches(location, range)) return [];
    const { line, column } = location;
    const data: ActionData = { uri, version, what: { kind: 'convert', line, column } };
    return [{ title: fix.title.replace(/^Use/, 'Convert to'), kind: CodeActionKind.RefactorRewrite, data }];
  });
}

/** Fills in an action's edit. Fails with ContentModified when the document has changed since the menu was made. */
export async function resolveAction(action: CodeAction, context: Context): Promise<CodeAction> {
  const data = action.data as ActionData | undefined;
  if (data === undefined) return action;
  const stale = new ResponseError(LSPErrorCodes.ContentModified, 'the document changed');
  const before = placed(context, data.uri);
  if (before === undefined || before.document.version !== data.version) throw stale;
  const analysis = await context.schedule.current(data.uri);
  if (analysis === undefined || analysis.version !== data.version) throw stale;
  const edits = await editsOf(data, analysis, context);
  if (placed(context, data.uri)?.document.version !== data.version) throw stale;
  if (edits === undefined) return { ...action, disabled: { reason: 'what it was about is gone' } };
  return { ...action, edit: edits };
}

async function editsOf(
  { what }: ActionData,
  analysis: DocumentAnalysis,
  context: Context,
): Promise<WorkspaceEdit | undefined> {
  if (what.kind === 'fixAll') return fixAllEdit(analysis, context);
  if (what.kind === 'convert') {
    const { line, column } = what;
    const found = analysis.result?.conversions.find((c) => c.location.line === line && c.location.column === column);
    const fix = found?.fix;
    return fix === undefined ? undefined : workspaceEdit(fix.edits, analysis, context);
  }
  const finding = analysis.findings.find((f) => f.fingerprint === what.fingerprint);
  if (finding === undefined) return undefined;
  if (what.kind === 'ignore') {
    const edit = ignoreEdit(finding, analysis.text);
    return edit === undefined ? undefined : workspaceEdit([edit], analysis, context);
  }
  const fix: Fix | undefined = finding.fixes[what.fix];
  return fix === undefined ? undefined : workspaceEdit(fix.edits, analysis, context);
}

async function fixAllEdit(analysis: DocumentAnalysis, context: Context): Promise<WorkspaceEdit | undefined> {
  const { root, file, text, uri } = analysis;
  const fixed = await fixedText(file, text, analysis.findings, async (now) => {
    const { results } = await root.thread.analyse(root.jobFor(file, { text: now }));
    return root.withoutBaseline(results.flatMap((r) => r.findings)).filter((f) => f.location.file === file);
  });
  if (fixed === text) return undefined;
  const edits = lineEdits(text, fixed).map(
    ({ start, end, newText }): TextEdit => ({
      range: { start: { line: start, character: 0 }, end: { line: end, character: 0 } },
      newText,
    }),
  );
  return assemble(new Map([[uri, { edits, version: analysis.version }]]), context);
}

interface UriEdits {
  readonly edits: TextEdit[];
  /** null: the file is not open. */
  readonly version: number | null;
}

function workspaceEdit(edits: readonly FileEdit[], { root }: DocumentAnalysis, context: Context): WorkspaceEdit {
  const convert = converter(context, root);
  const byUri = new Map<string, UriEdits>();
  for (const { location, newText } of edits) {
    const uri = convert.uri(location.file);
    const known = byUri.get(uri) ?? { edits: [], version: context.documents.get(uri)?.version ?? null };
    known.edits.push({ range: convert.range(location), newText });
    byUri.set(uri, known);
  }
  return assemble(byUri, context);
}

function assemble(byUri: ReadonlyMap<string, UriEdits>, context: Context): WorkspaceEdit {
  if (!context.client.documentChanges)
    return { changes: Object.fromEntries([...byUri].map(([uri, { edits }]) => [uri, edits])) };
  return {
    documentChanges: [...byUri].map(([uri, { edits, version }]) => ({ textDocument: { uri, version }, edits })),
  };
}
