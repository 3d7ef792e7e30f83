/**
 * ## What it does
 * Finds code for several kernels that pins pages on one side of a version test and takes plain references on the other, and whose release
 * follows another test, or none: on some of the kernels in between the two do not fit.
 *
 * ## Why is this bad?
 * The code looks as if it were complete: both kinds of calls are there, each behind an `#if`. On the kernels for which the two conditions
 * disagree a pin is dropped by put_page(), and the page is never freed, or a plain reference by unpin_user_page(), and the page's count
 * breaks for everybody.
 *
 * ## Example
 * ```c bad
 * static int demo_attach(struct demo_buf *buf, unsigned long addr, int n)
 * {
 * #if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 8, 0)
 * 	return pin_user_pages_fast(addr, n, FOLL_WRITE, demo_array(buf));
 * #else
 * 	return get_user_pages_fast(addr, n, FOLL_WRITE, demo_array(buf));
 * #endif
 * }
 *
 * static void demo_detach(struct demo_buf *buf, int n)
 * {
 * 	struct page **array = demo_array(buf);
 *
 * 	while (n--)
 * 		put_page(array[n]);
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static int demo_attach(struct demo_buf *buf, unsigned long addr, int n)
 * {
 * #if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 8, 0)
 * 	return pin_user_pages_fast(addr, n, FOLL_WRITE, demo_array(buf));
 * #else
 * 	return get_user_pages_fast(addr, n, FOLL_WRITE, demo_array(buf));
 * #endif
 * }
 *
 * static void demo_detach(struct demo_buf *buf, int n)
 * {
 * 	struct page **array = demo_array(buf);
 *
 * 	while (n--) {
 * #if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 8, 0)
 * 		unpin_user_page(array[n]);
 * #else
 * 		put_page(array[n]);
 * #endif
 * 	}
 * }
 * ```
 *
 * ## Kernels
 * Those for which the conditions disagree; on 5.6 itself both kinds of release do the same.
 *
 * ## Limits
 * Where path analysis connects the two calls, put-on-pinned and unpin-on-gotten tell the same with its path; this rule speaks where names
 * alone do, or where nothing in the directory gives pages back the other way on these kernels.
 *
 * ## Fix safety
 * No fix: put acquire and release behind one condition.
 *
 * ## References
 * Documentation/core-api/pin_user_pages.rst; unpin_user_page() and put_user_page() in include/linux/mm.h of 5.5 to 5.7.
 */
import type { Reference } from '../../model/schema.ts';
import { version } from '../../model/version.ts';
import type { ApiCall, CallSite } from '../analysis/sites/site.ts';
import { defineRule, type RulePass } from './define.ts';
import { branchKernels, liveHere } from './support/facts.ts';
import { filesOf, functionsThatCall, placeKey } from './support/file-calls.ts';
import { takenWord } from './support/flow-report.ts';
import { bothOf, isEmpty, type Kernels, without } from './support/kernels.ts';
import { wrongReleases } from './support/releases/wrong-release.ts';

/** The kernels on which a pin is a plain reference under another name, or does not exist. */
const BEFORE_PINS: Kernels = [{ since: 0, until: version('5.7') }];

/** See the head of the file. */
export const releaseDiffersByKernel = defineRule({
  name: 'release-differs-by-kernel',
  group: 'release',
  summary: 'Acquire and release follow different version tests',
  severity: 'warning',
  fix: 'none',
  check(pass) {
    const told = toldPlaces(pass);
    for (const site of pass.sites) {
      const other = site.unit === pass.unit ? otherKind(site) : undefined;
      if (other === undefined || !isPaired(pass, site, other)) continue;
      for (const call of wrongCalls(pass, site, other)) {
        const place = placeKey(call.unit, call.span.start);
        const kernels = without(
          bothOf(bothOf(liveHere(site, pass), liveHere(call, pass)), pass.liveOn(call)),
          BEFORE_PINS,
        );
        if (told.has(place) || isEmpty(kernels)) continue;
        told.add(place);
        pass.report({
          message: `${call.fn?.name ?? 'the file'}() gives pages back with ${call.api}(), which fits what ${site.fn?.name ?? 'the file'}() does on other kernels: on {kernels} they are ${takenWord(site.reference)} with ${site.api}(); put both calls behind the same condition`,
          kernels,
          at: { unit: call.unit, span: call.span },
          functionName: call.fn?.name ?? '',
          site,
          confidence: 'medium',
          related: [
            {
              at: { unit: site.unit, span: site.nameSpan },
              message: `${takenWord(site.reference)} here on these kernels`,
            },
          ],
        });
      }
    }
  },
});

function otherKind({ reference }: CallSite): Reference | undefined {
  return reference === 'pin' ? 'get' : reference === 'get' ? 'pin' : undefined;
}

/** What the rules over paths report at a release. */
function toldPlaces(pass: RulePass): Set<string> {
  const wrong = [...wrongReleases(pass, 'put-on-pinned'), ...wrongReleases(pass, 'unpin-on-gotten')];
  return new Set(wrong.map(({ problem: { step } }) => placeKey(step.unit, step.span.start)));
}

/** Whether the function takes pages the other way on kernels on which it does not have this call. */
function isPaired(pass: RulePass, site: CallSite, other: Reference): boolean {
  const { unit, fn } = site;
  if (fn === undefined) return false;
  const own = branchKernels(unit, site.nameSpan.start);
  const text = unit.text.slice(fn.bodySpan.start, fn.bodySpan.end);
  for (const m of text.matchAll(/\b(?:__)?(?:get|pin)_user_pages?\w*(?=\s*\()/g)) {
    if (!pass.model.allRows(m[0]).some((row) => row.site === true && row.reference === other)) continue;
    const there = branchKernels(unit, fn.bodySpan.start + m.index);
    if (!isEmpty(there) && isEmpty(bothOf(own, there))) return true;
  }
  return false;
}

/** Releases of the other kind that names connect with the site, or all of the file where nothing at hand gives pages back as they were taken. */
function wrongCalls(pass: RulePass, site: CallSite, other: Reference): readonly ApiCall[] {
  const record = pass.recordOf(site);
  const releases = record?.releases ?? [];
  if (releases.some((r) => r.matches)) return [];
  const calls = pass.calls.filter((c) => c.unit === pass.unit && gives(pass, c.api, other));
  const named = calls.filter((c) => {
    const at = c.unit.lines.at(c.span.start);
    return releases.some((r) => r.location.file === c.unit.path && r.location.line === at.line);
  });
  if (named.length > 0) return named;
  const sites = pass.sites.filter((s) => s.reference === other);
  return sites.length > 0 || fitsSomewhere(pass, site.reference) ? [] : calls.filter((c) => c.fn !== site.fn);
}

/** Whether any file at hand calls a function that gives pages back as they were taken. */
function fitsSomewhere(pass: RulePass, taken: Reference): boolean {
  const isWanted = (name: string): boolean => gives(pass, name, taken);
  return functionsThatCall(filesOf(pass), { isWanted, deep: false }).size > 0;
}

function gives(pass: RulePass, name: string, kind: Reference): boolean {
  return pass.model.allRows(name).some((row) => row.effects.some((e) => e.op === 'release' && e.ref === kind));
}
