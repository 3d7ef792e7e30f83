/** Findings about what people wrote for the tool itself: configuration files and suppression comments. */
import type { LineIndex } from '../base/line-index.ts';
import type { Span } from '../base/span.ts';
import type { UnmarkedFinding } from './fingerprint.ts';
import { locate } from './locate.ts';
import type { Fix } from './protocol.ts';

/** What is said, of which part of the text. */
export interface Complaint {
  readonly rule: string;
  readonly span: Span;
  readonly message: string;
  readonly fixes: readonly Fix[];
}

/** Where a complaint is made. */
export interface ComplaintPlace {
  readonly path: string;
  readonly lines: LineIndex;
  /** The function it stands in; empty outside of functions. */
  readonly functionName: string;
  /** The text it is recognised by after the lines moved. */
  readonly statement: string;
}

/** The finding that a complaint makes. */
export function complaintFinding(place: ComplaintPlace, complaint: Complaint): UnmarkedFinding {
  const { rule, span, message, fixes } = complaint;
  const { functionName, statement } = place;
  return {
    rule,
    severity: 'warning',
    confidence: 'high',
    message,
    functionName,
    location: locate(place, span),
    site: undefined,
    related: [],
    fixes,
    statement,
  };
}
