/**
 * ## What it does
 * Finds pages of `iov_iter_extract_pages()` that are unpinned although nobody asked `iov_iter_extract_will_pin()`, where the
 * iterator may be one over the kernel's own memory.
 *
 * ## Why is this bad?
 * Only pages of a user's memory are pinned. Those of a kvec, bvec or xarray iterator are extracted as they are; unpinning them takes 1024
 * from a reference count that was never raised, and a page in use is freed.
 *
 * ## Example
 * ```c bad
 * static void demo_drop(struct iov_iter *iter, struct page **pages)
 * {
 * 	size_t offset;
 * 	ssize_t got = iov_iter_extract_pages(iter, &pages, SZ_64K, 16, 0, &offset);
 *
 * 	if (got > 0)
 * 		unpin_user_pages(pages, DIV_ROUND_UP(offset + got, PAGE_SIZE));
 * }
 *
 * static void demo_send(struct kvec *vec, struct page **pages, size_t len)
 * {
 * 	struct iov_iter iter;
 *
 * 	iov_iter_kvec(&iter, ITER_SOURCE, vec, 1, len);
 * 	demo_drop(&iter, pages);
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static void demo_drop(struct iov_iter *iter, struct page **pages)
 * {
 * 	bool pinned = iov_iter_extract_will_pin(iter);
 * 	size_t offset;
 * 	ssize_t got = iov_iter_extract_pages(iter, &pages, SZ_64K, 16, 0, &offset);
 *
 * 	if (got > 0 && pinned)
 * 		unpin_user_pages(pages, DIV_ROUND_UP(offset + got, PAGE_SIZE));
 * }
 *
 * static void demo_send(struct kvec *vec, struct page **pages, size_t len)
 * {
 * 	struct iov_iter iter;
 *
 * 	iov_iter_kvec(&iter, ITER_SOURCE, vec, 1, len);
 * 	demo_drop(&iter, pages);
 * }
 * ```
 *
 * ## Kernels
 * 6.3 and later, which have the function.
 *
 * ## Limits
 * A file that asks for the kind of iterator or of hold anywhere is taken to know. An error only where the function builds an iterator over
 * the kernel's memory itself, else a warning; of low confidence in a file that builds no such iterator: all may be a user's.
 *
 * ## Fix safety
 * No fix.
 *
 * ## References
 * iov_iter_extract_will_pin() in include/linux/uio.h; "Page pinning" in iov_iter_extract_pages() of lib/iov_iter.c.
 */
import type { CallSite } from '../analysis/sites/site.ts';
import type { Confidence } from '../engine/protocol.ts';
import { defineRule } from './define.ts';

/** Ways to know what an iterator is over, or how its pages are held. */
const ASKS =
  /\b(?:iov_iter_extract_will_pin|user_backed_iter|iter_is_ubuf|iter_is_iovec|iov_iter_is_\w+|iov_iter_type|BIO_PAGE_PINNED|bio_release_pages|bio_set_flag|import_ubuf|import_iovec|import_single_range|iov_iter_ubuf|iov_iter_init)\b/;
/** Iterators over memory of the kernel. */
const KERNEL_BACKED = /\b(?:iov_iter_(?:kvec|bvec|xarray|folio_queue)|ITER_(?:KVEC|BVEC|XARRAY|FOLIOQ))\b/;

/** How sure it is that the iterator may be over memory of the kernel: the function builds such a one itself, or the file builds some. */
function proofOf({ fn, span, args }: CallSite, code: string): Confidence {
  const name = /^&?\s*(\w+)$/.exec(args[0]?.text ?? '')?.[1];
  const before = code.slice(fn?.bodySpan.start ?? span.start, span.start);
  if (
    name !== undefined &&
    new RegExp(`\\biov_iter_(?:kvec|bvec|xarray|folio_queue)\\s*\\(\\s*&?${name}\\b`).test(before)
  )
    return 'high';
  return KERNEL_BACKED.test(code) ? 'medium' : 'low';
}

/** See the head of the file. */
export const extractReleasedUnconditionally = defineRule({
  name: 'extract-released-unconditionally',
  group: 'release',
  summary: 'Pages of any iterator are unpinned, those that were not pinned too',
  severity: 'error',
  fix: 'none',
  check(pass) {
    for (const site of pass.sites) {
      if (site.unit !== pass.unit || site.via !== undefined || site.reference !== 'either' || site.fn === undefined)
        continue;
      const { code, path } = pass.unit;
      if (ASKS.test(code)) continue;
      const released = pass.recordOf(site)?.releases ?? [];
      const call = pass.calls.find(
        (c) =>
          c.unit === pass.unit &&
          c.api.startsWith('unpin_') &&
          released.some((r) => r.location.file === path && r.api === c.api && r.functionName === c.fn?.name),
      );
      if (call?.fn === undefined) continue;
      const proof = proofOf(site, code);
      pass.report({
        message: `${call.fn.name}() unpins what ${site.api}() extracted, also of iterators over the kernel's own memory, which it does not pin: ask iov_iter_extract_will_pin() before, and unpin only then`,
        at: { unit: pass.unit, span: call.nameSpan },
        functionName: call.fn.name,
        severity: proof === 'high' ? 'error' : 'warning',
        confidence: proof,
        site,
        related: [{ at: { unit: site.unit, span: site.nameSpan }, message: 'extracted here' }],
      });
    }
  },
});
