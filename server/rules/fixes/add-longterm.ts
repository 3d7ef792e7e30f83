/** Adds FOLL_LONGTERM to the flags of a call: in the variable they come from, in place of a 0, else behind what stands there. */
import type { CallSite } from '../../analysis/sites/site.ts';
import type { Edit } from '../define.ts';
import { argumentEdits } from './argument-list.ts';
import { flagInVariable } from './flag-variable.ts';

const LONGTERM = 'FOLL_LONGTERM';

/** The edits; none where the call takes no flags, stands in a macro, or has the flag on some path already. */
export function addLongterm(site: CallSite): readonly Edit[] {
  const { span, text, may } = site.flags;
  if (span === undefined || site.macro !== undefined || may.has(LONGTERM)) return [];
  const variable = flagInVariable(site, [LONGTERM]);
  if (variable !== undefined) return [variable];
  const plain = /^[\w\s|]+$/.test(text);
  const newText = text === '0' ? LONGTERM : plain ? `${text} | ${LONGTERM}` : `(${text}) | ${LONGTERM}`;
  return argumentEdits(site, { changed: { start: span.start, text: newText }, shift: 0, firstLine: false }) ?? [];
}
