/** Helix as a client: what it says of itself when it starts a server, and its configuration file. */
import type { ClientCapabilities } from 'vscode-languageserver/node';

/** The capabilities of Helix 25 that the server asks about: it takes no pulled diagnostics and prefers UTF-8. */
export const HELIX: ClientCapabilities = {
  general: { positionEncodings: ['utf-8', 'utf-32', 'utf-16'] },
  workspace: {
    configuration: true,
    didChangeConfiguration: { dynamicRegistration: false },
    workspaceFolders: true,
    applyEdit: true,
    inlayHint: { refreshSupport: false },
    workspaceEdit: { documentChanges: true, failureHandling: 'abort', normalizesLineEndings: false },
    didChangeWatchedFiles: { dynamicRegistration: true, relativePatternSupport: false },
  },
  textDocument: {
    hover: { contentFormat: ['markdown'] },
    codeAction: {
      codeActionLiteralSupport: {
        codeActionKind: { valueSet: ['', 'quickfix', 'refactor', 'refactor.rewrite', 'source'] },
      },
      isPreferredSupport: true,
      disabledSupport: true,
      dataSupport: true,
      resolveSupport: { properties: ['edit', 'command'] },
    },
    publishDiagnostics: { versionSupport: true, tagSupport: { valueSet: [1, 2] } },
    inlayHint: { dynamicRegistration: false },
  },
  window: { workDoneProgress: true },
};

/** The parts of a languages.toml that matter here. */
export interface HelixConfig {
  readonly language: readonly { readonly name: string; readonly 'language-servers': readonly string[] }[];
  readonly 'language-server': Readonly<
    Record<string, { readonly command: string; readonly args: readonly string[]; readonly config: unknown }>
  >;
}

/** Reads tables, arrays of tables, and keys whose values are strings, arrays of strings and inline tables. Throws on all other TOML. */
export function readLanguages(text: string): HelixConfig {
  const config = { language: [] as object[], 'language-server': {} as Record<string, object> };
  let table: Record<string, unknown> = {};
  for (const line of text.split('\n').filter((l) => l.trim() !== '')) {
    const [, server] = /^\[language-server\.([\w-]+)\]$/.exec(line) ?? [];
    const [, key, value] = /^([\w-]+) = (.+)$/.exec(line) ?? [];
    if (server !== undefined) {
      table = {};
      config['language-server'][server] = table;
    } else if (line === '[[language]]') {
      table = {};
      config.language.push(table);
    } else if (key !== undefined && value !== undefined) {
      table[key] = JSON.parse(value.replace(/([\w-]+) = /g, '"$1": '));
    } else {
      throw new Error(`not understood: ${line}`);
    }
  }
  return config as HelixConfig;
}
