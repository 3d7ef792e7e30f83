/**
 * Which formats there are. A new one is one file in this directory that exports a renderer, and a line here and in index.ts.
 */

/** What is printed. */
export type Subject = 'findings' | 'sites';

/** The names of the formats, by what they print. */
export const FORMATS: Readonly<Record<Subject, readonly string[]>> = {
  findings: ['text', 'json', 'jsonl', 'sarif', 'github', 'gitlab', 'patch'],
  sites: ['text', 'json', 'jsonl'],
};
