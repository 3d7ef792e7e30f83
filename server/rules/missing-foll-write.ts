/**
 * ## What it does
 * Finds pages that are taken without FOLL_WRITE and that a device or the CPU writes to.
 *
 * ## Why is this bad?
 * Without FOLL_WRITE the kernel neither asks whether the process may write to the range nor breaks copy-on-write: the data lands in a page that
 * other processes share, in the zero page, or in a file that is mapped read-only. It is the bug behind several privilege escalations.
 *
 * ## Example
 * ```c bad
 * static int demo_receive(struct device *dev, unsigned long addr, dma_addr_t *dma)
 * {
 * 	struct page *page;
 *
 * 	if (pin_user_pages_fast(addr, 1, 0, &page) != 1)
 * 		return -EFAULT;
 * 	*dma = dma_map_page(dev, page, 0, PAGE_SIZE, DMA_FROM_DEVICE);
 * 	demo_run(*dma);
 * 	dma_unmap_page(dev, *dma, PAGE_SIZE, DMA_FROM_DEVICE);
 * 	unpin_user_pages_dirty_lock(&page, 1, true);
 * 	return 0;
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static int demo_receive(struct device *dev, unsigned long addr, dma_addr_t *dma)
 * {
 * 	struct page *page;
 *
 * 	if (pin_user_pages_fast(addr, 1, FOLL_WRITE, &page) != 1)
 * 		return -EFAULT;
 * 	*dma = dma_map_page(dev, page, 0, PAGE_SIZE, DMA_FROM_DEVICE);
 * 	demo_run(*dma);
 * 	dma_unmap_page(dev, *dma, PAGE_SIZE, DMA_FROM_DEVICE);
 * 	unpin_user_pages_dirty_lock(&page, 1, true);
 * 	return 0;
 * }
 * ```
 *
 * ## Kernels
 * 4.9 and later, where the functions take gup_flags.
 *
 * ## Limits
 * The flags must be known, without FOLL_WRITE on any path, and a path must lead the pages to the call that writes. A warning where the path
 * leaves something open, where the CPU writes through an address of the page, and where another function of the file writes or maps the pages:
 * only in files where no other call takes any. Callers of a function that passes their flags on are told each for itself, where a path leads to
 * the write.
 *
 * ## Fix safety
 * Unsafe: FOLL_WRITE is added; a range that the process may only read is refused from then on. None where they are written in another function:
 * those that give the pages back have to mark them dirty, too.
 *
 * ## References
 * "FOLL_WRITE" in the description of get_user_pages() in mm/gup.c.
 */
import { functionAt } from '../analysis/calls/call-index.ts';
import type { CallSite } from '../analysis/sites/site.ts';
import { defineRule, type FixProposal, type RulePass } from './define.ts';
import { replaceArgument } from './fixes/arguments.ts';
import { flagInCall } from './fixes/passed-flag.ts';
import {
  asksForWrite,
  storeBehind,
  type WritingCall,
  type WrittenAt,
  writingCall,
} from './support/dirty/writing-call.ts';
import { argumentOf } from './support/facts.ts';
import { flagsPassed } from './support/flags/passed-flags.ts';
import { provedSeverity } from './support/flow-report.ts';

/** See the head of the file. */
export const missingFollWrite = defineRule({
  name: 'missing-foll-write',
  group: 'flags',
  summary: 'Pages taken without FOLL_WRITE are written to',
  severity: 'error',
  fix: 'unsafe',
  check(pass) {
    for (const site of pass.sites) {
      if (site.unit !== pass.unit || site.reference === 'none' || asksForWrite(site)) continue;
      const flags = flagsPassed(pass, site);
      if (flags === undefined) continue;
      const call = writingCall(pass, site);
      const write =
        call !== undefined ? writtenBy(site, call) : site.via === undefined ? storeBehind(pass, site) : undefined;
      if (write === undefined) continue;
      const confidence = call?.confidence ?? 'medium';
      pass.report({
        message: `${site.via ?? site.api}() takes the pages without FOLL_WRITE, and ${write.by} ${call === undefined ? 'writes to them' : 'lets them be written'}: the write goes past the permissions of the mapping and past copy-on-write, into pages that others share; add FOLL_WRITE`,
        at: { unit: site.unit, span: flags },
        functionName: site.fn?.name ?? '',
        site,
        severity: provedSeverity('error', confidence),
        confidence,
        related: [{ at: { unit: write.at.unit, span: write.at.span }, message: `written by ${write.by}` }],
        // Who gives the pages back elsewhere has to mark them, too.
        fixes: write.elsewhere ? [] : withFlag(pass, site),
      });
    }
  },
});

function withFlag(pass: RulePass, site: CallSite): readonly FixProposal[] {
  const flags = argumentOf(site, 'flags', pass);
  const edits =
    flags === undefined
      ? flagInCall(site, pass.model, 'FOLL_WRITE')
      : [replaceArgument(site, flags, /^0$/.test(flags.text) ? 'FOLL_WRITE' : `${flags.text} | FOLL_WRITE`)];
  return edits.length === 0 ? [] : [{ title: 'Add FOLL_WRITE', applicability: 'unsafe', edits }];
}

/** What a path met, as a place. */
function writtenBy({ fn }: CallSite, { at, api }: WritingCall): WrittenAt {
  return { at, by: `${api}()`, elsewhere: functionAt(at.unit, at.span.start) !== fn };
}
