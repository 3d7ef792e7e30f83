/** The command that writes the report of a folder: one HTML page of its findings and sites, as `guplint report` makes it. */
import { LSPErrorCodes, ResponseError } from 'vscode-languageserver/node';
import { reportHtml } from '../engine/report.ts';
import { reportPage } from '../host/report-page.ts';
import type { Context } from './context.ts';
import { pathOfUri, type Root } from './root.ts';
import { overFolders, type Watch } from './workspace-run.ts';

/** What was written. */
export interface ReportSummary {
  readonly uri: string;
  readonly findings: number;
  readonly sites: number;
}

/**
 * Writes the report of the folder that a URI lies in, or of the only folder, into the file of another URI. Files are taken as they
 * are on disk.
 */
export async function exportReport(
  target: string,
  folder: string | undefined,
  context: Context,
  watch: Watch,
): Promise<ReportSummary> {
  const path = pathOfUri(target);
  const root = folderOf(folder, context);
  if (path === undefined || root === undefined) {
    const what = path === undefined ? `${target} is no file` : 'which folder is the report to be of?';
    throw new ResponseError(LSPErrorCodes.RequestFailed, what);
  }
  let summary: ReportSummary | undefined;
  const [problem] = await overFolders(context, { rules: true, only: root }, watch, (_, result) => {
    const findings = root.withoutBaseline(result.findings);
    const html = reportHtml({ page: reportPage(), tool: context.info, result, findings });
    root.host.fs.write([{ path: root.fileOf(path), bytes: Buffer.from(html, 'utf8') }]);
    summary = { uri: target, findings: findings.length, sites: result.sites.length };
  });
  if (summary === undefined)
    throw new ResponseError(LSPErrorCodes.RequestFailed, problem ?? 'there is nothing to report of');
  return summary;
}

function folderOf(uri: string | undefined, context: Context): Root | undefined {
  const folders = context.roots.folders();
  if (uri === undefined) return folders.length === 1 ? folders[0] : undefined;
  const path = pathOfUri(uri);
  return path === undefined ? undefined : folders.find((root) => root.contains(path));
}
