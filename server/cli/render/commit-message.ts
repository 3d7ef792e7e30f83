/**
 * The message in front of a patch, in the kernel's form: a subject that begins with what the files belong to, what was found where and why it
 * matters, lines of 72 columns. No name, no tags: those are the sender's.
 */
import type { AppliedFix } from '../../engine/fix-run.ts';
import type { Finding } from '../../engine/protocol.ts';

/** Columns of a message's line; checkpatch.pl wants 75 at most. */
const WIDTH = 72;

/** Directories that no subject names. */
const UNNAMED: ReadonlySet<string> = new Set(['.', '..', 'drivers', 'src']);

/** What a patch changes. */
export interface PatchFiles {
  readonly files: readonly string[];
  /** Their paths below the root of a kernel tree, where they lie in one. */
  readonly paths: ReadonlyMap<string, string>;
  /** Its place among others, as ` 1/3`; empty where it is the only one. */
  readonly number: string;
}

/** The message for fixes that change these files. */
export function commitMessage(fixes: readonly AppliedFix[], { files: changed, paths, number }: PatchFiles): string {
  const files = changed.map((file) => paths.get(file) ?? file);
  // What only completes another fix is no fault of the files as they were.
  const answering = fixes.flatMap(({ answers, title }) => (answers === undefined ? [] : [{ finding: answers, title }]));
  const subject = subjectOf(answering, files);
  const told = new Set(
    answering.map((f) => {
      const { file } = f.finding.location;
      return paragraph(f, {
        file: files.length > 1 ? (paths.get(file) ?? file) : '',
        titled: subject.endsWith(f.title),
      });
    }),
  );
  return `${[`Subject: [PATCH${number}] ${subject}`, ...told].join('\n\n')}\n---\n`;
}

function subjectOf(fixes: readonly Told[], files: readonly string[]): string {
  const titles = new Set(fixes.map((f) => f.title));
  const [title = ''] = titles;
  const prefix = prefixOf(files);
  const alone = `${prefix}${title}`;
  return titles.size === 1 && alone.length <= WIDTH ? alone : `${prefix}Correct how user pages are held and given back`;
}

/** `misc: genwqe: ` for files below drivers/misc/genwqe; one file at the top names itself. */
function prefixOf(files: readonly string[]): string {
  const parts = files.map((f) => f.split('/'));
  const first = parts[0] ?? [];
  const common = first.slice(0, -1).filter((part, i) => parts.every((p) => p.length > i + 1 && p[i] === part));
  const named = common.filter((part) => !UNNAMED.has(part));
  const file = (first.at(-1) ?? '').replace(/\.[ch]$/, '');
  const own = files.length === 1 && named.length < 2 && named.at(-1) !== file ? [file] : [];
  return [...named.slice(-2), ...own].map((part) => `${part}: `).join('');
}

interface Told {
  readonly finding: Finding;
  /** What is done about it. */
  readonly title: string;
}

interface Telling {
  /** The finding's file, where the patch changes several. */
  readonly file: string;
  /** Whether the subject says what is done. */
  readonly titled: boolean;
}

function paragraph({ finding, title }: Told, { file, titled }: Telling): string {
  const where = file === '' ? '' : ` (${file})`;
  const named = `${finding.functionName}()`;
  const isNamed = where === '' && finding.message.startsWith(named);
  const what = finding.functionName === '' || isNamed ? '' : `${named}${where}: `;
  // Most messages end in the advice that the fix follows.
  const said = titled || finding.message.toLowerCase().includes(title.toLowerCase());
  return wrapped(`${what}${finding.message} [${finding.rule}].${said ? '' : ` ${title}.`}`);
}

function wrapped(text: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > WIDTH) {
      // What begins a line like a header (`to:`) would be read as one.
      const cut = /^[A-Za-z-]+:$/.test(word) ? line.lastIndexOf(' ') : line.length;
      lines.push(line.slice(0, Math.max(cut, 0)));
      line = `${line.slice(cut + 1)} ${word}`.trimStart();
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join('\n');
}
