/** What a call of the model's functions does that decides whether its caller is worth following along paths. */
import type { ApiRow } from '../../model/schema.ts';
import { isAtomicLock } from './check-context.ts';

/**
 * acquires: takes pages. releases: gives them back, hands them over or marks them dirty. frees: frees memory, an array or object that may
 * hold pages among it. locks: takes a lock under which not everything may be called. minds: minds such locks. unmaps: takes the mapping
 * of pages for a device back.
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
      return effects.some((e) => e.op === 'lock' && (isAtomicLock(e.lock) || e.lock === 'mmap' || e.lock === 'rwsem'));
    case 'minds':
      return mindsLocks(row);
    case 'unmaps':
      return effects.some((e) => e.op === 'unmap');
  }
}

/** Whether a row is one of those whose calls are held against the locks of their place. */
function mindsLocks({ family, site, context, effects }: ApiRow): boolean {
  if (family === 'acquire' || site === true) return context.mmapLock === 'not-held' || context.sleeps !== false;
  return context.sleeps !== false && (family === 'dirty' || effects.some((e) => e.op === 'release'));
}
