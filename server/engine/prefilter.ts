/**
 * Which files are worth parsing: those that name a function whose calls are sites, one that gives pins back, or a FOLL_ flag.
 * First a search for byte strings (fast, may say yes too often), then this module's exact test on the text.
 */
import { model } from '../../model/index.ts';

/** What to look for. */
export interface Prefilter {
  /** Byte strings, one of which every interesting file holds; none is part of another. */
  readonly strings: readonly string[];
  /** Whether a text (or bytes read as latin1) names one of the words. */
  test(text: string): boolean;
}

/** The names of the model that make a file interesting by themselves. */
function modelNames(): Set<string> {
  const names = new Set(model.select({ since: 0, until: Number.POSITIVE_INFINITY }).siteNames());
  for (const row of model.rows) {
    if (row.family === 'release' && row.reference === 'pin') names.add(row.name);
  }
  return names;
}

/** Builds the filter for the model's names and those of a project's wrappers. */
export function createPrefilter(extra: Iterable<string> = []): Prefilter {
  const names = modelNames();
  for (const name of extra) names.add(name);
  const words = [...names].sort();
  const strings = [...words, 'FOLL_'];
  const pattern = new RegExp(`\\b(?:(?:${words.join('|')})\\b|FOLL_[A-Z])`);
  return {
    strings: strings.filter((s) => !strings.some((other) => other !== s && s.includes(other))),
    test: (text) => pattern.test(text),
  };
}
