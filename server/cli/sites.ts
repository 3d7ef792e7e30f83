/** `guplint sites`: every place that takes user pages. Exit code 0, or 2 when something could not be read. */
import { useColours } from './check.ts';
import type { ExitCode } from './main.ts';
import type { CommonOptions } from './options.ts';
import { sitesRenderer } from './render/index.ts';
import { runCommand } from './run-command.ts';
import { sayProblems, sayStats, writeResults } from './run-output.ts';
import type { Terminal } from './terminal.ts';

/** Runs `sites`. */
export async function sites(paths: readonly string[], options: CommonOptions, terminal: Terminal): Promise<ExitCode> {
  const { result, host } = await runCommand(paths, options, terminal, false);
  const text = sitesRenderer(options.format)(
    { kernel: result.kernel, sites: result.sites },
    { colours: useColours(options, terminal) },
  );
  writeResults(text, options, host, terminal);
  sayProblems(result, result.problems, options, terminal);
  if (options.stats === true) sayStats(result, terminal);
  return result.problems.length > 0 ? 2 : 0;
}
