/**
 * What one piece of evidence says: points for cases, for a lifetime, and accesses to the data. Points are logarithms of odds:
 * 1 makes a case about three times as likely. Each clue has a place in the text and is shown.
 */
import type { Span } from '../../base/span.ts';
import type { CUnit } from '../../syntax/unit.ts';

/** The documented cases 1 to 5 (Documentation/core-api/pin_user_pages.rst); 0: the callers decide, or no user page is held. */
export type CaseId = 0 | 1 | 2 | 3 | 4 | 5;

/** A kind of access to the data of the pages; none: only struct page, the page number or the page table is used. */
export type AccessKind = 'read' | 'write' | 'dma' | 'none';

/** One piece of evidence. */
export interface Clue {
  readonly kind: string;
  readonly unit: CUnit;
  readonly span: Span;
  readonly text: string;
  readonly cases?: Readonly<Partial<Record<CaseId, number>>>;
  readonly lifetime?: { readonly short?: number; readonly long?: number };
  readonly access?: readonly AccessKind[];
  /** Accesses to assume where no clue has seen one. */
  readonly guess?: readonly AccessKind[];
}
