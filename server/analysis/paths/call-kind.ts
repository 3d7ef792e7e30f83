/** What a call of the model's functions does that decides whether its caller is worth following along paths. */
import type { ApiRow } from '../../../model/schema.ts';
import { isAtomicLock } from './check-context.ts';

/**
 * acquires: takes pages. releases: gives them back, hands them over or marks them dirty. frees: frees memory, an array or object that may
 * hold pages among it. locks: takes a lock under which nothing may sleep. minds: gives pages back, or marks them dirty, and may sleep.
 * unmaps: takes the mapping of pages for a device back. gives: may give pages back, by the name of a function that nobody can look into.
 */
export type CallKind = 'acquires' | 'releases' | 'frees' | 'locks' | 'minds' | 'unmaps' | 'gives';

/** All kinds. */
export const CALL_KINDS: readonly CallKind[] = ['acquires', 'releases', 'frees', 'locks', 'minds', 'unmaps', 'gives'];

/** Words of functions that may give back what they are told by its number or address. */
export const GIVES_BACK =
  /(?:^|_)(?:put|release|unpin|unlock|drop|free|return|unmap|unshare|give|cleanup|destroy|dealloc|teardown|dispose|discard)(?:_|\d|$)/i;
/** Names that say so of pages: `put_all_pages`, `mem_release_user_pages`, `pages_unpin`. */
const GIVES_PAGES_BACK =
  /(?:^|_)(?:put|release|unpin|unlock|drop)_(?:\w+_)?(?:pages?|folios?)(?:_|$)|(?:^|_)(?:pages?|folios?)_(?:put|release|unpin|unlock|drop)(?:_|$)/i;

const GIVES: ReadonlySet<CallKind> = new Set(['gives']);
const GIVES_PAGES: ReadonlySet<CallKind> = new Set(['gives', 'releases']);

/** Whether a function's name says that it gives pages back. */
export function givesPagesBack(name: string): boolean {
  return GIVES_PAGES_BACK.test(name);
}

/** What a function of this name, which nobody can look into and of which no row speaks, may do. */
export function kindByName(name: string): ReadonlySet<CallKind> | undefined {
  if (!GIVES_BACK.test(name)) return undefined;
  return givesPagesBack(name) ? GIVES_PAGES : GIVES;
}

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
    case 'gives':
      return false;
  }
}

/** Whether a row that gives back or marks dirty is held against the locks of its place. */
function mindsLocks({ family, context, effects }: ApiRow): boolean {
  return context.sleeps !== false && (family === 'dirty' || effects.some((e) => e.op === 'release'));
}
