/** What a call of the model's functions does that decides whether its caller is worth following along paths. */
import type { ApiRow } from '../../../model/schema.ts';
import { isAtomicLock } from './check-context.ts';

/**
 * acquires: takes pages. releases: gives them back, hands them over or marks them dirty. frees: frees memory, an array or object that may
 * hold pages among it. locks: takes a lock under which nothing may sleep. minds: gives pages back, or marks them dirty, and may sleep.
 * unmaps: takes the mapping of pages for a device back.
 */
export type CallKind = 'acquires' | 'releases' | 'frees' | 'locks' | 'minds' | 'unmaps';

/** All kinds. */
export const CALL_KINDS: readonly CallKind[] = ['acquires', 'releases', 'frees', 'locks', 'minds', 'unmaps'];

/** What a call does that some rows speak of. */
export function kindOfCalls(rows: readonly ApiRow[]): ReadonlySet<CallKind> {
  return new Set(CALL_KINDS.filter((kind) => rows.some((row) => isOfKind(row, kind))));
}

function isOfKind(row: ApiRow, kind: CallKind): boolean {
  const { effects } = row;
  switch (kind) {
    case 'acquires':
      return row.site === true;
    case 'releases':
      return effects.some((e) => e.op === 'release' || e.op === 'transfer' || e.op === 'dirty');
    case 'frees':
      return effects.some((e) => e.op === 'free');
    case 'locks':
      return effects.some((e) => e.op === 'lock' && isAtomicLock(e.lock));
    case 'minds':
      return mindsLocks(row);
    case 'unmaps':
      return effects.some((e) => e.op === 'unmap');
  }
}

/** Whether a row that gives back or marks dirty is held against the locks of its place. */
function mindsLocks({ family, context, effects }: ApiRow): boolean {
  return context.sleeps !== false && (family === 'dirty' || effects.some((e) => e.op === 'release'));
}
