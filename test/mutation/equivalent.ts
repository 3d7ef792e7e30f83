/** Mutants that are no faults, one by one with the reason: `equivalent.jsonl`. An entry that names no mutant is an error. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One entry. `nth` counts the operator's mutants in the function, from 0, down the file. */
export interface Equivalent {
  readonly operator: string;
  readonly file: string;
  readonly function: string;
  readonly nth: number;
  readonly reason: string;
}

/** The entries. Throws an Error that names the line of a malformed one. */
export function readEquivalents(): readonly Equivalent[] {
  const path = join(__dirname, 'equivalent.jsonl');
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.flatMap((line, i) => {
    if (line.trim() === '') return [];
    const entry = JSON.parse(line) as Equivalent;
    const words = [entry.operator, entry.file, entry.function, entry.reason];
    if (!Number.isInteger(entry.nth) || words.some((w) => typeof w !== 'string' || w === ''))
      throw new Error(`${path}:${i + 1}: operator, file, function, nth and reason are needed`);
    return [entry];
  });
}

/** The name of a mutant. */
export function mutantId(m: Pick<Equivalent, 'operator' | 'file' | 'function' | 'nth'>): string {
  return `${m.operator} ${m.file} ${m.function} ${m.nth}`;
}
