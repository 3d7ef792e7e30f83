/** What the parts of the bench share: running programs and saying what they cost. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { kernelTree } from '../harness/kernel-tree.ts';

/** The repository. */
export const ROOT = path.join(__dirname, '..', '..');

/** One run of a program, or several together. Milliseconds; peak in bytes, where known. */
export interface Cost {
  readonly wall: number;
  readonly cpu: number;
  readonly peak: number | undefined;
}

/** The kernel tree to measure on. Throws an Error that says how to get one. */
export function treeRoot(): string {
  const tree = kernelTree('6.12');
  if (tree.kind === 'missing') throw new Error(`${tree.reason}; .ci/run does it`);
  return tree.root;
}

/** The middle one of some figures, the upper one of two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** The median of wall and CPU times, each by itself, and the largest peak. */
export function medianCost(costs: readonly Cost[]): Cost {
  const peaks = costs.flatMap((c) => (c.peak === undefined ? [] : [c.peak]));
  return {
    wall: median(costs.map((c) => c.wall)),
    cpu: median(costs.map((c) => c.cpu)),
    peak: peaks.length === 0 ? undefined : Math.max(...peaks),
  };
}

/** What costs cost one after the other. */
export function together(costs: readonly Cost[]): Cost {
  const sum = (pick: (c: Cost) => number): number => costs.reduce((total, c) => total + pick(c), 0);
  return { wall: sum((c) => c.wall), cpu: sum((c) => c.cpu), peak: undefined };
}

/** A program to run. */
export interface Command {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Exit codes that are none of a failure; 0 alone unless given. */
  readonly codes?: readonly number[];
}

/** Makes bash say at the end what the program and all its children took, seconds: wall, user, system. */
const TIMED = `TIMEFORMAT='TIMES %R %U %S'; time "$@"`;

/** Runs a program and its children. What they write is returned, standard error after the rest. Throws an Error when it fails. */
export function runMeasured({ argv, cwd, env, codes = [0] }: Command): Cost & { readonly output: string } {
  const run = spawnSync('bash', ['-c', TIMED, 'bash', ...argv], {
    cwd,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (run.error !== undefined) throw run.error;
  if (run.status === null || !codes.includes(run.status))
    throw new Error(`${argv.slice(0, 3).join(' ')} ended with ${run.status}: ${run.stderr.slice(-2000)}`);
  const [, wall = '0', user = '0', system = '0'] = /TIMES (\S+) (\S+) (\S+)\s*$/.exec(run.stderr) ?? [];
  const output = run.stdout + run.stderr.replace(/\n?TIMES .*\s*$/, '');
  return { wall: Number(wall) * 1000, cpu: (Number(user) + Number(system)) * 1000, peak: undefined, output };
}

/** Builds the program into a directory and names its entry. */
export function buildProgram(directory: string): string {
  execFileSync(process.execPath, [path.join(ROOT, 'scripts', 'build.mjs'), directory], { cwd: ROOT });
  return path.join(directory, 'guplint.js');
}

/** A table of a document; the first row is its head. */
export function table(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows;
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  return line(head) + line(head.map(() => '---')) + body.map(line).join('');
}

/** Milliseconds as a cell. */
export const ms = (value: number): string => `${value.toFixed(0)} ms`;

/** Milliseconds as a cell in seconds. */
export const seconds = (value: number): string => `${(value / 1000).toFixed(value < 10_000 ? 2 : 1)} s`;

/** How busy the machine was before the measurement itself made it so. */
const LOAD_BEFORE = os.loadavg()[0] ?? 0;

/** The machine and how busy it was: wall times of a busy one say little, processor times still do. */
export function machine(): string {
  const load = LOAD_BEFORE;
  const busy = load > os.availableParallelism() / 2 ? `, **busy with other work too** (load ${load.toFixed(1)})` : '';
  return `Node ${process.versions.node}, ${os.availableParallelism()} processors${busy}`;
}

/** Puts the figures of a part between its marks in docs/performance.md. */
export function writeFigures(part: string, text: string): void {
  const file = path.join(ROOT, 'docs', 'performance.md');
  const old = readFileSync(file, 'utf8');
  const [from, to] = [
    `<!-- bench: ${part}, written by npm run bench -- ${part} --write -->`,
    `<!-- /bench: ${part} -->`,
  ];
  const start = old.indexOf(from);
  const end = old.indexOf(to);
  if (start < 0 || end < start) throw new Error(`docs/performance.md has lost the marks of ${part}`);
  writeFileSync(file, `${old.slice(0, start + from.length)}\n\n${text}\n${old.slice(end)}`);
}
