/**
 * What the language server costs in an editor, measured at a real server over its standard input and output: from an edit to the
 * diagnostics of the new text, hovers, the start, and memory, in the kernel's largest files with a call that takes pages; and the
 * activation of the extension, in a workbench.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { temporaryTree } from '../harness/cli.ts';
import { LspClient, PUSHED, positionOf } from '../harness/lsp.ts';
import { artefacts } from '../harness/package.ts';
import { Workbench } from '../vscode/workbench.ts';
import { buildProgram, machine, median, ms, table, treeRoot } from './measure.ts';

/** Files that are measured. */
const FILES = 5;

/** Edits of each. */
const EDITS = 40;

/** Starts of a server for each. */
const STARTS = 5;

/** One file and its figures; times in milliseconds. */
interface FileFigures {
  readonly file: string;
  readonly lines: number;
  readonly edits: readonly number[];
  /** Processor time of the server, an edit. */
  readonly editCpu: number;
  readonly hovers: readonly number[];
  /** Spawn to first diagnostics, nothing known of earlier sessions. */
  readonly starts: readonly Start[];
  /** The same when an earlier session knew the file. */
  readonly knownStarts: readonly Start[];
  /** `guplint check` of the file, a process of its own, no cache. */
  readonly check: number;
}

/** Spawn to first diagnostics: milliseconds, and those of processor time until then. */
interface Start {
  readonly wall: number;
  readonly cpu: number;
}

interface SiteLine {
  readonly file: string;
  readonly line: number;
  readonly api: string;
}

/** What is measured with. */
interface Bench {
  readonly tree: string;
  readonly program: string;
  readonly scratch: string;
}

function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

/** The largest files with a site, each with its first one. */
function largestFiles({ tree, program }: Bench): readonly SiteLine[] {
  const args = [program, 'sites', '--format', 'json', '--no-cache'];
  const run = spawnSync(process.execPath, args, { cwd: tree, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (run.status !== 0) throw new Error(`guplint sites ended with ${run.status}: ${run.stderr}`);
  const { sites } = JSON.parse(run.stdout) as { sites: SiteLine[] };
  const first = new Map<string, SiteLine>();
  for (const site of sites) if (!first.has(site.file)) first.set(site.file, site);
  const size = ({ file }: SiteLine): number => statSync(path.join(tree, file)).size;
  return [...first.values()].sort((a, b) => size(b) - size(a)).slice(0, FILES);
}

async function serve({ tree, program }: Bench, cache: string): Promise<LspClient> {
  const client = new LspClient({ kernel: '6.12' }, { command: [process.execPath, program, 'lsp', '--stdio'], cache });
  await client.initialize({ folders: [tree], capabilities: PUSHED });
  return client;
}

/** Milliseconds of processor time that a process has taken; the system counts in hundredths of a second. */
function cpuOf(client: LspClient): number {
  const fields = readFileSync(`/proc/${client.process.pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** Starts a server and waits for the first diagnostics of a file. */
async function start(bench: Bench, file: string, cache: string): Promise<Start> {
  const text = readFileSync(path.join(bench.tree, file), 'utf8');
  const from = performance.now();
  const client = await serve(bench, cache);
  const uri = await client.open(path.join(bench.tree, file), text);
  await client.pushedFor(uri);
  const found = { wall: performance.now() - from, cpu: cpuOf(client) };
  // Until the server's own analysis is there and kept for the next start.
  await client.request('textDocument/definition', { textDocument: { uri }, position: { line: 0, character: 0 } });
  await client.stop();
  return found;
}

/** Types a statement in front of the line of the site, letter by letter, and takes it away again. */
async function typing(client: LspClient, uri: string, site: SiteLine): Promise<number[]> {
  const statement = '\tcount = 0;\n';
  const times: number[] = [];
  for (let i = 0; i < EDITS; i++) {
    const version = i + 2;
    const character = i % (statement.length + 1);
    const position = { line: site.line - 1, character };
    const from = performance.now();
    const change =
      character === statement.length
        ? { range: { start: { ...position, character: 0 }, end: { line: site.line, character: 0 } }, text: '' }
        : { range: { start: position, end: position }, text: statement[character] ?? '' };
    await client.change(uri, version, [change]);
    await client.pushedFor(uri, version);
    times.push(performance.now() - from);
  }
  return times;
}

async function measureFile(bench: Bench, site: SiteLine): Promise<FileFigures> {
  const { tree, program, scratch } = bench;
  const { file } = site;
  const text = readFileSync(path.join(tree, file), 'utf8');
  const starts: Start[] = [];
  const knownStarts: Start[] = [];
  const shared = mkdtempSync(path.join(scratch, 'known-'));
  await start(bench, file, shared);
  for (let i = 0; i < STARTS; i++) {
    starts.push(await start(bench, file, mkdtempSync(path.join(scratch, 'unknown-'))));
    knownStarts.push(await start(bench, file, shared));
  }
  const client = await serve(bench, shared);
  const uri = await client.open(path.join(tree, file), text);
  await client.pushedFor(uri);
  const line = text.split('\n')[site.line - 1] ?? '';
  const at = positionOf(line, site.api, 1);
  const hovers: number[] = [];
  for (let i = 0; i < EDITS; i++) {
    const from = performance.now();
    await client.at('textDocument/hover', uri, { line: site.line - 1, character: at.character });
    hovers.push(performance.now() - from);
  }
  // The answer of an earlier session came first: now the server's own is there.
  await client.request('textDocument/definition', { textDocument: { uri }, position: { line: 0, character: 0 } });
  const before = cpuOf(client);
  const edits = await typing(client, uri, site);
  const editCpu = (cpuOf(client) - before) / edits.length;
  await client.stop();
  const from = performance.now();
  const run = spawnSync(process.execPath, [program, 'check', file, '--no-cache', '--fail-level', 'never'], {
    cwd: tree,
  });
  if (run.status !== 0) throw new Error(`guplint check ${file} ended with ${run.status}`);
  const check = performance.now() - from;
  return { file, lines: text.split('\n').length, edits, editCpu, hovers, starts, knownStarts, check };
}

/** Bytes that a server holds when every file of the tree was searched for sites, and held at most. */
async function memory(bench: Bench, site: SiteLine): Promise<{ readonly now: number; readonly peak: number }> {
  const client = await serve(bench, mkdtempSync(path.join(bench.scratch, 'memory-')));
  const uri = await client.open(
    path.join(bench.tree, site.file),
    readFileSync(path.join(bench.tree, site.file), 'utf8'),
  );
  await client.pushedFor(uri);
  await client.request('guplint/sites', { again: true });
  const status = readFileSync(`/proc/${client.process.pid}/status`, 'utf8');
  const of = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) * 1024;
  const found = { now: of('VmRSS'), peak: of('VmHWM') };
  await client.stop();
  return found;
}

/** Milliseconds that VS Code says the extension's activation took. */
async function activation(): Promise<number> {
  const folder = temporaryTree({ 'a.c': 'int a;\n' });
  const workbench = await Workbench.open(artefacts().vsix, folder);
  try {
    await workbench.openFile('a.c');
    return await workbench.activationTime();
  } finally {
    await workbench.close();
  }
}

const cell = (value: number): string => (value < 10 ? `${value.toFixed(1)} ms` : ms(value));

function fileRow(f: FileFigures): readonly string[] {
  const typed = median(f.edits);
  return [
    `${f.file} (${f.lines} lines)`,
    cell(typed),
    cell(quantile(f.edits, 0.95)),
    cell(f.editCpu),
    (f.check / typed).toFixed(0),
    cell(median(f.hovers)),
  ];
}

function startRow({ file, starts, knownStarts }: FileFigures): readonly string[] {
  const both = (all: readonly Start[]): string[] => [
    cell(median(all.map((s) => s.wall))),
    cell(Math.min(...all.map((s) => s.wall))),
    cell(median(all.map((s) => s.cpu))),
  ];
  return [file, ...both(starts), ...both(knownStarts)];
}

/** Measures all of it; returns Markdown. `scratch`: a directory for what is left over. */
export async function measureEditor(scratch: string): Promise<string> {
  const bench = { tree: treeRoot(), program: buildProgram(path.join(scratch, 'dist')), scratch };
  const sites = largestFiles(bench);
  const figures: FileFigures[] = [];
  for (const site of sites) figures.push(await measureFile(bench, site));
  const [largest] = sites;
  if (largest === undefined) throw new Error(`no site in ${bench.tree}`);
  const { now, peak } = await memory(bench, largest);
  const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
  const edits = table([
    [
      'the largest files with a site',
      'edit to diagnostics, p50',
      'p95',
      'CPU, an edit',
      '`guplint check` of the file to p50',
      'hover, p50',
    ],
    ...figures.map(fileRow),
  ]);
  const starts = table([
    [
      'start of the server to first diagnostics',
      'median',
      'least',
      'CPU',
      'known from an earlier session',
      'least',
      'CPU',
    ],
    ...figures.map(startRow),
  ]);
  const rest = table([
    ['', ''],
    ['memory with the sites of the whole tree known', mb(now)],
    ['memory at most, while they were searched for', mb(peak)],
    ['activation of the extension, by VS Code', ms(await activation())],
  ]);
  const how = `${machine()}, Linux 6.12 sources in the page cache; ${EDITS} edits and hovers, ${STARTS} starts a file.`;
  return `${how}\n\n${edits}\n${starts}\n${rest}`;
}
