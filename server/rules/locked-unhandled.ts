/**
 * ## What it does
 * Finds calls with a `locked` pointer whose variable is not 1 before the call, and callers that drop mmap_lock afterwards without asking
 * whether it is still held.
 *
 * ## Why is this bad?
 * With a `locked` pointer the call may drop mmap_lock, and says so by storing 0. On entry it must hold 1: anything else is a BUG() before
 * 6.3 and a warning and an error since. Who drops the lock all the same drops one that somebody else has taken meanwhile.
 *
 * ## Example
 * ```c bad
 * static long demo_peek(struct mm_struct *mm, unsigned long addr, struct page **pages)
 * {
 * 	int locked = 1;
 * 	long got;
 *
 * 	mmap_read_lock(mm);
 * 	got = pin_user_pages_remote(mm, addr, 1, 0, pages, &locked);
 * 	mmap_read_unlock(mm);
 * 	return got;
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static long demo_peek(struct mm_struct *mm, unsigned long addr, struct page **pages)
 * {
 * 	int locked = 1;
 * 	long got;
 *
 * 	mmap_read_lock(mm);
 * 	got = pin_user_pages_remote(mm, addr, 1, 0, pages, &locked);
 * 	if (locked)
 * 		mmap_read_unlock(mm);
 * 	return got;
 * }
 * ```
 *
 * ## Kernels
 * All.
 *
 * ## Limits
 * Variables of the calling function alone, by their name: a pointer that the function was given itself is its caller's to set, and
 * whoever gets the variable's address may ask it. A VMA that is
 * used after the lock may have been dropped is not seen.
 *
 * ## Fix safety
 * No fix.
 *
 * ## References
 * __get_user_pages_locked() in mm/gup.c: BUG_ON(*locked != 1) up to 6.2, WARN_ON_ONCE() since.
 */
import { DROPS_MMAP_LOCK } from '../analysis/evidence/mmap-context.ts';
import type { CallSite } from '../analysis/sites/site.ts';
import { defineRule, type RulePass } from './define.ts';
import { skipBack } from './fixes/text-scan.ts';
import { argumentOf, refusalOf } from './support/facts.ts';
import { isEmpty } from './support/kernels.ts';

/** What takes it. */
const TAKES = /\bmmap_(?:read|write)_(?:try)?lock\w*\s*\(|\bdown_(?:read|write)\w*\s*\([^;]*\bmmap_(?:sem|lock)\b/;

/** See the head of the file. */
export const lockedUnhandled = defineRule({
  name: 'locked-unhandled',
  group: 'context',
  summary: 'A locked pointer is not set before the call, or not asked after it',
  severity: 'error',
  fix: 'none',
  check(pass) {
    for (const site of pass.sites) {
      if (site.unit !== pass.unit || site.via !== undefined || site.macro !== undefined) continue;
      const locked = argumentOf(site, 'locked', pass);
      const name = /^&\s*(\w+)$/.exec(locked?.text.trim() ?? '')?.[1];
      if (locked === undefined || name === undefined || site.fn === undefined) continue;
      const at = { unit: site.unit, span: { start: locked.start, end: locked.end } };
      const message = (isChecked(pass, site) ? wrongBefore(site, name) : undefined) ?? wrongAfter(site, name);
      if (message !== undefined) pass.report({ message, at, functionName: site.fn.name, site });
    }
  },
});

/** Whether the call looks at the variable on entry. */
function isChecked({ model }: RulePass, site: CallSite): boolean {
  const refusal = refusalOf(site, { model, flags: [], which: (row) => /^VALID\.LOCKED-/.test(row.id) });
  return !isEmpty(refusal.kernels);
}

/** What is wrong with the variable's value before the call: never set, or set to something else than 1. */
function wrongBefore(site: CallSite, name: string): string | undefined {
  const { unit, fn } = site;
  if (fn === undefined) return undefined;
  const before = unit.code.slice(fn.bodySpan.start, site.span.start);
  const set = [...before.matchAll(new RegExp(`(?<![\\w.>*])${name}\\s*=(?!=)\\s*([^,;]+)`, 'g'))];
  const declared = new RegExp(`\\bint\\s+(?:[^;(){}]*,\\s*)?${name}\\b`).test(before);
  // A function gets its address, a macro its name.
  const passed = new RegExp(`&\\s*${name}\\b|\\w\\s*\\([^;(){}]*\\b${name}\\s*[,)]`).test(before);
  const last = set.at(-1)?.[1]?.trim();
  const rule = `${site.api}() wants *locked to be 1, for mmap_lock is held on entry: anything else is a BUG() before 6.3, and a warning and an error since`;
  if (last === undefined) return declared && !passed ? `${name} is not set before ${site.api}(): ${rule}` : undefined;
  const others = set.some((m) => /^(?:1|true)$/.test(m[1]?.trim() ?? ''));
  return /^(?:0|false)$/.test(last) && !others && !passed ? `${name} is 0 before ${site.api}(): ${rule}` : undefined;
}

/** A lock that is dropped behind the call with nobody asking for the variable in between or later. */
function wrongAfter(site: CallSite, name: string): string | undefined {
  const { unit, fn } = site;
  if (fn === undefined) return undefined;
  const after = unit.code.slice(site.span.end, fn.bodySpan.end);
  const drop = DROPS_MMAP_LOCK.exec(after);
  if (drop === null || TAKES.test(after.slice(0, drop.index)) || isHandedOn(site, name)) return undefined;
  const body = unit.code.slice(fn.bodySpan.start, fn.bodySpan.end);
  const reads = [...body.matchAll(new RegExp(`(?<![\\w.>])${name}\\b(?!\\s*=(?!=))`, 'g'))].filter((m) => {
    const start = skipBack(body, m.index);
    return (
      body[start - 1] !== '&' &&
      !/\bint\s*$/.test(body.slice(0, m.index)) &&
      !/\bint\s[^;(){}]*,\s*$/.test(body.slice(0, m.index))
    );
  });
  if (reads.length > 0) return undefined;
  const how = /\w+/.exec(drop[0])?.[0] ?? 'the unlock';
  return `${site.api}() may drop mmap_lock and then stores 0 in ${name}, which nothing asks: ${how}() behind it drops a lock that is not held; use if (${name}), and look VMAs up again`;
}

/** Whether anything but acquire calls gets the variable's address in the function: it may ask, and drop the lock itself. */
function isHandedOn({ unit, fn }: CallSite, name: string): boolean {
  if (fn === undefined) return false;
  const body = unit.code.slice(fn.bodySpan.start, fn.bodySpan.end);
  const addresses = body.match(new RegExp(`&\\s*${name}\\b`, 'g'))?.length ?? 0;
  const inCalls =
    body.match(new RegExp(`\\b(?:get|pin)_user_pages\\w*\\s*\\([^;]*&\\s*${name}\\s*\\)`, 'g'))?.length ?? 0;
  return addresses > inCalls;
}
