/**
 * Standard input, output and error as the commands use them: results to standard output, everything else to standard error.
 * A reader that goes away (EPIPE, as `guplint | head`) is no error; any other failure to write ends with 2. Tests pass a
 * terminal of their own.
 */
import pc from 'picocolors';
import { readStandardInput } from '../host/streams.ts';
import { systemMessage } from '../host/system.ts';

/** Where a command reads and writes. */
export interface Terminal {
  /** Writes results. */
  out(text: string | Uint8Array): void;
  /** Writes everything that is no result. */
  err(text: string): void;
  readonly errIsTerminal: boolean;
  /** Whether results may be coloured, by the usual conventions: NO_COLOR, FORCE_COLOR, TERM, a terminal, CI. */
  readonly colours: boolean;
  /** Reads standard input to its end. */
  input(): Uint8Array;
}

/** The process's own terminal. */
export function createTerminal(): Terminal {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') return;
      process.exitCode = 2;
      if (stream === process.stdout) process.stderr.write(`guplint: standard output: ${systemMessage(error)}\n`);
    });
  }
  return {
    out: (text) => {
      process.stdout.write(text);
    },
    err: (text) => {
      process.stderr.write(text);
    },
    errIsTerminal: process.stderr.isTTY === true,
    colours: process.env.FORCE_COLOR === '0' ? false : pc.isColorSupported,
    input: readStandardInput,
  };
}
