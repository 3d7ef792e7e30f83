/** An acquire call of plain references rewritten as one of pins: the name, and flags that the hold asks for. */
import type { ValidityRow } from '../../../../model/schema.ts';
import type { KernelVersion } from '../../../../model/version.ts';
import type { CallSite } from '../../../analysis/sites/site.ts';
import type { Edit, RulePass } from '../../define.ts';
import { isLockedCheck, kernelsOf, passesLocked, refusalOf } from '../../support/facts.ts';
import { bothOf, isEmpty, type Kernels, without } from '../../support/kernels.ts';
import { argumentEdits, argumentText, relaid } from '../argument-list.ts';
import { flagInVariable } from '../flag-variable.ts';

/** Get functions and the pin functions that take the same arguments. */
const PIN_NAMES: ReadonlyMap<string, string> = new Map([
  ['get_user_pages', 'pin_user_pages'],
  ['get_user_pages_fast', 'pin_user_pages_fast'],
  ['get_user_pages_remote', 'pin_user_pages_remote'],
  ['get_user_pages_unlocked', 'pin_user_pages_unlocked'],
  ['get_user_pages_locked', 'pin_user_pages_locked'],
  ['get_user_pages_longterm', 'pin_user_pages'],
]);

/** The pin function that takes the arguments of a get function; undefined when there is none. */
export function pinNameOf(api: string): string | undefined {
  return PIN_NAMES.get(api);
}

/**
 * The function that pins with these flags in addition, on every kernel of the call: the counterpart, or pin_user_pages_fast() where that one
 * refuses FOLL_LONGTERM and no lock is held either. undefined where there is none.
 */
export function pinFor(pass: RulePass, site: CallSite, flags: readonly string[]): string | undefined {
  const name = pinNameOf(site.api);
  const names = name === 'pin_user_pages_unlocked' ? [name, FAST] : name === undefined ? [] : [name];
  const passed = [...site.flags.must, ...flags].filter((f) => f !== 'FOLL_GET' && f !== 'FOLL_PIN');
  const live = pass.liveOn(site);
  return names.find((api) => {
    if (availability(pass, api, live) === undefined) return false;
    const locked = passesLocked(site, pass);
    const which = (row: ValidityRow): boolean => row.flags !== undefined && (locked || !isLockedCheck(row));
    const { kernels } = refusalOf({ ...site, api }, { model: pass.model, flags: passed, which });
    return isEmpty(bothOf(kernels, live));
  });
}

/** Where a function is there on some kernels and all newer ones of a set: `since` which, where not on all. undefined where that is not so. */
export function availability(
  pass: RulePass,
  name: string,
  live: Kernels,
): { readonly since: KernelVersion | undefined } | undefined {
  const kernels = kernelsOf(pass.model.allRows(name));
  const missing = without(live, kernels);
  if (isEmpty(missing)) return { since: undefined };
  const since = kernels[0]?.since;
  const old = since !== undefined && missing.every((range) => range.until <= since);
  return old && !isEmpty(bothOf(live, kernels)) ? { since } : undefined;
}

const FAST = 'pin_user_pages_fast';

/** The edits of the call; `flags` are added to its flags argument, which must be there. undefined where the text is no plain call. */
export function rewriteAcquire(site: CallSite, name: string, flags: readonly string[]): readonly Edit[] | undefined {
  const { unit, nameSpan } = site;
  if (site.spelled !== site.api || site.macro !== undefined) return undefined;
  const rename: Edit = { unit, span: nameSpan, newText: name };
  if (name === FAST && site.api === 'get_user_pages_unlocked') return fastInstead(site, rename, flags);
  const variable = flags.length === 0 ? undefined : flagInVariable(site, flags);
  if (variable !== undefined) {
    const renamed = rewriteAcquire(site, name, []);
    return renamed === undefined ? undefined : [...renamed, variable];
  }
  const shift = name.length - (nameSpan.end - nameSpan.start);
  const { span, text } = site.flags;
  const plain = flags.length === 0 && !/\bFOLL_GET\b/.test(text);
  if (span === undefined && !plain) return undefined;
  const newText = withFlags(text, flags);
  const changed = span === undefined || plain ? undefined : { start: span.start, text: newText };
  const list = argumentEdits(site, { changed, shift, firstLine: true });
  return list === undefined ? undefined : [rename, ...list];
}

/** (start, nr, pages, flags) as pin_user_pages_fast() takes it: (start, nr, flags, pages). */
function fastInstead(site: CallSite, rename: Edit, flags: readonly string[]): readonly Edit[] | undefined {
  const [start, nr, pages, given] = site.args;
  if (start === undefined || nr === undefined || pages === undefined || given === undefined || site.args.length !== 4)
    return undefined;
  const texts = [start, nr, given, pages].map((a) => (a === given ? withFlags(a.text, flags) : argumentText(site, a)));
  const shift = rename.newText.length - (rename.span.end - rename.span.start);
  const list = relaid(site, texts, shift);
  return list === undefined ? undefined : [rename, list];
}

/** The flags as code with some added, and without FOLL_GET, which no pin takes. */
function withFlags(text: string, flags: readonly string[]): string {
  const kept = text.replace(/\bFOLL_GET\b\s*\|\s*|\s*\|\s*\bFOLL_GET\b/, '').replace(/^FOLL_GET$/, '0');
  if (flags.length === 0) return kept;
  const added = flags.join(' | ');
  if (kept === '0') return added;
  // FOLL_WRITE has always been 1: what took a truth value up to 5.1 takes flags since.
  if (kept === '1') return flags.includes('FOLL_WRITE') ? added : `FOLL_WRITE | ${added}`;
  return /^[\w\s|>.-]+$/.test(kept) ? `${kept} | ${added}` : `(${kept}) | ${added}`;
}
