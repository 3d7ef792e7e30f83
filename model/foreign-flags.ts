/**
 * Names of other flag families that are mistaken for gup_flags: by prefix, with what the family is for.
 * Constants whose value is known stand in behaviour.ts; this table says only that a name is no FOLL_ flag.
 */
import type { Source } from './schema.ts';

/** A family of constants: every name with the prefix, or the names alone where there is no prefix. */
export interface ForeignFamily {
  readonly prefix?: string;
  readonly names?: readonly string[];
  readonly meaning: string;
  /** The constant of the family that says that memory will be written through the hold; undefined when none does. */
  readonly write?: string;
  readonly source: Source;
}

const TAG = 'v6.12.117';

/** Longest prefix first. */
export const FOREIGN_FAMILIES: readonly ForeignFamily[] = [
  {
    prefix: 'FAULT_FLAG_',
    meaning: 'flags of handle_mm_fault()',
    write: 'FAULT_FLAG_WRITE',
    source: { tag: TAG, path: 'include/linux/mm_types.h' },
  },
  {
    prefix: 'ITER_ALLOW_',
    meaning: 'extraction flags of an iterator',
    source: { tag: TAG, path: 'include/linux/uio.h' },
  },
  {
    prefix: 'IB_ACCESS_',
    meaning: 'access rights of a memory region',
    write: 'IB_ACCESS_LOCAL_WRITE',
    source: { tag: TAG, path: 'include/rdma/ib_verbs.h' },
  },
  {
    prefix: 'VM_FAULT_',
    meaning: 'results of a page fault',
    source: { tag: TAG, path: 'include/linux/mm_types.h' },
  },
  {
    prefix: '__GFP_',
    meaning: 'allocation flags',
    source: { tag: TAG, path: 'include/linux/gfp_types.h' },
  },
  {
    prefix: 'IOMMU_',
    meaning: 'IOMMU mapping rights',
    write: 'IOMMU_WRITE',
    source: { tag: TAG, path: 'include/linux/iommu.h' },
  },
  {
    prefix: 'PROT_',
    meaning: 'protection of mmap()',
    write: 'PROT_WRITE',
    source: { tag: TAG, path: 'include/uapi/asm-generic/mman-common.h' },
  },
  {
    prefix: 'GFP_',
    meaning: 'allocation flags',
    source: { tag: TAG, path: 'include/linux/gfp_types.h' },
  },
  {
    prefix: 'MAP_',
    meaning: 'flags of mmap()',
    source: { tag: TAG, path: 'include/uapi/asm-generic/mman.h' },
  },
  {
    prefix: 'VM_',
    meaning: 'flags of a mapping (vm_flags)',
    write: 'VM_WRITE',
    source: { tag: TAG, path: 'include/linux/mm.h' },
  },
  {
    prefix: 'O_',
    meaning: 'flags of open()',
    source: { tag: TAG, path: 'include/uapi/asm-generic/fcntl.h' },
  },
  {
    names: ['DMA_BIDIRECTIONAL', 'DMA_FROM_DEVICE', 'DMA_NONE', 'DMA_TO_DEVICE'],
    meaning: 'DMA directions',
    write: 'DMA_FROM_DEVICE',
    source: { tag: TAG, path: 'include/linux/dma-direction.h' },
  },
  {
    names: ['PCI_DMA_BIDIRECTIONAL', 'PCI_DMA_FROMDEVICE', 'PCI_DMA_NONE', 'PCI_DMA_TODEVICE'],
    meaning: 'DMA directions',
    write: 'PCI_DMA_FROMDEVICE',
    source: { tag: 'v5.17-rc5', path: 'include/linux/pci-dma-compat.h', note: 'removed in 5.18' },
  },
  {
    names: ['DMA_DEV_TO_DEV', 'DMA_DEV_TO_MEM', 'DMA_MEM_TO_DEV', 'DMA_MEM_TO_MEM', 'DMA_TRANS_NONE'],
    meaning: 'directions of a DMA engine transfer',
    write: 'DMA_DEV_TO_MEM',
    source: { tag: TAG, path: 'include/linux/dmaengine.h' },
  },
  {
    names: ['ITER_DEST', 'ITER_SOURCE'],
    meaning: 'directions of an iterator',
    write: 'ITER_DEST',
    source: { tag: TAG, path: 'include/linux/uio.h' },
  },
  {
    names: ['READ', 'REQ_OP_READ', 'REQ_OP_WRITE', 'WRITE'],
    meaning: 'directions of a transfer, where a read writes to memory',
    write: 'READ',
    source: { tag: TAG, path: 'include/linux/kernel.h' },
  },
];

/** The family a name belongs to; undefined for FOLL_ flags and for names of no known family. */
export function foreignFamily(name: string): ForeignFamily | undefined {
  return FOREIGN_FAMILIES.find((family) =>
    family.prefix === undefined ? (family.names ?? []).includes(name) : name.startsWith(family.prefix),
  );
}
