/** Functions that only ever report an error, as one that hands work to somebody else and says "try again". */
import type { CUnit, FunctionDef } from '../../syntax/unit.ts';

const cache = new WeakMap<FunctionDef, boolean>();

/** Whether every `return` of a function gives a negative errno or an ERR_PTR() of one. Cached by function. */
export function alwaysFails(unit: CUnit, fn: FunctionDef): boolean {
  let known = cache.get(fn);
  if (known === undefined) {
    const body = unit.code.slice(fn.bodySpan.start, fn.bodySpan.end);
    const results = [...body.matchAll(/\breturn\b\s*([^;]*);/g)].map((m) => (m[1] ?? '').trim());
    known =
      results.length > 0 && results.every((r) => /^(?:ERR_PTR\s*\(\s*-\s*E[A-Z0-9]+\s*\)|-\s*E[A-Z0-9]+)$/.test(r));
    cache.set(fn, known);
  }
  return known;
}
