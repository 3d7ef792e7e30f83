/** There and back: a directory's files with their conversions undone, converted again by the fixes of the case rules, compared with what they were. */
import { model } from '../../model/index.ts';
import { applyRound } from '../../server/engine/apply-fixes.ts';
import type { Finding } from '../../server/engine/protocol.ts';
import { loadUnit } from '../../server/syntax/load.ts';
import type { Texts, TreeAnalysis } from '../harness/tree-analysis.ts';
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

const PINS = /\bpin_user_pages\w*\s*\(/;

const MAX_ROUNDS = 5;

/** A tree whose pinned files are sent there and back. */
export class RoundTrips {
  readonly #tree: TreeAnalysis;

  constructor(tree: TreeAnalysis) {
    this.#tree = tree;
  }

  /** The directories whose C files pin pages, with the files that name something of the model. */
  scan(): ReadonlyMap<string, readonly string[]> {
    return new Map([...this.#tree.scan()].filter(([, files]) => files.some((f) => PINS.test(this.#tree.text(f)))));
  }

  /** Sends the files of a directory there and back. */
  trip(directory: string, files: readonly string[], keepFlag: boolean): readonly Trip[] {
    const { range } = this.#tree;
    const undone = new Map(
      files.map(
        (file) => [file, undo(loadUnit(file, this.#tree.text(file), { range, defines: new Map() }), keepFlag)] as const,
      ),
    );
    let texts = new Map([...undone].map(([file, u]) => [file, u.text] as const));
    const pinned = new Set(files.filter((file) => (undone.get(file)?.changed ?? 0) > 0));
    const others = new Map<string, Set<string>>();
    let findings: readonly Finding[] = [];
    for (let round = 0; round < MAX_ROUNDS; round++) {
      findings = this.#findings(directory, files, texts).filter((f) => pinned.has(f.location.file));
      const done = applyRound(findings, 'any', (file) => texts.get(file) ?? this.#tree.text(file));
      if (done.texts.size === 0) break;
      texts = new Map([...texts, ...done.texts]);
      for (const { location, fixes } of done.fixed)
        for (const edit of fixes[0]?.edits ?? [])
          if (!pinned.has(edit.location.file))
            others.set(location.file, (others.get(location.file) ?? new Set()).add(edit.location.file));
    }
    return files.flatMap((file) => {
      const u = undone.get(file);
      const before = this.#tree.text(file);
      if (u === undefined || u.changed === 0 || !isDriver(before, file, this.#tree)) return [];
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

  #findings(directory: string, files: readonly string[], texts: Texts): readonly Finding[] {
    const results = this.#tree.analyse(directory, files, texts);
    return results.flatMap((r) => r.findings).filter((f) => CONVERTING.has(f.rule));
  }
}

/** Whether a file calls a pin function and does not implement the API itself. */
function isDriver(text: string, file: string, { range }: TreeAnalysis): boolean {
  const unit = loadUnit(file, text, { range, defines: new Map() });
  return PINS.test(unit.code) && !unit.functions.some((fn) => model.select(range).isSite(fn.name));
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
