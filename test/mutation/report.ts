/** The table of a run, and the list of mutants that were missed. */
import { ruleNames } from '../../server/engine/rule-table.ts';
import type { Verdict } from './judge.ts';
import type { Operator } from './operator.ts';
import type { RunResult } from './run.ts';

/** The table in Markdown, one line an operator. */
export function table(result: RunResult, operators: readonly Operator[]): string {
  const head = [
    '| operator | injected fault | rules that fit | mutants | found | elsewhere | % | aim % | hidden | other rule | missed | masked | seen on paths |',
    '|---|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|',
  ];
  const rows = operators.map((o) => row(result, o));
  return [...head, ...rows].join('\n');
}

function row({ outcomes, total, equivalent }: RunResult, operator: Operator): string {
  const own = outcomes.filter((o) => o.mutant.operator === operator).map((o) => o.verdict);
  const elsewhere = own.filter((v) => v.elsewhere).length;
  const found = own.filter((v) => v.fitting).length + elsewhere;
  const low = own.filter((v) => !v.elsewhere && v.low).length;
  const other = own.filter((v) => !isFound(v) && v.any).length;
  const existing = ruleNames();
  const rules = operator.rules.map((r) => (existing.has(r) ? r : `${r} (not written)`)).join(', ');
  const all = total.get(operator.name) ?? 0;
  const without = equivalent.get(operator.name) ?? 0;
  const count = `${own.length} of ${all - without}${without === 0 ? '' : ` (${without} equivalent)`}`;
  const percent = own.length === 0 ? '' : Math.round((100 * found) / own.length);
  const masked = own.filter((v) => !isFound(v) && v.masked).length;
  const paths = own.filter((v) => v.paths).length;
  const missed = own.filter((v) => !isFound(v) && !v.any).length;
  return `| ${[operator.name, operator.summary, rules, count, found, elsewhere, percent, operator.target, low, other, missed, masked, paths].join(' | ')} |`;
}

function isFound({ fitting, elsewhere }: Verdict): boolean {
  return fitting || elsewhere;
}

/** Mutants not found under a rule that fits, a line each. */
export function missedLines({ outcomes }: RunResult): string[] {
  return outcomes
    .filter(({ verdict }) => !isFound(verdict))
    .map(({ mutant, verdict }) => {
      const { mutation, operator, file, line, nth } = mutant;
      const notes = [
        verdict.masked ? 'reported of the site before' : '',
        verdict.paths ? 'seen on paths' : '',
        verdict.rules.length > 0 ? `new: ${verdict.rules.join(', ')}` : '',
        verdict.damaged ? 'no longer parses clean' : '',
      ].filter((n) => n !== '');
      const note = notes.length === 0 ? '' : ` [${notes.join('; ')}]`;
      return `${operator.name} ${file}:${line} ${mutation.functionName} #${nth}: ${mutation.change}${note}`;
    })
    .sort();
}
