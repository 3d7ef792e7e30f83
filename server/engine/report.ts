/** The report of a run as one HTML page: what it found, put into the page that the build makes. */
import { CASE_ROWS } from '../../model/cases.ts';
import { findingShape, siteShape } from './json-shapes.ts';
import type { Finding } from './protocol.ts';
import type { RunResult } from './run.ts';

/** What a report is made of. */
export interface ReportParts {
  /** The page without its data; `%DATA%` stands where that goes. */
  readonly page: string;
  readonly tool: { readonly name: string; readonly version: string };
  readonly result: RunResult;
  /** The findings to show: those that the baseline leaves. */
  readonly findings: readonly Finding[];
}

/** The page with its data. */
export function reportHtml({ page, tool, result, findings }: ReportParts): string {
  const data = {
    tool: { name: tool.name, version: tool.version },
    kernel: result.kernel,
    filesScanned: result.filesScanned,
    findings: findings.map(findingShape),
    sites: result.sites.map(siteShape),
    cases: Object.fromEntries(CASE_ROWS.map((c) => [c.id, c.title])),
  };
  // A script element ends at the first "</" of its text, a comment begins at "<!"; neither may come from a source file.
  const json = JSON.stringify(data).replaceAll('<', '\\u003c');
  return page.replace('%DATA%', () => json);
}
