/**
 * ## What it does
 * Finds pages that were taken without FOLL_WRITE and are marked dirty all the same.
 *
 * ## Why is this bad?
 * Without FOLL_WRITE the page may be shared: the zero page, a page of a file that is mapped read-only, a page before copy-on-write. If it is
 * really written to, another process sees the data; if it is not, marking it dirty writes back what did not change, and file systems warn of
 * pages they did not prepare for it.
 *
 * ## Example
 * ```c bad
 * static int demo_send(struct demo_dev *dd, unsigned long addr, int n, struct page **pages)
 * {
 * 	int got = pin_user_pages_fast(addr, n, 0, pages);
 *
 * 	if (got <= 0)
 * 		return -EFAULT;
 * 	demo_run(dd, got);
 * 	unpin_user_pages_dirty_lock(pages, got, true);
 * 	return 0;
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static int demo_send(struct demo_dev *dd, unsigned long addr, int n, struct page **pages)
 * {
 * 	int got = pin_user_pages_fast(addr, n, 0, pages);
 *
 * 	if (got <= 0)
 * 		return -EFAULT;
 * 	demo_run(dd, got);
 * 	unpin_user_pages(pages, got);
 * 	return 0;
 * }
 * ```
 *
 * ## Kernels
 * All.
 *
 * ## Limits
 * The flags must be known, and FOLL_WRITE not among them on any path. A make_dirty argument that may be true counts, a parameter only where
 * some caller passes anything but false. Where the pages could not be followed to their release, names lead there, in files in which no other
 * call takes pages. Callers of a function that passes their flags on are told each for itself, by paths alone.
 *
 * ## Fix safety
 * No fix: either the flag is missing or the marking is too much.
 *
 * ## References
 * "FOLL_WRITE" in the description of get_user_pages() in mm/gup.c.
 */

import { callsOf } from '../analysis/calls/call-index.ts';
import type { EntryEvent } from '../analysis/paths/path-state.ts';
import type { ApiCall, CallSite } from '../analysis/sites/site.ts';
import { argumentNodes, codeOf } from '../analysis/trees.ts';
import { ownerKey } from '../flow/value.ts';
import { variablesOf } from '../syntax/types.ts';
import { defineRule, type RulePass, type UnitSpan } from './define.ts';
import { isOnlyTaker } from './support/dirty/writing-call.ts';
import { argumentOf } from './support/facts.ts';
import { filesOf } from './support/file-calls.ts';
import { flagsPassed } from './support/flags/passed-flags.ts';
import { ownersOf, sameOrigin } from './support/releases/owner-facts.ts';

/** See the head of the file. */
export const dirtyReadOnlyPin = defineRule({
  name: 'dirty-read-only-pin',
  group: 'dirty',
  summary: 'Pages that were taken without FOLL_WRITE are marked dirty',
  severity: 'warning',
  fix: 'none',
  check(pass) {
    for (const site of pass.sites) {
      if (site.unit !== pass.unit || !isReadOnly(pass, site)) continue;
      const releases = pass.flow.releases.filter((f) => f.dirtied && sameOrigin(f.origin, site)).map((f) => f.release);
      const met = releases.length > 0 || pass.flow.ends.some((e) => e.dirtied && sameOrigin(e.origin, site));
      // Fields and names tell pages of one call from those of another only by what fills them.
      const alone = !met && site.via === undefined;
      const kept = alone ? markedInField(pass, site) : [];
      const named = !alone || kept.length > 0 ? undefined : markingRelease(pass, site);
      if (!met && kept.length === 0 && named === undefined) continue;
      pass.report({
        message: `${site.via ?? site.api}() takes the pages without FOLL_WRITE here, and they are marked dirty later: a page taken for reading may be shared, so it must not be written, and if it is not there is nothing to mark; add FOLL_WRITE or drop the marking`,
        at: { unit: site.unit, span: site.nameSpan },
        functionName: site.fn?.name ?? '',
        site,
        confidence: 'medium',
        related: [
          ...[...releases, ...kept].slice(0, 3).map(({ step }) => ({
            at: { unit: step.unit, span: step.span },
            message: `${step.text}, dirty`,
          })),
          ...(named === undefined ? [] : [{ at: named, message: `given back here by ${named.api}(), dirty` }]),
        ],
      });
    }
  },
});

/** What marks the pages of a field dirty in any case, where the site is the only one that fills it. */
function markedInField({ flow }: RulePass, site: CallSite): readonly EntryEvent[] {
  const owners = ownersOf(flow);
  const keys = new Set(flow.held.filter((h) => sameOrigin(h.origin, site)).map((h) => ownerKey(h.owner)));
  return [...keys].flatMap((key) => {
    const facts = key === undefined ? undefined : owners.get(key);
    if (facts === undefined || !facts.held.every((h) => sameOrigin(h.origin, site))) return [];
    return facts.events.filter((e) => (e.kind === 'release' || e.kind === 'dirty') && e.dirties !== 'no');
  });
}

/**
 * A release of the file, found by names, that is told by a variable whether to mark the pages, where no other call of the file takes any. Where
 * that is a parameter, some caller passes anything but no.
 */
function markingRelease(pass: RulePass, site: CallSite): (UnitSpan & { readonly api: string }) | undefined {
  const { unit } = site;
  if (!isOnlyTaker(pass, site)) return undefined;
  const known = (pass.recordOf(site)?.releases ?? []).filter((r) => r.location.file === unit.path);
  const places = new Set(known.map((r) => unit.lines.offset(r.location)));
  const release = pass.calls.find((call) => {
    if (call.unit !== unit || call.fn === site.fn || !places.has(call.span.start)) return false;
    const dirty = argumentOf(call, 'dirty', pass)?.text.trim();
    return dirty !== undefined && /^\w+$/.test(dirty) && !NO.test(dirty) && isEverSo(pass, call, dirty);
  });
  return release === undefined ? undefined : { unit, span: release.nameSpan, api: release.api };
}

const NO = /^(?:0|false)$/;

/** Whether a variable of a release's function is no parameter, or one for which some caller at hand passes anything but no. */
function isEverSo(pass: RulePass, { fn, unit }: ApiCall, name: string): boolean {
  const params = fn === undefined ? [] : variablesOf(unit, fn).filter((v) => v.parameter);
  const index = params.findIndex((v) => v.name === name);
  if (fn === undefined || index < 0) return fn !== undefined;
  return filesOf(pass).some((from) =>
    callsOf(from, fn.name).some(({ node }) => {
      const arg = argumentNodes(node)[index];
      return arg !== undefined && !NO.test(codeOf(from, arg).trim());
    }),
  );
}

function isReadOnly(pass: RulePass, site: CallSite): boolean {
  const { known, may, must } = site.flags;
  if (!known || may.has('FOLL_WRITE') || must.has('FOLL_WRITE')) return false;
  return flagsPassed(pass, site) !== undefined;
}
