/** Findings and sites in the shape of the JSON formats (docs/cli.md): key order is part of the shape. */
import type { Finding, Location, SiteRecord } from './protocol.ts';

const start = (l: Location): object => ({ file: l.file, line: l.line, column: l.column });

/** A finding as `check --format json` prints it. */
export function findingShape(f: Finding): object {
  return {
    rule: f.rule,
    severity: f.severity,
    confidence: f.confidence,
    message: f.message,
    function: f.functionName,
    file: f.location.file,
    line: f.location.line,
    column: f.location.column,
    endLine: f.location.endLine,
    endColumn: f.location.endColumn,
    site: f.site === undefined ? null : { ...start(f.site.location), api: f.site.api },
    related: f.related.map((step) => ({ ...start(step.location), message: step.message })),
    fixes: f.fixes.map((fix) => ({
      title: fix.title,
      applicability: fix.applicability,
      edits: fix.edits.map(({ location: l, newText }) => ({
        file: l.file,
        start: { line: l.line, column: l.column },
        end: { line: l.endLine, column: l.endColumn },
        newText,
      })),
    })),
    fingerprint: f.fingerprint,
    ...(f.change === undefined ? {} : { change: f.change }),
  };
}

/** A site as `sites --format json` prints it. */
export function siteShape(s: SiteRecord): object {
  return {
    ...start(s.location),
    function: s.functionName,
    api: s.api,
    ...(s.via === undefined ? {} : { via: s.via }),
    reference: s.reference,
    flags: { text: s.flags.text, must: s.flags.must, may: s.flags.may, implied: s.flags.implied, known: s.flags.known },
    case: s.case,
    confidence: s.confidence,
    alternatives: s.alternatives.map((a) => ({ case: a.case, confidence: a.confidence })),
    lifetime: s.lifetime,
    access: s.access,
    evidence: s.evidence.map((e) => ({ kind: e.kind, ...start(e.location), text: e.text })),
    pages: s.pages,
    owner: s.owner ?? null,
    releases: s.releases.map((r) => ({
      ...start(r.location),
      function: r.functionName,
      api: r.api,
      matches: r.matches,
    })),
    active: s.active,
  };
}

/** How many sites are of each case. */
export function countByCase(sites: readonly SiteRecord[]): Record<string, number> {
  const counts: Record<string, number> = { '0': 0, '1': 0, '2': 0, '3': 0, '4': 0, '5': 0 };
  for (const site of sites) counts[site.case] = (counts[site.case] ?? 0) + 1;
  return counts;
}
