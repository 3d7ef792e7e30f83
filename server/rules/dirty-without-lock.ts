/**
 * ## What it does
 * Finds user pages that are marked dirty with set_page_dirty(), folio_mark_dirty() or SetPageDirty() without the page lock, right before
 * they are given back.
 *
 * ## Why is this bad?
 * A reference does not keep the file of a page from being truncated. Without the page lock the mapping may go away underneath: ext4 warns of
 * pages without buffers, and the data is lost. SetPageDirty() sets nothing but the flag of the page, so writeback never finds it at all.
 *
 * ## Example
 * ```c bad
 * static int demo_fill(unsigned long addr, const void *from)
 * {
 * 	struct page *page;
 *
 * 	if (pin_user_pages_fast(addr, 1, FOLL_WRITE, &page) != 1)
 * 		return -EFAULT;
 * 	memcpy_to_page(page, 0, from, PAGE_SIZE);
 * 	set_page_dirty(page);
 * 	unpin_user_page(page);
 * 	return 0;
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static int demo_fill(unsigned long addr, const void *from)
 * {
 * 	struct page *page;
 *
 * 	if (pin_user_pages_fast(addr, 1, FOLL_WRITE, &page) != 1)
 * 		return -EFAULT;
 * 	memcpy_to_page(page, 0, from, PAGE_SIZE);
 * 	set_page_dirty_lock(page);
 * 	unpin_user_page(page);
 * 	return 0;
 * }
 * ```
 *
 * ## Kernels
 * All.
 *
 * ## Limits
 * The page must be given back by the same name in the same function or a caller, be found in a field that holds user pages, or be where names lead from
 * a call of the file that takes some; and the function must take no page or page-table lock. In interrupt context the unlocked form may be the only one there is.
 *
 * ## Fix safety
 * Safe: offered where the function takes the pages itself, so it may sleep, and takes no lock that forbids it. folio_mark_dirty() gets no fix
 * before 6.13.
 *
 * ## References
 * set_page_dirty_lock() in mm/page-writeback.c; "What Not To Do" in Documentation/core-api/pin_user_pages.rst.
 */

import type { ApiCall } from '../analysis/sites/site.ts';
import type { Location } from '../engine/protocol.ts';
import { ownerKey } from '../flow/value.ts';
import { defineRule, type FixProposal, type RulePass } from './define.ts';
import { renameCall } from './fixes/arguments.ts';
import { isMarkedForCaller } from './support/dirty/marked-for-caller.ts';
import { argumentOf, kernelsOf } from './support/facts.ts';
import { includesAll } from './support/kernels.ts';
import { ownersOf } from './support/releases/owner-facts.ts';

/** Dirty markings without the page lock, and what takes the lock. */
const LOCKED: ReadonlyMap<string, string> = new Map([
  ['set_page_dirty', 'set_page_dirty_lock'],
  ['SetPageDirty', 'set_page_dirty_lock'],
  ['folio_mark_dirty', 'folio_mark_dirty_lock'],
]);

/** See the head of the file. */
export const dirtyWithoutLock = defineRule({
  name: 'dirty-without-lock',
  group: 'dirty',
  summary: 'User pages are marked dirty without the page lock',
  severity: 'info',
  fix: 'safe',
  check(pass) {
    if (pass.sites.every((site) => site.unit !== pass.unit)) return;
    for (const call of pass.calls) {
      const locked = LOCKED.get(call.api);
      if (locked === undefined || call.unit !== pass.unit || takesPageLock(call)) continue;
      const isUserPage = [isGivenBack, isHeldInField, isTakenHere, isGivenBackBelow, isGivenBackAbove, isFollowed].some(
        (is) => is(pass, call),
      );
      if (!isUserPage) continue;
      const fix = lockedFix(pass, call, locked);
      const harm =
        call.api === 'SetPageDirty'
          ? 'sets the flag of the page alone: writeback never sees it, and the data is lost'
          : 'without the page lock races with truncation: the page may lose its file underneath, and the data with it';
      pass.report({
        message: `${call.api}() on a user page ${harm}; use ${locked}(), or unpin_user_pages_dirty_lock() for both steps`,
        at: { unit: call.unit, span: call.span },
        functionName: call.fn?.name ?? '',
        confidence: 'medium',
        fixes: fix === undefined ? [] : [fix],
      });
    }
  },
});

/** Whether the function locks a page or a page table, by any function: what it marks may be what it locked. */
function takesPageLock({ unit, fn }: ApiCall): boolean {
  if (fn === undefined) return true;
  const text = unit.code.slice(fn.bodySpan.start, fn.bodySpan.end);
  return /\b\w*(?:lock_page|folio_lock|trylock_page|folio_trylock|_map_lock|pte_lockptr|pmd_lock)\w*\s*\(/.test(text);
}

/** Whether the same page goes back by the same name, further down in the function, and was taken as a user page as far as is known. */
function isGivenBack(pass: RulePass, dirty: ApiCall): boolean {
  const page = nameOf(dirty);
  if (page === '') return false;
  return pass.calls.some((c) => {
    if (c.unit !== dirty.unit || c.fn !== dirty.fn || c.span.start < dirty.span.end) return false;
    if (nameOf(c) !== page && nameOf(c) !== arrayOf(page)) return false;
    return c.rows.some((row) => row.family === 'release') && isOfUser(pass, c);
  });
}

/** Whether a site in the same function took the pages into the array, or gave it as its result, of which an element is marked. */
function isTakenHere(pass: RulePass, dirty: ApiCall): boolean {
  const array = arrayOf(nameOf(dirty));
  if (!/^\w+$/.test(array) || array === nameOf(dirty)) return false;
  return pass.sites.some((site) => {
    if (site.unit !== dirty.unit || site.fn !== dirty.fn || site.reference === 'none') return false;
    const filled = argumentOf(site, 'pages', pass)?.text.trim();
    const before = site.unit.code.slice(Math.max(0, site.span.start - 80), site.span.start);
    return filled === array || new RegExp(`\\b${array}\\s*=\\s*$`).test(before);
  });
}

/** Whether a function called behind it gives back what the field holds of which an element is marked, the field itself or by a local name. */
function isGivenBackBelow(pass: RulePass, dirty: ApiCall): boolean {
  const { unit, fn } = dirty;
  if (fn === undefined) return false;
  const body = unit.code.slice(fn.bodySpan.start, fn.bodySpan.end);
  const array = arrayOf(nameOf(dirty));
  const alias = new RegExp(`\\*\\s*${array.replace(/\W/g, '\\$&')}\\s*=\\s*([\\w>.-]+(?:->|\\.)\\w+)\\s*;`).exec(
    body,
  )?.[1];
  const [, owner, field] = /^(\w+)(?:->|\.)(\w+)$/.exec(alias ?? array) ?? [];
  if (owner === undefined || field === undefined) return false;
  const behind = unit.code.slice(dirty.span.end, fn.bodySpan.end);
  return pass.calls.some(
    (c) =>
      c.unit === unit &&
      c.fn !== undefined &&
      c.fn !== fn &&
      c.rows.some((row) => row.family === 'release') &&
      new RegExp(`(?:->|\\.)${field}$`).test(arrayOf(nameOf(c))) &&
      new RegExp(`\\b${c.fn.name}\\s*\\([^;]*\\b${owner}\\b`).test(behind) &&
      isOfUser(pass, c),
  );
}

/** `pages` of `pages[i]`. */
function arrayOf(name: string): string {
  return name.replace(/\[[^[\]]*\]$/, '');
}

/** Whether what is marked was found in a field that is seen to hold user pages. */
function isHeldInField({ flow }: RulePass, dirty: ApiCall): boolean {
  const owners = ownersOf(flow);
  return flow.events.some((e) => {
    if (e.kind !== 'dirty' || e.step.unit !== dirty.unit || e.step.span.start !== dirty.span.start) return false;
    return owners.has(ownerKey(e.owner) ?? '');
  });
}

/** Whether the function only marks, and its callers give the page back. */
function isGivenBackAbove(pass: RulePass, dirty: ApiCall): boolean {
  return isMarkedForCaller(pass, dirty, (release) => isOfUser(pass, release));
}

/** Whether names lead there from a call of the file that takes user pages: through a request that holds one, and a list of those. */
function isFollowed(pass: RulePass, dirty: ApiCall): boolean {
  return pass.sites.some(
    (site) =>
      site.unit === dirty.unit &&
      site.reference !== 'none' &&
      pass
        .namedEnd(site)
        .dirtied.some(
          (e) => e.unit === dirty.unit && e.node.start <= dirty.span.start && dirty.span.start < e.node.end,
        ),
  );
}

/** Whether path analysis knows the release as one of user pages, or the function takes such pages itself. */
function isOfUser(pass: RulePass, release: ApiCall): boolean {
  const isHere = (at: { unit: unknown; span: { start: number } }): boolean =>
    at.unit === release.unit && at.span.start === release.span.start;
  // Nothing but user pages is unpinned.
  if (
    release.rows.every(
      (row) => row.reference === 'pin' || row.effects.some((e) => e.op === 'release' && e.ref === 'pin'),
    )
  )
    return true;
  if (pass.flow.releases.some((f) => isHere(f.release.step))) return true;
  const owners = ownersOf(pass.flow);
  if (pass.flow.events.some((e) => e.kind === 'release' && isHere(e.step) && owners.has(ownerKey(e.owner) ?? '')))
    return true;
  const { line, column } = release.unit.lines.at(release.span.start);
  const isNamed = (at: Location): boolean => at.file === release.unit.path && at.line === line && at.column === column;
  return pass.sites.some((s) => {
    if (s.unit !== release.unit || s.reference === 'none') return false;
    return s.fn === release.fn || pass.recordOf(s)?.releases.some((r) => r.matches && isNamed(r.location)) === true;
  });
}

function nameOf(call: ApiCall): string {
  return (call.args[0]?.text ?? '').replace(/\s+/g, '');
}

function lockedFix(pass: RulePass, call: ApiCall, name: string): FixProposal | undefined {
  const { unit, fn } = call;
  if (fn === undefined || !pass.sites.some((s) => s.unit === unit && s.fn === fn && s.reference !== 'none'))
    return undefined;
  const text = unit.code.slice(fn.bodySpan.start, fn.bodySpan.end);
  if (
    /\b(?:\w*spin_lock\w*|rcu_read_lock\w*|local_irq_\w+|preempt_disable|local_bh_\w+|read_lock\w*|write_lock\w*)\s*\(/.test(
      text,
    )
  )
    return undefined;
  if (!includesAll(kernelsOf(pass.model.allRows(name)), pass.liveOn(call))) return undefined;
  const edit = renameCall(call, name);
  return edit === undefined ? undefined : { title: `Use ${name}()`, applicability: 'safe', edits: [edit] };
}
