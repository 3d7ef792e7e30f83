/** The order of everything that is printed: by path, line, column, rule; the same on every machine and with any number of threads. */
import type { Finding, Location, Severity, SiteRecord } from './protocol.ts';

/** Compares strings by code unit, as no locale does. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Compares places by path, line and column. */
function compareLocation(a: Location, b: Location): number {
  return (
    compareText(a.file, b.file) ||
    a.line - b.line ||
    a.column - b.column ||
    a.endLine - b.endLine ||
    a.endColumn - b.endColumn
  );
}

type Placed = Pick<Finding, 'location' | 'rule' | 'message'>;

/** Compares findings by place, rule and message. */
export function compareFindings(a: Placed, b: Placed): number {
  return compareLocation(a.location, b.location) || compareText(a.rule, b.rule) || compareText(a.message, b.message);
}

/** Compares sites by place, API and wrapper. */
export function compareSites(a: SiteRecord, b: SiteRecord): number {
  return compareLocation(a.location, b.location) || compareText(a.api, b.api) || compareText(a.via ?? '', b.via ?? '');
}

const RANK: Readonly<Record<Severity, number>> = { info: 0, warning: 1, error: 2 };

/** Greater for what is more severe. */
export function severityRank(severity: Severity): number {
  return RANK[severity];
}
