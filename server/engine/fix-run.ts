/**
 * Fixes the findings of a run, round after round until nothing is left to fix, in memory; then writes each changed file once.
 * A file whose text is not the one that was analysed is left alone. Rounds analyse only what changed, and what has findings
 * beside it.
 */
import { hashOf } from '../base/hash.ts';
import { type Decoded, decode, encode } from '../syntax/decode.ts';
import { type Allowed, applyRound, fixOf, MAX_ROUNDS } from './apply-fixes.ts';
import { ConfigFinder } from './config.ts';
import { type FileSystem, type Host, type ReadResult, WriteError } from './host.ts';
import { kernelTrees } from './kernel-tree.ts';
import { compareText } from './order.ts';
import { directoryOf } from './paths.ts';
import type { Finding, InputProblem } from './protocol.ts';
import { assemble, planJobs, type RunResult } from './run.ts';

/** What fixing did. */
export interface FixOutcome {
  /** The run as it is after the fixes. */
  readonly result: RunResult;
  /** The findings that had a fix applied, in the order in which that was done. */
  readonly fixed: readonly AppliedFix[];
  /** Old and new text of each changed file, sorted by path. */
  readonly changes: readonly FileChange[];
  /** Files that could not be fixed or written. */
  readonly problems: readonly InputProblem[];
  /** Whether fixes were still asking for another round at the end. */
  readonly unsettled: boolean;
}

/** A finding and what the fix that was applied does. */
export interface AppliedFix {
  readonly finding: Finding;
  readonly title: string;
  /** The files that the fix changes. */
  readonly files: readonly string[];
  /** The finding of the unchanged files that the fix answers; undefined where it completes what an earlier fix of the run began. */
  readonly answers: Finding | undefined;
}

/** One file before and after. */
export interface FileChange {
  readonly file: string;
  readonly before: string;
  readonly after: string;
  /** How the file's bytes were read, and how they are to be written. */
  readonly encoding: Decoded['encoding'];
  readonly bom: boolean;
}

interface Original {
  readonly decoded: Decoded;
  readonly bytes: Uint8Array;
}

/** Files as they are with some texts replaced. */
export function overlay(fs: FileSystem, texts: ReadonlyMap<string, string>): FileSystem {
  return {
    ...fs,
    read(path): ReadResult {
      const text = texts.get(path);
      return text === undefined ? fs.read(path) : { kind: 'bytes', bytes: Buffer.from(text, 'utf8') };
    },
  };
}

class FixRun {
  readonly #host: Host;
  readonly #originals = new Map<string, Original | undefined>();
  readonly texts = new Map<string, string>();
  readonly problems: InputProblem[] = [];
  #result: RunResult;

  constructor(result: RunResult, host: Host) {
    this.#result = result;
    this.#host = host;
  }

  get result(): RunResult {
    return this.#result;
  }

  /** The text a finding's places refer to; undefined when the file is unreadable or was changed since. */
  text(file: string): string | undefined {
    return this.texts.get(file) ?? this.original(file)?.decoded.text;
  }

  original(file: string): Original | undefined {
    if (this.#originals.has(file)) return this.#originals.get(file);
    const original = this.#read(file);
    this.#originals.set(file, original);
    return original;
  }

  #read(file: string): Original | undefined {
    const read = this.#host.fs.read(file);
    if (read.kind === 'problem') {
      this.problems.push(read.problem);
      return undefined;
    }
    const decoded = decode(read.bytes);
    const analysed = this.#result.files.find((f) => f.file === file);
    if (analysed !== undefined && analysed.textHash !== hashOf(decoded.text)) {
      this.problems.push({ path: file, message: CHANGED });
      return undefined;
    }
    return { decoded, bytes: read.bytes };
  }

  /** The analysed files that a change may tell otherwise: those that changed, and those with findings beside them. */
  #touchedBy(changed: ReadonlyMap<string, string>): readonly string[] {
    const directories = new Set([...changed.keys()].map(directoryOf));
    return this.#result.parts.files
      .filter((f) => changed.has(f.file) || (f.findings.length > 0 && directories.has(directoryOf(f.file))))
      .map((f) => f.file);
  }

  /** Analyses again what a change touches. */
  async again(changed: ReadonlyMap<string, string>): Promise<void> {
    for (const [file, text] of changed) this.texts.set(file, text);
    const { parts } = this.#result;
    const fs = overlay(this.#host.fs, this.texts);
    const configs = new ConfigFinder(fs, parts.request.settings);
    const local = this.#host.local(fs);
    const items = this.#touchedBy(changed).flatMap((file) => {
      const text = this.text(file);
      return text === undefined ? [] : [{ item: { file, text }, size: text.length }];
    });
    // Neighbours are found anew: what a file names may have changed.
    const jobs = planJobs({ items, directories: [], hits: new Map() }, configs, kernelTrees(fs), parts.request.rules);
    const replies = await Promise.all(jobs.map((job) => local.analyse(job)));
    const anew = new Map(replies.flatMap((r) => r.results).map((f) => [f.file, f]));
    const used = configs.used();
    this.#result = assemble({
      ...parts,
      files: parts.files.map((f) => anew.get(f.file) ?? f),
      problems: [...parts.problems, ...replies.flatMap((r) => r.problems)],
      configs: parts.configs.map((c) => used.find((u) => u.path === c.path) ?? configs.reread(c.path) ?? c),
    });
  }

  /** Old and new text of each file that changed. */
  changes(): readonly FileChange[] {
    return [...this.texts].flatMap(([file, after]) => {
      const decoded = this.original(file)?.decoded;
      if (decoded === undefined || decoded.text === after) return [];
      return [{ file, before: decoded.text, after, encoding: decoded.encoding, bom: decoded.bom }];
    });
  }

  /**
   * Writes what changed, files of one group together or not at all; one that changed on disk meanwhile keeps its group back. Returns the
   * changes that are on disk now.
   */
  write(groups: readonly (readonly FileChange[])[]): readonly FileChange[] {
    return groups.flatMap((group) => {
      const stale = group.filter(({ file }) => !this.#isUnchanged(file));
      const refused = stale.length > 0 ? { files: stale, why: CHANGED } : this.#writeGroup(group);
      if (refused === undefined) return group;
      for (const { file } of refused.files) this.problems.push({ path: file, message: refused.why });
      const causes = refused.files.map((c) => c.file).join(', ');
      for (const { file } of group.filter((c) => !refused.files.includes(c)))
        this.problems.push({ path: file, message: `not fixed: the same fix changes ${causes}` });
      return [];
    });
  }

  #isUnchanged(file: string): boolean {
    const now = this.#host.fs.read(file);
    const original = this.original(file);
    return now.kind === 'bytes' && original !== undefined && sameBytes(now.bytes, original.bytes);
  }

  #writeGroup(group: readonly FileChange[]): { files: readonly FileChange[]; why: string } | undefined {
    try {
      this.#host.fs.write(
        group.map((c) => ({ path: c.file, bytes: encode({ text: c.after, encoding: c.encoding, bom: c.bom }) })),
      );
      return undefined;
    } catch (error) {
      if (!(error instanceof WriteError)) throw error;
      return {
        files: group.filter((c) => c.file === error.path),
        why: `cannot be written: ${error.message}`,
      };
    }
  }
}

const CHANGED = 'changed while guplint was running; not fixed';

/** Changes of files that one fix joins, directly or by way of others. */
function groupsOf(changes: readonly FileChange[], fixed: readonly AppliedFix[]): readonly (readonly FileChange[])[] {
  const leader = new Map(changes.map(({ file }) => [file, file]));
  const leaderOf = (file: string): string => {
    const next = leader.get(file) ?? file;
    return next === file ? file : leaderOf(next);
  };
  for (const { files } of fixed) for (const file of files) leader.set(leaderOf(file), leaderOf(files[0] ?? file));
  const groups = new Map<string, FileChange[]>();
  for (const change of changes) {
    const of = leaderOf(change.file);
    groups.set(of, [...(groups.get(of) ?? []), change]);
  }
  return [...groups.values()];
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** How to fix. */
export interface FixOptions {
  readonly allowed: Allowed;
  /** False for a dry run. */
  readonly write: boolean;
  /** The findings to fix among those of a run: what the baseline leaves. */
  readonly select: (findings: readonly Finding[]) => readonly Finding[];
}

/** Fixes what may be fixed. */
export async function fixRun(result: RunResult, host: Host, options: FixOptions): Promise<FixOutcome> {
  const run = new FixRun(result, host);
  const fixed: AppliedFix[] = [];
  const first = options.select(result.findings);
  let rounds = 0;
  let open = true;
  while (open && rounds < MAX_ROUNDS) {
    rounds++;
    const round = applyRound(options.select(run.result.findings), options.allowed, (file) => run.text(file));
    open = round.texts.size > 0;
    if (!open) break;
    for (const finding of round.fixed) fixed.push(appliedFix(finding, options.allowed, first));
    await run.again(round.texts);
  }
  const all = [...run.changes()].sort((a, b) => compareText(a.file, b.file));
  const changes = options.write ? run.write(groupsOf(all, fixed)) : all;
  const kept = new Set(all.filter((c) => !changes.includes(c)).map((c) => c.file));
  return {
    result: run.result,
    fixed: fixed.filter(({ files }) => !files.some((file) => kept.has(file))),
    changes: [...changes].sort((a, b) => compareText(a.file, b.file)),
    problems: run.problems,
    unsettled: open,
  };
}

/** What applying the fix of a finding is on record as; `first`: the findings before any fix. */
export function appliedFix(finding: Finding, allowed: Allowed, first: readonly Finding[]): AppliedFix {
  const fix = fixOf(finding, allowed);
  return {
    finding,
    title: fix?.title ?? '',
    files: [...new Set(fix?.edits.map((e) => e.location.file))],
    answers: first.includes(finding) ? finding : first.find((f) => isAlike(f, finding)),
  };
}

/** Whether two findings of different rounds say the same of a function: the statements they name may have changed between. */
function isAlike(a: Finding, b: Finding): boolean {
  return a.rule === b.rule && a.location.file === b.location.file && a.functionName === b.functionName;
}
