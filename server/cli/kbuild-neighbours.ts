/**
 * Whether a source that names nothing of the model may still hold findings: when it calls a function of a neighbour that takes or
 * gives back user pages itself. Looks at the text of the directory's files alone; the C parser is not needed.
 */
import type { FileSystem } from '../engine/host.ts';
import { directoryOf, join } from '../engine/paths.ts';
import { type Prefilter, wordFilter } from '../engine/prefilter.ts';
import { decode } from '../syntax/decode.ts';

/** A file and its text. */
export interface Neighbour {
  readonly path: string;
  readonly text: string;
}

/** The other .c files of the source's directory that name something of the model. */
export function neighboursOf(source: string, fs: FileSystem, prefilter: Prefilter): readonly Neighbour[] {
  const directory = directoryOf(source);
  return fs.list(directory).flatMap((name) => {
    const path = join(directory, name);
    const read = name.endsWith('.c') && path !== source ? fs.read(path) : undefined;
    if (read?.kind !== 'bytes') return [];
    const { text } = decode(read.bytes);
    return prefilter.test(text) ? [{ path, text }] : [];
  });
}

/** Whether the text names a function of a neighbour whose body names something of the model. */
export function callsNeighbour(text: string, neighbours: readonly Neighbour[], prefilter: Prefilter): boolean {
  return wordFilter(neighbours.flatMap((neighbour) => speakers(neighbour.text, prefilter))).test(text);
}

/**
 * Names of functions that others may call and that name something of the model. Told from the layout alone, a brace at the left
 * margin ends a function, since this runs for every object of a build; a name too many costs an analysis and no more.
 */
function speakers(text: string, prefilter: Prefilter): readonly string[] {
  return text.split(/^\}/m).flatMap((piece) => {
    if (!prefilter.test(piece)) return [];
    const opens = [...piece.matchAll(/^\{|^[A-Za-z_][^\n;]*\{[ \t\r]*$/gm)].at(-1);
    if (opens === undefined) return [];
    const end = opens.index + opens[0].length;
    const before = piece.slice(0, end);
    const header = before.slice(
      Math.max(0, before.lastIndexOf('\n\n'), before.lastIndexOf(';'), before.lastIndexOf('*/')),
    );
    if (/\bstatic\b/.test(header)) return [];
    return [...header.matchAll(/\b([A-Za-z_]\w*)\s*\(/g)].map((m) => m[1] ?? '');
  });
}
