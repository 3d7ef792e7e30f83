/**
 * Keeps docs/cli.md true: the help of each command between its marks is what the program prints. `npm run generate` writes it;
 * test/cli-docs.test.ts fails when it is stale.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { createProgram } from '../server/cli/program.ts';
import type { Terminal } from '../server/cli/terminal.ts';

/** The document. */
export const CLI_DOCUMENT: string = path.join(__dirname, '..', 'docs', 'cli.md');

const SILENT: Terminal = {
  out: () => undefined,
  err: () => undefined,
  errIsTerminal: false,
  colours: false,
  input: () => new Uint8Array(),
};

/** Every command by its words (`check`, `baseline write`), the program itself under `guplint`. */
export function commandHelp(): ReadonlyMap<string, string> {
  const help = new Map<string, string>();
  const add = (command: Command, name: string): void => {
    command.configureHelp({ helpWidth: 110 });
    help.set(name, command.helpInformation().trimEnd());
    for (const sub of command.commands) add(sub, name === 'guplint' ? sub.name() : `${name} ${sub.name()}`);
  };
  add(
    createProgram(SILENT, () => undefined),
    'guplint',
  );
  return help;
}

/** The document with the help of now. Throws an Error when it names a command that does not exist or leaves one out. */
export function renderCliDocument(text: string): string {
  const help = commandHelp();
  const seen = new Set<string>();
  const rendered = text.replace(/<!-- help: ([\w ]+) -->[\s\S]*?<!-- \/help -->/g, (_, name: string) => {
    const block = help.get(name);
    if (block === undefined) throw new Error(`docs/cli.md speaks of a command '${name}'`);
    seen.add(name);
    return `<!-- help: ${name} -->\n\`\`\`\n${block}\n\`\`\`\n<!-- /help -->`;
  });
  const missing = [...help.keys()].filter((name) => !seen.has(name));
  if (missing.length > 0) throw new Error(`docs/cli.md says nothing of: ${missing.join(', ')}`);
  return rendered;
}

/** Writes the document anew where it is stale. */
export function writeCliDocument(): void {
  const old = readFileSync(CLI_DOCUMENT, 'utf8');
  const fresh = renderCliDocument(old);
  if (fresh !== old) writeFileSync(CLI_DOCUMENT, fresh);
}

if (require.main === module) writeCliDocument();
