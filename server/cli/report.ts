/**
 * `guplint report`: findings and sites as one HTML page that needs nothing else, no network either. Exit code 0, or 2 when
 * something could not be read.
 */
import { CASE_ROWS } from '../../model/cases.ts';
import { applyBaseline } from '../engine/baseline.ts';
import { reportPage } from '../host/report-page.ts';
import { readBaseline } from './check.ts';
import type { ExitCode } from './main.ts';
import type { CommonOptions } from './options.ts';
import { findingShape, siteShape } from './render/json-shapes.ts';
import { runCommand, sayProblems, sayStats, writeResults } from './run-command.ts';
import type { Terminal } from './terminal.ts';
import { TOOL } from './version.ts';

/** Runs `report`. */
export async function report(paths: readonly string[], options: CommonOptions, terminal: Terminal): Promise<ExitCode> {
  const { result, host } = await runCommand(paths, options, terminal, true);
  const baseline = readBaseline(options, host);
  const missing = (path: string): boolean => host.fs.kind(path) === 'missing';
  const findings = baseline === undefined ? result.findings : applyBaseline(result.findings, baseline, missing).kept;
  const data = {
    tool: TOOL,
    kernel: result.kernel,
    filesScanned: result.filesScanned,
    findings: findings.map(findingShape),
    sites: result.sites.map(siteShape),
    cases: Object.fromEntries(CASE_ROWS.map((c) => [c.id, c.title])),
  };
  // A script element ends at the first "</" of its text, a comment begins at "<!"; neither may come from a source file.
  const json = JSON.stringify(data).replaceAll('<', '\\u003c');
  writeResults(
    reportPage().replace('%DATA%', () => json),
    options,
    host,
    terminal,
  );
  sayProblems(result, result.problems, options, terminal);
  if (options.stats === true) sayStats(result, terminal);
  return result.problems.length > 0 ? 2 : 0;
}
