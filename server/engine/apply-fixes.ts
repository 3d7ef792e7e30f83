/**
 * Applies fixes to texts. A fix goes in as a whole or not at all, over all files it touches; two fixes whose edits overlap
 * never go into the same round. Pure: texts in, texts out; the caller analyses again and calls again until nothing is left.
 */
import { LineIndex } from '../base/line-index.ts';
import type { FileEdit, Finding, Fix } from './protocol.ts';

/** Rounds after which fixes are taken not to settle. */
export const MAX_ROUNDS = 10;

/** What one round did. */
export interface FixRound {
  /** New texts of the files that changed. */
  readonly texts: ReadonlyMap<string, string>;
  /** Findings whose fix went in. */
  readonly fixed: readonly Finding[];
  /** Findings with a fix that overlapped one that went in; another round may take it. */
  readonly waiting: number;
}

interface PlannedEdit {
  readonly start: number;
  readonly end: number;
  readonly newText: string;
}

/** Which fixes may be taken: `safe` ones, or any. */
export type Allowed = 'safe' | 'any';

/** The first fix of a finding that may be taken; safe ones first. */
export function fixOf(finding: Finding, allowed: Allowed): Fix | undefined {
  const safe = finding.fixes.find((f) => f.applicability === 'safe');
  return safe ?? (allowed === 'any' ? finding.fixes[0] : undefined);
}

class FileEdits {
  readonly #lines: LineIndex;
  readonly #edits: PlannedEdit[] = [];
  readonly text: string;

  constructor(text: string) {
    this.text = text;
    this.#lines = new LineIndex(text);
  }

  plan(edit: FileEdit): PlannedEdit {
    const { line, column, endLine, endColumn } = edit.location;
    const start = this.#lines.offset({ line, column });
    const end = this.#lines.offset({ line: endLine, column: endColumn });
    return { start, end: Math.max(start, end), newText: edit.newText };
  }

  /** Index of the first planned edit that ends at or behind an offset; the edits are sorted and do not overlap. */
  #at(offset: number): number {
    let low = 0;
    let high = this.#edits.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#edits[middle]?.end ?? 0) < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /**
   * What adding an edit would do. `same`: it is planned exactly so (two findings with one cure). `overlap`: it touches a
   * planned one; neighbours that meet in a point count, since their order would matter.
   */
  check(edit: PlannedEdit): 'same' | 'free' | 'overlap' {
    let touching = 0;
    for (let i = this.#at(edit.start); i < this.#edits.length; i++) {
      const e = this.#edits[i];
      if (e === undefined || e.start > edit.end) break;
      if (e.start === edit.start && e.end === edit.end && e.newText === edit.newText) return 'same';
      touching++;
    }
    return touching === 0 ? 'free' : 'overlap';
  }

  add(edit: PlannedEdit): void {
    let i = this.#at(edit.start);
    while (i < this.#edits.length && (this.#edits[i]?.start ?? 0) < edit.start) i++;
    this.#edits.splice(i, 0, edit);
  }

  get changed(): boolean {
    return this.#edits.length > 0;
  }

  result(): string {
    const parts: string[] = [];
    let at = 0;
    for (const e of this.#edits) {
      parts.push(this.text.slice(at, e.start), e.newText);
      at = e.end;
    }
    parts.push(this.text.slice(at));
    return parts.join('');
  }
}

/** Whether edits of one fix overlap each other: such a fix is not applied. */
function contradicts(edits: readonly { readonly file: FileEdits; readonly edit: PlannedEdit }[]): boolean {
  return edits.some((a, i) =>
    edits.slice(i + 1).some((b) => a.file === b.file && a.edit.start < b.edit.end && b.edit.start < a.edit.end),
  );
}

/**
 * Applies as many fixes as fit into one round, in the order of the findings. `read` gives the text that the findings'
 * places refer to, or undefined when a file cannot be had: fixes that touch it stay out.
 */
export function applyRound(
  findings: readonly Finding[],
  allowed: Allowed,
  read: (file: string) => string | undefined,
): FixRound {
  const files = new Map<string, FileEdits | undefined>();
  const fileOf = (path: string): FileEdits | undefined => {
    if (!files.has(path)) {
      const text = read(path);
      files.set(path, text === undefined ? undefined : new FileEdits(text));
    }
    return files.get(path);
  };
  const fixed: Finding[] = [];
  let waiting = 0;
  for (const finding of findings) {
    const fix = fixOf(finding, allowed);
    if (fix === undefined || fix.edits.length === 0) continue;
    const planned = fix.edits.map((edit) => {
      const file = fileOf(edit.location.file);
      return file === undefined ? undefined : { file, edit: file.plan(edit) };
    });
    const known = planned.filter((p) => p !== undefined);
    if (known.length < planned.length || contradicts(known)) continue;
    const fresh = known.filter(({ file, edit }) => file.check(edit) !== 'same');
    if (fresh.some(({ file, edit }) => file.check(edit) === 'overlap')) {
      waiting++;
      continue;
    }
    for (const { file, edit } of fresh) file.add(edit);
    fixed.push(finding);
  }
  const texts = new Map<string, string>();
  for (const [path, file] of files) {
    if (file?.changed === true) texts.set(path, file.result());
  }
  return { texts, fixed, waiting };
}
