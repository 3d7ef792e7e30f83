/**
 * All that stands behind the entry: the argument parser with its commands, and the check of one file for a kernel build. Built as a file of
 * its own, which the entry loads when it needs it: reading it costs more than most files of a kernel build are worth.
 */
import { CommanderError } from 'commander';
import type { ExitCode } from './main.ts';
import { createProgram } from './program.ts';
import type { Terminal } from './terminal.ts';

export { callsDeclared, checkSource } from './kbuild-check.ts';

/** Runs the command that the arguments name. Rejects with UserError for what the user must put right. */
export async function runArguments(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let code: ExitCode = 0;
  const program = createProgram(terminal, (result) => {
    code = result;
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
}
