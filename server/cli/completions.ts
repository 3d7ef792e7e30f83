/**
 * Completion scripts for bash, zsh and fish, made from the argument parser: commands, options, the values of options that have
 * a fixed set, files elsewhere; rule names and topics as this version knows them.
 */
import type { Command, Option } from 'commander';

/** The shells that scripts are made for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** One of them. */
export type Shell = (typeof SHELLS)[number];

/** Words that the parser does not know of. */
export interface Vocabulary {
  readonly rules: readonly string[];
  readonly topics: readonly string[];
}

interface OptionSpec {
  /** `-o`, `--output`: as typed. */
  readonly names: readonly string[];
  readonly description: string;
  readonly takesValue: boolean;
  /** The values it takes; none for a file or free text. */
  readonly values: readonly string[];
  readonly isFile: boolean;
}

interface CommandSpec {
  /** The words behind `guplint`: `check`, `baseline write`; empty for the program itself. */
  readonly words: string;
  readonly description: string;
  readonly options: readonly OptionSpec[];
  readonly subcommands: readonly { readonly name: string; readonly description: string }[];
  readonly takesPaths: boolean;
  readonly values: readonly string[];
}

function optionSpec(option: Option, vocabulary: Vocabulary): OptionSpec {
  const names = [option.short, option.long].filter((n) => n !== undefined);
  const levels = ['off', 'info', 'warning', 'error'];
  const values =
    option.long === '--rule'
      ? vocabulary.rules.flatMap((rule) => levels.map((level) => `${rule}=${level}`))
      : (option.argChoices ?? []);
  return {
    names,
    description: option.description,
    takesValue: option.required || option.optional,
    values,
    isFile: /<file>/.test(option.flags),
  };
}

function specsOf(command: Command, words: string, vocabulary: Vocabulary): CommandSpec[] {
  const help = command.createHelp();
  const args = command.registeredArguments;
  const own: CommandSpec = {
    words,
    description: command.description(),
    options: help.visibleOptions(command).map((o) => optionSpec(o, vocabulary)),
    subcommands: help.visibleCommands(command).map((c) => ({ name: c.name(), description: c.description() })),
    takesPaths: args.some((a) => a.name().startsWith('path')),
    values: args.flatMap((a) => (a.name() === 'topic' ? vocabulary.topics : (a.argChoices ?? []))),
  };
  const below = help
    .visibleCommands(command)
    .flatMap((c) => specsOf(c, words === '' ? c.name() : `${words} ${c.name()}`, vocabulary));
  return [own, ...below];
}

/** The script for a shell. */
export function completionScript(shell: Shell, program: Command, vocabulary: Vocabulary): string {
  const specs = specsOf(program, '', vocabulary);
  // Without a command `check` is meant.
  const check = specs.find((s) => s.words === 'check');
  const root = specs[0];
  const all = specs.map((s) =>
    s !== root || check === undefined ? s : { ...s, options: [...check.options, ...s.options], takesPaths: true },
  );
  if (shell === 'bash') return bash(all);
  return shell === 'zsh' ? zsh(all) : fish(all);
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** The shell code that turns the words typed so far into the command they name. */
function commandFinder(specs: readonly CommandSpec[]): string {
  const patterns = specs.filter((s) => s.words !== '').map((s) => `' ${s.words}'`);
  return `case "$command $word" in ${patterns.join(' | ')}) command="$command $word" ;; esac`;
}

function bash(specs: readonly CommandSpec[]): string {
  const cases = specs.map((s) => {
    const valued = s.options.filter((o) => o.takesValue);
    const values = valued.map((o) => {
      const reply = o.isFile ? 'compgen -f -- "$cur"' : `compgen -W ${quoted(o.values.join(' '))} -- "$cur"`;
      return `        ${o.names.join(' | ')}) mapfile -t COMPREPLY < <(${reply}); return ;;\n`;
    });
    const words = [...s.subcommands.map((c) => c.name), ...s.values].join(' ');
    const options = s.options.flatMap((o) => o.names).join(' ');
    const files = s.takesPaths ? '; compgen -f -- "$cur"' : '';
    return `    ${quoted(s.words === '' ? '' : ` ${s.words}`)})
${values.length === 0 ? '' : `      case "$prev" in\n${values.join('')}      esac\n`}      if [[ $cur == -* ]]; then mapfile -t COMPREPLY < <(compgen -W ${quoted(options)} -- "$cur")
      else mapfile -t COMPREPLY < <(compgen -W ${quoted(words)} -- "$cur"${files})
      fi ;;
`;
  });
  return `# bash completion for guplint; made by: guplint completion bash
_guplint() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command='' word i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    ${commandFinder(specs)}
  done
  case "$command" in
${cases.join('')}  esac
}
complete -o filenames -F _guplint guplint
`;
}

function zsh(specs: readonly CommandSpec[]): string {
  const plain = (text: string): string => text.replace(/[[\]:\\]/g, '\\$&');
  const cases = specs.map((s) => {
    const options = s.options.flatMap((o) =>
      o.names.map((name) => {
        const value = o.values.length > 0 ? `:value:(${o.values.join(' ')})` : o.isFile ? ':file:_files' : ':value: ';
        return quoted(`*${name}[${plain(o.description)}]${o.takesValue ? value : ''}`);
      }),
    );
    const words = [...s.subcommands.map((c) => `${c.name}\\:${quoted(plain(c.description))}`)];
    const first = words.length > 0 ? [`'1: :((${words.map((w) => w.replaceAll("'", '"')).join(' ')}))'`] : [];
    const values = s.values.length > 0 ? [`'1: :(${s.values.join(' ')})'`] : [];
    const paths = s.takesPaths ? [`'*:path:_files'`] : [];
    const all = [...options, ...first, ...values, ...paths].map((line) => ` \\\n        ${line}`).join('');
    return `    ${quoted(s.words === '' ? '' : ` ${s.words}`)})\n      _arguments -s${all}\n      ;;\n`;
  });
  return `#compdef guplint
# zsh completion for guplint; made by: guplint completion zsh
_guplint() {
  local command='' word
  local -i i depth=0
  for ((i = 2; i < CURRENT; i++)); do
    word=$words[i]
    ${commandFinder(specs).replace(';; esac', '; depth=i-1 ;; esac')}
  done
  if ((depth > 0)); then
    words=(guplint "\${(@)words[depth+2,-1]}")
    ((CURRENT -= depth))
  fi
  case "$command" in
${cases.join('')}  esac
}
if [ "$funcstack[1]" = _guplint ]; then _guplint "$@"; else compdef _guplint guplint; fi
`;
}

function fish(specs: readonly CommandSpec[]): string {
  const lines = ['# fish completion for guplint; made by: guplint completion fish', 'complete -c guplint -f'];
  const names = specs[0]?.subcommands.map((c) => c.name) ?? [];
  for (const s of specs) {
    const parts = s.words.split(' ').filter((w) => w !== '');
    const seen = parts.map((p) => `__fish_seen_subcommand_from ${p}`);
    const below = s.subcommands.map((c) => c.name).join(' ');
    const not = s.words === '' ? `not __fish_seen_subcommand_from ${names.join(' ')}` : '';
    const deeper = s.words !== '' && below !== '' ? `not __fish_seen_subcommand_from ${below}` : '';
    const when = quoted([...seen, not, deeper].filter((t) => t !== '').join('; and '));
    for (const c of s.subcommands)
      lines.push(`complete -c guplint -n ${when} -a ${c.name} -d ${quoted(c.description)}`);
    if (s.values.length > 0) lines.push(`complete -c guplint -n ${when} -a ${quoted(s.values.join(' '))}`);
    if (s.takesPaths) lines.push(`complete -c guplint -n ${when} -F`);
    for (const o of s.options) {
      const flags = o.names.map((n) => (n.startsWith('--') ? `-l ${n.slice(2)}` : `-s ${n.slice(1)}`)).join(' ');
      const values = o.values.length > 0 ? ` -x -a ${quoted(o.values.join(' '))}` : o.isFile ? ' -r -F' : ' -x';
      lines.push(`complete -c guplint -n ${when} ${flags}${o.takesValue ? values : ''} -d ${quoted(o.description)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}
