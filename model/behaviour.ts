/**
 * Facts of the kernel by release that belong to no single function or flag, and constants of other flag families that are
 * passed as gup_flags by mistake. Data only.
 */
import type { Source } from './schema.ts';
import type { Since } from './version.ts';

/** A fact and the releases in which it holds. */
export interface BehaviourRow {
  readonly kernels: Since;
  readonly meaning: string;
  readonly source: Source;
}

/** The FOLL_ flags are macros, which #ifdef can see; later they are enum constants. */
export const FLAGS_ARE_MACROS: BehaviourRow = {
  kernels: { since: '4.4', until: '6.3' },
  meaning:
    'FOLL_ flags are macros of include/linux/mm.h; since 6.3 they are enum constants of mm_types.h, which #ifdef does not see',
  source: { tag: 'v6.3.8', path: 'include/linux/mm_types.h' },
};

/** A read-only long-term pin of private memory needs no FOLL_FORCE. */
export const READ_ONLY_LONGTERM_IS_RELIABLE: BehaviourRow = {
  kernels: { since: '6.2' },
  meaning:
    'A read-only long-term pin unshares private pages by itself; before, FOLL_FORCE | FOLL_WRITE was the accepted way',
  source: { tag: 'v6.2.12', path: 'mm/gup.c' },
};

/** A constant of another flag family. */
export interface ForeignConstant {
  readonly name: string;
  readonly value: number;
  readonly source: Source;
}

const UAPI: Source = { tag: 'v6.12.117', path: 'include/uapi/asm-generic/mman-common.h' };
const MM: Source = { tag: 'v6.12.117', path: 'include/linux/mm.h' };
const FAULT: Source = { tag: 'v6.12.117', path: 'include/linux/mm_types.h' };
const UIO: Source = { tag: 'v6.12.117', path: 'include/linux/uio.h' };
const DMA: Source = { tag: 'v6.12.117', path: 'include/linux/dma-direction.h' };
const IOMMU: Source = { tag: 'v6.12.117', path: 'include/linux/iommu.h' };
const FCNTL: Source = { tag: 'v6.12.117', path: 'include/uapi/asm-generic/fcntl.h' };

/** Values as of 6.12; those that older kernels have are the same there. */
export const FOREIGN_CONSTANTS: readonly ForeignConstant[] = [
  { name: 'VM_READ', value: 1, source: MM },
  { name: 'VM_WRITE', value: 2, source: MM },
  { name: 'VM_EXEC', value: 4, source: MM },
  { name: 'PROT_READ', value: 1, source: UAPI },
  { name: 'PROT_WRITE', value: 2, source: UAPI },
  { name: 'FAULT_FLAG_WRITE', value: 1, source: FAULT },
  { name: 'DMA_BIDIRECTIONAL', value: 0, source: DMA },
  { name: 'DMA_TO_DEVICE', value: 1, source: DMA },
  { name: 'DMA_FROM_DEVICE', value: 2, source: DMA },
  { name: 'DMA_NONE', value: 3, source: DMA },
  { name: 'IOMMU_READ', value: 1, source: IOMMU },
  { name: 'IOMMU_WRITE', value: 2, source: IOMMU },
  { name: 'ITER_DEST', value: 0, source: UIO },
  { name: 'ITER_SOURCE', value: 1, source: UIO },
  { name: 'O_RDONLY', value: 0, source: FCNTL },
  { name: 'O_WRONLY', value: 1, source: FCNTL },
  { name: 'O_RDWR', value: 2, source: FCNTL },
];
