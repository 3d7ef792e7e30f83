/**
 * One run: reads the tree, lets the operators propose mutants, draws a sample that is the same every time, analyses each mutant.
 * The sample orders mutants by a hash of their names, so a mutant more or less leaves the others in place.
 */
import { hashOf } from '../../server/base/hash.ts';
import { mutantId, readEquivalents } from './equivalent.ts';
import { isFoundElsewhere, judge, type Verdict } from './judge.ts';
import type { Analysis, Laboratory } from './laboratory.ts';
import type { Mutation, Operator, TextEdit } from './operator.ts';
import { type Repair, repairs } from './repair.ts';
import { subjectOf } from './subject.ts';
import type { Surroundings } from './surroundings.ts';

/** A mutant by name. */
export interface Mutant {
  readonly id: string;
  readonly operator: Operator;
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  readonly nth: number;
  readonly mutation: Mutation;
}

/** A mutant and what became of it. */
export interface Outcome {
  readonly mutant: Mutant;
  readonly verdict: Verdict;
  /** What the fixes of its findings do, where that was asked for. */
  readonly repairs: readonly Repair[];
}

/** A run's figures. */
export interface RunResult {
  readonly outcomes: readonly Outcome[];
  /** All mutants that there are, by operator, and those left out as equivalent. */
  readonly total: ReadonlyMap<string, number>;
  readonly equivalent: ReadonlyMap<string, number>;
  readonly files: number;
}

/** What is asked of a run. */
export interface RunChoice {
  readonly operators: readonly Operator[];
  /** Mutants an operator at most. */
  readonly limit: number;
  /** Only files whose path holds this. */
  readonly only: string | undefined;
  /** Goes into the hash that draws the sample. */
  readonly seed: string;
  /** Whether to try the fixes of what is found. */
  readonly repair: boolean;
  readonly tree: '6.1' | '6.12';
  readonly progress: (text: string) => void;
}

/** Where mutants are analysed: the file alone with those beside it, and a run over its directory. */
export interface Places {
  readonly laboratory: Laboratory;
  readonly surroundings: Surroundings;
}

/** Runs. Throws an Error for an entry among the equivalent ones that names no mutant. */
export async function runMutants({ laboratory, surroundings }: Places, choice: RunChoice): Promise<RunResult> {
  const { operators, limit, only, seed, tree, progress } = choice;
  const baseline = new Map<string, Analysis>();
  const mutants: Mutant[] = [];
  for (const file of laboratory.scan()) {
    if (only !== undefined && !file.includes(only)) continue;
    const analysis = laboratory.analyse(file, laboratory.text(file));
    const own = proposed(file, analysis, operators);
    if (own.length > 0) baseline.set(file, withoutTrees(analysis));
    mutants.push(...own);
  }
  progress(`${mutants.length} mutants of ${baseline.size} files`);
  const left = withoutEquivalent(mutants, operators, only === undefined && tree === '6.1');
  const chosen = operators.flatMap((o) =>
    left.mutants
      .filter((m) => m.operator === o)
      .sort((a, b) => (hashOf(seed + a.id) < hashOf(seed + b.id) ? -1 : 1))
      .slice(0, limit),
  );
  chosen.sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0));
  const outcomes: Outcome[] = [];
  for (const [i, mutant] of chosen.entries()) {
    if (i % 50 === 49) progress(`${i + 1} of ${chosen.length}`);
    const before = baseline.get(mutant.file);
    if (before === undefined) continue;
    const { operator, mutation, file } = mutant;
    const text = edited(laboratory.text(file), mutation.edits);
    const after = laboratory.analyse(file, text);
    const verdict = judge(operator, mutation, before, after);
    const elsewhere =
      !verdict.fitting &&
      isFoundElsewhere(mutant, await surroundings.before(file), await surroundings.after(file, text));
    const faulty = { file, original: laboratory.text(file), text, analysis: after, known: before.result.findings };
    const tried = choice.repair ? repairs(laboratory, { ...faulty, findings: verdict.told }) : [];
    outcomes.push({ mutant, verdict: { ...verdict, elsewhere }, repairs: tried });
  }
  return { outcomes, total: countBy(mutants), equivalent: left.equivalent, files: baseline.size };
}

/** What is compared later; trees and units of all files together would be too much to keep. */
function withoutTrees({ result, problems, skipped }: Analysis): Analysis {
  return { result, problems, skipped, seen: undefined };
}

function proposed(file: string, { seen }: Analysis, operators: readonly Operator[]): Mutant[] {
  if (seen === undefined) return [];
  const subject = subjectOf(seen);
  if (subject.sites.length === 0 && subject.releases.length === 0) return [];
  return operators.flatMap((operator) => {
    const counts = new Map<string, number>();
    return operator.mutations(subject).map((mutation): Mutant => {
      const nth = counts.get(mutation.functionName) ?? 0;
      counts.set(mutation.functionName, nth + 1);
      const id = mutantId({ operator: operator.name, file, function: mutation.functionName, nth });
      return { id, operator, file, line: subject.unit.lines.at(mutation.at).line, nth, mutation };
    });
  });
}

function withoutEquivalent(
  mutants: readonly Mutant[],
  operators: readonly Operator[],
  complete: boolean,
): { readonly mutants: readonly Mutant[]; readonly equivalent: ReadonlyMap<string, number> } {
  const known = new Set(mutants.map((m) => m.id));
  const listed = readEquivalents().filter((e) => operators.some((o) => o.name === e.operator));
  const stale = complete ? listed.find((e) => !known.has(mutantId(e))) : undefined;
  if (stale !== undefined) throw new Error(`equivalent.jsonl names no mutant: ${mutantId(stale)}`);
  const ids = new Set(listed.map(mutantId));
  return {
    mutants: mutants.filter((m) => !ids.has(m.id)),
    equivalent: countBy(mutants.filter((m) => ids.has(m.id))),
  };
}

function countBy(mutants: readonly Mutant[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { operator } of mutants) counts.set(operator.name, (counts.get(operator.name) ?? 0) + 1);
  return counts;
}

/** The text with edits made; they must not overlap. */
export function edited(text: string, edits: readonly TextEdit[]): string {
  const sorted = [...edits].sort((a, b) => a.start - b.start);
  let out = '';
  let at = 0;
  for (const { start, end, text: code } of sorted) {
    if (start < at) throw new Error('edits overlap');
    out += text.slice(at, start) + code;
    at = end;
  }
  return out + text.slice(at);
}
