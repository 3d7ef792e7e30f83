/** What a run leaves behind: results on standard output or in a file, and on standard error what was wrong, assumed and spent. */
import { NEWEST_KERNEL, OLDEST_KERNEL } from '../../model/known-kernels.ts';
import { type KernelRange, seriesRange, formatRange as showRange, version } from '../../model/version.ts';
import { UserError } from '../base/user-error.ts';
import type { Host } from '../engine/host.ts';
import type { InputProblem } from '../engine/protocol.ts';
import type { RunResult } from '../engine/run.ts';
import type { CommonOptions } from './options.ts';
import type { Terminal } from './terminal.ts';

/** Says on standard error what went wrong with single files, and what was assumed. */
export function sayProblems(
  result: RunResult,
  problems: readonly InputProblem[],
  options: CommonOptions,
  terminal: Terminal,
): void {
  for (const { path, message } of problems) terminal.err(`guplint: ${path}: ${message}\n`);
  if (options.quiet === true) return;
  if (result.assumedKernel) {
    const assumed = result.files.find((f) => f.kernel.source === 'default');
    const { range } = assumed === undefined ? result.kernel : { range: showRange(assumed.kernel.range) };
    terminal.err(`guplint: kernel unknown, assuming ${range}; set --kernel\n`);
  }
  for (const line of sayBeyond(result)) terminal.err(`guplint: ${line}\n`);
}

/** What is said where somebody names kernels that no row was read from. An open range names none. */
function sayBeyond(result: RunResult): readonly string[] {
  const ranges = result.files.map((f) => f.kernel.range);
  const older = ranges.find((r) => r.since > 0 && r.since < version(OLDEST_KERNEL));
  const newer = ranges.find((r) => Number.isFinite(r.until) && r.until > (seriesRange(NEWEST_KERNEL)?.until ?? 0));
  const say = (range: KernelRange, than: string): string =>
    `kernel ${showRange(range)}: nothing is known of kernels ${than}, which are taken to be the same`;
  return [
    ...(older === undefined ? [] : [say(older, `before ${OLDEST_KERNEL}`)]),
    ...(newer === undefined ? [] : [say(newer, `after ${NEWEST_KERNEL}`)]),
  ];
}

/** Writes results to standard output or to the file of `-o`. Throws UserError when that fails. */
export function writeResults(
  text: string | Uint8Array,
  options: Pick<CommonOptions, 'output'>,
  host: Host,
  terminal: Terminal,
): void {
  if (options.output === undefined) {
    terminal.out(text);
    return;
  }
  try {
    host.fs.write([{ path: options.output, bytes: typeof text === 'string' ? Buffer.from(text, 'utf8') : text }]);
  } catch (error) {
    throw new UserError(`${options.output}: cannot be written: ${(error as Error).message}`);
  }
}

/** Prints what a run cost, on standard error. */
export function sayStats({ cost, filesScanned, files, sites }: RunResult, terminal: Terminal): void {
  const ms = (n: number): string => `${n.toFixed(0)} ms`;
  const rate = (bytes: number, time: number): string => (time > 0 ? `${(bytes / 1e3 / time).toFixed(1)} MB/s` : '-');
  const rows: [string, string][] = [
    [
      'cache',
      cost.cached === undefined ? 'not used' : `${cost.cached.files} scans and ${cost.cached.jobs} directories known`,
    ],
    ['threads', cost.threads === 0 ? 'none' : String(cost.threads)],
    ['walk', `${ms(cost.walk)}, ${filesScanned} files`],
    [
      'scan',
      `${ms(cost.scan)} after the walk; ${ms(cost.scanWork)} of work, ${(cost.scannedBytes / 1e6).toFixed(1)} MB, ${rate(cost.scannedBytes, cost.scanWork)}`,
    ],
    [
      'analyse',
      `${ms(cost.analyse)}; ${files.length} files, ${sites.length} sites, ${(cost.analysedUnits / 1e6).toFixed(2)} MB`,
    ],
    ['  load', `${ms(cost.loadWork)} of work, ${rate(cost.analysedUnits, cost.loadWork)}`],
    ['  sites', `${ms(cost.siteWork)} of work, parsing included`],
    ['  rules', `${ms(cost.ruleWork)} of work`],
  ];
  for (const [name, value] of rows) terminal.err(`${name.padEnd(9)} ${value}\n`);
  for (const { skipped } of files) {
    for (const s of skipped) terminal.err(`skipped   ${s.file}: ${s.functionName}: ${s.reason}\n`);
  }
}
