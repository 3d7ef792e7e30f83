/**
 * What the report's page is given: the documents of `check --format json` and `sites --format json` (docs/cli.md), of which it
 * reads these keys. Lines and columns are 1-based.
 */

/** A place in a source file. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A finding. */
export interface Finding extends Place {
  readonly rule: string;
  readonly severity: 'error' | 'warning' | 'info';
  readonly confidence: string;
  readonly message: string;
  readonly function: string;
  readonly related: readonly (Place & { readonly message: string })[];
  readonly fixes: readonly { readonly title: string; readonly applicability: string }[];
}

/** A site. */
export interface Site extends Place {
  readonly function: string;
  readonly api: string;
  readonly via?: string;
  readonly reference: string;
  readonly flags: { readonly text: string };
  readonly case: number;
  readonly confidence: string;
  readonly lifetime: string;
  readonly access: readonly string[];
  readonly evidence: readonly (Place & { readonly text: string })[];
  readonly releases: readonly (Place & { readonly api: string; readonly function: string })[];
}

/** All that the page shows. */
export interface ReportData {
  readonly tool: { readonly name: string; readonly version: string };
  readonly kernel: { readonly range: string };
  readonly filesScanned: number;
  readonly findings: readonly Finding[];
  readonly sites: readonly Site[];
  /** Titles of the cases, by number as text. */
  readonly cases: Readonly<Record<string, string>>;
}
