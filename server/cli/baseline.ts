/** `guplint baseline write|prune|show`. */

import { UserError } from '../base/user-error.ts';
import { BASELINE_NAME, type BaselineEntry, entryOf, formatBaseline, pathOf } from '../engine/baseline.ts';
import { compareText } from '../engine/order.ts';
import { createHost } from '../host/host.ts';
import { readBaseline, staleOf } from './check.ts';
import type { ExitCode } from './main.ts';
import type { CommonOptions } from './options.ts';
import { runCommand } from './run-command.ts';
import { sayProblems, writeResults } from './run-output.ts';
import type { Terminal } from './terminal.ts';

const entries = (n: number): string => `${n} ${n === 1 ? 'entry' : 'entries'}`;

/** Runs `baseline write` or `baseline prune`. A baseline is not written when something could not be read: it would be short. */
export async function updateBaseline(
  verb: 'write' | 'prune',
  paths: readonly string[],
  options: CommonOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const { result, host } = await runCommand(paths, options, terminal, true);
  sayProblems(result, result.problems, options, terminal);
  if (result.problems.length > 0) {
    terminal.err('guplint: the baseline was not written\n');
    return 2;
  }
  const file = options.baseline ?? BASELINE_NAME;
  const old = verb === 'prune' ? required(options, host) : undefined;
  const stale = new Set(old === undefined ? [] : staleOf(result, old, host));
  const kept: readonly BaselineEntry[] =
    old === undefined ? result.findings.map((f) => entryOf(f, file)) : old.entries.filter((e) => !stale.has(e));
  writeResults(formatBaseline(kept), { output: file }, host, terminal);
  if (options.quiet !== true) {
    const pruned = verb === 'prune' ? `, ${entries(stale.size)} removed` : '';
    terminal.err(`${file}: ${entries(kept.length)}${pruned}\n`);
  }
  return 0;
}

function required(
  options: Pick<CommonOptions, 'baseline'>,
  host: ReturnType<typeof createHost>,
): NonNullable<ReturnType<typeof readBaseline>> {
  const baseline = readBaseline(options, host);
  if (baseline === undefined)
    throw new UserError(`${BASELINE_NAME}: no such file; make it with 'guplint baseline write'`);
  return baseline;
}

/** Runs `baseline show`. */
export function showBaseline(
  options: { readonly baseline?: string; readonly format: 'text' | 'json' },
  terminal: Terminal,
): ExitCode {
  const baseline = required(options, createHost());
  if (options.format === 'json') {
    terminal.out(formatBaseline(baseline.entries));
    return 0;
  }
  const shown = baseline.entries.map((e) => ({ path: pathOf(e, baseline.file), entry: e }));
  shown.sort((a, b) => compareText(a.path, b.path) || compareText(a.entry.rule, b.entry.rule));
  for (const { path, entry: e } of shown) {
    const where = e.function === '' ? '' : ` ${e.function}()`;
    terminal.out(`${path}:${where} ${e.statement} [${e.rule}]\n`);
  }
  return 0;
}
