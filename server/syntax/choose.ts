/** Settles the groups that preprocessing left open: which branches stay, and how. */
import type { Span } from '../base/span.ts';
import type { Group } from './preprocess.ts';
import { blank } from './strip.ts';
import type { ConfigCondition } from './unit.ts';

/** What was decided: conditions that became `if (symbol)`, and stretches where a branch was taken without knowing. */
export interface Chosen {
  readonly conditions: readonly ConfigCondition[];
  readonly guessed: readonly Span[];
}

/** Takes the first open branch of each group and blanks the others. */
export function chooseBranches(code: Uint16Array, groups: readonly Group[]): Chosen {
  const guessed: Span[] = [];
  for (const g of groups) {
    const open = g.branches.filter((b) => b.state === undefined);
    const first = open[0];
    if (first === undefined) continue;
    for (const b of open.slice(1)) blank(code, b.body.start, b.body.end);
    guessed.push({ start: first.at.start, end: g.end.end });
  }
  return { conditions: [], guessed };
}
