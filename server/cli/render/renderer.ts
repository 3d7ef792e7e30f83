/** What a renderer gets and gives: a whole run in, text out. Renderers are pure: no clock, no files, no terminal. */
import type { AppliedFix, FileChange } from '../../engine/fix-run.ts';
import type { Finding, InputProblem, SilencedFinding, SiteRecord } from '../../engine/protocol.ts';
import type { RunKernel } from '../../engine/run.ts';

/** Counts of a `check` run, as machine formats carry them. */
export interface CheckSummary {
  readonly filesScanned: number;
  readonly filesAnalysed: number;
  readonly sites: number;
  readonly errors: number;
  readonly warnings: number;
  readonly infos: number;
  readonly suppressed: number;
  readonly baselined: number;
  readonly skipped: number;
  /** Under --since and --patch only: findings that the change brought, old ones that it touches, old ones that are gone. */
  readonly introduced?: number;
  readonly preExisting?: number;
  readonly fixed?: number;
}

/** The counts of a change. */
export type ChangeCount = 'introduced' | 'preExisting' | 'fixed';

/** A finding that is not reported because somebody accepted it, with who did and the reason given. */
export interface AcceptedFinding {
  readonly finding: Finding;
  readonly by: SilencedFinding['by'] | 'baseline';
  readonly reason: string;
}

/** What `check` found. */
export interface CheckReport {
  readonly kernel: RunKernel;
  readonly findings: readonly Finding[];
  /** Suppressed and baselined findings, sorted as findings are. */
  readonly accepted: readonly AcceptedFinding[];
  readonly summary: CheckSummary;
  /** Inputs that could not be read. */
  readonly problems: readonly InputProblem[];
  /** What the fixes change, sorted by path; computed only for the format that prints it. */
  readonly changes: readonly FileChange[];
  /** The fixes behind these changes, in the order in which they were applied. */
  readonly fixes: readonly AppliedFix[];
  /** Paths of changed files below the root of the kernel tree they lie in, where they do. */
  readonly treePaths: ReadonlyMap<string, string>;
}

/** What `sites` found. */
export interface SitesReport {
  readonly kernel: RunKernel;
  readonly sites: readonly SiteRecord[];
}

/** How to print. */
export interface RenderOptions {
  readonly colours: boolean;
}

/** Prints findings: text, or bytes where they are to match those of source files. */
export type FindingsRenderer = (report: CheckReport, options: RenderOptions) => string | Uint8Array;

/** Prints sites. */
export type SitesRenderer = (report: SitesReport, options: RenderOptions) => string;
