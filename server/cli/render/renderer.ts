/** What a renderer gets and gives: a whole run in, text out. Renderers are pure: no clock, no files, no terminal. */
import type { Finding, SiteRecord } from '../../engine/protocol.ts';
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
}

/** What `check` found. */
export interface CheckReport {
  readonly kernel: RunKernel;
  readonly findings: readonly Finding[];
  readonly summary: CheckSummary;
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

/** Prints findings. */
export type FindingsRenderer = (report: CheckReport, options: RenderOptions) => string;

/** Prints sites. */
export type SitesRenderer = (report: SitesReport, options: RenderOptions) => string;
