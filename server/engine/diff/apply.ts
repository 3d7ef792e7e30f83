/**
 * Applies the hunks of a diff to a text, or takes them back. As git apply does: every context line must be there, a hunk may
 * stand some lines off from where it says, and hunks keep their order. Pure: text in, text out.
 */
import { splitLines } from './lines.ts';
import type { FilePatch, Hunk } from './parse.ts';

/** Forward turns the old text into the new one. */
export type Direction = 'forward' | 'reverse';

/** What applying gave. `exact`: every hunk stood on the lines that it names. */
export type Applied =
  | { readonly kind: 'done'; readonly text: string; readonly exact: boolean }
  | { readonly kind: 'failed'; readonly hunk: Hunk };

/** Applies the hunks of one file. */
export function applyHunks(text: string, { hunks }: Pick<FilePatch, 'hunks'>, direction: Direction): Applied {
  const lines = splitLines(text);
  // Mail turns \n into \r\n; a file that has no \r takes such a patch without them.
  const strip =
    !text.includes('\r') && hunks.every((h) => h.lines.every((l) => !l.text.endsWith('\n') || l.text.endsWith('\r\n')));
  const out: string[] = [];
  let taken = 0;
  let offset = 0;
  let exact = true;
  for (const hunk of hunks) {
    const { from, to, named } = sides(hunk, direction, strip);
    const at = find(lines, from, Math.max(taken, named + offset), taken);
    if (at === undefined) return { kind: 'failed', hunk };
    offset = at - named;
    exact = exact && offset === 0;
    for (; taken < at; taken++) out.push(lines[taken] ?? '');
    out.push(...to);
    taken = at + from.length;
  }
  for (; taken < lines.length; taken++) out.push(lines[taken] ?? '');
  return { kind: 'done', text: out.join(''), exact };
}

interface Sides {
  readonly from: readonly string[];
  readonly to: readonly string[];
  /** 0-based line at which the hunk says that it stands. */
  readonly named: number;
}

function sides({ lines, oldStart, newStart }: Hunk, direction: Direction, strip: boolean): Sides {
  const plain = (text: string): string => (strip ? text.replace(/\r\n$/, '\n') : text);
  const of = (other: '-' | '+'): string[] => lines.filter((l) => l.mark !== other).map((l) => plain(l.text));
  const before = of('+');
  const after = of('-');
  const from = direction === 'forward' ? before : after;
  const start = direction === 'forward' ? oldStart : newStart;
  return { from, to: direction === 'forward' ? after : before, named: from.length === 0 ? start : start - 1 };
}

/** The place nearest to `wanted`, not before `least`, where the block stands. */
function find(lines: readonly string[], block: readonly string[], wanted: number, least: number): number | undefined {
  if (block.length === 0) return wanted <= lines.length ? wanted : undefined;
  const last = lines.length - block.length;
  const stands = (at: number): boolean => at >= least && at <= last && block.every((line, i) => lines[at + i] === line);
  for (let distance = 0; wanted - distance >= least || wanted + distance <= last; distance++) {
    if (stands(wanted - distance)) return wanted - distance;
    if (stands(wanted + distance)) return wanted + distance;
  }
  return undefined;
}
