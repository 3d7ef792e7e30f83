/** Structs that memset() clears: what was in them is gone, and their fields are zero until somebody writes them. */
import { ZEROED } from '../../flow/lower-declaration.ts';
import { hasOffset, intValue, regionOf, type Value } from '../../flow/value.ts';
import type { CallSiteInfo } from './frame.ts';
import { dropBelow, type PathState, ZEROED_SOMEWHERE } from './path-state.ts';
import { provenanceBelow } from './reachability.ts';

/** An object that is one: a variable, what a parameter or an allocation points to, or a struct within one. */
const ONE_OBJECT = /^(?:l:\w+|g:\w+|(?:arg|heap)[^[.]*\[\*\])(?:\.\w+)*$/;

/** Clears what a call of memset() clears, where that is a whole struct in which no pages are held. */
export function clearMemory(s: PathState, { instr }: CallSiteInfo, [to, byte, size]: readonly Value[]): void {
  if (instr.callee !== 'memset' || byte?.kind !== 'int' || byte.value !== 0 || to === undefined) return;
  const object = regionOf(to);
  const whole = size?.kind === 'symbol' && size.key.startsWith('sizeof');
  if (!whole || hasOffset(to) || !ONE_OBJECT.test(object) || provenanceBelow(s, object).length > 0) return;
  dropBelow(s, object);
  s.env.set(`${object}.${ZEROED}`, intValue(1));
  s.env.set(ZEROED_SOMEWHERE, intValue(1));
}

/** A function that nobody can look into gets some memory: what it writes there is not known. */
export function mayFill(s: PathState, args: readonly Value[]): void {
  if (!s.env.has(ZEROED_SOMEWHERE)) return;
  for (const arg of args) {
    if (arg.kind === 'int') continue;
    const object = regionOf(arg);
    s.env.delete(`${object}.${ZEROED}`);
    s.env.forEachBelow(object, (_, place) => {
      if (place.endsWith(`.${ZEROED}`)) s.env.delete(place);
    });
  }
}
