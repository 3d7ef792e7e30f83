/** Fields in which a file keeps pages of its own: by its text they are filled by the page allocator or from the page cache. */
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
