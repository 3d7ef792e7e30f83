/**
 * `check --format gitlab`: a GitLab code quality report. GitLab drops findings whose fingerprints are equal, so each is made
 * unique; paths are taken as relative to the repository, so guplint must run at its top.
 */
import { hashOf } from '../../base/hash.ts';
import type { Severity } from '../../engine/protocol.ts';
import type { FindingsRenderer } from './renderer.ts';

const SEVERITY: Readonly<Record<Severity, string>> = { error: 'major', warning: 'minor', info: 'info' };

/** `check --format gitlab`. */
export const findingsGitlab: FindingsRenderer = ({ findings }) => {
  const met = new Map<string, number>();
  const issues = findings.map((f) => {
    const before = met.get(f.fingerprint) ?? 0;
    met.set(f.fingerprint, before + 1);
    return {
      type: 'issue',
      check_name: f.rule,
      description: f.message,
      categories: ['Bug Risk'],
      severity: SEVERITY[f.severity],
      fingerprint: before === 0 ? f.fingerprint : hashOf(f.fingerprint, String(before)),
      location: { path: f.location.file, lines: { begin: f.location.line, end: f.location.endLine } },
    };
  });
  return `${JSON.stringify(issues, null, 2)}\n`;
};
