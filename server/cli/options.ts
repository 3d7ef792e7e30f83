/** The values of options: what each takes, and the message when it is something else. */
import { InvalidArgumentError } from 'commander';
import { type KernelRange, parseRange } from '../../model/version.ts';
import type { Settings } from '../engine/config.ts';
import type { Confidence, Level, Severity } from '../engine/protocol.ts';
import type { DefineValue } from '../syntax/unit.ts';

/** The options that commands share, as the argument parser gives them; absent when not named and without a default. */
export interface CommonOptions {
  readonly kernel?: KernelRange | 'auto';
  readonly D?: Readonly<Record<string, DefineValue>>;
  readonly U?: Readonly<Record<string, DefineValue>>;
  readonly format: string;
  readonly output?: string;
  readonly rule?: Readonly<Record<string, Level>>;
  readonly failLevel: Severity | 'never';
  readonly config?: string;
  readonly baseline?: string;
  readonly since?: string;
  readonly patch?: string;
  readonly minConfidence: Confidence;
  readonly fix?: boolean;
  readonly fixDryRun?: boolean;
  readonly kbuildFail?: boolean;
  readonly unsafeFixes?: boolean;
  readonly jobs?: number;
  readonly stdinFilename?: string;
  readonly stats?: boolean;
  readonly quiet?: boolean;
  readonly color: boolean;
  readonly cache: boolean;
  readonly progress: boolean;
}

/** `--kernel`: a series, a range, or auto. */
export function kernelOption(text: string): KernelRange | 'auto' {
  if (text === 'auto') return 'auto';
  const range = parseRange(text);
  if (range === undefined) throw new InvalidArgumentError("Give '6.12', '6.1..6.12' or 'auto'.");
  return range;
}

/** The name of a file. An empty one is a shell variable that was not set. */
export function fileOption(text: string): string {
  if (text === '') throw new InvalidArgumentError('Give a name that is not empty.');
  return text;
}

/** The file of `-o`. One that is named as a source is a source that was meant to be read. */
export function outputOption(text: string): string {
  if (/\.[ch]$/.test(text)) throw new InvalidArgumentError('Results do not go into a C file; give another name.');
  return fileOption(text);
}

/** `--jobs`: a number of threads. */
export function jobsOption(text: string): number {
  const n = Number(text);
  if (!/^\d+$/.test(text) || n < 1 || n > 256) throw new InvalidArgumentError('Give a number from 1 to 256.');
  return n;
}

/** `-D NAME[=VALUE]`, as a compiler takes it: without a value it is 1. */
export function defineOption(
  text: string,
  before: Readonly<Record<string, DefineValue>> = {},
): Record<string, DefineValue> {
  const m = /^([A-Za-z_]\w*)(?:=([\s\S]*))?$/.exec(text);
  if (m?.[1] === undefined) throw new InvalidArgumentError('Give NAME or NAME=VALUE.');
  return { ...before, [m[1]]: { kind: 'value', text: m[2] ?? '1' } };
}

/** `-U NAME`. */
export function undefineOption(
  text: string,
  before: Readonly<Record<string, DefineValue>> = {},
): Record<string, DefineValue> {
  if (!/^[A-Za-z_]\w*$/.test(text)) throw new InvalidArgumentError('Give a macro name.');
  return { ...before, [text]: { kind: 'undefined' } };
}

/** Splits `--rule ID=LEVEL`; whether the rule exists is looked up when the rules are loaded. */
export function ruleOption(text: string, before: Readonly<Record<string, Level>> = {}): Record<string, Level> {
  const m = /^([\w-]+)=(off|info|warning|error)$/.exec(text);
  if (m?.[1] === undefined) throw new InvalidArgumentError('Give RULE=off, RULE=info, RULE=warning or RULE=error.');
  return { ...before, [m[1]]: m[2] as Level };
}

/** What the options say to the engine. -U wins over -D, as the last of both would in most makefiles. */
export function settingsOf(options: CommonOptions): Settings {
  return {
    kernel: options.kernel === 'auto' ? undefined : options.kernel,
    rules: options.rule ?? {},
    defines: { ...options.D, ...options.U },
    minConfidence: options.minConfidence,
    configFile: options.config,
  };
}
