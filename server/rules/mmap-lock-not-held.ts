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
 * Callers are followed by name as far as the files at hand go; anything further up in one of them that takes the lock, or calls what takes
 * it, counts as held. Silent for functions that are exported, that a header defines, that only files elsewhere call, or that the kernel may
 * call with the lock held. An
 * error only in the entry point of a system call, a warning where callers are followed.
 *
 * ## Fix safety
 * No fix: `*_fast()` takes the lock itself where it needs it; a remote mm wants mmap_read_lock() around the call.
 *
 * ## References
 * mmap_assert_locked() in __get_user_pages_locked(), mm/gup.c of 6.3.
 */
import type { CallSite } from '../analysis/site.ts';
import type { CUnit, FunctionDef } from '../syntax/unit.ts';
import { defineRule, type RulePass } from './define.ts';
import { callsOf, filesOf, type PlacedFunction } from './file-calls.ts';

/** How far callers are followed. */
const MAX_DEPTH = 5;

/** What takes mmap_lock, or says that it is held. */
const TAKES =
  /\b(?:mmap_(?:read|write)_(?:try)?lock\w*|mmap_assert\w*|lock_mm_and_find_vma|mmap_upgrade_trylock|vma_start_(?:read|write)\w*)\s*\(|\b(?:down_(?:read|write)\w*|lockdep_assert_held\w*)\s*\([^;]*\bmmap_(?:sem|lock)\b/;

/** Operations that the kernel calls for a process without any lock of its mm. */
const CALLED_FREE =
  /^(?:unlocked_ioctl|compat_ioctl|ioctl|read|write|read_iter|write_iter|splice_read|splice_write|fb_read|fb_write|sendmsg|recvmsg|setsockopt|getsockopt|probe)$/;

/** See the head of the file. */
export const mmapLockNotHeld = defineRule({
  name: 'mmap-lock-not-held',
  group: 'context',
  summary: 'A function that wants mmap_lock held is called without it',
  severity: 'error',
  fix: 'none',
  check(pass) {
    const holders = lockTakers(pass);
    for (const site of pass.sites) {
      const { fn, unit } = site;
      if (unit !== pass.unit || unit.path.endsWith('.h') || site.via !== undefined || fn === undefined) continue;
      if (!wantsLock(pass, site) || holders.test(unit.code.slice(fn.bodySpan.start, site.span.start))) continue;
      const way = heldNowhere(pass, holders, { unit, fn });
      if (way === 'unknown') continue;
      pass.report({
        message: `${site.api}() wants mmap_lock held, and nothing on the way here takes it: another thread may unmap the range during the walk, a use after free; since 6.10 every such call warns; use the fast or unlocked variant, or take mmap_read_lock() around the call`,
        at: { unit, span: site.nameSpan },
        functionName: fn.name,
        site,
        severity: way === 'entry' ? 'error' : 'warning',
        confidence: way === 'entry' ? 'high' : 'medium',
      });
    }
  },
});

/** What takes the lock: the kernel's functions, and those of the files that call them and may return with it held. */
function lockTakers(pass: RulePass): RegExp {
  const own = new Set<string>();
  for (const unit of filesOf(pass)) {
    for (const fn of unit.functions)
      if (TAKES.test(unit.code.slice(fn.bodySpan.start, fn.bodySpan.end))) own.add(fn.name);
  }
  return own.size === 0 ? TAKES : new RegExp(`${TAKES.source}|\\b(?:${[...own].join('|')})\\s*\\(`);
}

/** Whether every form of the function on the kernels aimed at wants the lock. */
function wantsLock(pass: RulePass, site: CallSite): boolean {
  const rows = pass.model.rows(site.api);
  return rows.length > 0 && rows.every((row) => row.context.mmapLock === 'held');
}

/**
 * Whether nobody who calls a function takes the lock: `entry` when the kernel calls the function itself for a process, `callers` when others
 * are in between; `unknown` where one of them does, or where the kernel may hold it.
 */
function heldNowhere(pass: RulePass, holders: RegExp, from: PlacedFunction): 'entry' | 'callers' | 'unknown' {
  const seen = new Set<FunctionDef>();
  const isFree = ({ unit, fn }: PlacedFunction, depth: number): boolean => {
    if (depth > MAX_DEPTH) return false;
    if (fn.viaMacro !== undefined) return /SYSCALL_DEFINE/.test(fn.viaMacro);
    if (seen.has(fn)) return true;
    seen.add(fn);
    const root = rootKind(unit, fn);
    if (root === 'unknown' || isExported(unit, fn)) return false;
    const calls = callsOf(filesOf(pass), fn.name).filter((c) => !fn.isStatic || c.unit === unit);
    // Its callers are in files that are not at hand.
    if (calls.length === 0 && root === 'none' && !fn.isStatic) return false;
    return calls.every((c) => !holders.test(c.unit.code.slice(c.fn.bodySpan.start, c.offset)) && isFree(c, depth + 1));
  };
  if (!isFree(from, 0)) return 'unknown';
  const isEntry = from.fn.viaMacro !== undefined || rootKind(from.unit, from.fn) === 'operation';
  return isEntry ? 'entry' : 'callers';
}

/** Whether other modules may call a function: nobody knows with what. */
function isExported(unit: CUnit, { name, isStatic }: FunctionDef): boolean {
  return !isStatic && new RegExp(`\\bEXPORT_SYMBOL\\w*\\s*\\(\\s*${name}\\b`).test(unit.text);
}

/** Whether a function stands in tables of operations that the kernel calls without the lock, is handed out in other ways, or neither. */
function rootKind(unit: CUnit, fn: FunctionDef): 'operation' | 'unknown' | 'none' {
  let kind: 'operation' | 'none' = 'none';
  for (const m of unit.code.matchAll(new RegExp(`\\b${fn.name}\\b(?!\\s*\\()`, 'g'))) {
    const before = unit.code.slice(Math.max(0, m.index - 160), m.index);
    const field = /\.(\w+)\s*=\s*&?\s*$/.exec(before)?.[1];
    const table = /\b\w*IOCTL\w*\s*\([^()]*$/.test(before);
    if (!table && (field === undefined || !CALLED_FREE.test(field))) return 'unknown';
    kind = 'operation';
  }
  return kind;
}
