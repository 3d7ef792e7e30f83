/** `guplint facts`: the summary of a function. Exit code 0; 2 when no analysed file has the function or something was unreadable. */
import { UserError } from '../base/user-error.ts';
import { createHost } from '../host/host.ts';
import type { ExitCode } from './main.ts';
import type { CommonOptions } from './options.ts';
import { runOn } from './run-command.ts';
import { sayProblems, sayStats } from './run-output.ts';
import type { Terminal } from './terminal.ts';

/** Prints the summaries of all functions of the name. Throws UserError where no file that names an API has one. */
export async function facts(
  name: string,
  paths: readonly string[],
  options: CommonOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const { result } = await runOn(createHost(), { paths, options, terminal, rules: false, facts: name });
  const found = result.files.filter((f) => f.facts.length > 0);
  sayProblems(result, result.problems, options, terminal);
  if (options.stats === true) sayStats(result, terminal);
  if (found.length === 0) throw new UserError(`no function '${name}' in the files that name user-page functions`);
  for (const file of found) terminal.out(`${file.file}:\n${file.facts.join('\n')}`);
  return result.problems.length > 0 ? 2 : 0;
}
