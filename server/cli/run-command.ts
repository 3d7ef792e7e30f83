/** From the paths and options of a command to a run: what `check`, `sites`, `report`, `facts` and `baseline` have in common. */
import { closest } from '../base/closest.ts';
import { UserError } from '../base/user-error.ts';
import type { Host } from '../engine/host.ts';
import type { Input } from '../engine/inputs.ts';
import { ruleNames } from '../engine/rule-table.ts';
import { type RunResult, run } from '../engine/run.ts';
import { createHost } from '../host/host.ts';
import { defaultJobs } from '../host/pool.ts';
import { decode } from '../syntax/decode.ts';
import { type CommonOptions, settingsOf } from './options.ts';
import { createProgress } from './progress.ts';
import type { Terminal } from './terminal.ts';

/** A run and the host it ran on. */
export interface CommandRun {
  readonly result: RunResult;
  readonly host: Host;
}

/** Names of commands, for people who mistype one: it is then taken for a path. */
const COMMANDS = [
  'check',
  'sites',
  'report',
  'explain',
  'facts',
  'rules',
  'baseline',
  'lsp',
  'config',
  'completion',
  'help',
];

/** Turns paths into inputs; `-` is standard input. */
function inputsOf(paths: readonly string[], options: CommonOptions, terminal: Terminal, host: Host): Input[] {
  const named = paths.length === 0 ? ['.'] : paths;
  if (options.stdinFilename !== undefined && !named.includes('-'))
    throw new UserError('--stdin-filename needs - among the paths');
  if (named.filter((p) => p === '-').length > 1) throw new UserError('- is given twice');
  return named.map((path): Input => {
    if (path === '-')
      return { kind: 'text', file: options.stdinFilename ?? '<stdin>', text: decode(terminal.input()).text };
    const meant = closest(path, COMMANDS);
    if (paths[0] === path && meant !== undefined && host.fs.kind(path) === 'missing') {
      throw new UserError(`${path}: no such file or directory; did you mean 'guplint ${meant}'?`);
    }
    return { kind: 'path', path };
  });
}

/** Checks `--rule` names, which need the rules. */
function checkRuleNames(options: CommonOptions): void {
  const names = ruleNames();
  for (const name of Object.keys(options.rule ?? {})) {
    if (names.has(name)) continue;
    const meant = closest(name, names);
    throw new UserError(
      `--rule: there is no rule '${name}'${meant === undefined ? '; see guplint rules' : `; did you mean '${meant}'?`}`,
    );
  }
}

/** Runs the analysis that a command asks for and says what the user must know about it on standard error. */
export async function runCommand(
  paths: readonly string[],
  options: CommonOptions,
  terminal: Terminal,
  rules: boolean,
): Promise<CommandRun> {
  return runOn(createHost(), { paths, options, terminal, rules });
}

/** What a command asks to be analysed. */
export interface Asked {
  readonly paths: readonly string[];
  readonly options: CommonOptions;
  readonly terminal: Terminal;
  /** Whether rules run. */
  readonly rules: boolean;
  /** Name of a function whose summary is wanted. */
  readonly facts?: string;
}

/** The same as `runCommand` on a host of the caller's. */
export async function runOn(on: Host, { paths, options, terminal, rules, facts }: Asked): Promise<CommandRun> {
  checkRuleNames(options);
  const { cache, ...uncached } = on;
  const host: Host = options.cache && cache !== undefined ? { ...uncached, cache } : uncached;
  const progress = createProgress(terminal, options);
  try {
    const result = await run(
      {
        inputs: inputsOf(paths, options, terminal, host),
        settings: settingsOf(options),
        rules,
        jobs: options.jobs ?? defaultJobs(),
        progress: progress.update,
        ...(facts === undefined ? {} : { facts }),
      },
      host,
    );
    progress.done();
    return { result, host };
  } catch (error) {
    progress.done();
    throw error;
  }
}
