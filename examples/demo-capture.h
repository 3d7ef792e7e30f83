/* SPDX-License-Identifier: MIT */
#ifndef DEMO_CAPTURE_H
#define DEMO_CAPTURE_H

#include <linux/ioctl.h>
#include <linux/types.h>

struct scatterlist;
struct device;

struct demo_request {
	__u64 addr;
	__u64 len;
	__u32 value;
};

#define DEMO_CAPTURE _IOW('d', 1, struct demo_request)
#define DEMO_REGISTER _IOW('d', 2, struct demo_request)
#define DEMO_PEEK _IOWR('d', 3, struct demo_request)

int demo_start_and_wait(struct device *dev, struct scatterlist *sgl, unsigned int nents);

#endif
