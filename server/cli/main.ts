/**
 * The command line: arguments to a command, a command to an exit code. 0: nothing at or above --fail-level; 1: findings;
 * 2: bad usage, bad configuration, unreadable input, internal error. Commands load when they are called for.
 */
import { isUserError } from '../base/user-error.ts';
import { commands } from './parts.ts';
import type { Terminal } from './terminal.ts';

/** What a command ends with: an exit code, after everything was written. */
export type ExitCode = 0 | 1 | 2;

/** Runs the command line. Resolves to the exit code; rejects only on a bug. */
export async function main(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  try {
    // A kernel build calls this for every object: not even the argument parser loads.
    if (args.includes('--kbuild')) return await (await import('./kbuild.ts')).kbuild(args, terminal);
    return await (await commands()).runArguments(args, terminal);
  } catch (error) {
    if (!isUserError(error)) throw error;
    terminal.err(`guplint: ${error.message}\n`);
    return 2;
  }
}
