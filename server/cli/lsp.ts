/** `guplint lsp`: the language server. Standard output carries the protocol and nothing else. */
import { serveStdio } from '../lsp/stdio.ts';
import type { ExitCode } from './main.ts';
import { TOOL } from './version.ts';

/** Serves until the client goes, which ends the process. */
export function lsp(): Promise<ExitCode> {
  return serveStdio(TOOL);
}
