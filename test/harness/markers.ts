/**
 * The language of annotated C: reads a fixture's text into virtual files, header directives and expectations.
 *
 *   //- kernel: 6.1..6.12             kernels to run for (several, separated by blanks); `unknown`: nobody named one
 *   //- path: drivers/demo/a.c        where the file stands in a tree (default: the fixture's own name)
 *   //- rules: a b                    rules whose findings are held to the markers (default: the folder's name)
 *   //- define: HAVE_X=1              as -D
 *   //- tree: yes                     the paths are those of a kernel tree
 *   //- file: a.h                     starts the next virtual file
 *
 *   //~ rule error high @`token` "text"     a finding on this line; all but the rule may be left out; @`token`#2: second occurrence
 *   //~^ rule   //~v rule                   on the line above, below (`^^`: two above)
 *   //~{5.4,6.1..6.12} rule                 only when run for one of these kernels
 *   //~related @`token` "text"              the next step of the finding before it
 *   //~ site case=2 lifetime=long           the acquire site on this line
 *   //~ site case=2 gap=case                ... whose case is known to be judged wrong; the test fails when it is right
 *   //~ SPURIOUS rule -- reason             a finding that is wrong; the test fails when it goes away
 *   //~ MISSING rule -- reason              a finding that is not made; the test fails when it is
 */

/** What is known to be wrong about a finding: made although it should not be, or not made although it should. */
export type KnownWrong = 'SPURIOUS' | 'MISSING';

/** A token on a line: its text and which of its occurrences, from 1. */
export interface TokenRef {
  readonly text: string;
  readonly occurrence: number;
}

/** One step of a finding's path as a marker names it. Lines are 1-based. */
export interface ExpectedStep {
  readonly line: number;
  readonly token: TokenRef | undefined;
  readonly text: string | undefined;
}

/** A finding that a marker asks for. Lines are 1-based lines of its virtual file. */
export interface ExpectedFinding extends ExpectedStep {
  readonly kind: 'finding';
  readonly rule: string;
  readonly severity: string | undefined;
  readonly confidence: string | undefined;
  /** Kernel runs it is meant for; undefined: all. */
  readonly kernels: readonly string[] | undefined;
  readonly mark: KnownWrong | undefined;
  readonly steps: ExpectedStep[];
}

/** A site that a marker asks for, with the fields it asserts. */
export interface ExpectedSite {
  readonly kind: 'site';
  readonly line: number;
  readonly kernels: readonly string[] | undefined;
  readonly fields: ReadonlyMap<string, string>;
}

/** Either kind of expectation. */
export type Expectation = ExpectedFinding | ExpectedSite;

/** A file of a fixture, with what its markers ask for. */
export interface VirtualFile {
  readonly path: string;
  readonly text: string;
  readonly expectations: readonly Expectation[];
}

/** A fixture read from disk. */
export interface Fixture {
  readonly name: string;
  readonly files: readonly VirtualFile[];
  /** Runs to make: ranges as `--kernel` takes them, or `unknown`. */
  readonly kernels: readonly string[];
  readonly rules: readonly string[];
  readonly defines: readonly string[];
  /** Whether paths are those below the root of a kernel tree. */
  readonly inTree: boolean;
}

const SEVERITIES = new Set(['error', 'warning', 'info']);
const CONFIDENCES = new Set(['high', 'medium', 'low']);

/** Reads a fixture. Throws an Error with file and line when a marker cannot be understood. */
export function readFixture(name: string, text: string, defaultRule: string): Fixture {
  const options = { kernels: ['6.12'], rules: [defaultRule], defines: [] as string[], path: name, inTree: false };
  const files: VirtualFile[] = [];
  let path: string | undefined;
  let lines: string[] = [];
  const close = (): void => {
    const body = lines.join('\n');
    if (path !== undefined || body.trim() !== '') files.push(virtualFile(path ?? options.path, body));
    lines = [];
  };
  for (const line of text.split('\n')) {
    const directive = /^\/\/- (\w+): *(.*)$/.exec(line);
    if (directive === null) {
      lines.push(line);
      continue;
    }
    const [, key = '', value = ''] = directive;
    const words = value.trim().split(/\s+/);
    if (key === 'file') {
      close();
      path = value.trim();
    } else if (key === 'kernel') options.kernels = words;
    else if (key === 'rules') options.rules = words;
    else if (key === 'define') options.defines.push(...words);
    else if (key === 'tree') options.inTree = value.trim() === 'yes';
    else if (key === 'path') options.path = value.trim();
    else throw new Error(`${name}: unknown directive //- ${key}`);
    // The first file keeps its directive lines blank so that line numbers are those of the fixture on disk.
    if (key !== 'file') lines.push('');
    else if (files.length === 0) lines.push('');
  }
  close();
  return {
    name,
    files,
    kernels: options.kernels,
    rules: options.rules,
    defines: options.defines,
    inTree: options.inTree,
  };
}

/** A virtual file with the expectations of its markers. */
function virtualFile(path: string, text: string): VirtualFile {
  const expectations: Expectation[] = [];
  text.split('\n').forEach((line, index) => {
    const parts = line.split('//~');
    for (const part of parts.slice(1)) readMarker(part, index + 1, `${path}:${index + 1}`, expectations);
  });
  return { path, text, expectations };
}

/** Reads one marker (the text after `//~`) and appends what it says to `out`. */
function readMarker(raw: string, markerLine: number, where: string, out: Expectation[]): void {
  const head = /^(\^+|v+(?=[ {]))?(?:\{([^}]*)\})?(related\b)?\s*/.exec(raw);
  const [whole = '', shift = '', kernelText, related] = head ?? [];
  const line = markerLine + (shift.startsWith('^') ? -shift.length : shift.length);
  const kernels = kernelText?.split(',').map((k) => k.trim());
  const rest = raw.slice(whole.length).trim();
  if (related !== undefined) {
    const last = out[out.length - 1];
    if (last?.kind !== 'finding') throw new Error(`${where}: //~related with no finding before it`);
    last.steps.push({ line, ...tokenAndText(rest, where) });
    return;
  }
  const site = /^site\b\s*(.*)$/.exec(rest);
  if (site !== null) {
    const fields = new Map<string, string>();
    for (const m of (site[1] ?? '').matchAll(/(\w+)=(\S+)/g)) fields.set(m[1] ?? '', m[2] ?? '');
    out.push({ kind: 'site', line, kernels, fields });
    return;
  }
  out.push(findingMarker(rest, { line, kernels, where }));
}

/** Reads `[SPURIOUS|MISSING] rule [severity] [confidence] [@`token`] ["text"] [-- reason]`. */
function findingMarker(
  text: string,
  at: { line: number; kernels: readonly string[] | undefined; where: string },
): ExpectedFinding {
  const [body = '', reason] = text.split(/\s--\s/);
  const words = /^((?:[\w-]+\s*)*)(.*)$/.exec(body);
  const names = (words?.[1] ?? '').trim().split(/\s+/);
  let mark: KnownWrong | undefined;
  if (names[0] === 'SPURIOUS' || names[0] === 'MISSING') {
    mark = names[0];
    names.shift();
    if (reason === undefined) throw new Error(`${at.where}: ${mark} needs "-- reason"`);
  }
  const rule = names.shift();
  if (rule === undefined || rule === '') throw new Error(`${at.where}: a marker without a rule`);
  const severity = names.find((n) => SEVERITIES.has(n));
  const confidence = names.find((n) => CONFIDENCES.has(n));
  const odd = names.find((n) => !SEVERITIES.has(n) && !CONFIDENCES.has(n));
  if (odd !== undefined) throw new Error(`${at.where}: "${odd}" is neither a severity nor a confidence`);
  return {
    kind: 'finding',
    line: at.line,
    rule,
    severity,
    confidence,
    kernels: at.kernels,
    mark,
    steps: [],
    ...tokenAndText(words?.[2] ?? '', at.where),
  };
}

/** Reads `@`token`#2 "text"`. */
function tokenAndText(text: string, where: string): { token: TokenRef | undefined; text: string | undefined } {
  const m = /^\s*(?:@`([^`]+)`(?:#(\d+))?)?\s*(?:"([^"]*)")?\s*$/.exec(text);
  if (m === null) throw new Error(`${where}: cannot read "${text}"`);
  const token = m[1] === undefined ? undefined : { text: m[1], occurrence: Number(m[2] ?? '1') };
  return { token, text: m[3] };
}
