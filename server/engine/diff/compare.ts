/**
 * Which findings of a state were there in the state before: by what a fingerprint is made of, over renames, moves of a function
 * to another file and renames of a function. Among equal ones those on lines that did not change are the old ones.
 */
import { decode } from '../../syntax/decode.ts';
import type { FileSystem } from '../host.ts';
import type { Finding, Location } from '../protocol.ts';
import { diffLines, type LineChange, splitLines } from './lines.ts';
import type { TreeChange } from './states.ts';

/** What comparing gave. */
export interface Comparison {
  /** Findings to report, in their order, each with its `change`: introduced, or pre-existing where the change touches it. */
  readonly findings: readonly Finding[];
  /** Pre-existing ones that the change does not touch; they are not reported. */
  readonly untouched: number;
  /** Findings of the state before that are gone. */
  readonly fixed: number;
}

/** The two states of one file. */
interface FileChange {
  readonly before: string;
  readonly after: string;
  readonly changes: readonly LineChange[];
}

/** Both states as files, and how they differ. */
export interface States {
  readonly change: TreeChange;
  readonly before: FileSystem;
  readonly after: FileSystem;
}

const CONFIG_FILE = /(?:^|\/)guplint\.json$/;

class Comparer {
  readonly #states: States;
  readonly #files = new Map<string, FileChange | undefined>();
  readonly #newPathOf = new Map<string, string>();

  constructor(states: States) {
    this.#states = states;
    for (const [to, from] of states.change.renames) this.#newPathOf.set(from, to);
  }

  compare(before: readonly Finding[], after: readonly Finding[]): Comparison {
    const path = (f: Finding): string => this.#newPathOf.get(f.location.file) ?? f.location.file;
    let [old, fresh] = this.#match(before, after, {
      oldKey: (f) => keyOf(f.rule, path(f), f.functionName, f.statement),
      newKey: (f) => keyOf(f.rule, f.location.file, f.functionName, f.statement),
    });
    // A function that went to another file.
    [old, fresh] = this.#match(old, fresh, {
      oldKey: (f) => (this.#isGone(f, path(f)) ? keyOf(f.rule, f.functionName, f.statement) : undefined),
      newKey: (f) => (f.functionName === '' ? undefined : keyOf(f.rule, f.functionName, f.statement)),
    });
    // A function that got another name.
    [old, fresh] = this.#match(old, fresh, {
      oldKey: (f) => (this.#isGone(f, path(f)) ? keyOf(f.rule, path(f), f.statement) : undefined),
      newKey: (f) => (this.#isNew(f) ? keyOf(f.rule, f.location.file, f.statement) : undefined),
    });
    const introduced = new Set(fresh);
    const findings: Finding[] = [];
    let untouched = 0;
    for (const f of after) {
      const touched = this.#touched(f);
      // Both states are held to one configuration, so what is wrong in it is new where its line is.
      if (introduced.has(f) || (touched && CONFIG_FILE.test(f.location.file)))
        findings.push({ ...f, change: 'introduced' });
      else if (touched) findings.push({ ...f, change: 'pre-existing' });
      else untouched++;
    }
    return { findings, untouched, fixed: old.length };
  }

  /** Pairs findings with equal keys; gives back what is left of either side. */
  #match(before: readonly Finding[], after: readonly Finding[], keys: Keys): [Finding[], Finding[]] {
    const groups = new Map<string, Finding[]>();
    const leftOld: Finding[] = [];
    for (const f of before) {
      const key = keys.oldKey(f);
      if (key === undefined) leftOld.push(f);
      else push(groups, key, f);
    }
    const wanted = new Map<string, Finding[]>();
    const leftNew = new Set<Finding>();
    for (const f of after) {
      const key = keys.newKey(f);
      if (key !== undefined && groups.has(key)) push(wanted, key, f);
      else leftNew.add(f);
    }
    for (const [key, olds] of groups) {
      const news = wanted.get(key) ?? [];
      const [restOld, restNew] = this.#pair(olds, news);
      leftOld.push(...restOld);
      for (const f of restNew) leftNew.add(f);
    }
    return [leftOld, after.filter((f) => leftNew.has(f))];
  }

  /** Pairs two lists of equal findings: first those on one line in both states, then in order. */
  #pair(olds: readonly Finding[], news: readonly Finding[]): [Finding[], Finding[]] {
    if (olds.length >= news.length) return [olds.slice(news.length), []];
    const lines = new Map<string, number>();
    for (const f of olds) {
      const line = String(this.#lineAfter(f));
      lines.set(line, (lines.get(line) ?? 0) + 1);
    }
    let left = olds.length;
    const open: Finding[] = [];
    for (const f of news) {
      const line = String(f.location.line);
      const there = lines.get(line) ?? 0;
      if (there > 0) {
        lines.set(line, there - 1);
        left--;
      } else open.push(f);
    }
    return [[], open.slice(left)];
  }

  /** The line on which an old finding's line is now; undefined when it changed. */
  #lineAfter(f: Finding): number | undefined {
    const path = this.#newPathOf.get(f.location.file) ?? f.location.file;
    const file = this.#file(path);
    if (file === undefined) return f.location.line;
    const at = f.location.line - 1;
    let shift = 0;
    for (const c of file.changes) {
      if (at < c.oldStart) break;
      if (at < c.oldEnd) return undefined;
      shift = c.newEnd - c.oldEnd;
    }
    return at + shift + 1;
  }

  /** Whether a line of the finding, of a step or of its acquire call is changed or stands where lines were taken out. */
  #touched(f: Finding): boolean {
    const places = [
      f.location,
      ...f.related.map((step) => step.location),
      ...(f.site === undefined ? [] : [f.site.location]),
    ];
    return places.some((l) => this.#changed(l));
  }

  #changed({ file, line, endLine }: Location): boolean {
    const changes = this.#file(file)?.changes ?? [];
    return changes.some((c) =>
      c.newStart === c.newEnd
        ? line <= c.newStart && c.newStart < endLine
        : line <= c.newEnd && c.newStart + 1 <= endLine,
    );
  }

  /** Both states of a file by its new path; undefined when it did not change. */
  #file(path: string): FileChange | undefined {
    if (this.#files.has(path)) return this.#files.get(path);
    const { change, before, after } = this.#states;
    const from = change.renames.get(path) ?? path;
    let file: FileChange | undefined;
    if (change.other.has(path) || change.other.has(from)) {
      const texts = { before: textOf(before, from), after: textOf(after, path) };
      file = { ...texts, changes: diffLines(splitLines(texts.before), splitLines(texts.after)) };
    }
    this.#files.set(path, file);
    return file;
  }

  /** Whether the function of an old finding is no longer defined in its file. */
  #isGone(f: Finding, path: string): boolean {
    const file = this.#file(path);
    return file !== undefined && f.functionName !== '' && !defines(file.after, f.functionName);
  }

  /** Whether the function of a new finding was not defined in its file before. */
  #isNew(f: Finding): boolean {
    const file = this.#file(f.location.file);
    return file !== undefined && f.functionName !== '' && !defines(file.before, f.functionName);
  }
}

interface Keys {
  /** undefined: not to be matched. */
  readonly oldKey: (f: Finding) => string | undefined;
  readonly newKey: (f: Finding) => string | undefined;
}

function keyOf(...parts: readonly string[]): string {
  return parts.join('\0');
}

function push(map: Map<string, Finding[]>, key: string, f: Finding): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [f]);
  else list.push(f);
}

/** Whether a line at the left margin names a function with its parenthesis: a definition, or a declaration. */
function defines(text: string, name: string): boolean {
  return new RegExp(
    `^[A-Za-z_][^\\n;{}]*\\b${name.replace(/\W/g, '\\$&')}[ \\t]*\\(|^${name.replace(/\W/g, '\\$&')}[ \\t]*\\(`,
    'm',
  ).test(text);
}

function textOf(fs: FileSystem, path: string): string {
  const read = fs.kind(path) === 'file' ? fs.read(path) : undefined;
  return read?.kind === 'bytes' ? decode(read.bytes).text : '';
}

/** Compares the findings of two states. */
export function compareStates(before: readonly Finding[], after: readonly Finding[], states: States): Comparison {
  return new Comparer(states).compare(before, after);
}
