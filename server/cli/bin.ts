#!/usr/bin/env node
/** The program's entry: runs the command line and sets the exit code. Never calls exit, so that output is always flushed. */
import { allowKeeping, keepCompiled, keepsCompiled } from '../host/compiled.ts';
import { tuneForOneRun } from '../host/one-run.ts';
import { main } from './main.ts';
import { createTerminal } from './terminal.ts';

const args = process.argv.slice(2);
if (!args.includes('--no-cache')) allowKeeping();
// Before anything is compiled that may be kept: V8 takes code back under the settings it was made with only.
if (args[0] !== 'lsp') tuneForOneRun();

main(args, createTerminal()).then(
  (code) => {
    if (keepsCompiled()) keepCompiled();
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
