/** Adds FOLL_LONGTERM to the flags of a call: in place of a 0, else behind what stands there. */
import type { CallSite } from '../../analysis/site.ts';
import type { Edit } from '../define.ts';

const LONGTERM = 'FOLL_LONGTERM';

/** The edit; undefined where the call takes no flags, stands in a macro, or has the flag on some path already. */
export function addLongterm(site: CallSite): Edit | undefined {
  const { span, text, may } = site.flags;
  if (span === undefined || site.macro !== undefined || may.has(LONGTERM)) return undefined;
  const plain = /^[\w\s|]+$/.test(text);
  const newText = text === '0' ? LONGTERM : plain ? `${text} | ${LONGTERM}` : `(${text}) | ${LONGTERM}`;
  return { unit: site.unit, span, newText };
}
