/** What a rule reported, turned into the plain finding that leaves the engine; not yet levelled, numbered or suppressed. */
import type { FixProposal, UnitSpan } from '../rules/define.ts';
import type { RuleReport } from '../rules/run.ts';
import type { CUnit } from '../syntax/unit.ts';
import type { UnmarkedFinding } from './fingerprint.ts';
import { locate } from './locate.ts';
import type { Fix, Location } from './protocol.ts';
import { normaliseStatement, statementsOf } from './statements.ts';

/** A finding with what suppression needs to know of its place. */
export interface RawFinding {
  readonly finding: UnmarkedFinding;
  /** 1-based line on which its statement starts. */
  readonly statementLine: number;
  readonly unit: CUnit;
}

function place({ unit, span }: UnitSpan): Location {
  return locate(unit, span);
}

/** A fix with its places as lines and columns. */
export function plainFix({ title, applicability, edits }: FixProposal): Fix {
  return { title, applicability, edits: edits.map((edit) => ({ location: place(edit), newText: edit.newText })) };
}

/** Turns a report into a finding. */
export function rawFinding(report: RuleReport): RawFinding {
  const { unit, span } = report.at;
  const statement = statementsOf(unit).at(span.start);
  return {
    finding: {
      rule: report.rule,
      severity: report.severity,
      confidence: report.confidence ?? 'high',
      message: report.message,
      functionName: report.functionName,
      location: locate(unit, span),
      site:
        report.site === undefined
          ? undefined
          : { location: locate(report.site.unit, report.site.nameSpan), api: report.site.api },
      related: (report.related ?? []).map((step) => ({ location: place(step.at), message: step.message })),
      fixes: (report.fixes ?? []).map(plainFix),
      statement: normaliseStatement(unit.text.slice(statement.start, statement.end)),
    },
    statementLine: unit.lines.at(statement.start).line,
    unit,
  };
}
