/** A call that wants mmap_lock held, made one of the `*_fast` functions, which take the lock themselves where they need it. */
import type { CallSite } from '../../analysis/sites/site.ts';
import type { FixProposal, RulePass } from '../define.ts';
import { argumentOf, kernelsOf, refusalOf } from '../support/facts.ts';
import { bothOf, includesAll, isEmpty } from '../support/kernels.ts';
import { argumentText, relaid } from './argument-list.ts';
import { renameCall } from './arguments.ts';

/** The functions that walk the caller's own mm. */
const FAST: ReadonlyMap<string, string> = new Map([
  ['get_user_pages', 'get_user_pages_fast'],
  ['pin_user_pages', 'pin_user_pages_fast'],
]);

const ROLES = ['start', 'nr', 'flags', 'pages'] as const;

/** The fix; undefined where the VMAs are wanted, no pages are, or a kernel aimed at takes other arguments or refuses the flags. */
export function fastVariant(pass: RulePass, site: CallSite): FixProposal | undefined {
  const api = FAST.get(site.api);
  const args = ROLES.map((role) => argumentOf(site, role, pass)).filter((a) => a !== undefined);
  if (api === undefined || args.length < ROLES.length || site.via !== undefined || site.macro !== undefined)
    return undefined;
  const rest = site.args.filter((a) => !args.includes(a));
  if (rest.some((a) => a.text !== 'NULL') || args.at(-1)?.text === 'NULL') return undefined;
  const live = pass.liveOn(site);
  const fitting = pass.model.allRows(api).filter((row) => ROLES.every((role, i) => row.params[i]?.role === role));
  const flags = [...site.flags.must, ...site.flags.may];
  const refused = refusalOf({ ...site, api }, { model: pass.model, flags, which: (row) => row.flags !== undefined });
  if (!includesAll(kernelsOf(fitting), live) || !isEmpty(bothOf(refused.kernels, live))) return undefined;
  const rename = renameCall(site, api);
  const texts = args.map((a) => argumentText(site, a));
  const list = relaid(site, texts, api.length - site.api.length);
  if (rename === undefined || list === undefined) return undefined;
  return { title: `Call ${api}()`, applicability: 'unsafe', edits: [rename, list] };
}
