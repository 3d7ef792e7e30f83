/**
 * ## What it does
 * Finds user pages whose reference or map count is compared with a constant.
 *
 * ## Why is this bad?
 * The count says nothing of who holds the page: a pin is 1024 references on a small page and one on a large folio, and the page cache,
 * the LRU batches and other processes hold references that come and go. A test like page_count(page) == 2 never holds while the page is
 * pinned.
 *
 * ## Example
 * ```c bad
 * static int demo_is_private(unsigned long addr)
 * {
 * 	struct page *page;
 * 	int alone;
 *
 * 	if (pin_user_pages_fast(addr, 1, 0, &page) != 1)
 * 		return -EFAULT;
 * 	alone = page_count(page) == 2;
 * 	unpin_user_page(page);
 * 	return alone;
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static int demo_is_pinned(unsigned long addr)
 * {
 * 	struct page *page;
 * 	int pinned;
 *
 * 	if (get_user_pages_fast(addr, 1, 0, &page) != 1)
 * 		return -EFAULT;
 * 	pinned = folio_maybe_dma_pinned(page_folio(page));
 * 	put_page(page);
 * 	return pinned;
 * }
 * ```
 *
 * ## Kernels
 * All; a pin changes the count by more than one from 5.7 on.
 *
 * ## Limits
 * Only counts of pages that the same function takes, by the name of the variable, compared on the spot. Assertions are left alone.
 *
 * ## Fix safety
 * No fix: what the code wants to know decides what to ask.
 *
 * ## References
 * folio_maybe_dma_pinned() in include/linux/mm.h.
 */
import type { ApiCall } from '../analysis/sites/site.ts';
import { defineRule, type RulePass } from './define.ts';
import { argumentOf } from './support/facts.ts';

const COUNTS = new Set(['page_count', 'page_ref_count', 'page_mapcount', 'folio_ref_count']);

/** See the head of the file. */
export const pageCountProbe = defineRule({
  name: 'page-count-probe',
  group: 'release',
  summary: 'The reference count of a user page is compared with a constant',
  severity: 'warning',
  fix: 'none',
  check(pass) {
    for (const call of pass.calls) {
      if (!COUNTS.has(call.api) || call.unit !== pass.unit || !isCompared(call)) continue;
      if (isAsserted(call) || !isTakenHere(pass, call)) continue;
      pass.report({
        message: `${call.api}() of a user page is compared with a constant: a pin counts 1024 on a small page and 1 on a large folio, and others hold references that come and go; ask folio_maybe_dma_pinned() for pins, or keep a state of your own`,
        at: { unit: call.unit, span: call.span },
        functionName: call.fn?.name ?? '',
        confidence: 'medium',
      });
    }
  },
});

/** Whether the result is compared with a number or a constant right where it is asked for. */
function isCompared({ unit, span }: ApiCall): boolean {
  const after = /^\s*(?:[<>]=?|[!=]=)\s*(?:\d+|[A-Z_][A-Z0-9_]*)\b/.test(unit.code.slice(span.end, span.end + 60));
  const before = /(?:\d+|\b[A-Z_][A-Z0-9_]*)\s*(?:[<>]=?|[!=]=)\s*$/.test(
    unit.code.slice(Math.max(0, span.start - 60), span.start),
  );
  return after || before;
}

/** Whether the comparison only checks an invariant: WARN_ON(), VM_BUG_ON_PAGE(). */
function isAsserted({ unit, span }: ApiCall): boolean {
  const start = Math.max(...[';', '{', '}'].map((c) => unit.code.lastIndexOf(c, span.start)));
  return /\b\w*(?:WARN|BUG)_ON\w*\s*\(/.test(unit.code.slice(start, span.start));
}

function isTakenHere(pass: RulePass, call: ApiCall): boolean {
  const name = /^[(&*\s]*(\w+)/.exec(call.args[0]?.text ?? '')?.[1];
  return pass.sites.some((site) => {
    if (site.unit !== call.unit || site.fn !== call.fn || site.reference === 'none' || site.via !== undefined)
      return false;
    const pages = argumentOf(site, 'pages', pass)?.text ?? '';
    return name !== undefined && new RegExp(`^&?\\s*${name}$`).test(pages);
  });
}
