/**
 * Holds what an analysis found to what a fixture's markers ask for, function by function, and draws the difference.
 * Findings without a marker and markers without a finding both fail; known-wrong markers fail when reality gets better.
 */
import type { Finding, Location, SiteRecord } from '../../server/engine/protocol.ts';
import type { ExpectedFinding, ExpectedSite, ExpectedStep, Fixture, TokenRef, VirtualFile } from './markers.ts';

/** What one run of the analysis over a fixture gave. */
export interface FixtureRun {
  readonly findings: readonly Finding[];
  readonly sites: readonly SiteRecord[];
}

/** A function of a virtual file, or all lines outside functions. Lines are 1-based and inclusive. */
export interface Region {
  readonly name: string;
  readonly file: VirtualFile;
  readonly lines: ReadonlySet<number>;
  /** What the name promises: `_bad` has a finding, `_ok` has none, `_latent` has none of its own. */
  readonly promise: 'bad' | 'ok' | 'latent' | undefined;
}

/** Splits a virtual file into its functions (a header at column 0, a closing brace at column 0) and the rest. */
export function regionsOf(file: VirtualFile): readonly Region[] {
  const lines = file.text.split('\n');
  const rest = new Set<number>(lines.map((_, i) => i + 1));
  const regions: Region[] = [];
  for (let i = 0; i < lines.length; i++) {
    const name = functionName(lines, i);
    if (name === undefined) continue;
    let end = i;
    while (end < lines.length && lines[end] !== '}') end++;
    const own = new Set<number>();
    for (let line = i + 1; line <= Math.min(end + 1, lines.length); line++) {
      own.add(line);
      rest.delete(line);
    }
    regions.push({ name, file, lines: own, promise: promiseOf(name) });
    i = end;
  }
  if (rest.size > 0) regions.push({ name: 'file scope', file, lines: rest, promise: undefined });
  return regions;
}

/** The name of the function whose definition starts on this line; undefined for anything else. */
function functionName(lines: readonly string[], index: number): string | undefined {
  const m = /^[A-Za-z_][\w\s*]*?\b(\w+)\(/.exec(lines[index] ?? '');
  if (m === null || /^(typedef|struct \w+ \{)/.test(lines[index] ?? '')) return undefined;
  for (let i = index; i < lines.length && i < index + 8; i++) {
    if (lines[i] === '{') return m[1];
    if (/;\s*(\/\/.*)?$/.test(lines[i] ?? '') || lines[i] === '') return undefined;
  }
  return undefined;
}

function promiseOf(name: string): Region['promise'] {
  const m = /_(bad|ok|latent)\d*$/.exec(name);
  return m === null ? undefined : (m[1] as Region['promise']);
}

/**
 * Compares one run with the markers of one region; returns one readable problem per disagreement, none when all is as asked.
 * `kernel` is the run's entry of the fixture's kernel list.
 */
export function compareRegion(fixture: Fixture, region: Region, run: FixtureRun, kernel: string): string[] {
  const meant = (e: { line: number; kernels: readonly string[] | undefined }): boolean =>
    region.lines.has(e.line) && (e.kernels === undefined || e.kernels.includes(kernel));
  const here = (l: Location): boolean => l.file === region.file.path && region.lines.has(l.line);
  const expected = region.file.expectations.filter(meant);
  const open = run.findings.filter((f) => here(f.location) && fixture.rules.includes(f.rule));
  const problems: string[] = [];
  for (const e of expected) {
    if (e.kind === 'site') {
      problems.push(...siteProblems(region, e, run.sites));
      continue;
    }
    const index = open.findIndex((f) => f.rule === e.rule && matches(region.file, e, f));
    if (e.mark === 'MISSING') {
      if (index >= 0) problems.push(`improved: ${e.rule} is found now, remove MISSING\n${draw(region.file, [e.line])}`);
    } else if (index < 0) {
      const verb = e.mark === 'SPURIOUS' ? 'improved: no longer found, remove SPURIOUS' : 'not found';
      problems.push(`${verb}: ${e.rule}${describe(e)}\n${draw(region.file, [e.line], near(open, e.line))}`);
      continue;
    }
    if (index >= 0) problems.push(...stepProblems(region, e, open.splice(index, 1)[0]));
  }
  for (const f of open) {
    problems.push(`unexpected: ${f.severity} [${f.rule}] ${f.message}\n${draw(region.file, [f.location.line], [f])}`);
  }
  return problems.map((p) => `[kernel ${kernel}] ${p}`);
}

/** Whether a region of a `_bad` function asks for a finding at all, and one of an `_ok` function for none. */
export function promiseProblem(region: Region): string | undefined {
  const asked = region.file.expectations.filter((e) => e.kind === 'finding' && region.lines.has(e.line));
  if (region.promise === 'bad' && asked.length === 0) return `${region.name}() is named _bad and has no finding marked`;
  const wrong = asked.filter((e) => e.kind === 'finding' && e.mark !== 'SPURIOUS');
  if (region.promise === 'ok' && wrong.length > 0) return `${region.name}() is named _ok and has a finding marked`;
  return undefined;
}

function matches(file: VirtualFile, e: ExpectedFinding, f: Finding): boolean {
  return (
    placeMatches(file, e, f.location, f.message) &&
    (e.severity === undefined || e.severity === f.severity) &&
    (e.confidence === undefined || e.confidence === f.confidence)
  );
}

function placeMatches(file: VirtualFile, e: ExpectedStep, l: Location, message: string): boolean {
  if (l.line !== e.line || (e.text !== undefined && !message.includes(e.text))) return false;
  if (e.token === undefined) return true;
  const column = columnOf(file, e.line, e.token);
  return l.column === column && l.endLine === e.line && l.endColumn === column + e.token.text.length;
}

/** 1-based column of a token on a line; 0 when it does not stand there. */
function columnOf(file: VirtualFile, line: number, token: TokenRef): number {
  const text = file.text.split('\n')[line - 1] ?? '';
  let at = -1;
  for (let n = 0; n < token.occurrence; n++) {
    at = text.indexOf(token.text, at + 1);
    if (at < 0) return 0;
  }
  return at + 1;
}

function stepProblems(region: Region, e: ExpectedFinding, f: Finding | undefined): string[] {
  return e.steps.flatMap((step, i) => {
    const made = f?.related[i];
    if (
      made !== undefined &&
      made.location.file === region.file.path &&
      placeMatches(region.file, step, made.location, made.message)
    ) {
      return [];
    }
    const got = made === undefined ? 'no such step' : `got line ${made.location.line}: ${made.message}`;
    return [`step ${i + 1} of ${e.rule}${describe(step)}: ${got}\n${draw(region.file, [step.line])}`];
  });
}

function siteProblems(region: Region, e: ExpectedSite, sites: readonly SiteRecord[]): string[] {
  const here = sites.filter((s) => s.location.file === region.file.path && s.location.line === e.line);
  if (here.length === 0) return [`no site on line ${e.line}\n${draw(region.file, [e.line])}`];
  const gaps = e.fields.get('gap')?.split(',') ?? [];
  const wrong = (s: SiteRecord): string[] =>
    [...e.fields]
      .filter(([key, value]) => key !== 'gap' && (siteField(s, key) === value) === gaps.includes(key))
      .map(([key, value]) =>
        gaps.includes(key)
          ? `improved: ${key} is ${value} now, remove the gap`
          : `${key}: asked ${value}, got ${siteField(s, key)}`,
      );
  const best = here.map(wrong).sort((a, b) => a.length - b.length)[0] ?? [];
  return best.length === 0 ? [] : [`site differs: ${best.join('; ')}\n${draw(region.file, [e.line])}`];
}

/** A field of a site as a marker writes it: lists joined by commas. */
function siteField(site: SiteRecord, key: string): string {
  const fields: Record<string, unknown> = {
    ...site,
    must: site.flags.must,
    may: site.flags.may,
    known: site.flags.known,
  };
  if (key === 'releases')
    return site.releases.map((r) => `${r.functionName}:${r.api}${r.matches ? '' : '!'}`).join(',');
  const value = fields[key];
  return Array.isArray(value) ? value.join(',') : String(value);
}

function near(findings: readonly Finding[], line: number): readonly Finding[] {
  return findings.filter((f) => Math.abs(f.location.line - line) <= 1);
}

function describe(e: ExpectedStep & { severity?: string | undefined; confidence?: string | undefined }): string {
  const token = e.token === undefined ? '' : ` @\`${e.token.text}\``;
  const text = e.text === undefined ? '' : ` "${e.text}"`;
  return [` line ${e.line}`, e.severity, e.confidence].filter((x) => x !== undefined).join(' ') + token + text;
}

/** The lines around some lines, with findings underlined. */
function draw(file: VirtualFile, around: readonly number[], findings: readonly Finding[] = []): string {
  const lines = file.text.split('\n');
  const from = Math.max(1, Math.min(...around) - 1);
  const to = Math.min(lines.length, Math.max(...around) + 1);
  const out: string[] = [];
  for (let n = from; n <= to; n++) {
    const text = lines[n - 1] ?? '';
    out.push(`  ${String(n).padStart(4)} | ${text}`);
    for (const f of findings.filter((x) => x.location.line === n)) {
      const pad = text.slice(0, f.location.column - 1).replace(/[^\t]/g, ' ');
      const length = f.location.endLine === n ? f.location.endColumn - f.location.column : 1;
      out.push(
        `       | ${pad}${'~'.repeat(Math.max(1, length))} ${f.severity} ${f.confidence} [${f.rule}] ${f.message}`,
      );
    }
  }
  return out.join('\n');
}
