/**
 * Differences of two texts by lines: Myers' algorithm between the first and the last line that differ, and the unified
 * format that `git apply` and patch(1) take. A line is everything up to and with its \n, so nothing is lost or normalised.
 */

/** Lines `[oldStart, oldEnd)` of the one text stand for lines `[newStart, newEnd)` of the other; 0-based. */
export interface LineChange {
  readonly oldStart: number;
  readonly oldEnd: number;
  readonly newStart: number;
  readonly newEnd: number;
}

/** Lines of context round a change, as diff -u has them. */
const CONTEXT = 3;

/** Edits above which a stretch is taken as replaced: the search costs their square in memory. */
const MAX_EDITS = 1000;

/** The lines of a text, each with its line break; the last may have none. */
export function splitLines(text: string): readonly string[] {
  return text === '' ? [] : (text.match(/[^\n]*\n|[^\n]+$/g) ?? []);
}

/** The changes that turn one list of lines into the other, in order, none touching the next. */
export function diffLines(before: readonly string[], after: readonly string[]): readonly LineChange[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let oldEnd = before.length;
  let newEnd = after.length;
  while (oldEnd > start && newEnd > start && before[oldEnd - 1] === after[newEnd - 1]) {
    oldEnd--;
    newEnd--;
  }
  if (start === oldEnd && start === newEnd) return [];
  const a = before.slice(start, oldEnd);
  const b = after.slice(start, newEnd);
  const kept = commonLines(a, b);
  if (kept === undefined) return [{ oldStart: start, oldEnd, newStart: start, newEnd }];
  const changes: LineChange[] = [];
  let x = 0;
  let y = 0;
  for (const [i, j] of [...kept, [a.length, b.length] as const]) {
    if (i > x || j > y)
      changes.push({ oldStart: start + x, oldEnd: start + i, newStart: start + y, newEnd: start + j });
    x = i + 1;
    y = j + 1;
  }
  return settle(changes, before, after);
}

/**
 * Where the same lines stand before and behind a stretch that was added or taken out, the stretch could be either; it is
 * moved down as far as it goes, as git does, so that a function added behind another is that function and no mixture.
 */
function settle(
  changes: readonly LineChange[],
  before: readonly string[],
  after: readonly string[],
): readonly LineChange[] {
  const settled: LineChange[] = [];
  for (let i = changes.length - 1; i >= 0; i--) {
    const change = changes[i];
    if (change === undefined) continue;
    const next = settled.at(-1);
    const limit = (next?.oldStart ?? before.length) - change.oldEnd;
    const [lines, start, end] =
      change.oldStart === change.oldEnd
        ? [after, change.newStart, change.newEnd]
        : [before, change.oldStart, change.oldEnd];
    const slides = change.oldStart === change.oldEnd || change.newStart === change.newEnd;
    let by = 0;
    while (slides && by < limit && lines[start + by] === lines[end + by]) by++;
    const { oldStart, oldEnd, newStart, newEnd } = change;
    const moved = { oldStart: oldStart + by, oldEnd: oldEnd + by, newStart: newStart + by, newEnd: newEnd + by };
    // What now meets the next change becomes part of it.
    if (next !== undefined && moved.oldEnd === next.oldStart && moved.newEnd === next.newStart) {
      settled[settled.length - 1] = { ...next, oldStart: moved.oldStart, newStart: moved.newStart };
    } else settled.push(moved);
  }
  return settled.reverse();
}

/** Pairs of equal lines, as many as can be in order; undefined when that takes too long to find. */
function commonLines(a: readonly string[], b: readonly string[]): readonly (readonly [number, number])[] | undefined {
  const most = Math.min(a.length + b.length, MAX_EDITS);
  const trace: Int32Array[] = [];
  let reach = new Int32Array(3);
  for (let d = 0; d <= most; d++) {
    // reach[k + d + 1]: how far into `a` the best path of d - 1 edits that ends on diagonal k goes.
    const next = new Int32Array(2 * d + 5);
    for (let k = -d; k <= d; k += 2) {
      const left = reach[k + d] ?? 0;
      const right = reach[k + d + 2] ?? 0;
      let x = d === 0 ? 0 : k === -d || (k !== d && left < right) ? right : left + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      next[k + d + 2] = x;
      if (x >= a.length && x - k >= b.length) return walkBack(trace, d, a.length, b.length);
    }
    trace.push(next);
    reach = next;
  }
  return undefined;
}

/** The diagonals of the path found, from the furthest reaches of each number of edits. */
function walkBack(trace: readonly Int32Array[], edits: number, aLength: number, bLength: number): [number, number][] {
  const pairs: [number, number][] = [];
  let x = aLength;
  let y = bLength;
  for (let d = edits; d > 0; d--) {
    const reach = trace[d - 1] ?? new Int32Array(0);
    const at = (k: number): number => reach[k + d + 1] ?? 0;
    const k = x - y;
    const down = k === -d || (k !== d && at(k - 1) < at(k + 1));
    const fromK = down ? k + 1 : k - 1;
    const fromX = at(fromK);
    const fromY = fromX - fromK;
    const stopX = down ? fromX : fromX + 1;
    while (x > stopX) pairs.push([--x, --y]);
    x = fromX;
    y = fromY;
  }
  while (x > 0) pairs.push([--x, --y]);
  return pairs.reverse();
}

/** A path as it stands behind `--- a/`: quoted as git does when it holds what a header cannot. */
function headerPath(prefix: string, path: string): string {
  const full = `${prefix}${path}`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that have to be quoted
  if (/["\\\x00-\x1f\x7f]/.test(full)) {
    const escaped = full.replace(/["\\]/g, (c) => `\\${c}`);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: as above
    return `"${escaped.replace(/[\x00-\x1f\x7f]/g, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`)}"`;
  }
  // patch(1) ends a name at the first blank unless a tab follows.
  return full.includes(' ') ? `${full}\t` : full;
}

/** `start,count` as hunk headers write it: 1-based, the line before for an empty range, no count for one line. */
function range(start: number, end: number): string {
  const count = end - start;
  if (count === 1) return String(start + 1);
  return `${count === 0 ? start : start + 1},${count}`;
}

/** One file of a unified diff with its header; empty when the texts are equal. */
export function unifiedDiff(path: string, before: string, after: string): string {
  const a = splitLines(before);
  const b = splitLines(after);
  const changes = diffLines(a, b);
  if (changes.length === 0) return '';
  const out = [`--- ${headerPath('a/', path)}\n`, `+++ ${headerPath('b/', path)}\n`];
  for (const group of groups(changes)) out.push(hunk(group, a, b));
  return out.join('');
}

/** Changes whose contexts meet share a hunk. */
function groups(changes: readonly LineChange[]): readonly (readonly LineChange[])[] {
  const found: LineChange[][] = [];
  for (const change of changes) {
    const last = found.at(-1)?.at(-1);
    if (last !== undefined && change.oldStart - last.oldEnd <= 2 * CONTEXT) found.at(-1)?.push(change);
    else found.push([change]);
  }
  return found;
}

function hunk(group: readonly LineChange[], a: readonly string[], b: readonly string[]): string {
  const [first] = group;
  const last = group.at(-1);
  if (first === undefined || last === undefined) return '';
  const lead = Math.min(CONTEXT, first.oldStart);
  const trail = Math.min(CONTEXT, a.length - last.oldEnd);
  const out = [
    `@@ -${range(first.oldStart - lead, last.oldEnd + trail)} +${range(first.newStart - lead, last.newEnd + trail)} @@\n`,
  ];
  const put = (mark: string, line: string): void => {
    out.push(mark, line, line.endsWith('\n') ? '' : '\n\\ No newline at end of file\n');
  };
  let at = first.oldStart - lead;
  for (const change of group) {
    for (; at < change.oldStart; at++) put(' ', a[at] ?? '');
    for (; at < change.oldEnd; at++) put('-', a[at] ?? '');
    for (let i = change.newStart; i < change.newEnd; i++) put('+', b[i] ?? '');
  }
  for (; at < last.oldEnd + trail; at++) put(' ', a[at] ?? '');
  return out.join('');
}
