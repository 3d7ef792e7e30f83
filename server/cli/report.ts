/**
 * `guplint report`: findings and sites as one HTML page that needs nothing else, no network either. Exit code 0, or 2 when
 * something could not be read.
 */
import { applyBaseline } from '../engine/baseline.ts';
import { reportHtml } from '../engine/report.ts';
import { reportPage } from '../host/report-page.ts';
import { readBaseline } from './check.ts';
import type { ExitCode } from './main.ts';
import type { CommonOptions } from './options.ts';
import { runCommand } from './run-command.ts';
import { sayProblems, sayStats, writeResults } from './run-output.ts';
import type { Terminal } from './terminal.ts';
import { TOOL } from './version.ts';

/** Runs `report`. */
export async function report(paths: readonly string[], options: CommonOptions, terminal: Terminal): Promise<ExitCode> {
  const { result, host } = await runCommand(paths, options, terminal, true);
  const baseline = readBaseline(options, host);
  const missing = (path: string): boolean => host.fs.kind(path) === 'missing';
  const findings = baseline === undefined ? result.findings : applyBaseline(result.findings, baseline, missing).kept;
  writeResults(reportHtml({ page: reportPage(), tool: TOOL, result, findings }), options, host, terminal);
  sayProblems(result, result.problems, options, terminal);
  if (options.stats === true) sayStats(result, terminal);
  return result.problems.length > 0 ? 2 : 0;
}
