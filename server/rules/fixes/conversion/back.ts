/** The way back: a pin that nobody needs (cases 3 and 4) becomes a plain reference again, with every release of its pages. */
import type { Edit, JudgedSite, RulePass } from '../../define.ts';
import { kernelsOf } from '../../support/facts.ts';
import { includesAll } from '../../support/kernels.ts';
import { dropFlag } from '../drop-flag.ts';
import { groupOf, releaseCall } from './group.ts';
import type { Conversion } from './plan.ts';
import { renameKeepingLayout } from './rename.ts';

const GET_NAMES: ReadonlyMap<string, string> = new Map([
  ['pin_user_pages', 'get_user_pages'],
  ['pin_user_pages_fast', 'get_user_pages_fast'],
  ['pin_user_pages_remote', 'get_user_pages_remote'],
  ['pin_user_pages_unlocked', 'get_user_pages_unlocked'],
]);

/** Releases of pins that mark nothing dirty, and those of references with the same arguments. */
const PUT_NAMES: ReadonlyMap<string, string> = new Map([
  ['unpin_user_page', 'put_page'],
  ['unpin_user_pages', 'release_pages'],
]);

/** The site, all that share releases with it, and the releases, with plain references; or why not. */
export function backToReference(pass: RulePass, start: JudgedSite): Conversion {
  const here = { unit: start.site.unit, span: start.site.nameSpan };
  const refuse = (reason: string, at = here): Conversion => ({ kind: 'refused', reason, at });
  const group = groupOf(start, pass.around);
  const edits: Edit[] = [];
  for (const { site, record } of group.members) {
    const at = { unit: site.unit, span: site.nameSpan };
    const name = GET_NAMES.get(site.api);
    if (record.case !== 3 && record.case !== 4) return refuse(`the pages of ${site.api}() here need their pin`, at);
    if (name === undefined || site.spelled !== site.api || site.via !== undefined || site.node === undefined)
      return refuse(`${site.spelled}() has no counterpart that takes a reference`, at);
    if (!includesAll(kernelsOf(pass.model.allRows(name)), pass.liveOn(site)))
      return refuse(`${name}() is not in all kernels aimed at`, at);
    const longterm = site.flags.terms.filter((t) => t.name === 'FOLL_LONGTERM');
    if (longterm.some((t) => !t.atCall)) return refuse('the flags passed here hold FOLL_LONGTERM', at);
    const drops = longterm.map((t) => dropFlag(t.unit, t.span)).filter((e) => e !== undefined);
    edits.push({ ...at, newText: name }, ...drops);
  }
  if (group.releases.length === 0) return refuse('no release of its pages was found');
  for (const release of group.releases) {
    const call = releaseCall(pass, release);
    const name = PUT_NAMES.get(release.api);
    if (call === undefined || name === undefined)
      return refuse(`its pages are given back by ${release.api}(), which more than drops a reference`);
    edits.push(...renameKeepingLayout(call.unit, call.node, name));
  }
  const name = GET_NAMES.get(start.site.api) ?? start.site.api;
  return { kind: 'fix', fix: { title: `Use ${name}() and put the pages`, applicability: 'unsafe', edits } };
}
