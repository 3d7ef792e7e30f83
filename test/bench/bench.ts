/**
 * `npm run bench`: what a whole-tree `check` costs, against `rg -uu -l user_page` over the same files in the same run, and what
 * each phase does a second. `--write` puts the table into docs/performance.md. The tree: GUPLINT_LINUX_6_12, or where
 * `.ci/run` unpacks it.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { kernelTree } from '../harness/kernel-tree.ts';
import { measurePhases, type Phase } from './phases.ts';

/** Runs of each program; the median counts. */
const ROUNDS = 5;

const ROOT = path.join(__dirname, '..', '..');

/** One run of a program. Milliseconds; peak in bytes, where known. */
interface Cost {
  readonly wall: number;
  readonly cpu: number | undefined;
  readonly peak: number | undefined;
}

/** The kernel tree to measure on. Throws an Error that says how to get one. */
function treeRoot(): string {
  const tree = kernelTree('6.12');
  if (tree.kind === 'missing') throw new Error(`${tree.reason}; .ci/run does it`);
  return tree.root;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** Runs ripgrep as the yardstick asks. */
function runGrep(tree: string): Cost {
  const start = performance.now();
  const run = spawnSync('rg', ['-uu', '-l', '-g', '*.c', '-g', '*.h', 'user_page', '.'], {
    cwd: tree,
    maxBuffer: 1 << 26,
  });
  const wall = performance.now() - start;
  if (run.error !== undefined) throw new Error(`ripgrep (rg) is needed: ${run.error.message}`);
  if (run.status !== 0) throw new Error(`rg ended with ${run.status}: ${run.stderr.toString()}`);
  return { wall, cpu: undefined, peak: undefined };
}

/** A script that makes a run say at its end what it used. */
const PRELOAD = `process.on('exit', () => {
  const u = process.resourceUsage();
  require('node:fs').writeFileSync(process.env.GUPLINT_BENCH_USAGE, JSON.stringify({ cpu: (u.userCPUTime + u.systemCPUTime) / 1000, peak: u.maxRSS * 1024 }));
});
`;

/** `cache`: the directory of the caches; undefined: none is used. */
function runCheck(tree: string, dist: string, scratch: string, cache?: string): Cost {
  const preload = path.join(scratch, 'usage.cjs');
  const usage = path.join(scratch, 'usage.json');
  writeFileSync(preload, PRELOAD);
  const args = [
    '--require',
    preload,
    path.join(dist, 'guplint.js'),
    'check',
    ...(cache === undefined ? ['--no-cache'] : []),
    '--fail-level',
    'never',
    '-o',
    path.join(scratch, 'out.txt'),
  ];
  const start = performance.now();
  const run = spawnSync(process.execPath, args, {
    cwd: tree,
    env: { ...process.env, ...(cache === undefined ? {} : { XDG_CACHE_HOME: cache }), GUPLINT_BENCH_USAGE: usage },
  });
  const wall = performance.now() - start;
  if (run.status !== 0) throw new Error(`guplint ended with ${run.status}: ${run.stderr.toString()}`);
  const { cpu, peak } = JSON.parse(readFileSync(usage, 'utf8')) as { cpu: number; peak: number };
  return { wall, cpu, peak };
}

function table(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows;
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  return line(head) + line(head.map(() => '---')) + body.map(line).join('');
}

/** The runs of the three, taken in turn. */
interface Costs {
  readonly grep: readonly Cost[];
  readonly cold: readonly Cost[];
  readonly warm: readonly Cost[];
}

function spread(costs: readonly Cost[]): string {
  return `${Math.min(...costs.map((c) => c.wall)).toFixed(0)} to ${Math.max(...costs.map((c) => c.wall)).toFixed(0)} ms`;
}

function checkRow(name: string, costs: readonly Cost[], rg: number): readonly string[] {
  const wall = median(costs.map((c) => c.wall));
  const peak = Math.max(...costs.map((c) => c.peak ?? 0));
  const cpu = median(costs.map((c) => c.cpu ?? 0));
  return [
    name,
    `${wall.toFixed(0)} ms`,
    spread(costs),
    `${cpu.toFixed(0)} ms`,
    `${(peak / 1e6).toFixed(0)} MB`,
    (wall / rg).toFixed(2),
  ];
}

function report({ grep, cold, warm }: Costs, phases: readonly Phase[]): string {
  const rg = median(grep.map((c) => c.wall));
  const ripgrep = execFileSync('rg', ['--version']).toString().split('\n')[0]?.split(' ')[1] ?? '';
  const where = `Node ${process.versions.node}, ${os.availableParallelism()} processors, ripgrep ${ripgrep}, Linux 6.12 sources in the page cache, median of ${ROUNDS} runs taken in turn.`;
  const whole = table([
    ['whole tree', 'wall', 'lowest to highest', 'CPU', 'peak memory', 'wall to rg'],
    ['rg -uu -l user_page (.c and .h)', `${rg.toFixed(0)} ms`, spread(grep), '', '', '1'],
    checkRow('guplint check, no cache', cold, rg),
    checkRow('guplint check, tree unchanged since the last run', warm, rg),
  ]);
  const parts = table([
    ['phase, one thread', 'time', 'amount', 'rate'],
    ...phases.map((p) => [p.name, `${p.time.toFixed(0)} ms`, p.amount, p.rate]),
  ]);
  return `${where}\n\n${whole}\n${parts}`;
}

const MARKS = ['<!-- bench: written by npm run bench -- --write -->', '<!-- /bench -->'] as const;

/** Puts the figures between the marks of docs/performance.md. */
function writeDocument(text: string): void {
  const file = path.join(ROOT, 'docs', 'performance.md');
  const old = readFileSync(file, 'utf8');
  const start = old.indexOf(MARKS[0]);
  const end = old.indexOf(MARKS[1]);
  if (start < 0 || end < start) throw new Error('docs/performance.md has lost its marks');
  writeFileSync(file, `${old.slice(0, start + MARKS[0].length)}\n\n${text}\n${old.slice(end)}`);
}

async function main(): Promise<void> {
  const tree = treeRoot();
  const scratch = mkdtempSync(path.join(os.tmpdir(), 'guplint-bench-'));
  try {
    const dist = path.join(scratch, 'dist');
    execFileSync(process.execPath, [path.join(ROOT, 'scripts', 'build.mjs'), dist], { cwd: ROOT });
    runGrep(tree);
    const cache = path.join(scratch, 'cache');
    runCheck(tree, dist, scratch, cache);
    const costs = { grep: [] as Cost[], cold: [] as Cost[], warm: [] as Cost[] };
    for (let i = 0; i < ROUNDS; i++) {
      costs.grep.push(runGrep(tree));
      costs.cold.push(runCheck(tree, dist, scratch));
      costs.warm.push(runCheck(tree, dist, scratch, cache));
    }
    const text = report(costs, await measurePhases(tree));
    process.stdout.write(text);
    if (process.argv.includes('--write')) writeDocument(text);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

void main();
