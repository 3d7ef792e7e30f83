/** `guplint explain`: a rule, a case, an API, a flag or a concept, on standard output. An unknown topic is bad usage. */
import { CASE_ROWS } from '../../model/cases.ts';
import { model } from '../../model/index.ts';
import { closest } from '../base/closest.ts';
import { UserError } from '../base/user-error.ts';
import { ruleTable } from '../engine/rule-table.ts';
import { CONCEPT_DOCS, RULE_DOCS } from '../rules/explain.ts';
import { explainApi, explainCase, explainFlag } from './explain-model.ts';
import type { ExitCode } from './main.ts';
import type { Terminal } from './terminal.ts';

/** Prints the explanation. Throws UserError for a topic that is none. */
export function explain(topic: string, terminal: Terminal): ExitCode {
  const name = topic.trim().replace(/\(\)$/, '');
  const text = ruleText(name) ?? CONCEPT_DOCS.get(name) ?? modelText(name);
  if (text === undefined) {
    const meant = closest(name, topics());
    throw new UserError(
      meant === undefined
        ? `nothing is known of '${topic}'; topics are rules, case1 to case5, APIs, FOLL_ flags and ${[...CONCEPT_DOCS.keys()].join(', ')}`
        : `nothing is known of '${topic}'; did you mean '${meant}'?`,
    );
  }
  terminal.out(text.endsWith('\n') ? text : `${text}\n`);
  return 0;
}

function ruleText(name: string): string | undefined {
  const doc = RULE_DOCS.get(name);
  if (doc !== undefined) return doc;
  const rule = ruleTable().find((r) => r.name === name);
  if (rule === undefined) return undefined;
  return `# ${rule.name}\n\n${rule.summary}.\n\nGroup ${rule.group}, ${rule.severity} by default.\n`;
}

function modelText(name: string): string | undefined {
  const id = /^case ?([0-5])$/i.exec(name)?.[1];
  const row = CASE_ROWS.find((c) => String(c.id) === id);
  if (row !== undefined) return explainCase(row);
  const every = model.select({ since: 0, until: Number.POSITIVE_INFINITY });
  const apis = every.allRows(name);
  if (apis.length > 0) return explainApi(name, apis);
  const flags = every.allFlags(name);
  return flags.length > 0 ? explainFlag(name, flags) : undefined;
}

function* topics(): Generator<string> {
  for (const rule of ruleTable()) yield rule.name;
  yield* CONCEPT_DOCS.keys();
  for (const row of CASE_ROWS) yield `case${row.id}`;
  const every = model.select({ since: 0, until: Number.POSITIVE_INFINITY });
  yield* every.names();
  yield* every.flagNames();
}
