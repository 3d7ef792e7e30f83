/**
 * What makes a finding the same finding after the code around it moved: rule, path, function, the statement's text and the
 * ordinal among equal ones. Never a line number, never a count.
 */
import { hashOf } from '../base/hash.ts';
import type { Finding } from './protocol.ts';

/** A finding whose ordinal and fingerprint are still to be given. */
export type UnmarkedFinding = Omit<Finding, 'ordinal' | 'fingerprint'>;

/** Gives ordinals and fingerprints to the findings of one file, which must be in text order. */
export function fingerprint(findings: readonly UnmarkedFinding[]): Finding[] {
  const counts = new Map<string, number>();
  return findings.map((f) => {
    const key = [f.rule, f.location.file, f.functionName, f.statement].join('\0');
    const ordinal = counts.get(key) ?? 0;
    counts.set(key, ordinal + 1);
    return {
      ...f,
      ordinal,
      fingerprint: hashOf(f.rule, f.location.file, f.functionName, f.statement, String(ordinal)),
    };
  });
}
