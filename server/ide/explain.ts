/**
 * The topics that can be explained: rules, the documented cases, functions and flags of the model, concepts. Each gives
 * Markdown; names are taken as people write them (`pin_user_pages()`, `case 2`).
 */
import { CASE_ROWS } from '../../model/cases.ts';
import { type Catalogue, model } from '../../model/index.ts';
import { ruleTable } from '../engine/rule-table.ts';
import { CONCEPT_DOCS, RULE_DOCS } from '../rules/explain.ts';
import { explainApi, explainCase, explainFlag } from './explain-model.ts';
import { explainMistaken } from './explain-names.ts';

const EVERY_RELEASE = { since: 0, until: Number.POSITIVE_INFINITY };

/** The explanation of a topic; undefined for a topic that is none. `catalogue`: the model with what a project declares. */
export function explainTopic(topic: string, catalogue: Catalogue = model): string | undefined {
  const name = topic.trim().replace(/\(\)$/, '');
  return ruleText(name) ?? CONCEPT_DOCS.get(name) ?? modelText(name, catalogue) ?? explainMistaken(name);
}

/** Names of the concepts. */
export function conceptNames(): readonly string[] {
  return [...CONCEPT_DOCS.keys()];
}

/** Every topic, for suggestions and completion. */
export function* topics(catalogue: Catalogue = model): Generator<string> {
  for (const rule of ruleTable()) yield rule.name;
  yield* CONCEPT_DOCS.keys();
  for (const row of CASE_ROWS) yield `case${row.id}`;
  const every = catalogue.select(EVERY_RELEASE);
  yield* every.names();
  yield* every.flagNames();
}

function ruleText(name: string): string | undefined {
  const doc = RULE_DOCS.get(name);
  if (doc !== undefined) return doc;
  const rule = ruleTable().find((r) => r.name === name);
  if (rule === undefined) return undefined;
  return `# ${rule.name}\n\n${rule.summary}.\n\nGroup ${rule.group}, ${rule.severity} by default.\n`;
}

function modelText(name: string, catalogue: Catalogue): string | undefined {
  const id = /^case ?([0-5])$/i.exec(name)?.[1];
  const row = CASE_ROWS.find((c) => String(c.id) === id);
  if (row !== undefined) return explainCase(row);
  const every = catalogue.select(EVERY_RELEASE);
  const apis = every.allRows(name);
  if (apis.length > 0) return explainApi(name, apis);
  const flags = every.allFlags(name);
  return flags.length > 0 ? explainFlag(name, flags) : undefined;
}
