/** What a client can do, read from its capabilities once. Everything is optional: a client that says nothing gets the plainest form. */
import type { ClientCapabilities } from 'vscode-languageserver/node';
import { chooseEncoding, type Encoding } from './positions.ts';

/** The abilities that the server asks about. */
export interface ClientAbilities {
  readonly encoding: Encoding;
  readonly pullDiagnostics: boolean;
  readonly refreshDiagnostics: boolean;
  readonly refreshLenses: boolean;
  readonly refreshInlays: boolean;
  readonly relatedInformation: boolean;
  readonly codeDescription: boolean;
  readonly tags: boolean;
  readonly publishVersion: boolean;
  readonly configuration: boolean;
  readonly watchConfiguration: boolean;
  readonly watchFiles: boolean;
  readonly workspaceFolders: boolean;
  readonly workDoneProgress: boolean;
  /** Edits as versioned documentChanges; otherwise as plain changes. */
  readonly documentChanges: boolean;
  readonly resolveEdit: boolean;
  readonly actionLiterals: boolean;
  readonly disabledActions: boolean;
  readonly markdownHover: boolean;
  readonly hierarchicalSymbols: boolean;
  readonly showDocument: boolean;
  readonly locationLinks: boolean;
}

/** Reads the abilities; of anything malformed, none. */
export function abilitiesOf(capabilities: ClientCapabilities | undefined): ClientAbilities {
  const text = capabilities?.textDocument;
  const workspace = capabilities?.workspace;
  const action = text?.codeAction;
  const diagnostic = text?.diagnostic;
  const publish = text?.publishDiagnostics;
  return {
    encoding: chooseEncoding(capabilities?.general?.positionEncodings),
    pullDiagnostics: diagnostic !== undefined,
    refreshDiagnostics: workspace?.diagnostics?.refreshSupport === true,
    refreshLenses: workspace?.codeLens?.refreshSupport === true,
    refreshInlays: workspace?.inlayHint?.refreshSupport === true,
    relatedInformation: publish?.relatedInformation === true || relatedInPull(diagnostic),
    codeDescription: publish?.codeDescriptionSupport === true || diagnostic !== undefined,
    tags: publish?.tagSupport !== undefined || diagnostic !== undefined,
    publishVersion: publish?.versionSupport === true,
    configuration: workspace?.configuration === true,
    watchConfiguration: workspace?.didChangeConfiguration?.dynamicRegistration === true,
    watchFiles: workspace?.didChangeWatchedFiles?.dynamicRegistration === true,
    workspaceFolders: workspace?.workspaceFolders === true,
    workDoneProgress: capabilities?.window?.workDoneProgress === true,
    documentChanges: workspace?.workspaceEdit?.documentChanges === true,
    resolveEdit: action?.dataSupport === true && action.resolveSupport?.properties?.includes('edit') === true,
    actionLiterals: action?.codeActionLiteralSupport !== undefined,
    disabledActions: action?.disabledSupport === true,
    markdownHover: text?.hover?.contentFormat?.includes('markdown') === true,
    hierarchicalSymbols: text?.documentSymbol?.hierarchicalDocumentSymbolSupport === true,
    showDocument: capabilities?.window?.showDocument?.support === true,
    locationLinks: text?.definition?.linkSupport === true,
  };
}

/** Since 3.18 pull clients say so themselves; those before take related information as VS Code does. */
function relatedInPull(diagnostic: { readonly relatedInformation?: boolean } | undefined): boolean {
  return diagnostic !== undefined && diagnostic.relatedInformation !== false;
}
