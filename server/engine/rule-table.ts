/** All rules there are, those of the engine itself included, as users see them. */
import type { RuleGroup } from '../rules/define.ts';
import { rules } from '../rules/registry.ts';
import type { Severity } from './protocol.ts';

/** A rule as `guplint rules` lists it. */
export interface RuleInfo {
  readonly name: string;
  readonly group: RuleGroup;
  readonly summary: string;
  readonly severity: Severity;
  readonly fix: 'none' | 'safe' | 'unsafe';
}

/** Rules that no analysis reports but the engine: about suppressions and about text that could not be parsed. */
const OWN_RULES: readonly RuleInfo[] = [
  {
    name: 'parse-damaged',
    group: 'own',
    summary: 'A function with a site holds code that could not be parsed',
    severity: 'info',
    fix: 'none',
  },
  {
    name: 'unknown-rule',
    group: 'own',
    summary: 'A suppression or the configuration names a rule that does not exist',
    severity: 'warning',
    fix: 'safe',
  },
  {
    name: 'unused-suppression',
    group: 'own',
    summary: 'A suppression silences nothing',
    severity: 'warning',
    fix: 'safe',
  },
];

const GROUPS: readonly RuleGroup[] = ['flags', 'case', 'release', 'result', 'dirty', 'context', 'version', 'own'];

let table: readonly RuleInfo[] | undefined;
let names: ReadonlySet<string> | undefined;

/** Every rule, by group in the order of the documentation, then by name. */
export function ruleTable(): readonly RuleInfo[] {
  table ??= [...rules, ...OWN_RULES.filter((own) => !rules.some((r) => r.name === own.name))].sort(
    (a, b) => GROUPS.indexOf(a.group) - GROUPS.indexOf(b.group) || (a.name < b.name ? -1 : 1),
  );
  return table;
}

/** The names of all rules. */
export function ruleNames(): ReadonlySet<string> {
  names ??= new Set(ruleTable().map((r) => r.name));
  return names;
}
