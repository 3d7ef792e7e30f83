/** The table of what fixes make of mutants, and the list of those that do something else than take the fault back. */
import type { Operator } from './operator.ts';
import type { Outcome, RunResult } from './run.ts';

/** The table in Markdown, one line an operator. */
export function repairTable({ outcomes }: RunResult, operators: readonly Operator[]): string {
  const head = [
    '| operator | found | with a fix | original back | other code, sound | promises broken |',
    '|---|--:|--:|--:|--:|--:|',
  ];
  return [
    ...head,
    ...operators.map((o) =>
      row(
        o,
        outcomes.filter((x) => x.mutant.operator === o),
      ),
    ),
  ].join('\n');
}

function row(operator: Operator, own: readonly Outcome[]): string {
  const fixed = own.filter((o) => o.repairs.length > 0);
  const broken = fixed.filter(isBroken);
  const restored = fixed.filter((o) => !isBroken(o) && o.repairs.some((r) => r.restored));
  const found = own.filter((o) => o.verdict.fitting).length;
  const other = fixed.length - broken.length - restored.length;
  return `| ${[operator.name, found, fixed.length, restored.length, other, broken.length].join(' | ')} |`;
}

function isBroken(o: Outcome): boolean {
  return o.repairs.some((r) => r.problems.length > 0);
}

/** Fixes that do not give the original back, a line each. */
export function repairLines({ outcomes }: RunResult): string[] {
  return outcomes.flatMap(({ mutant, repairs, verdict: { told: findings } }) => {
    const back = repairs.some((r) => r.restored);
    const told = back ? repairs.filter((r) => r.problems.length > 0) : repairs;
    const { mutation, operator, file, line, nth } = mutant;
    if (repairs.length === 0 && findings.length > 0)
      return [
        `${operator.name} ${file}:${line} ${mutation.functionName} #${nth}: NO FIX ${mutation.change} | ${findings.map((f) => `${f.rule}:${f.location.line} ${f.message}`).join(' || ')}`,
      ];
    return told.map(
      (r) =>
        `${operator.name} ${file}:${line} ${mutation.functionName} #${nth}: ${r.rule}: ${r.title}${r.safe ? ' [safe]' : ''}${r.problems.map((p) => ` BROKEN ${p}`).join('')}${r.differs === undefined ? '' : ` | ${r.differs}`}`,
    );
  });
}
