/** Findings in the shape of the protocol, and their way to the client: pulled where it can, pushed otherwise. */
import {
  type Diagnostic,
  type DiagnosticRelatedInformation,
  DiagnosticSeverity,
  DiagnosticTag,
  type DocumentDiagnosticReport,
  DocumentDiagnosticReportKind,
} from 'vscode-languageserver/node';
import { hashOf } from '../base/hash.ts';
import type { Finding } from '../engine/protocol.ts';
import { diagnosticsOf, type IdeDiagnostic } from '../ide/diagnostics.ts';
import { type Context, type Converter, converter, type DocumentAnalysis } from './context.ts';
import type { ConfigReport, Root } from './root.ts';

/** The name that editors show beside a message. */
const SOURCE = 'guplint';

/** What a diagnostic carries for the request that asks for its actions. */
export interface DiagnosticData {
  readonly rule: string;
  readonly fingerprint: string;
}

const SEVERITIES: Readonly<Record<IdeDiagnostic['severity'], DiagnosticSeverity>> = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  hint: DiagnosticSeverity.Hint,
};

const TAGS = { unnecessary: DiagnosticTag.Unnecessary, deprecated: DiagnosticTag.Deprecated } as const;

/** A finding for the client. Steps go into the message where it shows no related information. */
function toProtocol(d: IdeDiagnostic, context: Context, convert: Converter): Diagnostic {
  const { client } = context;
  const related = d.related.map(
    (step): DiagnosticRelatedInformation => ({
      location: { uri: convert.uri(step.location.file), range: convert.range(step.location) },
      message: step.message,
    }),
  );
  const told = client.relatedInformation || related.length === 0;
  const steps = d.related.map((s) => `\n${s.location.file}:${s.location.line}: ${s.message}`).join('');
  const page = client.codeDescription ? context.pageOf(d.rule) : undefined;
  return {
    range: convert.range(d.location),
    severity: SEVERITIES[d.severity],
    code: d.rule,
    ...(page === undefined ? {} : { codeDescription: { href: page } }),
    source: SOURCE,
    message: told ? d.message : d.message + steps,
    ...(client.tags && d.tags.length > 0 ? { tags: d.tags.map((t) => TAGS[t]) } : {}),
    ...(client.relatedInformation && related.length > 0 ? { relatedInformation: related } : {}),
    data: { rule: d.rule, fingerprint: d.fingerprint } satisfies DiagnosticData,
  };
}

/** Findings of one root for the client. */
export function protocolDiagnostics(findings: readonly Finding[], context: Context, root: Root): Diagnostic[] {
  const convert = converter(context, root);
  return diagnosticsOf(findings).map((d) => toProtocol(d, context, convert));
}

/** The answer to a pull: all, or that nothing changed since the answer of that id. */
export function pullReport(
  analysis: DocumentAnalysis | undefined,
  context: Context,
  previousId: string | undefined,
): DocumentDiagnosticReport {
  const items = analysis === undefined ? [] : protocolDiagnostics(analysis.findings, context, analysis.root);
  const resultId = hashOf(JSON.stringify(items));
  if (resultId === previousId) return { kind: DocumentDiagnosticReportKind.Unchanged, resultId };
  return { kind: DocumentDiagnosticReportKind.Full, resultId, items };
}

/** Sends diagnostics that nobody asks for: of open documents to clients that do not pull, of closed files, of configuration files. */
export class Publisher {
  readonly #context: Context;
  readonly #configs = new Map<string, string>();
  /** What the last check of the workspace found in each file, by URI. */
  readonly #workspace = new Map<string, { readonly root: Root; readonly findings: readonly Finding[] }>();

  constructor(context: Context) {
    this.#context = context;
  }

  /** The findings of an open document, unless the client pulls them. */
  document(analysis: DocumentAnalysis): void {
    const { client, documents, connection } = this.#context;
    const open = documents.get(analysis.uri);
    if (client.pullDiagnostics || open === undefined || open.version !== analysis.version) return;
    const diagnostics = protocolDiagnostics(analysis.findings, this.#context, analysis.root);
    const version = client.publishVersion ? { version: analysis.version } : {};
    void connection.sendDiagnostics({ uri: analysis.uri, ...version, diagnostics });
  }

  /** A document was opened: what a check of the workspace said of it is out of date. */
  opened(uri: string): void {
    if (this.#workspace.has(uri)) this.#send(uri, []);
  }

  /** A document was closed: its findings go, or become those of the last check of the workspace. */
  closed(uri: string): void {
    const known = this.#workspace.get(uri);
    if (known !== undefined) this.#send(uri, protocolDiagnostics(known.findings, this.#context, known.root));
    else if (!this.#context.client.pullDiagnostics) this.#send(uri, []);
  }

  /** What a check of a root found, in place of what an earlier one did. */
  workspace(root: Root, findings: readonly Finding[]): void {
    const byFile = new Map<string, Finding[]>();
    for (const finding of findings) {
      const list = byFile.get(finding.location.file) ?? [];
      list.push(finding);
      byFile.set(finding.location.file, list);
    }
    const convert = converter(this.#context, root);
    const now = new Map([...byFile].map(([file, own]) => [convert.uri(file), own]));
    for (const [uri, known] of this.#workspace) {
      if (known.root !== root || now.has(uri)) continue;
      this.#workspace.delete(uri);
      if (this.#context.documents.get(uri) === undefined) this.#send(uri, []);
    }
    for (const [uri, own] of now) {
      this.#workspace.set(uri, { root, findings: own });
      if (this.#context.documents.get(uri) === undefined)
        this.#send(uri, protocolDiagnostics(own, this.#context, root));
    }
  }

  /** Forgets the check of the workspace. */
  clear(): void {
    for (const uri of this.#workspace.keys()) if (this.#context.documents.get(uri) === undefined) this.#send(uri, []);
    this.#workspace.clear();
  }

  /** What is wrong with a root's configuration files; sent when it changed. */
  configs(root: Root): void {
    const reports = root.configReports();
    const uris = new Map(reports.map((report) => [root.uriOf(report.file), report]));
    for (const [uri, report] of uris) this.#config(uri, this.#configDiagnostics(report, root));
    for (const uri of this.#configs.keys()) {
      const gone = !uris.has(uri) && uri.startsWith(root.uriOf('.'));
      if (gone) this.#config(uri, []);
    }
  }

  #config(uri: string, diagnostics: Diagnostic[]): void {
    const text = JSON.stringify(diagnostics);
    if ((this.#configs.get(uri) ?? '[]') === text) return;
    this.#configs.set(uri, text);
    this.#send(uri, diagnostics);
  }

  #configDiagnostics({ error, findings }: ConfigReport, root: Root): Diagnostic[] {
    const shown = protocolDiagnostics(findings, this.#context, root);
    if (error === undefined) return shown;
    const at = { line: error.line - 1, character: error.column - 1 };
    const end = { line: error.line - 1, character: error.column };
    return [
      { range: { start: at, end }, severity: DiagnosticSeverity.Error, source: SOURCE, message: error.message },
      ...shown,
    ];
  }

  #send(uri: string, diagnostics: Diagnostic[]): void {
    void this.#context.connection.sendDiagnostics({ uri, diagnostics });
  }
}
