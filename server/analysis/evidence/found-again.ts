/** Objects that keep pages and are found again: a later call takes a further reference to one instead of acquiring pages anew. */
import type { CallSite } from '../sites/site.ts';
import type { Clue } from './clue.ts';

/** Walks over the objects of a list or table, with the variable that holds one (linux/list.h, hashtable.h). */
const WALK = /\b(?:list|hlist|hash)_for_each_\w+\s*\(/g;

/** Calls that take a further reference to an object (linux/refcount.h, kref.h, atomic.h). */
const REFERENCE = /\b(?:refcount_inc\w*|kref_get\w*|atomic_inc\w*)\s*\(\s*&\s*(\w+)\s*->/g;

/**
 * The clue that the acquiring function first looks for such an object: a walk whose variable a reference is taken to, ahead of the acquire
 * into a field of an object of that variable.
 */
export function foundAgainClues(site: CallSite, pages: string): Clue[] {
  const { unit, fn } = site;
  const [, object] = /^&?\s*(\w+)\s*->/.exec(pages) ?? [];
  if (fn === undefined || object === undefined || site.macro !== undefined) return [];
  const ahead = unit.code.slice(fn.bodySpan.start, site.span.start);
  const walked = [...ahead.matchAll(WALK)].find((m) =>
    new RegExp(`^[^;{]*?[(,]\\s*${object}\\s*,`).test(ahead.slice(m.index)),
  );
  if (walked === undefined) return [];
  const taken = [...ahead.matchAll(REFERENCE)].find((m) => m.index > walked.index && m[1] === object);
  if (taken === undefined) return [];
  const start = fn.bodySpan.start + taken.index;
  return [
    {
      kind: 'found-again',
      unit,
      span: { start, end: start + (/^\w+/.exec(taken[0])?.[0].length ?? 0) },
      text: `an object that holds pages already is found again here and used further`,
      lifetime: { long: 2 },
    },
  ];
}
