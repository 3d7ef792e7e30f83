/** A flag added to what the caller of a wrapper passes on as the flags of the API. */
import type { Model } from '../../../model/index.ts';
import type { CallSite } from '../../analysis/sites/site.ts';
import { argumentNodes } from '../../analysis/trees.ts';
import type { Edit } from '../define.ts';
import { passedFlags } from '../support/flags/passed-flags.ts';
import { argumentEdits } from './argument-list.ts';

/** The flag added in a call of a wrapper; none where it passes no flags, or stands in a macro. */
export function flagInCall(caller: CallSite, model: Model, flag: string): readonly Edit[] {
  const index = passedFlags(caller, model);
  return index === undefined ? [] : (addToPassed(caller, index, flag) ?? []);
}

/** The flag added to an argument of a call (from 0); undefined where there is none, or in a macro. */
export function addToPassed(caller: CallSite, index: number, flag: string): readonly Edit[] | undefined {
  const { unit, node } = caller;
  if (node === undefined || caller.macro !== undefined) return undefined;
  const args = argumentNodes(node).map((n) => ({
    start: n.start,
    end: n.end,
    node: n,
    text: unit.text.slice(n.start, n.end),
  }));
  const given = args[index];
  if (given === undefined) return undefined;
  const plain = /^[\w\s|>.-]+$/.test(given.text);
  const text = given.text === '0' ? flag : plain ? `${given.text} | ${flag}` : `(${given.text}) | ${flag}`;
  return argumentEdits({ ...caller, args }, { changed: { start: given.start, text }, shift: 0, firstLine: false });
}
