/**
 * The source files of a directory as bytes in strings, to search in: where the callers of a function may be, or what gives pages back
 * beside a site. Answers are kept for each file until it changes.
 */
import { differenceOf } from '../base/changed.ts';
import { decode } from '../syntax/decode.ts';
import { directoryOf } from './paths.ts';
import { handlerPrefilter, modelPrefilter } from './prefilter.ts';

/**
 * What makes a file of a large directory worth keeping for the sites beside it: it gives pages back, marks them dirty, or is told of changes
 * of the page tables.
 */
const TOUCHES = /put_page|put_user_page|release_pages|folio_put|unpin_|_dirty|mmu_notifier_|mmu_interval_/;

/** Directories below this size keep all their files: callers of a function name nothing of the model. Bytes. */
export const SMALL_DIRECTORY = 5 * 1024 * 1024;

/** A source file; its bytes as a string, one character a byte, or its text where that is known. */
export interface FileBytes {
  readonly path: string;
  readonly bytes: string;
  readonly isText: boolean;
}

/** What is asked of the files of a directory: `holds WORD`, `defines NAME`, `handles`, `names DECLARED,...`. */
export type Question = string;

/** The question which files name something of the model, or of what a project declares. */
export function namesModel(declared: readonly string[]): Question {
  return `names ${declared.join()}`;
}

/** The test that answers a question of a file's bytes. */
export function testOf(question: Question): (bytes: string) => boolean {
  const at = question.indexOf(' ');
  const word = question.slice(at + 1);
  if (question.startsWith('holds ')) return (bytes) => bytes.includes(word);
  if (question.startsWith('defines ')) return (bytes) => mayDefine(bytes, word);
  if (question.startsWith('names ')) {
    const names = modelPrefilter(word === '' ? [] : word.split(','));
    return (bytes) => names.test(decode(Buffer.from(bytes, 'latin1')).text);
  }
  const handles = handlerPrefilter();
  return (bytes) => handles.test(bytes);
}

/** What was asked of all files, and the files of which it is true. */
interface Answer {
  /** True of a text where it is true of one of its lines. */
  readonly test: (bytes: string) => boolean;
  readonly where: Set<string>;
  /** The same in the order of the paths; undefined after a change. */
  list: readonly FileBytes[] | undefined;
  /** How many of the changes it has seen. */
  seen: number;
}

/** A text in place of another one. */
interface Change {
  readonly path: string;
  /** The lines that differ, as they were and as they became; undefined where they are many. */
  readonly lines: { readonly before: string; readonly after: string } | undefined;
}

/** Characters of changed lines that are kept; with more, a text is searched as a whole again. */
const MAX_CHANGED = 4096;

/** Changes that are remembered for answers that were not asked for again. */
const MAX_CHANGES = 256;

/** What is known of the files of a directory beforehand. */
export interface Reading {
  /** The files, in the order in which they are searched. */
  readonly paths: readonly string[];
  /** A file's bytes or its known text; undefined where it cannot be read. */
  readonly bytesOf: (path: string) => string | undefined;
  /** Whether a file is kept in any case. */
  readonly isGiven: (path: string) => boolean;
  /** Told of each question with the files of which it is true. */
  readonly asked?: (question: Question, where: readonly string[]) => void;
}

/** Source files of one directory. */
export class DirectoryFiles {
  readonly #paths: readonly string[];
  readonly #asked: Reading['asked'];
  readonly #files = new Map<string, FileBytes>();
  readonly #answers = new Map<string, Answer>();
  /** Files whose text was replaced, one after the other, and the lines that differ. */
  readonly #changes: Change[] = [];

  /** Reads files; of a large directory those alone that may matter and those that are given. */
  constructor({ paths, bytesOf, isGiven, asked }: Reading) {
    this.#paths = paths;
    this.#asked = asked;
    let size = 0;
    for (const path of paths) {
      const bytes = bytesOf(path);
      if (bytes === undefined) continue;
      size += bytes.length;
      if (size < SMALL_DIRECTORY || isGiven(path) || TOUCHES.test(bytes)) this.#put(path, bytes, isGiven(path));
    }
    if (size < SMALL_DIRECTORY) return;
    for (const { path, bytes } of [...this.#files.values()])
      if (!isGiven(path) && !TOUCHES.test(bytes)) this.#files.delete(path);
  }

  /** Puts a text in place of what was read of a file. */
  update(path: string, text: string): void {
    if (this.#files.get(path)?.bytes !== text && this.#paths.includes(path)) this.#put(path, text, true);
  }

  /** The files that hold a word. */
  holding(word: string): readonly FileBytes[] {
    return this.#where(`holds ${word}`);
  }

  /** The files in which a line at the left margin has the name before a bracket. */
  defining(name: string): readonly FileBytes[] {
    return this.#where(`defines ${name}`);
  }

  /** The files that give plain references back or mark pages dirty. */
  handling(): readonly FileBytes[] {
    return this.#where('handles');
  }

  #put(path: string, bytes: string, isText: boolean): void {
    const before = this.#files.get(path)?.bytes ?? '';
    this.#files.set(path, { path, bytes, isText });
    if (this.#answers.size === 0) return;
    this.#changes.push({ path, lines: changedLines(before, bytes) });
    if (this.#changes.length < MAX_CHANGES) return;
    for (const answer of this.#answers.values()) {
      this.#renew(answer);
      answer.seen = 0;
    }
    this.#changes.length = 0;
  }

  #where(question: Question): readonly FileBytes[] {
    let answer = this.#answers.get(question);
    if (answer === undefined) {
      const test = testOf(question);
      const where = [...this.#files.values()].filter(({ bytes }) => test(bytes)).map(({ path }) => path);
      answer = { test, where: new Set(where), list: undefined, seen: this.#changes.length };
      this.#answers.set(question, answer);
      this.#asked?.(question, where);
    }
    this.#renew(answer);
    answer.list ??= this.#paths.flatMap((path) => (answer.where.has(path) ? (this.#files.get(path) ?? []) : []));
    return answer.list;
  }

  /** Asks again of the lines that changed since; of whole files where it was true of such lines and may be of others. */
  #renew(answer: Answer): void {
    if (answer.seen === this.#changes.length) return;
    const { test, where } = answer;
    const unsure = new Set<string>();
    for (const { path, lines } of this.#changes.slice(answer.seen)) {
      if (lines !== undefined && test(lines.after)) where.add(path);
      else if (lines === undefined || (where.has(path) && test(lines.before))) unsure.add(path);
    }
    for (const path of unsure) {
      if (test(this.#files.get(path)?.bytes ?? '')) where.add(path);
      else where.delete(path);
    }
    answer.seen = this.#changes.length;
    answer.list = undefined;
  }
}

/** The lines in which two texts differ. */
function changedLines(a: string, b: string): Change['lines'] {
  const { before, after } = differenceOf(a, b);
  const start = before.start === 0 ? 0 : a.lastIndexOf('\n', before.start - 1) + 1;
  const next = a.indexOf('\n', before.end);
  const end = next < 0 ? a.length : next;
  const stop = end - before.end + after.end;
  if (end - start > MAX_CHANGED || stop - start > MAX_CHANGED) return undefined;
  return { before: flat(a.slice(start, end)), after: flat(b.slice(start, stop)) };
}

/** The same text in a string of its own, which keeps no other alive. */
function flat(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le');
}

/** What may stand before a function's name on its line. */
const BEFORE_NAME = /^(?:[A-Za-z_][^;{}=]*[\s*])?$/;

const BLANK = 0x20;

function mayDefine(bytes: string, name: string): boolean {
  for (let at = bytes.indexOf(name); at >= 0; at = bytes.indexOf(name, at + 1)) {
    const line = bytes.lastIndexOf('\n', at) + 1;
    // Most places are calls, indented.
    if (bytes.charCodeAt(line) <= BLANK || !BEFORE_NAME.test(bytes.slice(line, at))) continue;
    let end = at + name.length;
    while (bytes[end] === ' ' || bytes[end] === '\t') end++;
    if (bytes[end] === '(') return true;
  }
  return false;
}

/** Directories that were read, until one of their files changes. */
export class ReadDirectories {
  readonly #known = new Map<string, DirectoryFiles>();

  of(directory: string, read: () => DirectoryFiles): DirectoryFiles {
    let known = this.#known.get(directory);
    if (known === undefined) {
      known = read();
      this.#known.set(directory, known);
    }
    return known;
  }

  /** Puts a text in place of what was read of a file, where its directory was read. */
  update(file: string, text: string): void {
    this.#known.get(directoryOf(file))?.update(file, text);
  }

  /** Forgets the directory of a file, or all. */
  forget(file?: string): void {
    if (file === undefined) this.#known.clear();
    else this.#known.delete(directoryOf(file));
  }
}
