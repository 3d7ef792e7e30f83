/**
 * ## What it does
 * Finds pages that are taken with FOLL_WRITE and that are only read, or only mapped for a device that reads.
 *
 * ## Why is this bad?
 * The call fails for memory that the process may read and not write, breaks copy-on-write for nothing, and marks pages of files dirty that
 * did not change.
 *
 * ## Example
 * ```c bad
 * static int demo_send(unsigned long addr, void *to)
 * {
 * 	struct page *page;
 *
 * 	if (get_user_pages_fast(addr, 1, FOLL_WRITE, &page) != 1)
 * 		return -EFAULT;
 * 	memcpy_from_page(to, page, 0, PAGE_SIZE);
 * 	put_page(page);
 * 	return 0;
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static int demo_send(unsigned long addr, void *to)
 * {
 * 	struct page *page;
 *
 * 	if (get_user_pages_fast(addr, 1, 0, &page) != 1)
 * 		return -EFAULT;
 * 	memcpy_from_page(to, page, 0, PAGE_SIZE);
 * 	put_page(page);
 * 	return 0;
 * }
 * ```
 *
 * ## Kernels
 * 4.9 and later, where the functions take gup_flags. Silent for long-term pins where a kernel before 6.2 is aimed at: there write access
 * was the way to a page that stays the process's own.
 *
 * ## Limits
 * What is done with the pages must be seen: reads in the file, and nothing that may write; or the address of the memory comes as a pointer to
 * const.
 *
 * ## Fix safety
 * No fix: what another part of the driver does with the pages may not be in sight.
 *
 * ## References
 * "FOLL_WRITE" in the description of get_user_pages() in mm/gup.c.
 */
import { READ_ONLY_LONGTERM_IS_RELIABLE } from '../../model/behaviour.ts';
import { rangeOf } from '../../model/version.ts';
import type { CallSite, FlagTerm } from '../analysis/sites/site.ts';
import { defineRule, type RulePass } from './define.ts';
import { isReadSource } from './support/dirty/read-source.ts';
import { includesAll } from './support/kernels.ts';
import { sameOrigin } from './support/releases/owner-facts.ts';

/** See the head of the file. */
export const unneededFollWrite = defineRule({
  name: 'unneeded-foll-write',
  group: 'flags',
  summary: 'FOLL_WRITE is passed for pages that are only read',
  severity: 'info',
  fix: 'none',
  check(pass) {
    for (const site of pass.sites) {
      if (site.unit !== pass.unit || site.via !== undefined || site.reference === 'none') continue;
      const term = writeTerm(site);
      if (term === undefined || isReadOnlyTrick(pass, site)) continue;
      const source = isSource(pass, site);
      if (!source && !isOnlyRead(pass, site)) continue;
      const why = source ? 'their address comes as a pointer to const' : 'what is seen of them is only read';
      pass.report({
        message: `FOLL_WRITE asks ${site.api}() for pages to write to, and ${why}: the call fails for memory that the process may not write, and breaks copy-on-write for nothing`,
        at: { unit: term.unit, span: term.span },
        functionName: site.fn?.name ?? '',
        site,
        confidence: 'medium',
        related: term.atCall
          ? []
          : [{ at: { unit: site.unit, span: site.nameSpan }, message: `passed to ${site.api}() here` }],
      });
    }
  },
});

/** The place where FOLL_WRITE surely gets into the flags. */
function writeTerm({ flags }: CallSite): FlagTerm | undefined {
  return flags.terms.find((term) => term.kind === 'flag' && term.name === 'FOLL_WRITE' && term.must);
}

/** Whether the memory is the source of data by the type of its address, and no store shows otherwise. */
function isSource(pass: RulePass, site: CallSite): boolean {
  const stored = pass.recordOf(site)?.evidence.some((e) => e.kind === 'write') === true;
  return !stored && isReadSource(pass, site);
}

function isOnlyRead(pass: RulePass, site: CallSite): boolean {
  const access = pass.recordOf(site)?.access ?? [];
  if (access.length !== 1 || access[0] !== 'read') return false;
  const { ends, releases, held } = pass.flow;
  if (held.some((h) => h.onSuccess && sameOrigin(h.origin, site))) return false;
  const dirtied = [...ends, ...releases].some((e) => e.dirtied && sameOrigin(e.origin, site));
  return !dirtied && !ends.some((e) => e.hold === 'taken' && sameOrigin(e.origin, site));
}

/** Whether write access may be asked for to get a page that stays the process's own. */
function isReadOnlyTrick(pass: RulePass, site: CallSite): boolean {
  if (site.flags.may.has('FOLL_FORCE') || site.flags.must.has('FOLL_FORCE')) return true;
  if (!site.flags.may.has('FOLL_LONGTERM') && !site.flags.must.has('FOLL_LONGTERM')) return false;
  return !includesAll([rangeOf(READ_ONLY_LONGTERM_IS_RELIABLE.kernels)], pass.liveOn(site));
}
