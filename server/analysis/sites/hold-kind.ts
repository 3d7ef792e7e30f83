/** Whether a way of giving pages back can be right for a way of taking them; what is asked of nothing but the two. */
import type { Reference } from '../../../model/schema.ts';

/**
 * Whether pages taken in one way may be given back in the other. Those of an iterator (`either`) are pinned or not held at all, so that
 * dropping a plain reference is right for none of them (iov_iter_extract_pages() in lib/iov_iter.c, since 6.3).
 */
export function mayGiveBack(taken: Reference, given: Reference): boolean {
  return given === 'either' || (taken === 'either' ? given === 'pin' : taken === given);
}

/** Whether pages taken in one way count among those of a kind: what an iterator's pages may be at most is pinned. */
export function isHeldAs(taken: Reference, kind: Reference): boolean {
  return taken === kind || (kind === 'pin' && taken === 'either');
}
