/** Analyses the files of a kernel tree directory by directory, as they are or with some texts replaced; nothing is written. */
import { type KernelRange, parseRange } from '../../model/version.ts';
import { createAnalyser } from '../../server/engine/analyse-job.ts';
import { DEFAULT_SETTINGS, resolveConfig } from '../../server/engine/config.ts';
import { overlay } from '../../server/engine/fix-run.ts';
import type { FileSystem } from '../../server/engine/host.ts';
import type { Confidence, FileResult } from '../../server/engine/protocol.ts';
import { createFileSystem } from '../../server/host/files.ts';
import { LocalExecutor } from '../../server/host/local.ts';
import { decode } from '../../server/syntax/decode.ts';

/** Texts that stand in the place of files. */
export type Texts = ReadonlyMap<string, string>;

/** A tree of one series. */
export class TreeAnalysis {
  readonly range: KernelRange;
  readonly #fs: FileSystem;
  readonly #confidence: Confidence;

  constructor(root: string, series: string, confidence: Confidence) {
    const range = parseRange(series);
    if (range === undefined) throw new Error(`not a kernel: ${series}`);
    this.range = range;
    this.#fs = createFileSystem(root);
    this.#confidence = confidence;
  }

  /** The C files that name something of the model, by directory; both in order. */
  scan(): ReadonlyMap<string, readonly string[]> {
    const scanner = new LocalExecutor(this.#fs, performance);
    const walk = this.#fs.walk(['.']);
    const found = new Map<string, string[]>();
    for (let files = walk.next(); files.length > 0; files = walk.next()) {
      for (const { index } of scanner.scanNow({ files }).hits) {
        const file = (files[index] ?? '').replace(/^\.\//, '');
        const directory = directoryOf(file);
        if (file.endsWith('.c')) found.set(directory, [...(found.get(directory) ?? []), file]);
      }
    }
    return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** The text of a file as it is. */
  text(file: string): string {
    const read = this.#fs.read(file);
    if (read.kind === 'problem') throw new Error(`${file}: ${read.problem.message}`);
    return decode(read.bytes).text;
  }

  /** Analyses files of a directory with these texts in the place of theirs. */
  analyse(directory: string, files: readonly string[], texts: Texts): readonly FileResult[] {
    const reply = createAnalyser(
      overlay(this.#fs, texts),
      performance,
    )({
      directory,
      config: resolveConfig({ ...DEFAULT_SETTINGS, kernel: this.range, minConfidence: this.#confidence }, undefined),
      tree: { root: '.', range: this.range },
      files: files.map((file) => ({ file })),
      // What now names something of the model is a neighbour too.
      neighbours: [
        ...new Set([...files, ...[...texts.keys()].filter((f) => f.endsWith('.c') && directoryOf(f) === directory)]),
      ].sort(),
      rules: true,
    });
    const problem = reply.problems[0];
    if (problem !== undefined) throw new Error(`${problem.path}: ${problem.message}`);
    return reply.results;
  }
}

function directoryOf(file: string): string {
  return file.slice(0, Math.max(0, file.lastIndexOf('/'))) || '.';
}
