/**
 * ## What it does
 * Finds calls of functions that want mmap_lock held, in functions that do not take it and that nobody calls with it held.
 *
 * ## Why is this bad?
 * get_user_pages(), pin_user_pages() and their remote variants walk the mappings of the process. Without the lock another thread may unmap the
 * range in the middle of the walk: a use after free. lockdep reports it since 5.15 (find_vma), gup itself since 6.3, and since 6.10 the
 * call warns on every kernel.
 *
 * ## Example
 * ```c bad
 * static long demo_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
 * {
 * 	struct page *page;
 *
 * 	if (pin_user_pages(arg, 1, FOLL_WRITE, &page) != 1)
 * 		return -EFAULT;
 * 	unpin_user_pages_dirty_lock(&page, 1, true);
 * 	return 0;
 * }
 *
 * static const struct file_operations demo_fops = {
 * 	.unlocked_ioctl = demo_ioctl,
 * };
 * ```
 *
 * ## Use instead
 * ```c good
 * static long demo_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
 * {
 * 	struct page *page;
 *
 * 	if (pin_user_pages_fast(arg, 1, FOLL_WRITE, &page) != 1)
 * 		return -EFAULT;
 * 	unpin_user_pages_dirty_lock(&page, 1, true);
 * 	return 0;
 * }
 *
 * static const struct file_operations demo_fops = {
 * 	.unlocked_ioctl = demo_ioctl,
 * };
 * ```
 *
 * ## Kernels
 * All.
 *
 * ## Limits
 * Callers are followed by name through the files of the directory; anything further up in one of them that takes the lock, or calls what
 * takes it, counts as held. At least one way must show that it is not: an entry point that the kernel calls without it, or an access to user
 * memory, which would take it. Silent where one way may hold it: a function out of
 * sight that speaks of locking an mm may have taken it. An error only in such an entry point itself, a warning where callers are followed.
 * An mm that nobody else can have yet (that of a linux_binprm, one that mm_alloc() made) needs no lock before 5.15, and is told as a warning since.
 *
 * ## Fix safety
 * Unsafe: a call on the own mm that asks for no VMAs becomes one of `*_fast()`, which takes the lock itself where it needs it. No fix for a
 * remote mm: mmap_read_lock() has to go around the call, and where to drop it again is for whoever knows what the VMA is used for.
 *
 * ## References
 * mmap_assert_locked() in __get_user_pages_locked(), mm/gup.c of 6.3.
 */
import { version } from '../../model/version.ts';
import type { CallSite } from '../analysis/sites/site.ts';
import { defineRule, type RulePass } from './define.ts';
import { fastVariant } from './fixes/fast-variant.ts';
import { isFreshMm } from './support/fresh-mm.ts';

/** The first kernel that asserts the lock in find_vma(), whoever else may have the mm. */
const ASSERTED = version('5.15');

/** See the head of the file. */
export const mmapLockNotHeld = defineRule({
  name: 'mmap-lock-not-held',
  group: 'context',
  summary: 'A function that wants mmap_lock held is called without it',
  severity: 'error',
  fix: 'unsafe',
  check(pass) {
    for (const site of pass.sites) {
      const { fn, unit } = site;
      if (unit !== pass.unit || unit.path.endsWith('.h') || site.via !== undefined || fn === undefined) continue;
      if (!wantsLock(pass, site)) continue;
      const { state, clue } = pass.mmapAt(site);
      if (state !== 'entry' && state !== 'not-held') continue;
      const isFresh = isFreshMm(site, pass);
      if (isFresh && site.active.until < ASSERTED) continue;
      const fast = fastVariant(pass, site);
      pass.report({
        message: `${site.api}() wants mmap_lock held, and nothing on the way here takes it: ${isFresh ? 'nobody else can have this mm yet, but find_vma() asserts the lock since 5.15' : 'another thread may unmap the range during the walk, a use after free'}; since 6.10 every such call warns; use the fast or unlocked variant, or take mmap_read_lock() around the call`,
        at: { unit, span: site.nameSpan },
        functionName: fn.name,
        site,
        severity: state === 'entry' && !isFresh ? 'error' : 'warning',
        confidence: state === 'entry' && !isFresh ? 'high' : 'medium',
        related: clue === undefined ? [] : [{ at: clue, message: clue.text }],
        fixes: fast === undefined ? [] : [fast],
      });
    }
  },
});

/** Whether every form of the function on the kernels aimed at wants the lock. */
function wantsLock(pass: RulePass, site: CallSite): boolean {
  const rows = pass.model.rows(site.api);
  return rows.length > 0 && rows.every((row) => row.context.mmapLock === 'held');
}
