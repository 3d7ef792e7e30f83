/** What the server tells this extension beyond the protocol: names and shapes as server/lsp documents them. */

/** `guplint/status`: the state of one open document. */
export interface Status {
  readonly uri: string;
  readonly state: 'analysed' | 'idle' | 'failed';
  readonly kernel: string;
  readonly kernelSource: string;
  readonly configFile?: string;
  readonly errors: number;
  readonly warnings: number;
  readonly hints: number;
  readonly sites: number;
  readonly index: 'none' | 'directory' | 'workspace';
  readonly indexing: boolean;
  readonly indexedFiles: number;
  readonly damaged: readonly string[];
  readonly skipped: readonly string[];
  readonly problems: readonly string[];
  readonly time: number;
}

/** A range of the protocol: 0-based, UTF-16. */
export interface PlainRange {
  readonly start: { readonly line: number; readonly character: number };
  readonly end: { readonly line: number; readonly character: number };
}

/** One element of the answer to `guplint/sites`. */
export interface SiteEntry {
  readonly uri: string;
  readonly range: PlainRange;
  readonly function: string;
  readonly api: string;
  readonly via?: string;
  readonly case: 0 | 1 | 2 | 3 | 4 | 5;
  readonly lifetime: 'short' | 'long' | 'unknown';
  readonly confidence: number;
  readonly file: string;
  readonly folder: string;
  readonly releases: readonly { readonly uri: string; readonly range: PlainRange; readonly api: string }[];
}

/** What a check of the workspace found. */
export interface WorkspaceSummary {
  readonly files: number;
  readonly sites: number;
  readonly errors: number;
  readonly warnings: number;
  readonly infos: number;
  /** What kept folders or files from being looked at, one line each. */
  readonly problems: readonly string[];
}

/** What a report holds. */
export interface ReportSummary {
  readonly uri: string;
  readonly findings: number;
  readonly sites: number;
}
