/**
 * Lets a release that is off by one entry take all: the bound without what is added to it, the start at the first entry. Text that has
 * another shape than the one number gets no edit.
 */

import type { FixProposal } from '../define.ts';
import type { ShiftedRelease } from '../support/releases/shifted-releases.ts';

/** The count, the bound or the start as it is meant. */
export function wholeRange({ call: { unit }, at, part }: ShiftedRelease): readonly FixProposal[] {
  const text = unit.text.slice(at.start, at.end);
  const newText = part === undefined || unit.code.slice(at.start, at.end) !== text ? undefined : MEND[part](text);
  if (newText === undefined) return [];
  return [{ title: `Write ${newText}`, applicability: 'unsafe', edits: [{ unit, span: at, newText }] }];
}

const MEND: Readonly<Record<NonNullable<ShiftedRelease['part']>, (text: string) => string | undefined>> = {
  sum: (text) => withoutNumber(text),
  element: (text) => /^&\s*(.+?)\s*\[\s*\d\s*\]$/.exec(text)?.[1],
  bound(text) {
    const m = /^(\w+)\s*(<=?|!=)\s*(.+)$/s.exec(text);
    if (m === null) return undefined;
    const [, index = '', sign = '', bound = ''] = m;
    const plain = withoutNumber(bound) ?? (sign === '<=' ? bound : undefined);
    return plain === undefined ? undefined : `${index} ${sign === '!=' ? '!=' : '<'} ${plain}`;
  },
  start: (text) => (/=\s*1$/.test(text) ? text.replace(/1$/, '0') : undefined),
  // The index is lowered in front of the turn either way.
  down(text) {
    const index = /^--\s*(\w+)(?:\s*(?:>|!=)\s*0)?$|^(\w+)\s*--\s*>\s*1$/.exec(text);
    return index === null ? undefined : `${index[1] ?? index[2]}-- > 0`;
  },
};

/** `n - 1`, `(n + 1)` without the number. */
function withoutNumber(text: string): string | undefined {
  const open = /^\((.*)\)$/s.exec(text)?.[1];
  return /^(.*?[\w)\]])\s*[-+]\s*\d$/s.exec(open ?? text)?.[1];
}
