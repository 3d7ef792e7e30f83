/**
 * The check of one source file for a kernel build: the same run as `guplint FILE`, told what the compiler is told. Findings in
 * other files (headers) are left out, since every object that includes them would repeat them.
 */
import { type KernelRange, seriesRange } from '../../model/version.ts';
import { isUserError } from '../base/user-error.ts';
import { applyBaseline, BASELINE_NAME } from '../engine/baseline.ts';
import { ConfigFinder, DEFAULT_SETTINGS } from '../engine/config.ts';
import type { Host } from '../engine/host.ts';
import { kernelTrees } from '../engine/kernel-tree.ts';
import { directoryOf, join, relativeTo } from '../engine/paths.ts';
import { wordFilter } from '../engine/prefilter.ts';
import { declaredNames } from '../engine/private-model.ts';
import type { Finding } from '../engine/protocol.ts';
import { run } from '../engine/run.ts';
import { createHost } from '../host/host.ts';
import { decode } from '../syntax/decode.ts';
import type { DefineValue } from '../syntax/unit.ts';
import { exitCode, readBaseline } from './check.ts';
import { definesOfHeader, type KbuildArguments } from './kbuild-arguments.ts';
import type { ExitCode } from './main.ts';
import { type CommonOptions, settingsOf } from './options.ts';
import { checkOptions } from './program.ts';
import type { Terminal } from './terminal.ts';

/** Names in a directory that tell the kernel's own headers, for which the model speaks. */
const KERNEL_HEADERS: readonly string[] = ['linux', 'asm', 'asm-generic', 'generated'];

/** Checks the file and prints what it found, `path:line:col: warning: message [rule]`, on standard error. */
export async function checkSource(args: KbuildArguments, terminal: Terminal): Promise<ExitCode> {
  const host = createHost();
  const options = checkOptions(args.own, terminal);
  const file = relativeTo(host.fs.cwd, args.source);
  const settings = settingsOf(options);
  const result = await run(
    {
      inputs: [{ kind: 'path', path: file }],
      settings: {
        ...settings,
        kernel: settings.kernel ?? kernelOfBuild(file, host),
        defines: { ...forcedDefines(args, host), ...args.defines },
        includeDirs: args.includeDirs.filter((d) => isProjects(d, host)).map((d) => relativeTo(host.fs.cwd, d)),
      },
      rules: true,
      jobs: 1,
    },
    host,
  );
  for (const { path, message } of result.problems) terminal.err(`guplint: ${path}: ${message}\n`);
  const own = result.findings.filter((f) => f.location.file === file);
  const kept = accept(own, options, host);
  for (const f of kept) terminal.err(showFinding(f, args.source));
  return args.fail ? exitCode(kept, result.problems, options.failLevel) : 0;
}

/** Whether the text names a function that a configuration file declares. What is wrong with that file is for the sources that count to say. */
export function callsDeclared(configFile: string, text: string): boolean {
  try {
    const config = new ConfigFinder(createHost().fs, { ...DEFAULT_SETTINGS, configFile }).of('.');
    return wordFilter(declaredNames(config)).test(text);
  } catch (error) {
    if (isUserError(error)) return false;
    throw error;
  }
}

/** One line as sparse prints them; an error is a warning too, for the build goes on. */
function showFinding(f: Finding, source: string): string {
  const severity = f.severity === 'info' ? 'info' : 'warning';
  const message = f.message.replace(/\s*[\r\n]+\s*/g, ' ');
  return `${source}:${f.location.line}:${f.location.column}: ${severity}: ${message} [${f.rule}]\n`;
}

/** The kernel being built, where the source lies outside of a kernel tree: kbuild exports its version. */
function kernelOfBuild(file: string, host: Host): KernelRange | undefined {
  if (kernelTrees(host.fs)(directoryOf(file)) !== undefined) return undefined;
  const m = /^(\d+)\.(\d+)/.exec(process.env.KERNELVERSION ?? '');
  return m === null ? undefined : seriesRange(`${m[1]}.${m[2]}`);
}

/** Whether a directory of headers is the project's own. */
function isProjects(directory: string, host: Host): boolean {
  const names = host.fs.list(directory);
  return names.length > 0 && !names.some((name) => KERNEL_HEADERS.includes(name));
}

/** What the files of -include define, the kernel's own left out. */
function forcedDefines({ forcedIncludes }: KbuildArguments, host: Host): KbuildArguments['defines'] {
  const defines: Record<string, DefineValue> = {};
  for (const path of forcedIncludes) {
    if (/(?:^|\/)(?:linux|generated)\/[^/]+$/.test(path)) continue;
    const read = host.fs.read(path);
    if (read.kind === 'bytes') Object.assign(defines, definesOfHeader(decode(read.bytes).text));
  }
  return defines;
}

/** Leaves out what the baseline accepts: the one named, that of the working directory, or that of the source tree. */
function accept(findings: readonly Finding[], options: CommonOptions, host: Host): readonly Finding[] {
  const { srctree } = process.env;
  const candidates = ['.', ...(srctree === undefined ? [] : [relativeTo(host.fs.cwd, srctree)])];
  const found = candidates.map((d) => join(d, BASELINE_NAME)).find((path) => host.fs.kind(path) === 'file');
  const named = options.baseline ?? found;
  const baseline = named === undefined ? undefined : readBaseline({ baseline: named }, host);
  if (baseline === undefined) return findings;
  return applyBaseline(findings, baseline, (path) => host.fs.kind(path) === 'missing').kept;
}
