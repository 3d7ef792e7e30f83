/**
 * Which files are worth parsing: those that name a function whose calls are sites, one that extracts pages from an iterator, one that gives
 * pins back, or a FOLL_ flag.
 * First a search for byte strings (fast, may say yes too often), then this module's exact test on the text.
 */
import { model } from '../../model/index.ts';

/** What to look for. */
export interface Prefilter {
  /** Byte strings, one of which every interesting file holds; none is part of another. */
  readonly strings: readonly string[];
  /** Whether a text (or bytes read as latin1) names one of the words. */
  test(text: string): boolean;
  /** Where a text names the first of them; -1 where it names none. */
  indexIn(text: string): number;
}

/** Characters before and behind the last find that are looked at first. */
const NEAR = 2000;

/** A filter for files that change a little and are tested again: it looks first where it found something the last time. */
export class RecallingFilter implements Prefilter {
  readonly strings: readonly string[];
  readonly #filter: Prefilter;
  readonly #found = new Map<string, number>();

  constructor(filter: Prefilter) {
    this.#filter = filter;
    this.strings = filter.strings;
  }

  test(text: string): boolean {
    return this.#filter.test(text);
  }

  indexIn(text: string): number {
    return this.#filter.indexIn(text);
  }

  /** The same as `test`, for the text of a file. */
  testFile(file: string, text: string): boolean {
    const last = this.#found.get(file);
    if (last !== undefined && this.#filter.test(linesRound(text, last))) return true;
    const found = this.#filter.indexIn(text);
    if (found < 0) this.#found.delete(file);
    else this.#found.set(file, found);
    return found >= 0;
  }
}

/** Whole lines round an offset: no word is cut. */
function linesRound(text: string, offset: number): string {
  const end = text.indexOf('\n', offset + NEAR);
  return text.slice(text.lastIndexOf('\n', Math.max(0, offset - NEAR)) + 1, end < 0 ? text.length : end);
}

/** The names of the model that make a file interesting by themselves. */
function modelNames(): Set<string> {
  const names = new Set(model.select({ since: 0, until: Number.POSITIVE_INFINITY }).siteNames());
  for (const row of model.rows) {
    if (row.family === 'release' && row.reference === 'pin') names.add(row.name);
    // What these extract is given back by its callers, who need not name anything else.
    if (row.family === 'wrapper' && row.reference === 'either') names.add(row.name);
  }
  return names;
}

/** None is part of another: what finds the longer one finds the shorter one too. */
function shortest(strings: readonly string[]): readonly string[] {
  return strings.filter((s) => !strings.some((other) => other !== s && s.includes(other)));
}

/** The filter for the model's names, FOLL_ flags, and names that a project declares. */
export function modelPrefilter(declared: Iterable<string> = []): Prefilter {
  const words = [...new Set([...modelNames(), ...declared])].sort();
  const pattern = new RegExp(`\\b(?:(?:${words.join('|')})\\b|FOLL_[A-Z])`);
  return {
    strings: shortest([...words, 'FOLL_']),
    test: (text) => pattern.test(text),
    indexIn: (text) => text.search(pattern),
  };
}

const handlers = new WeakMap<object, Prefilter>();

/** The filter for what a file beside a site may do to its pages and name nothing else of the model: plain releases, dirty markings. */
export function handlerPrefilter(): Prefilter {
  let known = handlers.get(model);
  if (known === undefined) {
    const handling = model.rows
      .filter((row) => row.family !== 'memory')
      .filter((row) => row.effects.some((e) => e.op === 'dirty' || (e.op === 'release' && e.ref !== 'none')));
    known = wordFilter(handling.map((row) => row.name));
    handlers.set(model, known);
  }
  return known;
}

/** The filter for some identifiers. Those of less than three letters cannot be searched for and are left out. */
export function wordFilter(names: Iterable<string>): Prefilter {
  const words = [...new Set(names)].filter((name) => /^\w{3,}$/.test(name)).sort();
  const pattern = new RegExp(`\\b(?:${words.join('|')})\\b`);
  return {
    strings: shortest(words),
    test: (text) => words.length > 0 && pattern.test(text),
    indexIn: (text) => (words.length > 0 ? text.search(pattern) : -1),
  };
}
