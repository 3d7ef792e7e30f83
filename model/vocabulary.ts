/**
 * The words that rows share: parameters, context demands and release lists that occur many times.
 * A name stands for one exact C spelling; what occurs once is written out in its row.
 */
import type { ContextDemand, Param } from './schema.ts';

export const START: Param = { role: 'start', type: 'unsigned long', name: 'start' };
export const ADDR: Param = { role: 'start', type: 'unsigned long', name: 'addr' };
export const NR_PAGES: Param = { role: 'nr', type: 'unsigned long', name: 'nr_pages' };
export const NR_PAGES_INT: Param = { role: 'nr', type: 'int', name: 'nr_pages' };
export const NPAGES: Param = { role: 'nr', type: 'unsigned long', name: 'npages' };
export const NR: Param = { role: 'nr', type: 'int', name: 'nr' };
export const GUP_FLAGS: Param = { role: 'flags', type: 'unsigned int', name: 'gup_flags' };
export const WRITE: Param = { role: 'write', type: 'int', name: 'write' };
export const WRITE_BOOL: Param = { role: 'write', type: 'bool', name: 'write' };
export const FORCE: Param = { role: 'force', type: 'int', name: 'force' };
export const PAGES: Param = { role: 'pages', type: 'struct page **', name: 'pages' };
export const PAGES_PTR: Param = { role: 'pages', type: 'struct page ***', name: 'pages' };
export const PAGE: Param = { role: 'page', type: 'struct page *', name: 'page' };
export const VMAS: Param = { role: 'vmas', type: 'struct vm_area_struct **', name: 'vmas' };
export const LOCKED: Param = { role: 'locked', type: 'int *', name: 'locked' };
export const TASK: Param = { role: 'task', type: 'struct task_struct *', name: 'tsk' };
export const MM: Param = { role: 'mm', type: 'struct mm_struct *', name: 'mm' };
export const ITER: Param = { role: 'iter', type: 'struct iov_iter *', name: 'i' };
export const ITER_LONG: Param = { role: 'iter', type: 'struct iov_iter *', name: 'iter' };
export const MAXSIZE: Param = { role: 'maxsize', type: 'size_t', name: 'maxsize' };
export const MAXPAGES: Param = { role: 'maxpages', type: 'unsigned int', name: 'maxpages' };
export const ITER_OFFSET: Param = { role: 'offset', type: 'size_t *', name: 'start' };
export const EXTRACTION_FLAGS: Param = {
  role: 'extraction-flags',
  type: 'iov_iter_extraction_t',
  name: 'extraction_flags',
};
export const FOLIO: Param = { role: 'folio', type: 'struct folio *', name: 'folio' };
export const FOLIOS: Param = { role: 'folios', type: 'struct folio **', name: 'folios' };
export const FOLIO_BATCH: Param = { role: 'folios', type: 'struct folio_batch *', name: 'folios' };
export const MAKE_DIRTY: Param = { role: 'dirty', type: 'bool', name: 'make_dirty' };
export const BIO: Param = { role: 'bio', type: 'struct bio *', name: 'bio' };
export const FRAME_VECTOR: Param = { role: 'other', type: 'struct frame_vector *', name: 'vec' };

/** mmap_lock held by the caller, current->mm, may sleep. */
export const MMAP_LOCK_HELD: ContextDemand = { mmapLock: 'held', sleeps: true, currentMm: true };
/** mmap_lock of the mm that is passed held by the caller, may sleep. */
export const MMAP_LOCK_HELD_ANY_MM: ContextDemand = { mmapLock: 'held', sleeps: true, currentMm: false };
/** mmap_lock held by the caller; does not sleep. */
export const MMAP_LOCK_HELD_ATOMIC: ContextDemand = { mmapLock: 'held', sleeps: false, currentMm: false };
/** Takes mmap_lock itself (or may), of current->mm; may sleep. */
export const TAKES_MMAP_LOCK: ContextDemand = { mmapLock: 'not-held', sleeps: true, currentMm: true };
/** Takes mmap_lock itself, of the mm that is passed; may sleep. */
export const TAKES_MMAP_LOCK_ANY_MM: ContextDemand = { mmapLock: 'not-held', sleeps: true, currentMm: false };
/** As TAKES_MMAP_LOCK_ANY_MM when the iterator is over user memory; a kernel iterator needs no mm at all. */
export const ITERATOR: ContextDemand = { mmapLock: 'not-held', sleeps: true, currentMm: false };
/** No lock, no sleep, current->mm. */
export const ATOMIC_CURRENT_MM: ContextDemand = { mmapLock: 'any', sleeps: false, currentMm: true };
/** Any state of mmap_lock (an argument tells it), current->mm, may sleep. */
export const ANY_LOCK_CURRENT_MM: ContextDemand = { mmapLock: 'any', sleeps: true, currentMm: true };
/** No demand at all. */
export const ANY_CONTEXT: ContextDemand = { mmapLock: 'any', sleeps: false, currentMm: false };
/** May sleep, no other demand. */
export const SLEEPS: ContextDemand = { mmapLock: 'any', sleeps: true, currentMm: false };
/** May sleep only when its dirty argument is true. */
export const SLEEPS_WHEN_DIRTY: ContextDemand = { mmapLock: 'any', sleeps: 'when-dirty', currentMm: false };

/** What gives back plain references. */
export const PUT_PAIRS: readonly string[] = ['put_page', 'folio_put', 'release_pages'];
/** What gives back pins. */
export const UNPIN_PAIRS: readonly string[] = [
  'unpin_user_page',
  'unpin_user_pages',
  'unpin_user_pages_dirty_lock',
  'unpin_user_page_range_dirty_lock',
  'unpin_user_folio',
];
/** What gives back the placeholders' references in 5.6, where unpin_user_page() is put_page(). */
export const UNPIN_PAIRS_5_6: readonly string[] = [
  'unpin_user_page',
  'unpin_user_pages',
  'unpin_user_pages_dirty_lock',
  'put_page',
];
