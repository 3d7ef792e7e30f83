/** `guplint config --explain PATH`: what holds for a file or directory, each setting with where it comes from. */
import picomatch from 'picomatch';
import { formatRange, rangeOf } from '../../model/version.ts';
import { UserError } from '../base/user-error.ts';
import { BASELINE_NAME } from '../engine/baseline.ts';
import { ConfigFinder, provenanceOf } from '../engine/config.ts';
import { namedKernel } from '../engine/kernel.ts';
import { kernelTrees } from '../engine/kernel-tree.ts';
import { directoryOf, relativeTo, within } from '../engine/paths.ts';
import type { ResolvedConfig } from '../engine/protocol.ts';
import { createHost } from '../host/host.ts';
import type { DefineValue } from '../syntax/unit.ts';
import type { ExitCode } from './main.ts';
import { type CommonOptions, settingsOf } from './options.ts';
import type { Terminal } from './terminal.ts';

/** Prints the settings of a path. Throws UserError for a path that is not there and for a malformed configuration. */
export function explainConfig(path: string, options: CommonOptions, terminal: Terminal): ExitCode {
  const { fs } = createHost();
  const file = relativeTo(fs.cwd, path);
  const kind = fs.kind(file);
  if (kind === 'missing') throw new UserError(`${path}: no such file or directory`);
  const directory = kind === 'directory' ? file : directoryOf(file);
  const settings = settingsOf(options);
  const config = new ConfigFinder(fs, settings).of(directory);
  const tree = kernelTrees(fs)(directory);
  const rows: [string, string, string][] = [['configuration', config.file ?? 'none', '']];
  const kernel = namedKernel(config, tree);
  const sources = {
    flag: 'command line',
    makefile: `Makefile of ${tree?.root ?? ''}`,
    config: config.file ?? '',
    derived: '',
    default: '',
  } as const;
  rows.push(
    kernel === undefined
      ? ['kernel', 'auto', 'told from the code of each file']
      : ['kernel', formatRange(kernel.range), sources[kernel.source]],
  );
  rows.push(['min-confidence', config.minConfidence, '']);
  for (const { setting, value, source } of provenanceOf(settings, config)) {
    const defined = setting.startsWith('define.') ? config.defines[setting.slice('define.'.length)] : undefined;
    if (setting !== 'kernel') rows.push([setting, defined === undefined ? value : showDefine(defined), source]);
  }
  rows.push(...declaredOf(config));
  if (fs.kind(BASELINE_NAME) !== 'missing') rows.push(['baseline', BASELINE_NAME, '']);
  rows.push(...ignoresOf(file, kind === 'directory', config));
  const width = Math.max(...rows.map(([name]) => name.length));
  for (const [name, value, source] of rows)
    terminal.out(`${name.padEnd(width)}  ${value}${source === '' ? '' : `  (${source})`}\n`);
  return 0;
}

/** What the project declares of its own functions. */
function declaredOf({ rows }: ResolvedConfig): [string, string, string][] {
  return rows.map((row) => {
    const does = row.family === 'release' ? 'gives back' : 'takes';
    const hold = row.reference === 'pin' ? 'pins' : 'plain references';
    return [`model.${row.name}`, `${does} ${hold}, kernels ${formatRange(rangeOf(row.kernels))}`, row.source.path];
  });
}

function showDefine(value: DefineValue): string {
  switch (value.kind) {
    case 'value':
      return value.text === '' ? 'defined, empty' : value.text;
    case 'undefined':
      return 'not defined';
    case 'kernels':
      return `defined on ${value.ranges.map(formatRange).join(', ')}`;
  }
}

/** The ignore entries that speak of a file; of a directory all that may speak of its files. */
function ignoresOf(file: string, isDirectory: boolean, config: ResolvedConfig): [string, string, string][] {
  const { directory } = config;
  if (directory === undefined) return [];
  const path = within(directory, file);
  return config.ignore.flatMap((entry): [string, string, string][] => {
    const speaks = isDirectory || entry.path === undefined || picomatch(entry.path, { dot: true })(path);
    const where = [entry.path, entry.functionName === undefined ? undefined : `${entry.functionName}()`];
    const shown = [entry.rule, ...where.filter((t) => t !== undefined), `-- ${entry.reason}`].join(' ');
    return speaks ? [['ignore', shown, config.file ?? '']] : [];
  });
}
