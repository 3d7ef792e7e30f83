/**
 * ## What it does
 * Finds pages on which `get_user_pages*()`, `iov_iter_get_pages*()` or the like took a plain reference and that unpin_user_page() or
 * another function for pins gives back: on one path, in a helper, or through a struct field that holds them in between.
 *
 * ## Why is this bad?
 * unpin_user_page() takes 1024 references off a small page that was given one. The count goes negative, so the page is never freed and
 * every later attempt to take it fails with a warning; or it eats the pin of somebody else, whose page is then freed or moved under DMA. On a
 * large folio the pin count goes negative in the same way.
 *
 * ## Example
 * ```c bad
 * static int demo_fill(unsigned long addr, int n, struct page **pages)
 * {
 * 	int got = get_user_pages_fast(addr, n, FOLL_WRITE, pages);
 *
 * 	if (got > 0)
 * 		unpin_user_pages_dirty_lock(pages, got, true);
 * 	return got;
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static int demo_fill(unsigned long addr, int n, struct page **pages)
 * {
 * 	int got = pin_user_pages_fast(addr, n, FOLL_WRITE, pages);
 *
 * 	if (got > 0)
 * 		unpin_user_pages_dirty_lock(pages, got, true);
 * 	return got;
 * }
 * ```
 *
 * ## Kernels
 * 5.7 and later. In 5.6 the unpin functions drop plain references.
 *
 * ## Limits
 * As for put-on-pinned: a field that is filled in two ways is not looked at where both kinds of release occur, and a release of pages that
 * could not be followed is told as a warning where nothing in the files at hand pins.
 *
 * ## Fix safety
 * Unsafe: which end is wrong only the author knows. The first choice pins the pages, as the kernel did where their data is accessed (with
 * FOLL_LONGTERM where they are kept); it is offered where every release that is seen unpins. The second puts the pages where the release has a counterpart with the same arguments.
 *
 * ## References
 * Documentation/core-api/pin_user_pages.rst; gup_put_folio() in mm/gup.c.
 */
import type { CallSite } from '../analysis/sites/site.ts';
import { defineRule, type Edit, type FixProposal, type RulePass } from './define.ts';
import { renameCall, replaceArgument } from './fixes/arguments.ts';
import { pinNameOf } from './fixes/conversion/acquire.ts';
import { conversionOf } from './fixes/conversion/plan.ts';
import { argumentOf, kernelsOf } from './support/facts.ts';
import { acquiredBy, reportFlow } from './support/flow-report.ts';
import { includesAll } from './support/kernels.ts';
import { releaseKind } from './support/releases/field-releases.ts';
import { renameRelease, type WrongRelease, whichPages, wrongReleases } from './support/releases/wrong-release.ts';

/** Releases of pins and their counterparts for plain references with the same arguments. */
const PUT: ReadonlyMap<string, string> = new Map([
  ['unpin_user_page', 'put_page'],
  ['unpin_user_pages', 'release_pages'],
  ['unpin_folio', 'folio_put'],
]);

/** See the head of the file. */
export const unpinOnGotten = defineRule({
  name: 'unpin-on-gotten',
  group: 'release',
  summary: 'Pages taken by reference only are given back with an unpin function',
  severity: 'error',
  fix: 'unsafe',
  check(pass) {
    for (const wrong of wrongReleases(pass, 'unpin-on-gotten')) {
      const { release, problem, resource } = wrong;
      const put = renameRelease(pass, wrong, { names: PUT, applicability: 'unsafe' });
      const fixes = [pinInstead(pass, wrong), put].filter((f) => f !== undefined);
      const pin = pinNameOf(resource.origin.api);
      const advice = pin === undefined ? 'use put_page()' : `pin them with ${pin}(), or use put_page()`;
      reportFlow(pass, wrong, {
        message: `${problem.functionName}() unpins ${whichPages(wrong)} with ${release}() on which ${acquiredBy(wrong)} took a plain reference: on {kernels} it drops 1024 references where one was taken, which breaks the page for all its users; ${advice}`,
        kernels: wrong.on,
        fixes,
      });
    }
  },
});

/** Pins the pages in the first place, where every release of them that is known unpins. */
function pinInstead(pass: RulePass, { site, resource, only }: WrongRelease): FixProposal | undefined {
  const name = pinNameOf(resource.origin.api);
  if (name === undefined || site === undefined || site.via !== undefined || site.unit !== pass.unit) return undefined;
  if (!includesAll(kernelsOf(pass.model.allRows(name)), pass.liveOn(site))) return undefined;
  const record = pass.recordOf(site);
  const whole = record === undefined ? undefined : conversionOf(pass, { site, record });
  if (whole?.kind === 'fix' && record?.case !== 3 && record?.case !== 4) return whole.fix;
  // Which pages reach a release that puts could not be followed either.
  if (!only && pass.calls.some((c) => c.unit === pass.unit && releaseKind(c) === 'get')) return undefined;
  const { origin } = resource;
  const facts = pass.flow.releases.filter(
    (f) => f.origin.unit === origin.unit && f.origin.span.start === origin.span.start,
  );
  if (facts.some((f) => f.matches)) return undefined;
  const edit = renameCall(site, name);
  if (edit === undefined) return undefined;
  const flag = pass.recordOf(site)?.lifetime === 'long' ? longterm(pass, site) : undefined;
  const edits = flag === undefined ? [edit] : [edit, flag];
  return { title: `Pin the pages with ${name}()`, applicability: 'unsafe', edits };
}

/** FOLL_LONGTERM added to the flags, for a hold that lasts. */
function longterm(pass: RulePass, site: CallSite): Edit | undefined {
  const flags = argumentOf(site, 'flags', pass);
  if (flags === undefined || site.flags.may.has('FOLL_LONGTERM') || site.flags.must.has('FOLL_LONGTERM'))
    return undefined;
  return replaceArgument(site, flags, /^0$/.test(flags.text) ? 'FOLL_LONGTERM' : `${flags.text} | FOLL_LONGTERM`);
}
