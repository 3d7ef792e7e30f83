// SPDX-License-Identifier: MIT
/*
 * A character device that captures into buffers of its callers. It shows how pages of a process are taken and given back
 * wrongly: run `guplint check examples --kernel 6.12`. No line of it is to be copied into a driver.
 */
#include <linux/dma-mapping.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "demo-capture.h"

struct demo_buffer {
	struct page **pages;
	unsigned int nr_pages;
	struct sg_table sgt;
	enum dma_data_direction dir;
};

struct demo_device {
	struct device *dev;
	struct demo_buffer *registered;
	struct mutex lock;
};

/*
 * One capture. A short result leaves pages pinned, an error of the mapping too, and what the device wrote is never marked
 * dirty: the kernel may drop it.
 */
static int demo_capture_once(struct demo_device *demo, unsigned long addr, size_t len)
{
	unsigned int nr = DIV_ROUND_UP(offset_in_page(addr) + len, PAGE_SIZE);
	struct page **pages;
	struct sg_table sgt;
	int ret;

	pages = kvmalloc_array(nr, sizeof(*pages), GFP_KERNEL);
	if (!pages)
		return -ENOMEM;

	ret = pin_user_pages_fast(addr, nr, 1, pages);
	if (ret != nr) {
		kvfree(pages);
		return -EFAULT;
	}

	ret = sg_alloc_table_from_pages(&sgt, pages, nr, offset_in_page(addr), len, GFP_KERNEL);
	if (ret) {
		kvfree(pages);
		return ret;
	}

	ret = dma_map_sgtable(demo->dev, &sgt, DMA_FROM_DEVICE, 0);
	if (ret)
		goto out_table;

	ret = demo_start_and_wait(demo->dev, sgt.sgl, sgt.nents);

	unpin_user_pages(pages, nr);
	dma_unmap_sgtable(demo->dev, &sgt, DMA_FROM_DEVICE, 0);
out_table:
	sg_free_table(&sgt);
	kvfree(pages);
	return ret;
}

/* A buffer that stays until the file is closed: FOLL_LONGTERM wants a pin, and get_user_pages_fast() takes none. */
static struct demo_buffer *demo_register(unsigned long addr, unsigned int nr)
{
	struct demo_buffer *buf;
	unsigned int taken;

	buf = kzalloc(sizeof(*buf), GFP_KERNEL);
	if (!buf)
		return ERR_PTR(-ENOMEM);

	buf->pages = kvmalloc_array(nr, sizeof(*buf->pages), GFP_KERNEL);
	if (!buf->pages) {
		kfree(buf);
		return ERR_PTR(-ENOMEM);
	}

	taken = get_user_pages_fast(addr, nr, FOLL_WRITE | FOLL_LONGTERM, buf->pages);
	if (taken < nr) {
		kvfree(buf->pages);
		kfree(buf);
		return ERR_PTR(-EFAULT);
	}

	buf->nr_pages = taken;
	buf->dir = DMA_FROM_DEVICE;
	return buf;
}

static void demo_unregister(struct demo_buffer *buf)
{
	unsigned int i;

	for (i = 0; i < buf->nr_pages; i++)
		put_page(buf->pages[i]);
	kvfree(buf->pages);
	kfree(buf);
}

/* The flag is internal to mm/, and the pages are put although they are pinned. */
static int demo_peek(unsigned long addr, u32 *value)
{
	struct page *page;
	void *kaddr;
	int ret;

	ret = pin_user_pages_fast(addr, 1, FOLL_PIN, &page);
	if (ret < 0)
		return ret;

	kaddr = kmap_local_page(page);
	*value = *(u32 *)(kaddr + offset_in_page(addr));
	kunmap_local(kaddr);

	put_page(page);
	return 0;
}

/* Left over from an older kernel: a vmas argument that is gone, and write access asked for with the wrong constant. */
static long demo_prefault(struct mm_struct *mm, unsigned long addr, unsigned long nr, struct page **pages)
{
	long ret;

	mmap_read_lock(mm);
	ret = pin_user_pages(addr, nr, VM_WRITE, pages, NULL);
	mmap_read_unlock(mm);
	return ret;
}

static long demo_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct demo_device *demo = file->private_data;
	struct demo_request req;
	long ret = 0;

	if (copy_from_user(&req, (void __user *)arg, sizeof(req)))
		return -EFAULT;

	mutex_lock(&demo->lock);
	switch (cmd) {
	case DEMO_CAPTURE:
		ret = demo_capture_once(demo, req.addr, req.len);
		break;
	case DEMO_REGISTER:
		demo->registered = demo_register(req.addr, req.len >> PAGE_SHIFT);
		ret = PTR_ERR_OR_ZERO(demo->registered);
		break;
	case DEMO_PEEK:
		ret = demo_peek(req.addr, &req.value);
		break;
	default:
		ret = -ENOTTY;
	}
	mutex_unlock(&demo->lock);
	return ret;
}

static int demo_release(struct inode *inode, struct file *file)
{
	struct demo_device *demo = file->private_data;

	if (!IS_ERR_OR_NULL(demo->registered))
		demo_unregister(demo->registered);
	return 0;
}

static const struct file_operations demo_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = demo_ioctl,
	.release = demo_release,
};

MODULE_DESCRIPTION("Mistakes with user pages, to be found");
MODULE_LICENSE("Dual MIT/GPL");
