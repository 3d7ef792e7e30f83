/** Clean-up that a declaration attaches to its variable: `__free(name)` of linux/cleanup.h, and the compiler's own attribute. */
import type { ScopeCleanup } from '../../flow/lower-context.ts';
import type { CNode } from '../../syntax/node.ts';
import type { CUnit } from '../../syntax/unit.ts';

/** Characters ahead of a declarator that may hold the specifiers of its declaration. */
const SPECIFIERS = 160;

/** The clean-up that the attributes of a declarator name, as they were written. */
export function cleanupAt(unit: CUnit, declarator: CNode): ScopeCleanup | undefined {
  const own = ownAttributes(unit.text, declarator.start);
  const free = /\b__free\s*\(\s*(\w+)\s*\)/.exec(own)?.[1];
  if (free !== undefined) return behindFree(unit, free);
  const ahead = /[^;{}]*$/.exec(unit.text.slice(Math.max(0, declarator.start - SPECIFIERS), declarator.start))?.[0];
  const attribute = ATTRIBUTE.exec(own) ?? ATTRIBUTE.exec((ahead ?? '').replace(/\([^()]*\)\s*=.*$/s, ''));
  return attribute?.[1] === undefined ? undefined : { callee: attribute[1], byAddress: true };
}

const ATTRIBUTE = /\b(?:__cleanup|(?:__)?cleanup(?:__)?)\s*\(\s*(\w+)\s*\)/;

/** A declarator with what stands behind its name, up to its initialiser or the next one. */
function ownAttributes(text: string, start: number): string {
  let depth = 0;
  let at = start;
  for (; at < text.length; at++) {
    const c = text[at] ?? '';
    if (c === '(' || c === '[') depth++;
    else if (c === ')' || c === ']') depth--;
    else if (depth <= 0 && ';,={}'.includes(c)) break;
  }
  return text.slice(start, at);
}

/** What `DEFINE_FREE(name, type, if (_T) call(_T))` of the same file calls; else the name, which is mostly that of the function. */
function behindFree({ code, text }: CUnit, name: string): ScopeCleanup {
  const at = new RegExp(`\\bDEFINE_FREE\\s*\\(\\s*${name}\\s*,`).exec(code);
  if (at === null) return { callee: name, byAddress: false };
  const calls = text.slice(at.index, at.index + SPECIFIERS).split('\n\n')[0] ?? '';
  const called = [...calls.matchAll(/\b(\w+)\s*\(\s*_T\s*[,)]/g)].flatMap((m) => m[1] ?? []);
  const callee = called.findLast((c) => !/^IS_ERR/.test(c)) ?? name;
  return { callee, byAddress: false, unlessNull: /\bif\s*\(/.test(calls) };
}
