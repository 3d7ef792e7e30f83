/**
 * Names that one expects from the pattern of the others and that no kernel has: read for in every tree up to 7.3.
 * For messages alone: a call of such a name is a project's own function.
 */

/** A name that does not exist, and what is meant by it most of the time. */
export interface AbsentName {
  readonly name: string;
  readonly kind: 'function' | 'flag';
  readonly instead: string;
}

/** Sorted by name. */
export const ABSENT_NAMES: readonly AbsentName[] = [
  {
    name: 'FOLL_UNSHARE',
    kind: 'flag',
    instead: 'FAULT_FLAG_UNSHARE (5.19), which a pin without FOLL_WRITE triggers by itself',
  },
  { name: 'pin_user_folio', kind: 'function', instead: 'pin_user_pages_fast()' },
  { name: 'pin_user_folios', kind: 'function', instead: 'pin_user_pages_fast(), or memfd_pin_folios() for a memfd' },
  { name: 'unpin_user_folio_dirty_locked', kind: 'function', instead: 'unpin_user_page_range_dirty_lock()' },
  { name: 'unpin_user_folios', kind: 'function', instead: 'unpin_folios() for a memfd, unpin_user_pages() otherwise' },
];
