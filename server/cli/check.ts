/** `guplint check`: run, baseline, fixes, report. */
import { UserError } from '../base/user-error.ts';
import { applyBaseline, BASELINE_NAME, type Baseline, parseBaseline, staleEntries } from '../engine/baseline.ts';
import type { Comparison } from '../engine/diff/compare.ts';
import { type FileChange, type FixOutcome, fixRun } from '../engine/fix-run.ts';
import type { FileSystem, Host } from '../engine/host.ts';
import { kernelTrees } from '../engine/kernel-tree.ts';
import { compareFindings, severityRank } from '../engine/order.ts';
import { directoryOf, seenFrom } from '../engine/paths.ts';
import type { Finding, InputProblem, Severity } from '../engine/protocol.ts';
import type { RunResult } from '../engine/run.ts';
import { createHost } from '../host/host.ts';
import { decode } from '../syntax/decode.ts';
import type { ExitCode } from './main.ts';
import type { CommonOptions } from './options.ts';
import { findingsRenderer } from './render/index.ts';
import type { AcceptedFinding, ChangeCount, CheckReport, CheckSummary } from './render/renderer.ts';
import { type CommandRun, runOn } from './run-command.ts';
import { sayProblems, sayStats, writeResults } from './run-output.ts';
import { type Before, type Change, changeOf, compare, runBefore } from './since.ts';
import type { Terminal } from './terminal.ts';

/** Runs `check`. */
export async function check(paths: readonly string[], options: CommonOptions, terminal: Terminal): Promise<ExitCode> {
  refuseCombinations(paths, options);
  const change = changeOf(paths, options, terminal);
  refuseFixOfPatch(change, options);
  const ran = await runOn(change?.host ?? createHost(), { paths, options, terminal, rules: true });
  const baseline = readBaseline(options, ran.host);
  const before = change === undefined ? undefined : await runBefore(paths, options, change, terminal);
  const select: Select = (findings) => selected(findings, { change, before, baseline, host: ran.host });
  const fixed = await fix(ran, select, options);
  const result = fixed?.result ?? ran.result;
  const { kept, accepted, compared } = select(result.findings);
  const proposed = fixed ?? (await propose(ran, select, options));
  const problems = [...result.problems, ...(before?.problems ?? []), ...(proposed?.problems ?? [])];
  const summary = summaryOf(result, { kept, accepted, compared });
  const report: CheckReport = {
    kernel: result.kernel,
    findings: kept,
    accepted: acceptedOf(result, accepted),
    summary,
    problems,
    changes: proposed?.changes ?? [],
    fixes: proposed?.fixed ?? [],
    treePaths: treePathsOf(proposed?.changes ?? [], ran.host.fs),
  };
  const text = findingsRenderer(options.format)(report, { colours: useColours(options, terminal) });
  writeResults(text, options, ran.host, terminal);
  sayProblems(result, problems, options, terminal);
  if (baseline !== undefined && options.quiet !== true) sayStale(result, baseline, ran.host, terminal);
  if (fixed !== undefined) sayFixes(fixed, options, terminal);
  if (options.format === 'text' && options.quiet !== true) terminal.err(`${sayCounts(summary)}\n`);
  if (options.stats === true) sayStats(result, terminal);
  const counting = kept.filter((f) => f.change !== 'pre-existing');
  return exitCode(counting, problems, options.failLevel);
}

/** What to report of a run's findings. */
interface Selected {
  readonly kept: readonly Finding[];
  /** Those that the baseline accepts. */
  readonly accepted: readonly Finding[];
  /** Where two states were compared. */
  readonly compared: Comparison | undefined;
}

type Select = (findings: readonly Finding[]) => Selected;

interface Selection {
  readonly change: Change | undefined;
  readonly before: Before | undefined;
  readonly baseline: Baseline | undefined;
  readonly host: Host;
}

function selected(findings: readonly Finding[], { change, before, baseline, host }: Selection): Selected {
  const compared = change === undefined ? undefined : compare(findings, before?.findings ?? [], change);
  const reported = compared?.findings ?? findings;
  if (baseline === undefined) return { kept: reported, accepted: [], compared };
  const { kept, accepted } = applyBaseline(reported, baseline, (path) => host.fs.kind(path) === 'missing');
  return { kept, accepted, compared };
}

function refuseFixOfPatch(change: Change | undefined, options: CommonOptions): void {
  if (options.fix === true && change?.tree.disk === 'before' && change.tree.other.size > 0)
    throw new UserError('--fix cannot write what --patch has applied in memory only; apply the patch first');
}

function refuseCombinations(paths: readonly string[], options: CommonOptions): void {
  const fixing = options.fix === true || options.fixDryRun === true;
  if (options.unsafeFixes === true && !fixing && options.format !== 'patch')
    throw new UserError('--unsafe-fixes needs --fix, --fix-dry-run or --format patch');
  if (options.kbuildFail === true) throw new UserError('--kbuild-fail needs --kbuild');
  if (options.fix === true && options.fixDryRun === true)
    throw new UserError('--fix and --fix-dry-run exclude each other');
  if ((fixing || options.format === 'patch') && paths.includes('-'))
    throw new UserError('standard input cannot be fixed; give a file');
}

/** Whether results are coloured: never in a file. */
export function useColours(options: Pick<CommonOptions, 'color' | 'output'>, terminal: Terminal): boolean {
  return terminal.colours && options.color && options.output === undefined;
}

/** The baseline of a run: the file named, or the one of the working directory where there is one. */
export function readBaseline(options: Pick<CommonOptions, 'baseline'>, host: Host): Baseline | undefined {
  const file = options.baseline ?? BASELINE_NAME;
  if (host.fs.kind(file) === 'missing') {
    if (options.baseline === undefined) return undefined;
    throw new UserError(`${file}: no such file; make it with 'guplint baseline write --baseline ${file}'`);
  }
  const read = host.fs.read(file);
  if (read.kind === 'problem') throw new UserError(`${file}: ${read.problem.message}`);
  return parseBaseline(file, decode(read.bytes).text);
}

/** Everything that is not reported because somebody accepted it; what a header leads to from several files once. */
function acceptedOf(result: RunResult, baselined: readonly Finding[]): readonly AcceptedFinding[] {
  const all: AcceptedFinding[] = [
    ...result.silenced,
    ...baselined.map((finding) => ({ finding, by: 'baseline' as const, reason: '' })),
  ].sort((a, b) => compareFindings(a.finding, b.finding));
  return all.filter((a, i) => {
    const before = all[i - 1];
    return before === undefined || compareFindings(before.finding, a.finding) !== 0;
  });
}

/** For the patch format: what the fixes would change, with the run as it was. */
async function propose(ran: CommandRun, select: Select, options: CommonOptions): Promise<FixOutcome | undefined> {
  return options.format === 'patch' ? fix(ran, select, { ...options, fixDryRun: true }) : undefined;
}

/** Where changed files lie in their kernel tree. */
function treePathsOf(changes: readonly FileChange[], fs: FileSystem): ReadonlyMap<string, string> {
  const treeOf = kernelTrees(fs);
  return new Map(
    changes.flatMap(({ file }) => {
      const tree = treeOf(directoryOf(file));
      return tree === undefined ? [] : [[file, seenFrom(fs.cwd, tree.root, file)] as const];
    }),
  );
}

async function fix(ran: CommandRun, select: Select, options: CommonOptions): Promise<FixOutcome | undefined> {
  if (options.fix !== true && options.fixDryRun !== true) return undefined;
  return fixRun(ran.result, ran.host, {
    allowed: options.unsafeFixes === true ? 'any' : 'safe',
    write: options.fix === true,
    select: (findings) => select(findings).kept,
  });
}

function summaryOf(result: RunResult, { kept, accepted, compared }: Selected): CheckSummary {
  const count = (severity: Severity): number => kept.filter((f) => f.severity === severity).length;
  return {
    filesScanned: result.filesScanned,
    filesAnalysed: result.files.length,
    sites: result.sites.length,
    errors: count('error'),
    warnings: count('warning'),
    infos: count('info'),
    suppressed: result.suppressed,
    baselined: accepted.length,
    skipped: result.skipped,
    ...(compared === undefined ? {} : changeCounts(kept, compared)),
  };
}

function changeCounts(kept: readonly Finding[], { fixed }: Comparison): Pick<CheckSummary, ChangeCount> {
  const introduced = kept.filter((f) => f.change === 'introduced').length;
  return { introduced, preExisting: kept.length - introduced, fixed };
}

function sayCounts(s: CheckSummary): string {
  const plural = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`;
  const counts = [plural(s.errors, 'error'), plural(s.warnings, 'warning'), plural(s.infos, 'info')].join(', ');
  const changed =
    s.introduced === undefined
      ? ''
      : `; ${s.introduced} introduced, ${s.preExisting ?? 0} pre-existing on changed lines, ${s.fixed ?? 0} fixed`;
  const hidden = [
    s.suppressed > 0 ? `${s.suppressed} suppressed` : '',
    s.baselined > 0 ? `${s.baselined} in the baseline` : '',
    s.skipped > 0 ? `${plural(s.skipped, 'function')} not analysed to the end` : '',
  ].filter((t) => t !== '');
  const files = `${plural(s.filesScanned, 'file')}, ${plural(s.sites, 'site')}`;
  return `${counts} in ${files}${hidden.length === 0 ? '' : ` (${hidden.join(', ')})`}${changed}`;
}

function sayStale(result: RunResult, baseline: Baseline, host: Host, terminal: Terminal): void {
  const stale = staleOf(result, baseline, host);
  if (stale.length === 0) return;
  const what = stale.length === 1 ? '1 entry matches' : `${stale.length} entries match`;
  terminal.err(`guplint: ${baseline.file}: ${what} nothing any more; remove with 'guplint baseline prune'\n`);
}

/** Entries that match nothing any more, as far as this run can tell: their file was looked at, or is gone, and the rule was on. */
export function staleOf(result: RunResult, baseline: Baseline, host: Host): ReturnType<typeof staleEntries> {
  const { parts } = result;
  const gone = (path: string): boolean => host.fs.kind(path) === 'missing';
  const { used } = applyBaseline(result.findings, baseline, gone);
  return staleEntries(baseline, used, (path, rule) => {
    if (!parts.scanned.files.has(path) && !gone(path)) return false;
    const level = (parts.configOf.get(path)?.rules ?? parts.request.settings.rules)[rule];
    return level !== 'off';
  });
}

function sayFixes(fixed: FixOutcome, options: CommonOptions, terminal: Terminal): void {
  if (options.quiet === true) return;
  const files = `${fixed.changes.length} file${fixed.changes.length === 1 ? '' : 's'}`;
  const findings = `${fixed.fixed.length} finding${fixed.fixed.length === 1 ? '' : 's'}`;
  terminal.err(options.fix === true ? `fixed ${findings} in ${files}\n` : `would fix ${findings} in ${files}\n`);
  for (const change of fixed.changes) terminal.err(`  ${change.file}\n`);
  if (fixed.unsettled) terminal.err('guplint: fixes did not settle; run again\n');
}

/** 2 when something could not be read or written, else 1 when a finding counts, else 0. */
export function exitCode(
  findings: readonly Finding[],
  problems: readonly InputProblem[],
  failLevel: Severity | 'never',
): ExitCode {
  if (problems.length > 0) return 2;
  if (failLevel === 'never') return 0;
  return findings.some((f) => severityRank(f.severity) >= severityRank(failLevel)) ? 1 : 0;
}
