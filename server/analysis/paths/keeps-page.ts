/** Helpers that store a page they are given: `static void foo_add(struct foo *f, struct page *page) { f->pages[f->n++] = page; }`. */
import type { CUnit, FunctionDef } from '../../syntax/unit.ts';

const known = new WeakMap<FunctionDef, boolean>();

/** Whether a function puts a parameter that is a page, a folio or an array of them into a field, by its text. */
export function keepsPage(unit: CUnit, fn: FunctionDef): boolean {
  let keeps = known.get(fn);
  if (keeps === undefined) {
    keeps = storesParameter(unit, fn);
    known.set(fn, keeps);
  }
  return keeps;
}

function storesParameter({ code }: CUnit, fn: FunctionDef): boolean {
  const head = code.slice(fn.span.start, fn.bodySpan.start);
  const params = head.matchAll(/\bstruct\s+(?:page|folio)\s*\*+\s*(\w+)\s*(?:\[\s*\]\s*)?(?=[,)])/g);
  const names = [...params].map((m) => m[1]);
  if (names.length === 0) return false;
  const stored = new RegExp(`(?:->|\\.)\\s*\\w+\\s*(?:\\[[^\\]]*\\]\\s*)?=\\s*(?:${names.join('|')})\\s*;`);
  return stored.test(code.slice(fn.bodySpan.start, fn.bodySpan.end));
}
