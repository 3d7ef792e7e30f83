/**
 * What the slow path of mm/gup.c refuses of a mapping (check_vma_flags and its callers), by release.
 * For texts: why a call fails with an error that no argument of it explains.
 */
import type { Source } from './schema.ts';
import type { Since } from './version.ts';

/** A check of the VMA that an address lies in. */
export interface VmaCheckRow {
  readonly kernels: Since;
  readonly condition: string;
  readonly result: string;
  readonly source: Source;
}

/** Oldest first. */
export const VMA_CHECK_ROWS: readonly VmaCheckRow[] = [
  {
    kernels: { since: '4.4' },
    condition: 'the VMA is VM_IO or VM_PFNMAP',
    result: '-EFAULT',
    source: { tag: 'v4.4.1', path: 'mm/gup.c' },
  },
  {
    kernels: { since: '4.4' },
    condition: 'FOLL_WRITE without FOLL_FORCE on a VMA that is not VM_WRITE',
    result: '-EFAULT',
    source: { tag: 'v4.4.1', path: 'mm/gup.c' },
  },
  {
    kernels: { since: '4.4' },
    condition: 'FOLL_WRITE with FOLL_FORCE on a VMA that is not VM_WRITE and no copy-on-write mapping',
    result: '-EFAULT',
    source: { tag: 'v4.4.1', path: 'mm/gup.c', note: '4.4 warns as well where the VMA may become writable' },
  },
  {
    kernels: { since: '4.4' },
    condition: 'a read of a VMA that is not VM_READ, without FOLL_FORCE or where it may not become readable',
    result: '-EFAULT',
    source: { tag: 'v4.4.1', path: 'mm/gup.c' },
  },
  {
    kernels: { since: '4.6' },
    condition: 'a protection key denies the access',
    result: '-EFAULT',
    source: { tag: 'v4.6.2', path: 'mm/gup.c' },
  },
  {
    kernels: { since: '4.15' },
    condition: 'FOLL_LONGTERM (get_user_pages_longterm() before 5.2) on an fs-DAX VMA',
    result: '-EOPNOTSUPP',
    source: { tag: 'v4.15', path: 'mm/gup.c' },
  },
  {
    kernels: { since: '4.17' },
    condition: 'FOLL_ANON on a VMA that is not anonymous',
    result: '-EFAULT',
    source: { tag: 'v4.17', path: 'mm/gup.c' },
  },
  {
    kernels: { since: '5.14' },
    condition: 'a secretmem VMA',
    result: '-EFAULT',
    source: { tag: 'v5.14-rc5', path: 'mm/gup.c' },
  },
  {
    kernels: { since: '6.2', until: '6.3' },
    condition: 'FOLL_LONGTERM with FOLL_PCI_P2PDMA',
    result: '-EOPNOTSUPP',
    source: { tag: 'v6.2.12', path: 'mm/gup.c' },
  },
  {
    kernels: { since: '6.2', until: '6.14' },
    condition: 'FOLL_WRITE with FOLL_FORCE on a hugetlb VMA that is not VM_WRITE',
    result: '-EFAULT',
    source: { tag: 'v6.2.12', path: 'mm/gup.c', note: 'absent in 6.1-rc7; back-ported to 6.1.y, seen in 6.1.192' },
  },
  {
    kernels: { since: '6.5' },
    condition:
      'FOLL_PIN with FOLL_LONGTERM and FOLL_WRITE on a shared writable file mapping that needs write notification; shmem and hugetlb are fine',
    result: '-EFAULT',
    source: { tag: 'v6.5', path: 'mm/gup.c' },
  },
  {
    kernels: { since: '6.6' },
    condition: 'FOLL_WRITE without FOLL_FORCE on a shadow stack',
    result: '-EFAULT',
    source: { tag: 'v6.6.9', path: 'mm/gup.c' },
  },
  {
    kernels: { since: '6.17' },
    condition: 'FOLL_SPLIT_PMD on a hugetlb VMA',
    result: '-EOPNOTSUPP',
    source: { tag: 'v6.17', path: 'mm/gup.c', note: 'also in 6.12.117; 6.15 and 6.16 not read' },
  },
];
