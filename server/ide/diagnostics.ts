/**
 * Findings as an editor shows them: tags, the page of the rule, and what is not shown in the text at all.
 * Infos are hints; `parse-damaged` is told by the status alone, since nothing in the code has to change for it.
 */
import type { Finding, Location, RelatedStep } from '../engine/protocol.ts';

/** How an editor draws the text: greyed out, or struck through. */
export type DiagnosticTag = 'unnecessary' | 'deprecated';

/** A finding to be shown in a file. */
export interface IdeDiagnostic {
  readonly location: Location;
  /** `hint`: what the command line calls info. */
  readonly severity: 'error' | 'warning' | 'hint';
  readonly rule: string;
  readonly message: string;
  readonly tags: readonly DiagnosticTag[];
  readonly related: readonly RelatedStep[];
  readonly fingerprint: string;
}

const TAGS: Readonly<Record<string, readonly DiagnosticTag[]>> = {
  'dead-vmas': ['unnecessary'],
  'redundant-foll-get': ['unnecessary'],
  'unneeded-foll-write': ['unnecessary'],
  'unused-suppression': ['unnecessary'],
  'api-not-in-kernel': ['deprecated'],
};

/** Findings that the status shows and no squiggle. */
const QUIET: ReadonlySet<string> = new Set(['parse-damaged']);

/** Whether a finding is drawn in the text. */
export function isShown(finding: Finding): boolean {
  return !QUIET.has(finding.rule);
}

/** What an editor shows of findings. */
export function diagnosticsOf(findings: readonly Finding[]): readonly IdeDiagnostic[] {
  return findings.filter(isShown).map((finding) => ({
    location: finding.location,
    severity: finding.severity === 'info' ? 'hint' : finding.severity,
    rule: finding.rule,
    message: finding.message,
    tags: TAGS[finding.rule] ?? [],
    related: finding.related,
    fingerprint: finding.fingerprint,
  }));
}
