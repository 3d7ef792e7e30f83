/** The commands and their options. What they do loads only when they are called. */
import { Argument, Command, CommanderError, Option } from 'commander';
import { UserError } from '../base/user-error.ts';
import { SHELLS, type Shell } from './completions.ts';
import type { ExitCode } from './main.ts';
import {
  type CommonOptions,
  defineOption,
  fileOption,
  jobsOption,
  kernelOption,
  outputOption,
  ruleOption,
  undefineOption,
} from './options.ts';
import { FORMATS, type Subject } from './render/formats.ts';
import type { Terminal } from './terminal.ts';
import { VERSION } from './version.ts';

const TOPICS = `
Topics: a rule (guplint rules lists them), a case (case1 … case5), an API (pin_user_pages_fast) or a function that
guplint.model.json declares, a flag (FOLL_LONGTERM),
or a concept (counting, zero-page, longterm, dax, vmstat, testing).`;

const EXIT_CODES = `
Exit codes: 0 nothing at or above --fail-level, 1 findings, 2 bad usage, bad configuration, unreadable input, internal error.`;

/** Builds the argument parser. `done` is given the exit code of the command that ran. */
export function createProgram(terminal: Terminal, done: (code: ExitCode) => void): Command {
  const program = new Command('guplint')
    .description('Checks how Linux kernel code takes and gives back user pages.')
    .version(VERSION, '--version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand(false)
    .enablePositionalOptions()
    .configureOutput({
      writeOut: (text) => terminal.out(text),
      writeErr: (text) => terminal.err(text.replace(/^error: /, 'guplint: ')),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .exitOverride()
    .addHelpText('after', EXIT_CODES);

  const check = program
    .command('check', { isDefault: true })
    .description('lint files; directories are searched for .c and .h (default: the working directory)')
    .argument('[paths...]', 'files and directories, or - for standard input');
  addRunOptions(check, 'findings');
  addFixOptions(check).action(async (paths: string[], options: CommonOptions) => {
    done(await (await import('./check.ts')).check(paths, options, terminal));
  });

  const sites = program
    .command('sites')
    .description('list every place that takes user pages, classified, with its releases')
    .argument('[paths...]', 'files and directories, or - for standard input');
  addRunOptions(sites, 'sites').action(async (paths: string[], options: CommonOptions) => {
    done(await (await import('./sites.ts')).sites(paths, options, terminal));
  });

  const report = program
    .command('report')
    .description('write one HTML page: findings and sites, with charts and a search')
    .argument('[paths...]', 'files and directories')
    .requiredOption('-o, --output <file>', 'the page', outputOption);
  addRunOptions(report, 'none').action(async (paths: string[], options: CommonOptions) => {
    done(await (await import('./report.ts')).report(paths, options, terminal));
  });

  addQuestions(program, terminal, done);
  addBaseline(program, terminal, done);
  addConfig(program, terminal, done);
  addCompletion(program, terminal, done);
  addHelp(program, done);
  for (const command of [program, ...program.commands]) inherit(command, program);
  return program;
}

/** The commands that analyse nothing. */
function addQuestions(program: Command, terminal: Terminal, done: (code: ExitCode) => void): void {
  const facts = program
    .command('facts')
    .description('what the analysis knows of a function: what it does to pages, by how it returns')
    .argument('<function>')
    .argument('[paths...]', 'files and directories (default: the working directory)');
  addRunOptions(facts, 'none').action(async (name: string, paths: string[], options: CommonOptions) => {
    done(await (await import('./facts.ts')).facts(name, paths, options, terminal));
  });

  program
    .command('explain')
    .description('explain a rule, a case, an API, a flag or a concept')
    .argument('<topic>')
    .addHelpText('after', TOPICS)
    .action(async (topic: string) => {
      done((await import('./explain.ts')).explain(topic, terminal));
    });

  program
    .command('rules')
    .description('list the rules')
    .addOption(new Option('--format <format>', 'how to print').choices(['text', 'json']).default('text'))
    .option('--no-color', 'never use colours')
    .action(async (options: { format: 'text' | 'json'; color: boolean }) => {
      done((await import('./rules.ts')).listRules(options, terminal));
    });

  program
    .command('lsp')
    .description('serve editors with the language server protocol')
    .option('--stdio', 'over standard input and output (the only way there is)')
    .addOption(new Option('--clientProcessId <id>', 'given by VS Code; initialize says it too').hideHelp())
    .action(async () => {
      done(await (await import('./lsp.ts')).lsp());
    });
}

/** Reads options of `check` that stand elsewhere than behind `guplint check`. Throws UserError on one that is wrong. */
export function checkOptions(args: readonly string[], terminal: Terminal): CommonOptions {
  const command = new Command('guplint').exitOverride().configureOutput({
    writeOut: (text) => terminal.out(text),
    writeErr: () => undefined,
  });
  try {
    return addRunOptions(command, 'findings')
      .parse([...args], { from: 'user' })
      .opts<CommonOptions>();
  } catch (error) {
    if (error instanceof CommanderError) throw new UserError(error.message.replace(/^error: /, ''));
    throw error;
  }
}

/** Gives subcommands the program's way to print and to fail. */
function inherit(command: Command, program: Command): void {
  for (const sub of command.commands) {
    sub.copyInheritedSettings(program);
    inherit(sub, program);
  }
}

/** Unlike the parser's own it knows commands of commands, and says which name it does not know. */
function addHelp(program: Command, done: (code: ExitCode) => void): void {
  program
    .command('help')
    .description('print the help of a command')
    .argument('[command...]')
    .action((names: readonly string[]) => {
      let command = program;
      for (const name of names) {
        const sub = command.commands.find((c) => c.name() === name);
        if (sub === undefined) {
          const known = command.commands.map((c) => c.name()).join(', ');
          const owner = command === program ? '' : `of ${command.name()} `;
          throw new UserError(`help: there is no command ${owner}'${name}'${known === '' ? '' : `; known: ${known}`}`);
        }
        command = sub;
      }
      command.outputHelp();
      done(0);
    });
}

function addConfig(program: Command, terminal: Terminal, done: (code: ExitCode) => void): void {
  const config = program
    .command('config')
    .description('show which settings hold for a path, and where each comes from')
    .option('--explain <path>', 'a file or directory (default: the working directory)', fileOption);
  addRunOptions(config, 'none').action(async (options: CommonOptions & { explain?: string }) => {
    done((await import('./config.ts')).explainConfig(options.explain ?? '.', options, terminal));
  });
}

function addCompletion(program: Command, terminal: Terminal, done: (code: ExitCode) => void): void {
  program
    .command('completion')
    .description('print a completion script for a shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .action(async (shell: Shell) => {
      const { completionScript } = await import('./completions.ts');
      const { conceptNames, topics } = await import('../ide/explain.ts');
      const { ruleNames } = await import('../engine/rule-table.ts');
      const words = new Set([...conceptNames(), ...topics()]);
      terminal.out(completionScript(shell, program, { rules: [...ruleNames()], topics: [...words] }));
      done(0);
    });
}

function addBaseline(program: Command, terminal: Terminal, done: (code: ExitCode) => void): void {
  const baseline = program
    .command('baseline')
    .description('accepted findings, kept in guplint-baseline.json')
    .helpCommand('help [command]', 'print the help of a command');
  const verbs = {
    write: 'accept everything that check reports now',
    prune: 'remove the entries that match nothing any more',
    show: 'print the entries',
  } as const;
  for (const [verb, what] of Object.entries(verbs) as [keyof typeof verbs, string][]) {
    const command = baseline.command(verb).description(what);
    if (verb === 'show') {
      command.option('--baseline <file>', 'the baseline file (default: guplint-baseline.json)', fileOption);
      command.addOption(new Option('--format <format>', 'how to print').choices(['text', 'json']).default('text'));
      command.action(async (options: { baseline?: string; format: 'text' | 'json' }) => {
        done((await import('./baseline.ts')).showBaseline(options, terminal));
      });
      continue;
    }
    addRunOptions(command.argument('[paths...]', 'files and directories'), 'none').action(
      async (paths: string[], options: CommonOptions) => {
        const module = await import('./baseline.ts');
        done(await module.updateBaseline(verb, paths, options, terminal));
      },
    );
  }
}

/** The options of everything that analyses. */
function addRunOptions(command: Command, subject: Subject | 'none'): Command {
  command
    .option(
      '--kernel <range>',
      "kernels to aim at: '6.12', '6.1..6.12', 'auto' (Makefile, configuration, the code)",
      kernelOption,
    )
    .option('-D <macro>', 'define a macro for #if: NAME or NAME=VALUE (repeatable)', defineOption)
    .option('-U <macro>', 'a macro that is not defined (repeatable)', undefineOption);
  if (subject !== 'none') {
    command
      .addOption(new Option('--format <format>', 'how to print').choices(FORMATS[subject]).default('text'))
      .option('-o, --output <file>', 'write results to a file', outputOption)
      .option('--stdin-filename <name>', 'the name of what - reads', fileOption)
      .addOption(
        new Option('--fail-level <level>', 'least severity that makes the exit code 1')
          .choices(['error', 'warning', 'info', 'never'])
          .default('warning'),
      );
  }
  return command
    .option('--rule <id=level>', 'set a rule to off, info, warning or error (repeatable)', ruleOption)
    .option('--config <file>', 'use this configuration file for every path', fileOption)
    .option('--baseline <file>', 'the baseline file (default: guplint-baseline.json where present)', fileOption)
    .addOption(
      new Option('--min-confidence <level>', 'do not show what is less certain')
        .choices(['low', 'medium', 'high'])
        .default('medium'),
    )
    .option('--jobs <n>', 'threads to use (default: one per processor)', jobsOption)
    .option('--no-cache', 'analyse everything anew; neither read nor write the cache')
    .option('--stats', 'print what the run cost, on standard error')
    .option('--quiet', 'print results and errors only')
    .option('--no-color', 'never use colours')
    .option('--no-progress', 'never show progress');
}

function addFixOptions(command: Command): Command {
  return command
    .option(
      '--since <rev>',
      'report only what changed since this revision: introduced findings, and old ones on changed lines',
    )
    .option(
      '--patch <file>',
      'report only what a diff or mailed patch (- for standard input) brings, applied or not',
      fileOption,
    )
    .option('--kbuild', 'be the checker of a kernel build: make C=2 CHECK="guplint --kbuild" (see docs/ci.md)')
    .option('--kbuild-fail', 'with --kbuild: findings fail the build')
    .option('--fix', 'apply the safe fixes')
    .option('--fix-dry-run', 'report as after --fix, but change no file')
    .option('--unsafe-fixes', 'with --fix, --fix-dry-run or --format patch: apply the unsafe fixes too');
}
