/**
 * What people said of the findings of the two trees (docs/corpus/verdicts.jsonl), held against those that are reported now: lines that
 * speak of no present finding, and warnings and errors of which nobody has said anything yet.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding } from '../../server/engine/protocol.ts';

/** One line of the file: a finding by place, and what reading the source gave. */
export interface Verdict {
  /** `linux-6.12`. */
  readonly tree: string;
  readonly rule: string;
  readonly file: string;
  readonly line: number;
  readonly function: string;
  readonly verdict: 'true' | 'false' | 'unsure';
  readonly why: string;
}

/** What a second reader said of a finding, who had not seen what the first did. */
export interface SecondVerdict extends Verdict {
  /** As it was reported when it was read. */
  readonly severity: 'error' | 'warning' | 'info';
}

/** What is read of a finding. */
export type Judged = Pick<Finding, 'rule' | 'severity' | 'confidence' | 'location' | 'functionName'>;

/** How verdicts and findings of one tree agree. */
export interface VerdictCheck {
  /** Lines that no present finding answers to. */
  readonly stale: readonly Verdict[];
  /** Findings that users see as warnings or errors, and that have no verdict. */
  readonly open: readonly Judged[];
  /** Of those that have one: how many are true, unsure, false. */
  readonly counts: Readonly<Record<Verdict['verdict'], number>>;
}

const DIRECTORY = join(__dirname, '..', '..', 'docs', 'corpus');

/** Reads the first reader's file. Throws an Error that names a line which is none. */
export function readVerdicts(): readonly Verdict[] {
  return read<Verdict>('verdicts.jsonl');
}

/** Reads the second reader's file. Throws an Error that names a line which is none. */
export function readSecond(): readonly SecondVerdict[] {
  return read<SecondVerdict>('second-reading.jsonl');
}

function read<T extends Verdict>(name: string): readonly T[] {
  const path = join(DIRECTORY, name);
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line, i) => {
      if (line === '') return [];
      const v = JSON.parse(line) as T;
      if (!['true', 'false', 'unsure'].includes(v.verdict) || v.why === '')
        throw new Error(`${path}:${i + 1}: no verdict`);
      return [v];
    });
}

/** Holds the verdicts on a tree against its findings. */
export function checkVerdicts(verdicts: readonly Verdict[], tree: string, findings: readonly Judged[]): VerdictCheck {
  const own = verdicts.filter((v) => v.tree === tree);
  const said = new Map(own.map((v) => [placeOf(v.rule, v.file, v.line), v]));
  const present = new Set(findings.map((f) => placeOf(f.rule, f.location.file, f.location.line)));
  const shown = findings.filter((f) => f.severity !== 'info' && f.confidence !== 'low');
  const counts = { true: 0, unsure: 0, false: 0 };
  const open: Judged[] = [];
  for (const f of shown) {
    const v = said.get(placeOf(f.rule, f.location.file, f.location.line));
    if (v === undefined) open.push(f);
    else counts[v.verdict]++;
  }
  return { stale: own.filter((v) => !present.has(placeOf(v.rule, v.file, v.line))), open, counts };
}

function placeOf(rule: string, file: string, line: number): string {
  return `${rule} ${file}:${line}`;
}

/** What the second reader said, by severity and tree, and how often that is what the first one says, as Markdown. */
export function agreementTable(first: readonly Verdict[], second: readonly SecondVerdict[]): string {
  const said = new Map(first.map((v) => [`${v.tree} ${placeOf(v.rule, v.file, v.line)}`, v.verdict]));
  const rows = (['error', 'warning', 'info'] as const).flatMap((severity) =>
    ['linux-6.12', 'linux-6.1'].map((tree) => {
      const own = second.filter((v) => v.severity === severity && v.tree === tree);
      const count = (verdict: Verdict['verdict']): number => own.filter((v) => v.verdict === verdict).length;
      const firsts = own.flatMap((v) => {
        const other = said.get(`${tree} ${placeOf(v.rule, v.file, v.line)}`);
        return other === undefined ? [] : [other === v.verdict];
      });
      const same = firsts.filter((x) => x).length;
      const agreed =
        firsts.length === 0 ? '' : `${same} of ${firsts.length} (${((100 * same) / firsts.length).toFixed(0)} %)`;
      return `| ${severity} | ${tree} | ${own.length} | ${count('true')} | ${count('unsure')} | ${count('false')} | ${agreed} |`;
    }),
  );
  return [
    '| severity | tree | read | true | unsure | false | as the first reader |',
    `|${' --- |'.repeat(7)}`,
    ...rows,
  ].join('\n');
}
