// SPDX-License-Identifier: MIT
/*
 * The same job done well, for comparison: pages are pinned with the flags that are meant, a short result is given back, the
 * pages are unmapped before they are marked dirty and unpinned, once. guplint has nothing to say of it.
 */
#include <linux/dma-mapping.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include "demo-capture.h"

static int demo_pin(unsigned long addr, int nr, bool write, struct page **pages)
{
	int got = pin_user_pages_fast(addr, nr, write ? FOLL_WRITE : 0, pages);

	if (got == nr)
		return 0;
	if (got < 0)
		return got;
	unpin_user_pages(pages, got);
	return -EFAULT;
}

static int demo_queue(struct device *dev, unsigned long addr, size_t len, enum dma_data_direction dir)
{
	bool write = dir != DMA_TO_DEVICE;
	struct page **pages;
	struct sg_table sgt;
	int nr = DIV_ROUND_UP(offset_in_page(addr) + len, PAGE_SIZE);
	int ret;

	if (!len || len > SZ_16M)
		return -EINVAL;

	pages = kvmalloc_array(nr, sizeof(*pages), GFP_KERNEL);
	if (!pages)
		return -ENOMEM;

	ret = demo_pin(addr, nr, write, pages);
	if (ret)
		goto out_pages;

	ret = sg_alloc_table_from_pages(&sgt, pages, nr, offset_in_page(addr), len, GFP_KERNEL);
	if (ret) {
		unpin_user_pages(pages, nr);
		goto out_pages;
	}

	ret = dma_map_sgtable(dev, &sgt, dir, 0);
	if (ret) {
		unpin_user_pages(pages, nr);
		goto out_table;
	}

	ret = demo_start_and_wait(dev, sgt.sgl, sgt.nents);
	dma_unmap_sgtable(dev, &sgt, dir, 0);
	unpin_user_pages_dirty_lock(pages, nr, write && !ret);

out_table:
	sg_free_table(&sgt);
out_pages:
	kvfree(pages);
	return ret;
}

int demo_capture_user(struct device *dev, unsigned long addr, size_t len)
{
	return demo_queue(dev, addr, len, DMA_FROM_DEVICE);
}
