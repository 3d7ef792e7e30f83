/**
 * Files that the user names one by one and that name nothing of the model: they are worth an analysis only when they may call a
 * wrapper of a neighbour or of a header, as they would be found to in a run over their directory. No parser is needed to tell.
 */
import { decode } from '../syntax/decode.ts';
import { loadUnit } from '../syntax/load.ts';
import type { CUnit } from '../syntax/unit.ts';
import { Headers, HeaderTexts } from './headers.ts';
import type { FileSystem } from './host.ts';
import { EVERY_RELEASE } from './kernel.ts';
import { directoryOf, join } from './paths.ts';
import { modelPrefilter, wordFilter } from './prefilter.ts';

/** A file and its size in bytes. */
export interface NamedFile {
  readonly file: string;
  readonly size: number;
}

/** Those of the files that may call a wrapper. */
export function possibleCallers(files: readonly string[], fs: FileSystem): readonly NamedFile[] {
  if (files.length === 0) return [];
  const prefilter = modelPrefilter();
  const headers = new Headers(fs, new HeaderTexts(prefilter));
  const read = (path: string): string | undefined => {
    const found = fs.read(path);
    return found.kind === 'bytes' ? decode(found.bytes).text : undefined;
  };
  const unit = (path: string, text: string): CUnit =>
    loadUnit(path, text, { range: EVERY_RELEASE, defines: new Map() });
  const ofDirectory = new Map<string, readonly string[]>();
  const neighbourNames = (directory: string): readonly string[] => {
    let names = ofDirectory.get(directory);
    if (names === undefined) {
      names = fs.list(directory).flatMap((name) => {
        if (!name.endsWith('.c')) return [];
        const path = join(directory, name);
        const text = read(path);
        if (text === undefined || !prefilter.test(text)) return [];
        return unit(path, text)
          .functions.filter((fn) => !fn.isStatic)
          .map((fn) => fn.name);
      });
      ofDirectory.set(directory, names);
    }
    return names;
  };
  return files.flatMap((file) => {
    const text = read(file);
    if (text === undefined) return [];
    const names = [...neighbourNames(directoryOf(file))];
    for (const header of headers.relevantTo(file, text)) {
      const { functions, macros } = unit(header.path, header.text);
      names.push(...functions.map((fn) => fn.name), ...macros.map((m) => m.name));
    }
    return wordFilter(names).test(text) ? [{ file, size: text.length }] : [];
  });
}
