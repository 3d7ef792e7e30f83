/** All safe fixes of one file, round after round until nothing is left, as edits from the text that was there. */
import { applyRound } from '../engine/apply-fixes.ts';
import type { Finding } from '../engine/protocol.ts';

/** Rounds that are made; fixes of real code settle in one or two. */
const MAX_ROUNDS = 5;

/** The text after all safe fixes of a file; `analyse` gives the findings of a text. Fixes that touch other files are left out. */
export async function fixedText(
  file: string,
  text: string,
  findings: readonly Finding[],
  analyse: (text: string) => Promise<readonly Finding[]>,
): Promise<string> {
  let now = text;
  let known = findings;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const done = applyRound(known, 'safe', (path) => (path === file ? now : undefined));
    const next = done.texts.get(file);
    if (next === undefined || next === now) break;
    now = next;
    known = await analyse(now);
  }
  return now;
}

/** A stretch of lines replaced by others: 0-based, end exclusive. */
export interface LineEdit {
  readonly start: number;
  readonly end: number;
  readonly newText: string;
}

/** How far ahead the lines of two texts are compared to find where they meet again. */
const AHEAD = 60;

/** The difference of two texts as replaced lines; the texts are mostly equal, as before and after a fix. Linear. */
export function lineEdits(before: string, after: string): readonly LineEdit[] {
  const a = before.split(/(?<=\n)/);
  const b = after.split(/(?<=\n)/);
  const edits: LineEdit[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      i++;
      j++;
      continue;
    }
    const [di, dj] = nextMeeting(a, b, i, j);
    edits.push({ start: i, end: i + di, newText: b.slice(j, j + dj).join('') });
    i += di;
    j += dj;
  }
  return edits;
}

function nextMeeting(a: readonly string[], b: readonly string[], i: number, j: number): readonly [number, number] {
  for (let sum = 1; sum <= AHEAD; sum++) {
    for (let di = 0; di <= sum; di++) {
      const dj = sum - di;
      const x = a[i + di];
      if (i + di >= a.length && j + dj >= b.length) return [a.length - i, b.length - j];
      if (x !== undefined && x === b[j + dj] && (x.trim() !== '' || a[i + di + 1] === b[j + dj + 1])) return [di, dj];
    }
  }
  return [a.length - i, b.length - j];
}
