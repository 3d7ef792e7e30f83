/** An acquire call of plain references rewritten as one of pins: the name, and flags that the hold asks for. */
import type { CallSite } from '../../../analysis/site.ts';
import { childByField } from '../../../syntax/node.ts';
import type { Edit } from '../../define.ts';
import { columnAt, indentsWithBlanks, isTooLong, listText } from '../layout.ts';

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

/** The edits of the call; `flags` are added to its flags argument, which must be there. undefined where the text is no plain call. */
export function rewriteAcquire(site: CallSite, flags: readonly string[]): readonly Edit[] | undefined {
  const name = pinNameOf(site.api);
  const { unit, node, nameSpan } = site;
  if (name === undefined || site.spelled !== site.api || site.macro !== undefined) return undefined;
  const rename: Edit = { unit, span: nameSpan, newText: name };
  if (flags.length === 0 && !/\bFOLL_GET\b/.test(site.flags.text)) return [rename];
  const { span, text } = site.flags;
  const list = node === undefined ? undefined : childByField(node, 'arguments');
  if (span === undefined || list === undefined) return undefined;
  const newText = withFlags(text, flags);
  const shift = name.length - (nameSpan.end - nameSpan.start);
  const lineEnd = unit.text.indexOf('\n', span.end);
  const sameLine = columnAt(unit.text, span.start) === columnAt(unit.text, list.start) ? 0 : shift;
  const end = columnAt(unit.text, lineEnd) + newText.length - (span.end - span.start) + sameLine;
  if (!isTooLong(end) || holdsComment(unit.text.slice(list.start, list.end))) return [rename, { unit, span, newText }];
  const args = site.args.map((a) => (a.start === span.start ? newText : oneLine(unit.text.slice(a.start, a.end))));
  const first = site.args[0];
  const last = site.args.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const column = columnAt(unit.text, first.start) + shift;
  const tail = unit.text.slice(last.end, lineEnd);
  const blanks = indentsWithBlanks(unit, nameSpan.start);
  return [
    rename,
    { unit, span: { start: first.start, end: last.end }, newText: listText(args, { column, tail, blanks }) },
  ];
}

/** The flags as code with some added, and without FOLL_GET, which no pin takes. */
function withFlags(text: string, flags: readonly string[]): string {
  const kept = text.replace(/\bFOLL_GET\b\s*\|\s*|\s*\|\s*\bFOLL_GET\b/, '').replace(/^FOLL_GET$/, '0');
  if (flags.length === 0) return kept;
  const added = flags.join(' | ');
  if (kept === '0') return added;
  return /^[\w\s|>.-]+$/.test(kept) ? `${kept} | ${added}` : `(${kept}) | ${added}`;
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ');
}

function holdsComment(text: string): boolean {
  return /\/[/*]/.test(text);
}
