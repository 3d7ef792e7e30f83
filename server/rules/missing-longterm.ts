/**
 * ## What it does
 * Finds pages that are pinned for as long as user space wants (case 2) without FOLL_LONGTERM.
 *
 * ## Why is this bad?
 * Without the flag the pages may lie in CMA or movable memory, which the pin then blocks for good, or belong to a file on a DAX file system,
 * whose blocks are then written after truncation gave them to somebody else.
 *
 * ## Example
 * ```c bad
 * struct demo_region {
 * 	struct page **pages;
 * 	int nr;
 * 	struct sg_table sgt;
 * };
 *
 * static int demo_register(struct demo_region *r, unsigned long addr, int n)
 * {
 * 	int got = pin_user_pages_fast(addr, n, FOLL_WRITE, r->pages);
 *
 * 	if (got != n) {
 * 		if (got > 0)
 * 			unpin_user_pages(r->pages, got);
 * 		return -EFAULT;
 * 	}
 * 	r->nr = n;
 * 	return sg_alloc_table_from_pages(&r->sgt, r->pages, n, 0, n << PAGE_SHIFT, GFP_KERNEL);
 * }
 *
 * static void demo_unregister(struct demo_region *r)
 * {
 * 	unpin_user_pages_dirty_lock(r->pages, r->nr, true);
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * struct demo_region {
 * 	struct page **pages;
 * 	int nr;
 * 	struct sg_table sgt;
 * };
 *
 * static int demo_register(struct demo_region *r, unsigned long addr, int n)
 * {
 * 	int got = pin_user_pages_fast(addr, n, FOLL_WRITE | FOLL_LONGTERM, r->pages);
 *
 * 	if (got != n) {
 * 		if (got > 0)
 * 			unpin_user_pages(r->pages, got);
 * 		return -EFAULT;
 * 	}
 * 	r->nr = n;
 * 	return sg_alloc_table_from_pages(&r->sgt, r->pages, n, 0, n << PAGE_SHIFT, GFP_KERNEL);
 * }
 *
 * static void demo_unregister(struct demo_region *r)
 * {
 * 	unpin_user_pages_dirty_lock(r->pages, r->nr, true);
 * }
 * ```
 *
 * ## Kernels
 * 5.7 and later. Where the function itself refuses the flag (pin_user_pages_locked(), pin_user_pages_unlocked() before 6.2), another one is
 * named that takes it.
 *
 * ## Limits
 * How long the pages are held is judged by who reaches their release. Of low confidence where the file
 * follows changes of the page tables: it may let go of the pages then. Silent where the flags come from places that are not seen;
 * callers in the files beside a function that is not exported are taken for all of them. Where such a function serves short holds too, each
 * caller that holds long is told for itself.
 * iov_iter_extract_pages() cannot be asked for long-term pins: there is no fix.
 *
 * ## Fix safety
 * Unsafe: FOLL_LONGTERM is added to the flags, where only some callers hold for long to those that these pass; pages of DAX files are refused
 * from then on.
 *
 * ## References
 * Documentation/core-api/pin_user_pages.rst, case 2.
 */
import { notifierIn } from '../analysis/notifier.ts';
import type { CallSite, FlagTerm } from '../analysis/sites/site.ts';
import type { CUnit, FunctionDef } from '../syntax/unit.ts';
import { defineRule, type FixProposal, type JudgedSite, type RulePass } from './define.ts';
import { addLongterm } from './fixes/add-longterm.ts';
import { longtermInCallers } from './fixes/longterm-in-callers.ts';
import { flagInCall } from './fixes/passed-flag.ts';
import { callsOfWrappers, judgedSites, pinnable, reportCase } from './support/case-report.ts';
import { USES } from './support/evidence-steps.ts';
import { isLockedCheck, passesLocked, refusalOf } from './support/facts.ts';
import { passedFlags } from './support/flags/passed-flags.ts';
import { isEmpty, without } from './support/kernels.ts';

const LONGTERM = 'FOLL_LONGTERM';

/** See the head of the file. */
export const missingLongterm = defineRule({
  name: 'missing-longterm',
  group: 'case',
  summary: 'Pages are pinned for a long time without FOLL_LONGTERM',
  severity: 'warning',
  fix: 'unsafe',
  check(pass) {
    for (const judged of [...judgedSites(pass).filter(lacksLongterm), ...callsOfWrappers(pass, lacksLongterm)]) {
      const { site } = judged;
      const iterator = site.api.startsWith('iov_iter_');
      const refusal = refusalOf(site, {
        model: pass.model,
        flags: [LONGTERM],
        which: (row) =>
          row.flags?.anyOf?.includes(LONGTERM) === true && (!isLockedCheck(row) || passesLocked(site, pass)),
      });
      const all = pinnable(pass, site);
      const taken = without(all, refusal.kernels);
      const refused = isEmpty(taken);
      reportCase(pass, judged, {
        message: `${site.via ?? site.api}() pins pages that are held for as long as user space wants (case 2) without ${LONGTERM}: they may block CMA and movable memory or belong to a DAX file; ${adviceFor(pass, site, iterator || refused)}`,
        on: refused ? all : taken,
        severity: 'warning',
        fixes: iterator || refused ? [] : withFlag(pass, site),
        // Who is told of changes of the page tables can let go when the pages are wanted elsewhere.
        unsure: notifierIn(site.unit) !== undefined,
        shows: USES,
        hold: true,
      });
    }
  },
});

/** Whether pages are pinned, and held for long, by a call that does not ask for that. */
function lacksLongterm({ site, record }: JudgedSite): boolean {
  if (record.case !== 2 || record.lifetime !== 'long') return false;
  if (site.reference !== 'pin' && !site.api.startsWith('iov_iter_extract')) return false;
  return !record.flags.implied.includes(LONGTERM) && !site.flags.may.has(LONGTERM) && areKnown(site);
}

/** How to ask for a long-term pin: the flag, or a function that takes it. */
function adviceFor(pass: RulePass, site: CallSite, elsewhere: boolean): string {
  const { api, via } = site;
  if (!elsewhere)
    return via === undefined || passedFlags(site, pass.model) !== undefined
      ? `pass ${LONGTERM}`
      : `let ${via}() pass ${LONGTERM} for this caller`;
  const other = /_locked$/.test(api) ? 'pin_user_pages' : 'pin_user_pages_fast';
  return `${other}() can be asked for such pins`;
}

/**
 * Whether every source of the flags was found. Of a function that is not static, but not offered to modules either, the callers at hand are
 * taken for all of them, where there are some.
 */
function areKnown({ flags, fn, unit }: CallSite): boolean {
  if (flags.known || fn === undefined) return flags.known;
  const open = flags.terms.filter((t) => t.kind === 'unknown' || t.kind === 'parameter');
  const passed = flags.terms.filter((t) => !open.includes(t) && !inFunction(fn, unit, t));
  const offered = new RegExp(`\\bEXPORT_SYMBOL\\w*\\s*\\(\\s*${fn.name}\\b`).test(unit.code);
  return !offered && passed.length > 0 && open.every((t) => t.kind === 'parameter' && inFunction(fn, unit, t));
}

function inFunction({ span }: FunctionDef, unit: CUnit, term: FlagTerm): boolean {
  return term.unit === unit && span.start <= term.span.start && term.span.end <= span.end;
}

/** The flag added to the argument, or to those of the callers that hold long. */
function withFlag(pass: RulePass, site: CallSite): readonly FixProposal[] {
  const edits =
    site.via === undefined
      ? (longtermInCallers(site, pass.around) ?? addLongterm(site))
      : flagInCall(site, pass.model, LONGTERM);
  return edits.length === 0 ? [] : [{ title: `Add ${LONGTERM}`, applicability: 'unsafe', edits }];
}
