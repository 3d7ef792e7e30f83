#!/usr/bin/env node
/** The program's entry: runs the command line and sets the exit code. Never calls exit, so that output is always flushed. */
import { main } from './main.ts';
import { createTerminal } from './terminal.ts';

main(process.argv.slice(2), createTerminal()).then(
  (code) => {
    // A failure to write has set it already.
    process.exitCode ??= code;
  },
  (error: unknown) => {
    process.stderr.write(
      `guplint: internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    process.exitCode = 2;
  },
);
