/**
 * Reads unified diffs as git, diff -u and quilt write them, alone or in mails with any text round them. What is no diff is
 * passed over; a diff that breaks off is an error with its line. Nothing is looked up on disk.
 */
import { UserError } from '../../base/user-error.ts';

/** One line of a hunk; `text` ends with \n unless the file ends there without one. */
export interface HunkLine {
  readonly mark: ' ' | '-' | '+';
  readonly text: string;
}

/** A stretch of a file that changes. */
export interface Hunk {
  /** 1-based first line on either side; for an empty side the line before it. */
  readonly oldStart: number;
  readonly newStart: number;
  readonly lines: readonly HunkLine[];
  /** 1-based line of the diff text, for messages. */
  readonly at: number;
}

/** What a diff does to one file. Names as written, with their `a/` and `b/`; undefined: /dev/null. */
export interface FilePatch {
  readonly oldName: string | undefined;
  readonly newName: string | undefined;
  readonly hunks: readonly Hunk[];
  /** Whether the names are those of `rename from`, which have no `a/`. */
  readonly bare: boolean;
  /** Whether the old file stays as it is (`copy from`). */
  readonly copy: boolean;
}

interface Header {
  oldName: string | undefined;
  newName: string | undefined;
  bare: boolean;
  copy: boolean;
  hunks: Hunk[];
  /** Whether anything but a mode changes. */
  real: boolean;
  /** Whether `--- ` and `+++ ` lines still belong to the `diff --git` line above them. */
  git: boolean;
}

const HUNK = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/;

/** What stands in place of hunks where git takes a file for binary. */
const BINARY = /^(?:Binary files .* differ|GIT binary patch)$/;

const ESCAPES: Readonly<Record<string, number>> = { n: 10, t: 9, r: 13, a: 7, b: 8, f: 12, v: 11, '"': 34, '\\': 92 };

/** A name as git quotes it: bytes in octal, the usual escapes. */
function unquote(text: string): string {
  const bytes: Buffer[] = [];
  for (const m of text.slice(1, -1).matchAll(/\\([0-7]{1,3}|.)|[^\\]+/gs)) {
    const [piece, escaped] = m;
    if (escaped === undefined) bytes.push(Buffer.from(piece));
    else
      bytes.push(Buffer.from([/^[0-7]/.test(escaped) ? Number.parseInt(escaped, 8) & 255 : (ESCAPES[escaped] ?? 63)]));
  }
  return Buffer.concat(bytes).toString('utf8');
}

/** The name behind `--- ` or `+++ `; undefined for /dev/null. */
function headerName(text: string): string | undefined {
  const name = text.startsWith('"')
    ? unquote(/^"(?:\\.|[^"\\])*"/.exec(text)?.[0] ?? text)
    : (text.split('\t')[0] ?? '');
  return name === '/dev/null' ? undefined : name.trimEnd();
}

/** Both names of `diff --git a/x b/x`, where they are equal but for the prefix; renames give theirs below. */
function gitNames(text: string): readonly [string, string] | undefined {
  const quoted = /^("(?:\\.|[^"\\])*"|\S+) ("(?:\\.|[^"\\])*"|\S+)$/.exec(text);
  const plain = (name: string): string => (name.startsWith('"') ? unquote(name) : name);
  if (quoted?.[1] !== undefined && quoted[2] !== undefined) return [plain(quoted[1]), plain(quoted[2])];
  const half = (text.length - 1) / 2;
  return text[half] === ' ' ? [text.slice(0, half), text.slice(half + 1)] : undefined;
}

/** Reads all diffs of a text in order. Throws UserError, with `name` in front, on one that is damaged. */
export function parseDiff(name: string, text: string): readonly FilePatch[] {
  return new Reader(name, text).read();
}

class Reader {
  readonly #name: string;
  readonly #lines: readonly string[];
  readonly #found: FilePatch[] = [];
  #open: Header | undefined;
  #at = 0;

  constructor(name: string, text: string) {
    this.#name = name;
    this.#lines = text.split('\n');
  }

  read(): readonly FilePatch[] {
    while (this.#at < this.#lines.length) this.#step();
    this.#close();
    return this.#found;
  }

  #line(at = this.#at): string {
    return (this.#lines[at] ?? '').replace(/\r$/, '');
  }

  #fail(message: string): never {
    throw new UserError(`${this.#name}:${this.#at + 1}: ${message}`);
  }

  #close(): void {
    const open = this.#open;
    this.#open = undefined;
    if (open?.git === false && open.hunks.length === 0) this.#fail('the diff breaks off here');
    if (open === undefined || !open.real || (open.oldName === undefined && open.newName === undefined)) return;
    const { oldName, newName, hunks, bare, copy } = open;
    this.#found.push({ oldName, newName, hunks, bare, copy });
  }

  #step(): void {
    const line = this.#line();
    if (line.startsWith('diff --git ')) {
      this.#close();
      const [oldName, newName] = gitNames(line.slice('diff --git '.length)) ?? [];
      this.#open = { oldName, newName, bare: false, copy: false, hunks: [], real: false, git: true };
    } else if (/^(diff --(cc|combined) |@@@ )/.test(line)) this.#fail('a combined diff of a merge cannot be read');
    else if (line.startsWith('--- ') && this.#line(this.#at + 1).startsWith('+++ ')) {
      this.#names(line);
      return;
    } else if (line.startsWith('@@ -') && this.#open !== undefined) {
      this.#hunk(line);
      return;
    } else if (this.#open !== undefined && this.#open.hunks.length === 0) this.#extended(this.#open, line);
    this.#at++;
  }

  #names(line: string): void {
    const oldName = headerName(line.slice(4));
    const newName = headerName(this.#line(this.#at + 1).slice(4));
    const open = this.#open;
    if (open?.git === true) {
      open.git = false;
      if (!open.bare) Object.assign(open, { oldName, newName });
    } else {
      if (!HUNK.test(this.#line(this.#at + 2))) {
        this.#at++;
        return;
      }
      this.#close();
      this.#open = { oldName, newName, bare: false, copy: false, hunks: [], real: true, git: false };
    }
    this.#at += 2;
  }

  /** `rename from`, `new file mode` and the like. */
  #extended(open: Header, line: string): void {
    const renamed = /^(rename|copy) (from|to) (.*)$/.exec(line);
    if (renamed?.[3] !== undefined) {
      const name = renamed[3].startsWith('"') ? unquote(renamed[3]) : renamed[3];
      if (renamed[2] === 'from') open.oldName = name;
      else open.newName = name;
      open.copy = renamed[1] === 'copy';
      open.bare = true;
      open.real = true;
    } else if (line.startsWith('new file mode')) {
      open.oldName = undefined;
      open.real = true;
    } else if (line.startsWith('deleted file mode')) {
      open.newName = undefined;
      open.real = true;
    } else if (BINARY.test(line)) {
      const source = [open.oldName, open.newName].find((n) => n !== undefined && /\.[ch]$/.test(n));
      if (source !== undefined) this.#fail(`a binary diff cannot be read (${source})`);
    }
  }

  #hunk(header: string): void {
    const open = this.#open;
    const m = HUNK.exec(header);
    if (open === undefined) return;
    if (m === null) this.#fail('this is no head of a hunk');
    const count = (text: string | undefined): number => (text === undefined ? 1 : Number(text));
    let oldLeft = count(m[2]);
    let newLeft = count(m[4]);
    const at = this.#at + 1;
    const lines: HunkLine[] = [];
    this.#at++;
    while (oldLeft > 0 || newLeft > 0) {
      if (this.#at >= this.#lines.length) this.#fail('the diff breaks off here');
      const line = this.#lines[this.#at] ?? '';
      // Some mailers drop the blank of an empty context line.
      const mark = line === '' || line === '\r' ? ' ' : line[0];
      if (mark === '\\') {
        this.#endWithoutNewline(lines);
        continue;
      }
      if (mark !== ' ' && mark !== '-' && mark !== '+') this.#fail(`this is no line of the hunk at line ${at}`);
      if (mark !== '+') oldLeft--;
      if (mark !== '-') newLeft--;
      if (oldLeft < 0 || newLeft < 0) this.#fail(`the hunk at line ${at} has more lines than it says`);
      lines.push({ mark: mark as HunkLine['mark'], text: `${line.slice(1)}\n` });
      this.#at++;
    }
    if (this.#lines[this.#at]?.startsWith('\\ ') === true) this.#endWithoutNewline(lines);
    open.real = true;
    open.hunks.push({ oldStart: Number(m[1]), newStart: Number(m[3]), lines, at });
  }

  /** `\ No newline at end of file` speaks of the line before it. */
  #endWithoutNewline(lines: HunkLine[]): void {
    const last = lines.pop();
    if (last !== undefined) lines.push({ ...last, text: last.text.replace(/\r?\n$/, '') });
    this.#at++;
  }
}
