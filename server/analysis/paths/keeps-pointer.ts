/** Functions that only look through an array they are given: `static bool foo_fits(struct page **pages, int n) { return pages[n - 1] != NULL; }`. */
import type { CUnit, FunctionDef } from '../../syntax/unit.ts';

const known = new WeakMap<FunctionDef, readonly boolean[]>();

/**
 * Whether a function may leave an array that it is given, or an element of it, somewhere, by its text. `isIdle`: whether a function of this
 * name keeps nothing of its arguments.
 */
export function keepsPointer(unit: CUnit, fn: FunctionDef, index: number, isIdle: (name: string) => boolean): boolean {
  let keeps = known.get(fn);
  if (keeps === undefined) {
    keeps = perParameter(unit, fn, isIdle);
    known.set(fn, keeps);
  }
  return keeps[index] ?? true;
}

function perParameter({ code }: CUnit, fn: FunctionDef, isIdle: (name: string) => boolean): readonly boolean[] {
  const list = /^\s*\(([^()]*)\)\s*$/.exec(code.slice(fn.nameSpan.end, fn.bodySpan.start))?.[1];
  const body = code.slice(fn.bodySpan.start, fn.bodySpan.end);
  return (list ?? '').split(',').map((parameter) => {
    const name = /(\w+)\s*(?:\[[^\]]*\]\s*)*$/.exec(parameter.trim())?.[1];
    return name === undefined || isCopied(body, name, isIdle);
  });
}

/** Whether a name stands anywhere but in tests for NULL and errors, and as an array whose element such a function gets. */
function isCopied(body: string, name: string, isIdle: (name: string) => boolean): boolean {
  const rest = body
    .replace(new RegExp(`\\b(\\w+)\\s*\\(\\s*${name}\\s*\\[[^\\][()]*\\]\\s*\\)`, 'g'), (all, callee: string) =>
      isIdle(callee) ? '' : all,
    )
    .replace(new RegExp(`\\b${name}\\s*[!=]=\\s*NULL\\b|!\\s*${name}\\b(?!\\s*\\[)`, 'g'), '')
    .replace(new RegExp(`\\bIS_ERR(?:_OR_NULL)?\\(\\s*${name}\\s*\\)`, 'g'), '');
  return new RegExp(`(?<![\\w.>])${name}\\b`).test(rest);
}
