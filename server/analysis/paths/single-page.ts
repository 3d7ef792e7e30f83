/** Pages that go into one variable: it is one page, however their number is written. */
import { intValue } from '../../flow/value.ts';
import { assumeValues } from './evaluate.ts';
import type { PathState } from './path-state.ts';
import type { Resource } from './resource.ts';

/** The place of a variable of the function, no entry of an array. */
const VARIABLE = /^l:\w+$/;

/**
 * What goes into one variable is one page: more would be written over what lies behind it. Whether that can be on this path; where the number
 * is a constant, it is what another rule asks about.
 */
export function assumeOneIn(s: PathState, place: string, { requested, result }: Resource): boolean {
  if (!VARIABLE.test(place) || requested === undefined || requested.kind === 'int') return true;
  return assumeValues(s, '<=', requested, intValue(1)) && assumeValues(s, '<=', result, intValue(1));
}
