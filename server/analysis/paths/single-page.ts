/** Pages that go into one variable: it is one page, however their number is written. */
import { intValue } from '../../flow/value.ts';
import { assumeValues } from './evaluate.ts';
import type { PathState } from './path-state.ts';
import type { Resource } from './resource.ts';
import type { Description } from './summary.ts';

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

/** A page that a callee took, not the array of several. */
const PAGE_TAKEN = /(?:^|\/)pg\d/;

/** Whether a callee may have left in a place what it took: one page at most in a variable of the caller. `ids`: its resources here. */
export function fitsIn(
  s: PathState,
  place: string | undefined,
  value: Description,
  ids: ReadonlyMap<string, string>,
): boolean {
  if (place === undefined || value.kind !== 'made' || !PAGE_TAKEN.test(value.key)) return true;
  return value.prov.every((inner) => {
    const r = s.resources.get(ids.get(inner) ?? inner);
    return r === undefined || assumeOneIn(s, place, r);
  });
}
