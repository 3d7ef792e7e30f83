/**
 * The settings that hold for a file: the command line over the nearest guplint.json upward (never merged with others) over
 * the defaults. Each value remembers where it came from.
 */

import type { KernelRange } from '../../model/version.ts';
import { LineIndex } from '../base/line-index.ts';
import { decode } from '../syntax/decode.ts';
import type { DefineValue } from '../syntax/unit.ts';
import { type ConfigFile, parseConfigFile } from './config-file.ts';
import { CONFIG_NAME } from './config-name.ts';
import type { FileSystem } from './host.ts';
import { ConfigError } from './json-file.ts';
import { parseModelFile } from './model-file.ts';
import { directoryOf, join, upwards } from './paths.ts';
import type { Confidence, Level, ResolvedConfig } from './protocol.ts';

/** What the command line (or an editor) says; undefined where it says nothing. */
export interface Settings {
  /** undefined: `auto`. */
  readonly kernel: KernelRange | undefined;
  readonly rules: Readonly<Record<string, Level>>;
  readonly defines: Readonly<Record<string, DefineValue>>;
  readonly minConfidence: Confidence;
  /** A configuration file to use for every file in place of the nearest one. */
  readonly configFile: string | undefined;
  /** Directories that a build names for headers (-I), searched after those of the project. */
  readonly includeDirs?: readonly string[];
}

/** Settings of a run without any options. */
export const DEFAULT_SETTINGS: Settings = {
  kernel: undefined,
  rules: {},
  defines: {},
  minConfidence: 'medium',
  configFile: undefined,
};

/** Where a resolved value came from, for explanations. */
export interface Provenance {
  readonly setting: string;
  readonly value: string;
  readonly source: string;
}

/** The settings of the command line laid over those of a configuration file. */
export function resolveConfig(settings: Settings, file: ConfigFile | undefined): ResolvedConfig {
  return {
    flagKernel: settings.kernel,
    configKernel: file?.kernel,
    rules: { ...file?.rules, ...settings.rules },
    minConfidence: settings.minConfidence,
    defines: { ...file?.defines, ...settings.defines },
    ignore: file?.ignore ?? [],
    file: file?.path,
    directory: file === undefined ? undefined : directoryOf(file.path),
    includeDirs: settings.includeDirs ?? [],
    rows: file?.rows ?? [],
  };
}

/** Finds and reads configuration files; each is read once. Throws ConfigError on a malformed or unreadable one. */
export class ConfigFinder {
  readonly #fs: FileSystem;
  readonly #settings: Settings;
  readonly #files = new Map<string, ConfigFile | undefined>();
  readonly #resolved = new Map<ConfigFile | undefined, ResolvedConfig>();

  constructor(fs: FileSystem, settings: Settings) {
    this.#fs = fs;
    this.#settings = settings;
  }

  /** The settings for the files of a directory; the same object for directories with the same configuration file. */
  of(directory: string): ResolvedConfig {
    const file = this.fileOf(directory);
    let resolved = this.#resolved.get(file);
    if (resolved === undefined) {
      resolved = resolveConfig(this.#settings, file);
      this.#resolved.set(file, resolved);
    }
    return resolved;
  }

  /** The configuration file that speaks for a directory. */
  fileOf(directory: string): ConfigFile | undefined {
    const named = this.#settings.configFile;
    if (named !== undefined) return this.#named(named);
    const passed: string[] = [];
    let found: ConfigFile | undefined;
    for (const up of upwards(this.#fs.cwd, directory)) {
      if (this.#files.has(up)) {
        found = this.#files.get(up);
        break;
      }
      passed.push(up);
      const path = join(up, CONFIG_NAME);
      if (this.#fs.kind(path) === 'missing') continue;
      found = this.#read(path);
      break;
    }
    for (const up of passed) this.#files.set(up, found);
    return found;
  }

  /** A configuration file read again, for one whose text changed. */
  reread(path: string): ConfigFile | undefined {
    return this.#fs.kind(path) === 'missing' ? undefined : this.#read(path);
  }

  /** The configuration files met so far. */
  used(): readonly ConfigFile[] {
    return [...new Set([...this.#files.values()])].filter((f) => f !== undefined);
  }

  #named(path: string): ConfigFile {
    const known = this.#files.get(path) ?? this.#read(path);
    this.#files.set(path, known);
    return known;
  }

  #read(path: string): ConfigFile {
    const read = this.#fs.read(path);
    if (read.kind === 'problem')
      throw new ConfigError(`${path}: cannot read the configuration: ${read.problem.message}`);
    return this.#withModel(parseConfigFile(path, decode(read.bytes).text));
  }

  /** Reads the model file that a configuration names, seen from its directory. */
  #withModel(file: ConfigFile): ConfigFile {
    if (file.model === undefined) return file;
    const path = join(directoryOf(file.path), file.model.path);
    const read = this.#fs.read(path);
    if (read.kind === 'problem') {
      const at = new LineIndex(file.text).at(file.model.start);
      throw new ConfigError(`${file.path}:${at.line}:${at.column}: cannot read '${path}': ${read.problem.message}`);
    }
    return { ...file, rows: parseModelFile(path, decode(read.bytes).text) };
  }
}

/** Every setting of a resolved configuration with its source: a path, `command line` or `default`. */
export function provenanceOf(settings: Settings, config: ResolvedConfig): readonly Provenance[] {
  const file = config.file ?? '';
  const from = (key: string, own: Readonly<Record<string, unknown>>): string => (key in own ? 'command line' : file);
  const kernel: Provenance =
    config.flagKernel !== undefined
      ? { setting: 'kernel', value: JSON.stringify(config.flagKernel), source: 'command line' }
      : config.configKernel !== undefined
        ? { setting: 'kernel', value: JSON.stringify(config.configKernel), source: file }
        : { setting: 'kernel', value: 'auto', source: 'default' };
  return [
    kernel,
    ...Object.entries(config.rules).map(([name, level]) => ({
      setting: `rules.${name}`,
      value: level,
      source: from(name, settings.rules),
    })),
    ...Object.entries(config.defines).map(([name, v]) => ({
      setting: `define.${name}`,
      value: JSON.stringify(v),
      source: from(name, settings.defines),
    })),
  ];
}
