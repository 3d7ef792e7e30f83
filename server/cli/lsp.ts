/** `guplint lsp`: the language server. Standard output carries the protocol and nothing else. */
import { serveStdio } from '../lsp/stdio.ts';
import type { ExitCode } from './main.ts';
import { TOOL } from './version.ts';

/** Serves until the client goes. */
export async function lsp(): Promise<ExitCode> {
  await serveStdio(TOOL);
  return 0;
}
