/**
 * The words that rows share: parameters, context demands and release lists that occur many times.
 * A name stands for one exact C spelling; what occurs once is written out in its row.
 */
import type { ContextDemand, Param } from './schema.ts';

/** Parameters of the acquire and release families. */
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

/** Parameters of helpers: the usual name stands for all that differ in the name alone. */
export const BOOL: Param = { role: 'other', type: 'bool', name: 'inc' };
export const BVEC: Param = { role: 'other', type: 'struct bio_vec *', name: 'bvec' };
export const BYTES: Param = { role: 'bytes', type: 'size_t', name: 'len' };
export const BYTES_INT: Param = { role: 'bytes', type: 'unsigned int', name: 'len' };
export const BYTES_LONG: Param = { role: 'bytes', type: 'unsigned long', name: 'length' };
export const BYTES_SIGNED: Param = { role: 'bytes', type: 'int', name: 'len' };
export const CHARS: Param = { role: 'other', type: 'char *', name: 'to' };
export const CONST_CHARS: Param = { role: 'other', type: 'const char *', name: 'from' };
export const CONST_ITER: Param = { role: 'iter', type: 'const struct iov_iter *', name: 'i' };
export const CONST_PAGE: Param = { role: 'page', type: 'const struct page *', name: 'page' };
export const CONST_POINTER: Param = { role: 'other', type: 'const void *', name: 'addr' };
export const CONST_SKB_FRAG: Param = { role: 'other', type: 'const skb_frag_t *', name: 'frag' };
export const COUNT: Param = { role: 'nr', type: 'unsigned int', name: 'nents' };
export const COUNT_SIZE: Param = { role: 'nr', type: 'size_t', name: 'count' };
export const DEVICE: Param = { role: 'device', type: 'struct device *', name: 'dev' };
export const DIRECTION: Param = { role: 'dma-direction', type: 'enum dma_data_direction', name: 'dir' };
export const DIRECTION_INT: Param = { role: 'dma-direction', type: 'int', name: 'direction' };
export const DMA_ADDR: Param = { role: 'other', type: 'dma_addr_t', name: 'addr' };
export const GFP: Param = { role: 'other', type: 'gfp_t', name: 'flags' };
export const IB_DEVICE: Param = { role: 'device', type: 'struct ib_device *', name: 'dev' };
export const INT: Param = { role: 'other', type: 'int', name: 'node' };
export const IOMMU_DOMAIN: Param = { role: 'other', type: 'struct iommu_domain *', name: 'domain' };
export const KERNEL_SIZE: Param = { role: 'other', type: '__kernel_size_t', name: 'arg2' };
export const KMEM_CACHE: Param = { role: 'other', type: 'struct kmem_cache *', name: 's' };
export const MUTEX: Param = { role: 'other', type: 'struct mutex *', name: 'lock' };
export const NUMBER: Param = { role: 'other', type: 'size_t', name: 'n' };
export const OFFSET: Param = { role: 'offset', type: 'size_t', name: 'offset' };
export const OFFSET_INT: Param = { role: 'offset', type: 'unsigned int', name: 'offset' };
export const OFFSET_LONG: Param = { role: 'offset', type: 'unsigned long', name: 'offset' };
export const OFFSET_SIGNED: Param = { role: 'offset', type: 'int', name: 'off' };
export const PCI_DEVICE: Param = { role: 'other', type: 'struct pci_dev *', name: 'hwdev' };
export const PHYS_ADDR: Param = { role: 'other', type: 'phys_addr_t', name: 'paddr' };
export const POINTER: Param = { role: 'other', type: 'void *', name: 'ptr' };
export const PROT: Param = { role: 'other', type: 'pgprot_t', name: 'prot' };
export const RAW_SPINLOCK: Param = { role: 'other', type: 'raw_spinlock_t *', name: 'lock' };
export const REQUEST: Param = { role: 'other', type: 'struct request *', name: 'rq' };
export const REQUEST_QUEUE: Param = { role: 'other', type: 'struct request_queue *', name: 'q' };
export const RQ_MAP_DATA: Param = { role: 'other', type: 'struct rq_map_data *', name: 'map_data' };
export const RWLOCK: Param = { role: 'other', type: 'rwlock_t *', name: 'lock' };
export const RWSEM: Param = { role: 'other', type: 'struct rw_semaphore *', name: 'sem' };
export const SEMAPHORE: Param = { role: 'other', type: 'struct semaphore *', name: 'sem' };
export const SG: Param = { role: 'sg', type: 'struct scatterlist *', name: 'sg' };
export const SGT: Param = { role: 'sgt', type: 'struct sg_table *', name: 'sgt' };
export const SG_ARRAY: Param = { role: 'other', type: 'struct scatterlist[]', name: 'sg' };
export const SG_MAPPING_ITER: Param = { role: 'other', type: 'struct sg_mapping_iter *', name: 'miter' };
export const SIZE: Param = { role: 'size', type: 'size_t', name: 'size' };
export const SIZE_LONG: Param = { role: 'size', type: 'unsigned long', name: 'size' };
export const SIZE_SIGNED: Param = { role: 'size', type: 'int', name: 'size' };
export const SKB: Param = { role: 'other', type: 'struct sk_buff *', name: 'skb' };
export const SKB_FRAG: Param = { role: 'other', type: 'skb_frag_t *', name: 'frag' };
export const SKIP: Param = { role: 'other', type: 'off_t', name: 'skip' };
export const SPINLOCK: Param = { role: 'other', type: 'spinlock_t *', name: 'lock' };
export const U64: Param = { role: 'other', type: 'u64', name: 'addr' };
export const UINT: Param = { role: 'other', type: 'unsigned int', name: 'order' };
export const UINTS: Param = { role: 'other', type: 'unsigned int *', name: 'nent_p' };
export const UMEM: Param = { role: 'other', type: 'struct ib_umem *', name: 'umem' };
export const VFIO_DEVICE: Param = { role: 'device', type: 'struct vfio_device *', name: 'device' };
export const VIRTQUEUE: Param = { role: 'other', type: 'struct virtqueue *', name: 'vq' };
export const VMA: Param = { role: 'vma', type: 'struct vm_area_struct *', name: 'vma' };
export const WORD: Param = { role: 'other', type: 'unsigned long', name: 'flags' };
export const WORDS: Param = { role: 'other', type: 'unsigned long *', name: 'user_pfn' };

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
/** May sleep or not as its gfp argument says; taken as not demanding either. */
export const GFP_CONTEXT: ContextDemand = { mmapLock: 'any', sleeps: false, currentMm: false };
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
