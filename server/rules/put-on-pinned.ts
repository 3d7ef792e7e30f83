/**
 * ## What it does
 * Finds pages that a `pin_user_pages*()` function pinned and that put_page(), folio_put(), release_pages() or another function for
 * plain references gives back: on one path, in a helper, or through a struct field that holds them in between. So it does with pages of
 * `iov_iter_extract_pages()` and its kind, which are pinned or not held at all, and with what is put in a branch that is taken only where
 * `iov_iter_extract_will_pin()` said that they are pinned; and pinned pages handed to who drops a plain reference, as memory_failure() does.
 *
 * ## Why is this bad?
 * A pin is 1024 references on a small page and a pin count of its own on a large folio. put_page() drops a single reference: 1023 stay
 * for good, so the page is never freed, cannot be migrated or offlined and looks pinned to fork, reclaim and writeback. On a large folio the
 * reference count comes out right and the pin count stays up, which 6.2 and later report as a bad page when the folio is freed.
 * nr_foll_pin_released in /proc/vmstat falls behind nr_foll_pin_acquired. Of an iterator over the kernel's own memory nothing is held: there
 * put_page() drops the reference of somebody else, and a page in use is freed.
 *
 * ## Example
 * ```c bad
 * static int demo_send(unsigned long addr, int n, struct page **pages)
 * {
 * 	int i, got = pin_user_pages_fast(addr, n, 0, pages);
 *
 * 	for (i = 0; i < got; i++)
 * 		put_page(pages[i]);
 * 	return got;
 * }
 * ```
 *
 * ## Use instead
 * ```c good
 * static int demo_send(unsigned long addr, int n, struct page **pages)
 * {
 * 	int i, got = pin_user_pages_fast(addr, n, 0, pages);
 *
 * 	for (i = 0; i < got; i++)
 * 		unpin_user_page(pages[i]);
 * 	return got;
 * }
 * ```
 *
 * ## Kernels
 * 5.7 and later. In 5.6 the pin functions take plain references and unpin_user_page() is put_page().
 *
 * ## Limits
 * A field that is filled in two ways, with pins and with other pages, is not looked at where both kinds of release occur, unless nothing but the
 * way out of the functions that pin unpins, and the file frees what it allocates. Where the file
 * takes other pages or further references too, what a field alone proves is a warning. So is what names alone tell, where the way of the
 * pages from the acquire call to the release could not be followed in values. Of pages of an iterator it is silent where a function takes
 * references of its own for them. Where the way of the pages could not be followed at all, a release is told as a warning if nothing in its
 * file (in all files at hand for functions that others may call) takes a reference that it could drop; functions out of sight that give
 * pages are known by their names alone.
 *
 * ## Fix safety
 * Safe: offered where every page that is known to reach the call is pinned, save in a header that others may include. put_page() becomes unpin_user_page(), release_pages()
 * unpin_user_pages(), folio_put() unpin_folio() on kernels that have it (6.11). For pages of an iterator of which nobody asked, the call goes
 * behind that question, where the iterator is at hand in the same function.
 *
 * ## References
 * Documentation/core-api/pin_user_pages.rst; gup_put_folio() in mm/gup.c; "Page pinning" at iov_iter_extract_pages() in lib/iov_iter.c.
 */
import { defineRule, type FixProposal, type RulePass } from './define.ts';
import { behindTest } from './fixes/release-guard.ts';
import { argumentOf } from './support/facts.ts';
import { acquiredBy, reportFlow } from './support/flow-report.ts';
import { renameRelease, type WrongRelease, whichPages, wrongReleases } from './support/releases/wrong-release.ts';

/** Releases of references and their pin counterparts with the same arguments. */
const UNPIN: ReadonlyMap<string, string> = new Map([
  ['put_page', 'unpin_user_page'],
  ['release_pages', 'unpin_user_pages'],
  ['folio_put', 'unpin_folio'],
]);

/** See the head of the file. */
export const putOnPinned = defineRule({
  name: 'put-on-pinned',
  group: 'release',
  summary: 'Pinned pages are given back with put_page() or the like',
  severity: 'error',
  fix: 'safe',
  check(pass) {
    for (const wrong of wrongReleases(pass, 'put-on-pinned')) {
      const { release, problem, resource } = wrong;
      if (isOfOwnPart(pass, wrong)) continue;
      const isPinned = resource.reference === 'pin' || resource.answer === 'pinned';
      const rename =
        isPinned && wrong.only ? renameRelease(pass, wrong, { names: UNPIN, applicability: 'safe' }) : undefined;
      const fix = resource.reference === 'either' && !isPinned ? askFirst(wrong) : rename;
      reportFlow(pass, wrong, {
        message: `${problem.functionName}() puts ${whichPages(wrong)} with ${release}() that ${acquiredBy(wrong)} ${whyWrong(wrong)}`,
        kernels: wrong.on,
        fixes: fix === undefined ? [] : [fix],
      });
    }
  },
});

/**
 * Whether a release goes by the name of an array of which the function itself takes references, where the call that pins fills it from
 * somewhere on by another name: what it gives back is its own part.
 */
function isOfOwnPart(pass: RulePass, { call, site }: WrongRelease): boolean {
  const array = /^\s*(\w+)\s*\[/.exec(call?.args[0]?.text ?? '')?.[1];
  const filled = site === undefined ? undefined : argumentOf(site, 'pages', pass)?.text;
  if (call?.fn === undefined || array === undefined || filled === undefined) return false;
  if (new RegExp(`\\b${array}\\b`).test(filled)) return false;
  const { start, end } = call.fn.bodySpan;
  return new RegExp(`\\bget_page\\s*\\(\\s*${array}\\s*\\[`).test(call.unit.code.slice(start, end));
}

/** What the acquire did, what the release does instead on these kernels, and what to call. */
function whyWrong({ release, resource }: WrongRelease): string {
  const unpin = `${UNPIN.get(release) ?? 'unpin_user_page'}()`;
  const { reference, answer } = resource;
  if (reference === 'either' && answer === 'listed')
    return `only listed: where iov_iter_extract_will_pin() says no, nothing is held on {kernels}, ${release}() drops a reference of somebody else, and a page in use is freed; give nothing back here`;
  if (reference === 'either' && answer === undefined)
    return `extracted: on {kernels} those of a user's memory are pinned, 1024 references each, those of the kernel's own are not held at all, and ${release}() is right for neither; call ${unpin} where iov_iter_extract_will_pin() said yes, and nothing where it said no`;
  return `pinned: on {kernels} a pin is 1024 references, ${release}() drops one, and the page is never freed and cannot be moved; use ${unpin}`;
}

/** The release behind the question whether the iterator's pages are pinned, where the iterator is at hand; undefined where it is not. */
function askFirst({ call, site, resource, release, only }: WrongRelease): FixProposal | undefined {
  const iter = site?.via === undefined ? site?.args[0]?.text.trim() : undefined;
  const name = UNPIN.get(release);
  if (call === undefined || site === undefined || iter === undefined || name === undefined) return undefined;
  const asks = /^&?\w+$/.test(iter) && call.fn === site.fn && call.unit === site.unit;
  if (!asks || !only || resource.answer !== undefined || call.spelled !== call.api) return undefined;
  const between = call.unit.code.slice(site.span.end, call.span.start);
  if (new RegExp(`(?<![>.\\w])${iter.replace('&', '')}\\s*=[^=]`).test(between)) return undefined;
  const condition = `iov_iter_extract_will_pin(${iter})`;
  return behindTest(call, {
    condition,
    name,
    applicability: 'safe',
    title: `Use ${name}() where the pages are pinned`,
  });
}
