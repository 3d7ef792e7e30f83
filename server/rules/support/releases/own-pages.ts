/**
 * Fields in which a file keeps pages of its own: by its text they are filled by the page allocator or from the page cache, or a test tells
 * them from those of users.
 */
import { functionAt, treeOf } from '../../../analysis/calls/call-index.ts';
import { codeOf, pathTo } from '../../../analysis/trees.ts';
import type { Span } from '../../../base/span.ts';
import { childByField } from '../../../syntax/node.ts';
import type { CUnit } from '../../../syntax/unit.ts';

/** `x->page = alloc_page(...)`, also of one element, also behind a cast (include/linux/gfp.h, skbuff.h, page_pool, pagemap.h). */
const FILLED =
  /(?:->|\.)\s*(\w+)\s*(?:\[[^\][]*\]\s*)?=\s*(?:\([^()]*\)\s*)?(?:alloc_pages?\w*|dev_alloc_pages?|page_pool_\w*alloc\w*|find_get_page|find_lock_page|find_or_create_page|grab_cache_page\w*|read_(?:mapping|cache)_page\w*)\s*\(/g;

const known = new WeakMap<CUnit['version'], ReadonlySet<string>>();

/** Whether a file puts pages of its own into a field of this name. */
export function keepsOwnPages(unit: CUnit, field: string): boolean {
  let fields = known.get(unit.version);
  if (fields === undefined) {
    fields = new Set([...unit.code.matchAll(FILLED)].map((m) => m[1] ?? ''));
    known.set(unit.version, fields);
  }
  return fields.has(field);
}

/** Whether a statement stands behind a test, and the nearest one says nothing of certain fields: `if (!zerocopy) __free_page(...)`. */
export function isToldApart(unit: CUnit, span: Span, fields: ReadonlySet<string>): boolean {
  const fn = functionAt(unit, span.start);
  if (fn === undefined) return false;
  const nearest = pathTo(treeOf(unit, fn), span).findLast((n) => n.type === 'if_statement');
  const test = nearest === undefined ? undefined : childByField(nearest, 'condition');
  const words = test === undefined ? [] : (codeOf(unit, test).match(/\w+/g) ?? []);
  return words.length > 0 && !words.some((word) => fields.has(word));
}
