/**
 * Parses the places that effects name: a root (the result, an argument, the CPU) and the steps from it.
 * Patterns come from the tables and from a project's own rows, so that a mistake is a value here and no exception.
 */
import type { PlacePattern } from './schema.ts';

/** `ret`, `cpu`, or the number of an argument, from 0. */
export type PlaceRoot = 'ret' | 'cpu' | number;

/** One step: what the pointer points at, every element of the array, or a member (`arrow`: through a pointer). */
export type PlaceStep =
  | { readonly kind: 'deref' }
  | { readonly kind: 'elements' }
  | { readonly kind: 'field'; readonly name: string; readonly arrow: boolean };

/** A parsed place. */
export interface Place {
  readonly root: PlaceRoot;
  readonly steps: readonly PlaceStep[];
}

const ROOT = /^(?:ret|cpu|arg(\d{1,2}))/;
const STEP = /^(?:(\[\*\])|(->|\.)([A-Za-z_]\w*))/;
const parsed = new Map<PlacePattern, Place | undefined>();

function parseRoot(word: string): PlaceRoot {
  if (word === 'ret' || word === 'cpu') return word;
  return Number(word.slice(3));
}

function parse(pattern: PlacePattern): Place | undefined {
  const steps: PlaceStep[] = [];
  let text: string = pattern;
  const inner = /^\(\*(\w+)\)/.exec(text);
  const star = inner === null && text.startsWith('*');
  if (inner !== null) text = `${inner[1]}${text.slice(inner[0].length)}`;
  else if (star) text = text.slice(1);
  const root = ROOT.exec(text)?.[0];
  if (root === undefined) return undefined;
  if (inner !== null) steps.push({ kind: 'deref' });
  text = text.slice(root.length);
  while (text !== '') {
    const step = STEP.exec(text);
    if (step === null) return undefined;
    const [all, elements, arrow, name = ''] = step;
    steps.push(elements === undefined ? { kind: 'field', name, arrow: arrow === '->' } : { kind: 'elements' });
    text = text.slice(all.length);
  }
  if (star) steps.push({ kind: 'deref' });
  return { root: parseRoot(root), steps };
}

/**
 * Parses `ret`, `cpu`, `arg2`, `*arg2`, `arg2[*]`, `(*arg1)[*]`, `arg0->pages[*]`, `arg1->bio`, `arg0->a.b`.
 * A leading `*` applies last, as in C. Returns undefined for anything else; the same value for the same pattern.
 */
export function parsePlace(pattern: PlacePattern): Place | undefined {
  if (parsed.has(pattern)) return parsed.get(pattern);
  const place = parse(pattern);
  parsed.set(pattern, place);
  return place;
}
