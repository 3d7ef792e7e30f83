/** There and back: a directory's files with their conversions undone, converted again by the fixes of the case rules, compared with what they were. */
import { parseRange } from '../../model/version.ts';
import { createAnalyser } from '../../server/engine/analyse-job.ts';
import { applyRound } from '../../server/engine/apply-fixes.ts';
import { DEFAULT_SETTINGS, resolveConfig } from '../../server/engine/config.ts';
import { overlay } from '../../server/engine/fix-run.ts';
import type { FileSystem } from '../../server/engine/host.ts';
import type { AnalyseJob, Finding } from '../../server/engine/protocol.ts';
import { createFileSystem } from '../../server/host/files.ts';
import { LocalExecutor } from '../../server/host/local.ts';
import { decode } from '../../server/syntax/decode.ts';
import { loadUnit } from '../../server/syntax/load.ts';
import { undo } from './undo.ts';

/** One file there and back. */
export interface Trip {
  readonly file: string;
  readonly before: string;
  readonly undone: string;
  readonly after: string;
  /** Calls that could not be undone. */
  readonly left: readonly string[];
  /** Why nothing was offered, where that is so. */
  readonly refused: readonly string[];
  /** Files of the directory that had nothing undone and are changed now. */
  readonly others: readonly string[];
  /** Whether nothing is left of the calls that were undone but white space and the order of flags. */
  readonly equal: boolean;
}

/** The rules whose fixes convert. */
const CONVERTING: ReadonlySet<string> = new Set([
  'dma-needs-pin',
  'longterm-needs-pin',
  'data-write-needs-pin',
  'longterm-without-pin',
]);

const MAX_ROUNDS = 5;

/** A tree whose pinned files are sent there and back. */
export class RoundTrips {
  readonly #fs: FileSystem;
  readonly #series: string;
  readonly #byDirectory = new Map<string, string[]>();

  constructor(root: string, series: string) {
    this.#fs = createFileSystem(root);
    this.#series = series;
  }

  /** The directories whose C files pin pages, with the files that name something of the model. */
  scan(): ReadonlyMap<string, readonly string[]> {
    const scanner = new LocalExecutor(this.#fs, performance);
    const walk = this.#fs.walk(['.']);
    for (let files = walk.next(); files.length > 0; files = walk.next()) {
      for (const { index } of scanner.scanNow({ files }).hits) {
        const file = (files[index] ?? '').replace(/^\.\//, '');
        if (!file.endsWith('.c')) continue;
        const directory = file.slice(0, Math.max(0, file.lastIndexOf('/'))) || '.';
        this.#byDirectory.set(directory, [...(this.#byDirectory.get(directory) ?? []), file]);
      }
    }
    const pins = /\bpin_user_pages\w*\s*\(/;
    return new Map(
      [...this.#byDirectory]
        .filter(([, files]) => files.some((f) => pins.test(this.#text(f))))
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    );
  }

  #text(file: string): string {
    const read = this.#fs.read(file);
    if (read.kind === 'problem') throw new Error(`${file}: ${read.problem.message}`);
    return decode(read.bytes).text;
  }

  /** Sends the files of a directory there and back. */
  trip(directory: string, files: readonly string[], keepFlag: boolean): readonly Trip[] {
    const range = parseRange(this.#series);
    if (range === undefined) throw new Error(`not a kernel: ${this.#series}`);
    const undone = new Map(
      files.map(
        (file) => [file, undo(loadUnit(file, this.#text(file), { range, defines: new Map() }), keepFlag)] as const,
      ),
    );
    let texts = new Map([...undone].map(([file, u]) => [file, u.text] as const));
    const pinned = new Set(files.filter((file) => (undone.get(file)?.changed ?? 0) > 0));
    const others = new Map<string, Set<string>>();
    let findings: readonly Finding[] = [];
    for (let round = 0; round < MAX_ROUNDS; round++) {
      findings = this.#findings(directory, files, texts).filter((f) => pinned.has(f.location.file));
      const done = applyRound(findings, 'any', (file) => texts.get(file) ?? this.#text(file));
      if (done.texts.size === 0) break;
      texts = new Map([...texts, ...done.texts]);
      for (const { location, fixes } of done.fixed)
        for (const edit of fixes[0]?.edits ?? [])
          if (!pinned.has(edit.location.file))
            others.set(location.file, (others.get(location.file) ?? new Set()).add(edit.location.file));
    }
    return files.flatMap((file) => {
      const u = undone.get(file);
      const before = this.#text(file);
      if (u === undefined || u.changed === 0 || !/\bpin_user_pages\w*\s*\(/.test(before)) return [];
      const after = texts.get(file) ?? '';
      const refused = findings
        .filter((f) => f.location.file === file)
        .flatMap((f) =>
          f.related.filter((r) => r.message.startsWith('no conversion')).map((r) => `${r.location.line}: ${r.message}`),
        );
      const elsewhere = [...(others.get(file) ?? [])];
      const equal = elsewhere.length === 0 && normal(before) === normal(after);
      return [{ file, before, undone: u.text, after, left: u.left, refused, equal, others: elsewhere }];
    });
  }

  #findings(directory: string, files: readonly string[], texts: ReadonlyMap<string, string>): readonly Finding[] {
    const range = parseRange(this.#series);
    const fs = overlay(this.#fs, texts);
    const analyse = createAnalyser(fs, performance);
    const job: AnalyseJob = {
      directory,
      config: resolveConfig({ ...DEFAULT_SETTINGS, kernel: range, minConfidence: 'low' }, undefined),
      tree: range === undefined ? undefined : { root: '.', range },
      files: files.map((file) => ({ file })),
      neighbours: files,
      rules: true,
    };
    const reply = analyse(job);
    const problem = reply.problems[0];
    if (problem !== undefined) throw new Error(`${problem.path}: ${problem.message}`);
    return reply.results.flatMap((r) => r.findings).filter((f) => CONVERTING.has(f.rule));
  }
}

/** A text without white space, flags in one order. */
function normal(text: string): string {
  return text
    .replace(/\bFOLL_\w+(?:\s*\|\s*FOLL_\w+)+/g, (flags) =>
      flags
        .split(/\s*\|\s*/)
        .sort()
        .join('|'),
    )
    .replace(/\s+/g, '');
}
