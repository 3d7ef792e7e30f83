/** The directives of one text, indexed so that each finding finds its own without looking at the others. */
import type { Span } from '../base/span.ts';
import type { CUnit } from '../syntax/unit.ts';
import { type Directive, directivesOf, type NamedRule } from './directives.ts';
import type { Finding } from './protocol.ts';

/** A finding with the line its statement starts on, and the unit it stands in. */
export interface Candidate {
  readonly finding: Finding;
  readonly statementLine: number;
  readonly unit: CUnit;
}

/** The directives of a file, ready to be asked. */
export interface Silencers {
  readonly directives: readonly Directive[];
  /** The rules named by directives that silence this finding; empty when none does. */
  of(candidate: Candidate): readonly NamedRule[];
  /** The function that an `ignore-function` speaks of; undefined where it stands at none. */
  functionOf(directive: Directive): Span | undefined;
  /** The reason that the directive of a named rule gives. */
  reasonOf(rule: NamedRule): string;
}

/** The function a directive stands in, or stands above with nothing but white space and comments between. */
function findFunction(directive: Directive, units: readonly CUnit[]): Span | undefined {
  for (const unit of units) {
    const around = unit.functions.find(
      (f) => f.span.start <= directive.span.start && directive.span.start < f.span.end,
    );
    if (around !== undefined) return around.span;
    const next = unit.functions.find((f) => f.span.start >= directive.comment.end);
    if (next !== undefined && unit.code.slice(directive.comment.end, next.span.start).trim() === '') return next.span;
  }
  return undefined;
}

/** Reads the directives of units that share one text. Those without a reason silence nothing. */
export function silencersOf(units: readonly CUnit[]): Silencers {
  const unit = units[0];
  const directives = unit === undefined ? [] : directivesOf(unit.text, unit.lines);
  const functions = new Map<Directive, Span | undefined>();
  const reasons = new Map<NamedRule, string>();
  const byLine = new Map<string, NamedRule[]>();
  const byFile = new Map<string, NamedRule[]>();
  const byFunction = new Map<string, { readonly rule: NamedRule; readonly span: Span }[]>();
  const add = <T>(map: Map<string, T[]>, key: string, value: T): void => {
    const list = map.get(key);
    if (list === undefined) map.set(key, [value]);
    else list.push(value);
  };
  for (const d of directives) {
    const span = d.kind === 'function' ? findFunction(d, units) : undefined;
    functions.set(d, span);
    for (const rule of d.reason === '' ? [] : d.rules) {
      reasons.set(rule, d.reason);
      if (d.kind === 'line') add(byLine, `${rule.name}:${d.targetLine}`, rule);
      else if (d.kind === 'file') add(byFile, rule.name, rule);
      else if (span !== undefined) add(byFunction, rule.name, { rule, span });
    }
  }
  return {
    directives,
    functionOf: (directive) => functions.get(directive),
    reasonOf: (rule) => reasons.get(rule) ?? '',
    of({ finding, statementLine, unit: at }) {
      if (directives.length === 0) return [];
      const { rule, location } = finding;
      const lines = statementLine === location.line ? [statementLine] : [statementLine, location.line];
      const offset = at.lines.offset(location);
      return [
        ...(byFile.get(rule) ?? []),
        ...lines.flatMap((line) => byLine.get(`${rule}:${line}`) ?? []),
        ...(byFunction.get(rule) ?? []).filter((f) => f.span.start <= offset && offset < f.span.end).map((f) => f.rule),
      ];
    },
  };
}
