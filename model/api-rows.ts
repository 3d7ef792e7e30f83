/**
 * All rows of kernel functions, in one list. A new table is named here and nowhere else.
 * The tests hold that every name's rows join without gaps and that signatures equal the headers at hand.
 */

import { ADDRESS_ACCESS_ROWS } from './access-address.ts';
import { BIT_ACCESS_ROWS } from './access-bits.ts';
import { PAGE_ACCESS_ROWS } from './access-page.ts';
import { ACQUIRE_ROWS } from './acquire.ts';
import { BIO_CARRIER_ROWS } from './carriers-bio.ts';
import { MAP_CARRIER_ROWS } from './carriers-map.ts';
import { NET_CARRIER_ROWS } from './carriers-net.ts';
import { PAGE_CARRIER_ROWS } from './carriers-page.ts';
import { SG_CARRIER_ROWS } from './carriers-sg.ts';
import { DIRTY_ROWS } from './dirty.ts';
import { DMA_MAP_ROWS } from './dma-map.ts';
import { DMA_UNMAP_ROWS } from './dma-unmap.ts';
import { CPU_STATE_ROWS } from './locks-cpu.ts';
import { MM_LOCK_ROWS } from './locks-mm.ts';
import { RW_LOCK_ROWS } from './locks-rw.ts';
import { SLEEPING_LOCK_ROWS } from './locks-sleeping.ts';
import { SPIN_LOCK_ROWS } from './locks-spin.ts';
import { SLAB_ALLOC_ROWS } from './memory-alloc.ts';
import { LARGE_ALLOC_ROWS } from './memory-alloc-large.ts';
import { PAGE_ALLOC_ROWS } from './memory-alloc-pages.ts';
import { FREE_ROWS } from './memory-free.ts';
import { REFERENCE_ROWS } from './references.ts';
import { RELEASE_ROWS } from './release.ts';
import type { ApiRow } from './schema.ts';
import { WRAPPER_ROWS } from './wrappers.ts';
import { OBJECT_WRAPPER_ROWS } from './wrappers-objects.ts';

/** Grouped by table; rows of one name stand together, oldest first. */
export const API_ROWS: readonly ApiRow[] = [
  ...ACQUIRE_ROWS,
  ...RELEASE_ROWS,
  ...DIRTY_ROWS,
  ...PAGE_CARRIER_ROWS,
  ...SG_CARRIER_ROWS,
  ...BIO_CARRIER_ROWS,
  ...NET_CARRIER_ROWS,
  ...MAP_CARRIER_ROWS,
  ...PAGE_ACCESS_ROWS,
  ...ADDRESS_ACCESS_ROWS,
  ...BIT_ACCESS_ROWS,
  ...DMA_MAP_ROWS,
  ...DMA_UNMAP_ROWS,
  ...SLAB_ALLOC_ROWS,
  ...LARGE_ALLOC_ROWS,
  ...PAGE_ALLOC_ROWS,
  ...FREE_ROWS,
  ...MM_LOCK_ROWS,
  ...SLEEPING_LOCK_ROWS,
  ...SPIN_LOCK_ROWS,
  ...RW_LOCK_ROWS,
  ...CPU_STATE_ROWS,
  ...REFERENCE_ROWS,
  ...OBJECT_WRAPPER_ROWS,
  ...WRAPPER_ROWS,
];
