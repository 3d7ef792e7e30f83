/**
 * Everything that crosses a worker or process boundary: plain data, structured-cloneable, in final coordinates.
 * Lines and columns are 1-based, columns in UTF-16 code units; paths are relative to the analysed root, with `/`.
 */

/** Severity of a finding as shown. */
export type Severity = 'error' | 'warning' | 'info';
/** How far a finding is proved; `low` is not shown by default. */
export type Confidence = 'high' | 'medium' | 'low';

/** A stretch of a file. */
export interface Location {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** One step of the path that leads to a finding. */
export interface RelatedStep {
  readonly location: Location;
  readonly message: string;
}

/** A replacement of a stretch of a file. */
export interface FileEdit {
  readonly location: Location;
  readonly newText: string;
}

/** A way to mend a finding; `safe` cannot make behaviour worse. */
export interface Fix {
  readonly title: string;
  readonly applicability: 'safe' | 'unsafe';
  readonly edits: readonly FileEdit[];
}

/** The acquire call a finding speaks of. */
export interface SiteRef {
  readonly location: Location;
  readonly api: string;
}

/** What a rule found, before suppression and baseline. */
export interface Finding {
  readonly rule: string;
  readonly severity: Severity;
  readonly confidence: Confidence;
  readonly message: string;
  /** Enclosing function; empty at file scope. */
  readonly functionName: string;
  readonly location: Location;
  readonly site: SiteRef | undefined;
  readonly related: readonly RelatedStep[];
  readonly fixes: readonly Fix[];
  /** Hash of rule, path, function, normalised statement and ordinal; survives moves of the line. Set by the engine. */
  readonly fingerprint: string;
}

/** FOLL_ flags of a call: certain, possible, and added by the function itself. */
export interface SiteFlags {
  readonly text: string;
  readonly must: readonly string[];
  readonly may: readonly string[];
  readonly implied: readonly string[];
  /** Whether every source of the flags was found. */
  readonly known: boolean;
}

/** A piece of evidence for a case, lifetime or access. */
export interface Evidence {
  readonly kind: string;
  readonly location: Location;
  readonly text: string;
}

/** Where pages of a site are given back. */
export interface ReleaseRef {
  readonly location: Location;
  readonly functionName: string;
  readonly api: string;
  readonly matches: boolean;
}

/** One acquire site as `guplint sites` reports it. */
export interface SiteRecord {
  readonly location: Location;
  readonly functionName: string;
  readonly api: string;
  readonly via: string | undefined;
  readonly reference: 'pin' | 'get' | 'none' | 'either';
  readonly flags: SiteFlags;
  readonly case: 0 | 1 | 2 | 3 | 4 | 5;
  /** 0 to 1. */
  readonly confidence: number;
  readonly alternatives: readonly { readonly case: 0 | 1 | 2 | 3 | 4 | 5; readonly confidence: number }[];
  readonly lifetime: 'short' | 'long' | 'unknown';
  readonly access: readonly ('read' | 'write' | 'dma' | 'none' | 'unknown')[];
  readonly evidence: readonly Evidence[];
  readonly pages: string;
  readonly owner: string | undefined;
  readonly releases: readonly ReleaseRef[];
  /** Kernels on which the enclosing #if keeps the call, as `6.5..`. */
  readonly active: string;
}

/** A function that was not analysed to the end, and the budget that said so. */
export interface Skip {
  readonly file: string;
  readonly functionName: string;
  readonly reason: string;
}

/** What analysing one file gave. */
export interface FileResult {
  readonly file: string;
  readonly findings: readonly Finding[];
  readonly sites: readonly SiteRecord[];
  readonly skipped: readonly Skip[];
  /** Names of functions that hold a site and still hold a syntax error after preprocessing. */
  readonly damaged: readonly string[];
}
