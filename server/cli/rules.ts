/** `guplint rules`: the rule table. */
import pc from 'picocolors';
import { type RuleInfo, ruleTable } from '../engine/rule-table.ts';
import type { ExitCode } from './main.ts';
import type { Terminal } from './terminal.ts';
import { TOOL } from './version.ts';

/** Prints the rules by group, or as JSON `{ schemaVersion, tool, rules: [{ name, group, severity, fix, summary }] }`. */
export function listRules(
  options: { readonly format: 'text' | 'json'; readonly color: boolean },
  terminal: Terminal,
): ExitCode {
  const table = ruleTable();
  if (options.format === 'json') {
    const rules = table.map(({ name, group, severity, fix, summary }) => ({ name, group, severity, fix, summary }));
    terminal.out(`${JSON.stringify({ schemaVersion: 1, tool: TOOL, rules }, null, 2)}\n`);
    return 0;
  }
  const c = pc.createColors(terminal.colours && options.color);
  const width = Math.max(...table.map((r) => r.name.length));
  let group = '';
  for (const rule of table) {
    if (rule.group !== group) terminal.out(`${group === '' ? '' : '\n'}${c.bold(rule.group)}\n`);
    group = rule.group;
    terminal.out(
      `  ${rule.name.padEnd(width)}  ${rule.severity.padEnd(7)}  ${showFix(rule).padEnd(10)}  ${rule.summary}\n`,
    );
  }
  return 0;
}

function showFix({ fix }: RuleInfo): string {
  if (fix === 'none') return '';
  return fix === 'safe' ? 'fix' : 'unsafe fix';
}
