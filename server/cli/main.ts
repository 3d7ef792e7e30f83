/**
 * The command line: arguments to a command, a command to an exit code. 0: nothing at or above --fail-level; 1: findings;
 * 2: bad usage, bad configuration, unreadable input, internal error. Commands load when they are called for.
 */
import { UserError } from '../base/user-error.ts';
import type { Terminal } from './terminal.ts';

/** What a command ends with: an exit code, after everything was written. */
export type ExitCode = 0 | 1 | 2;

/** Runs the command line. Resolves to the exit code; rejects only on a bug. */
export async function main(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  try {
    // A kernel build calls this for every object: not even the argument parser loads.
    if (args.includes('--kbuild')) return await (await import('./kbuild.ts')).kbuild(args, terminal);
    return await parseAndRun(args, terminal);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    terminal.err(`guplint: ${error.message}\n`);
    return 2;
  }
}

async function parseAndRun(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const [{ CommanderError }, { createProgram }] = await Promise.all([import('commander'), import('./program.ts')]);
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
