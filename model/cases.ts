/**
 * The five documented cases of pinning user pages and the one that is none of them.
 * The facts are those of Documentation/core-api/pin_user_pages.rst, in own words.
 */
import type { CaseRow, Source } from './schema.ts';

const DOCUMENT: Source = { tag: 'v6.12', path: 'Documentation/core-api/pin_user_pages.rst' };

/** By id. */
export const CASE_ROWS: readonly CaseRow[] = [
  {
    id: 0,
    title: 'depends on its callers, or no user page',
    summary:
      'The function hands flags or pages through for its callers, who are the ones to judge; or the pages are not user pages, or no reference is taken (pages is NULL).',
    wants: 'either',
    wantsLongterm: false,
    source: { tag: 'v6.12', path: 'mm/gup.c' },
  },
  {
    id: 1,
    title: 'direct I/O',
    summary:
      'Pages serve as buffers of a transfer that ends soon. Nothing synchronises with writeback or munmap, so the pages are pinned: pin_user_pages*(), unpin_user_page*().',
    wants: 'pin',
    wantsLongterm: false,
    source: DOCUMENT,
  },
  {
    id: 2,
    title: 'RDMA and other long-term DMA',
    summary:
      'Pages serve as DMA buffers for as long as user space wants. They are pinned with FOLL_LONGTERM, which keeps them out of CMA, movable memory and fs-DAX.',
    wants: 'pin',
    wantsLongterm: true,
    source: DOCUMENT,
  },
  {
    id: 3,
    title: 'MMU notifier registration',
    summary:
      'The driver registers for MMU notifiers of the range and gives the pages back, or stops the device, when it is told to. Plain references are enough: get_user_pages*(), put_page().',
    wants: 'get',
    wantsLongterm: false,
    source: DOCUMENT,
  },
  {
    id: 4,
    title: 'struct page only',
    summary:
      'Only struct page is looked at or changed, not the data of the page. Plain references are enough: get_user_pages*(), put_page().',
    wants: 'get',
    wantsLongterm: false,
    source: DOCUMENT,
  },
  {
    id: 5,
    title: 'writing to the data of the page',
    summary:
      'The CPU writes to the data of the page, without DMA or direct I/O. Writeback may run at the same time, so the pages are pinned: pin_user_pages*(), the write, unpin_user_pages_dirty_lock().',
    wants: 'pin',
    wantsLongterm: false,
    source: DOCUMENT,
  },
];
