/**
 * Turns a get_user_pages call and the releases of its array into the pin family: both ends change or neither does.
 * Which releases belong to the call is told by the name of the array, so the fix is never safe.
 */
import type { ApiCall, CallSite, FlagTerm } from '../../analysis/site.ts';
import type { Edit, FixProposal, RulePass } from '../define.ts';
import { argumentOf } from '../facts.ts';
import { renameCall } from './arguments.ts';
import { dropFlag } from './drop-flag.ts';

/** Get functions and their pin counterparts with the same arguments. */
const PIN_NAMES: ReadonlyMap<string, string> = new Map([
  ['get_user_pages', 'pin_user_pages'],
  ['get_user_pages_fast', 'pin_user_pages_fast'],
  ['get_user_pages_remote', 'pin_user_pages_remote'],
  ['get_user_pages_unlocked', 'pin_user_pages_unlocked'],
  ['get_user_pages_locked', 'pin_user_pages_locked'],
]);

/** Releases of references and their pin counterparts with the same arguments. */
const UNPIN_NAMES: ReadonlyMap<string, string> = new Map([
  ['put_page', 'unpin_user_page'],
  ['release_pages', 'unpin_user_pages'],
]);

/** The pin function that takes the arguments of a get function; undefined when there is none. */
export function pinNameOf(api: string): string | undefined {
  return PIN_NAMES.get(api);
}

/**
 * The conversion of a get call to a pin; `dropped` is a flag to take out of its flags on the way. Empty when the function has no
 * counterpart on every kernel where the call is live, or when no release of the array is seen in the file.
 */
export function convertToPin(pass: RulePass, site: CallSite, dropped?: FlagTerm): readonly FixProposal[] {
  const name = pinNameOf(site.api);
  const acquire = name === undefined ? undefined : renameCall(site, name);
  const pages = argumentOf(site, 'pages', pass);
  if (name === undefined || acquire === undefined || pages === undefined || site.via !== undefined) return [];
  if (pass.model.rows(name).length === 0) return [];
  const array = lastName(pages.text);
  // A field is the same array in every function of the file, a variable only in its own.
  const shared = /->|\./.test(pages.text);
  const near = pass.calls.filter(
    (call) => call.unit === site.unit && (call.fn === site.fn || (shared && /->|\./.test(call.args[0]?.text ?? ''))),
  );
  const releases = near.filter((call) => isReleaseOf(call, array));
  const edits: Edit[] = [acquire];
  for (const call of releases) {
    const edit = renameCall(call, UNPIN_NAMES.get(call.api) ?? call.api);
    if (edit === undefined) return [];
    edits.push(edit);
  }
  if (edits.length === 1) return [];
  const drop = dropped === undefined ? undefined : dropFlag(dropped.unit, dropped.span);
  if (drop !== undefined) edits.push(drop);
  return [{ title: `Use ${name}() and unpin the pages`, applicability: 'unsafe', edits }];
}

function isReleaseOf(call: ApiCall, array: string): boolean {
  return array !== '' && UNPIN_NAMES.has(call.api) && lastName(call.args[0]?.text ?? '') === array;
}

/** The last field or variable of a place: `pages` of `&buf->pages[i]`, `*pages`, `pages + k`; empty for anything else. */
function lastName(text: string): string {
  const place = /^[(&*\s]*((?:\w+\s*(?:\[[^\]]*\])?\s*(?:->|\.)\s*)*)(\w+)/.exec(text);
  return place?.[2] ?? '';
}
