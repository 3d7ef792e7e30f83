/**
 * ## What it does
 * Finds pages that are given back while they are mapped for a device, with the unmapping still to come or missing.
 *
 * ## Why is this bad?
 * Until dma_unmap_*() the device may read and write the page, and on some machines the data sits in a bounce buffer that the unmapping
 * copies back: into a page that may belong to another process by then.
 *
 * ## Example
 * ```c bad
 * static int demo_transfer(struct device *dev, unsigned long addr, struct page **pages)
 * {
 * 	dma_addr_t dma;
 *
 * 	if (pin_user_pages_fast(addr, 1, FOLL_WRITE, pages) != 1)
 * 		return -EFAULT;
 * 	dma = dma_map_page(dev, pages[0], 0, PAGE_SIZE, DMA_FROM_DEVICE);
 * 	if (dma_mapping_error(dev, dma)) {
 * 		unpin_user_pages(pages, 1);
 * 		return -EIO;
 * 	}
 * 	demo_run(dma);
 * 	unpin_user_pages_dirty_lock(pages, 1, true);
 * 	dma_unmap_page(dev, dma, PAGE_SIZE, DMA_FROM_DEVICE);
 * 	return 0;
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static int demo_transfer(struct device *dev, unsigned long addr, struct page **pages)
 * {
 * 	dma_addr_t dma;
 *
 * 	if (pin_user_pages_fast(addr, 1, FOLL_WRITE, pages) != 1)
 * 		return -EFAULT;
 * 	dma = dma_map_page(dev, pages[0], 0, PAGE_SIZE, DMA_FROM_DEVICE);
 * 	if (dma_mapping_error(dev, dma)) {
 * 		unpin_user_pages(pages, 1);
 * 		return -EIO;
 * 	}
 * 	demo_run(dma);
 * 	dma_unmap_page(dev, dma, PAGE_SIZE, DMA_FROM_DEVICE);
 * 	unpin_user_pages_dirty_lock(pages, 1, true);
 * 	return 0;
 * }
 * ```
 *
 * ## Kernels
 * All.
 *
 * ## Limits
 * A device that is known to be idle is not seen to be: where nothing unmaps the pages afterwards the finding is a warning.
 * Of pages that the function did not take, release and unmapping must go through the same object, in it or in functions that it calls; what
 * dma_map_single() maps of a buffer of the driver's own is not looked at.
 *
 * ## Fix safety
 * No fix: stop the device, unmap, mark dirty, release, free the array, in this order.
 *
 * ## References
 * Documentation/core-api/dma-api-howto.rst.
 */
import { defineRule } from './define.ts';
import { acquiredBy, flowFindings, pageFindings, reportFlow } from './support/flow-report.ts';
import { unmapsOwnMemory } from './support/releases/own-mapping.ts';

/** See the head of the file. */
export const releaseBeforeDmaUnmap = defineRule({
  name: 'release-before-dma-unmap',
  group: 'release',
  summary: 'Pages are given back while they are mapped for a device',
  severity: 'error',
  fix: 'none',
  check(pass) {
    const told = new Set<number>();
    for (const finding of pageFindings(pass, 'release-before-dma-unmap')) {
      const { problem, resource } = finding;
      if (problem.step.unit === pass.unit && problem.confidence !== 'low') told.add(problem.step.span.start);
      reportFlow(pass, finding, {
        message: `${problem.functionName}() gives pages taken by ${acquiredBy(finding)} back with ${problem.detail}() while they are mapped for a device: until they are unmapped the device may still write to them, or a bounce buffer be copied back, into memory that is somebody else's by then; unmap first`,
        steps: resource.mapped === undefined ? [] : [resource.mapped.step],
      });
    }
    for (const finding of flowFindings(pass, 'release-before-dma-unmap')) {
      const { problem } = finding;
      const unmapping = problem.steps.at(-1);
      if (told.has(problem.step.span.start)) continue;
      if (problem.resource !== undefined || (unmapping && unmapsOwnMemory(unmapping.unit, unmapping.span))) continue;
      reportFlow(pass, finding, {
        message: `${problem.functionName}() gives pages back with ${problem.detail}() before it takes back the mapping of the same object: until then the device may still write to them, or a bounce buffer be copied back, into memory that is somebody else's; unmap first`,
      });
    }
  },
});
