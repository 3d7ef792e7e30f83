/** A whole-tree `check` against `rg -uu -l user_page` over the same files, and what each phase of it does a second. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { buildProgram, type Cost, machine, medianCost, ms, table, treeRoot } from './measure.ts';
import { measurePhases, type Phase } from './phases.ts';

/** Runs of each program; the median counts. */
const ROUNDS = 5;

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
  return { wall, cpu: 0, peak: undefined };
}

/** A script that makes a run say at its end what it used. */
const PRELOAD = `process.on('exit', () => {
  const u = process.resourceUsage();
  require('node:fs').writeFileSync(process.env.GUPLINT_BENCH_USAGE, JSON.stringify({ cpu: (u.userCPUTime + u.systemCPUTime) / 1000, peak: u.maxRSS * 1024 }));
});
`;

/** `cache`: the directory of the caches; undefined: none is used. */
function runCheck(tree: string, program: string, scratch: string, cache?: string): Cost {
  const preload = path.join(scratch, 'usage.cjs');
  const usage = path.join(scratch, 'usage.json');
  writeFileSync(preload, PRELOAD);
  const args = [
    '--require',
    preload,
    program,
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

/** The runs of the three, taken in turn. */
interface Costs {
  readonly grep: readonly Cost[];
  readonly cold: readonly Cost[];
  readonly warm: readonly Cost[];
}

function spread(costs: readonly Cost[]): string {
  return `${Math.min(...costs.map((c) => c.wall)).toFixed(0)} to ${ms(Math.max(...costs.map((c) => c.wall)))}`;
}

function checkRow(name: string, costs: readonly Cost[], rg: number): readonly string[] {
  const { wall, cpu, peak = 0 } = medianCost(costs);
  return [name, ms(wall), spread(costs), ms(cpu), `${(peak / 1e6).toFixed(0)} MB`, (wall / rg).toFixed(2)];
}

function report(began: string, { grep, cold, warm }: Costs, phases: readonly Phase[]): string {
  const rg = medianCost(grep).wall;
  const ripgrep = execFileSync('rg', ['--version']).toString().split('\n')[0]?.split(' ')[1] ?? '';
  const how = `${began}, ripgrep ${ripgrep}, Linux 6.12 sources in the page cache, median of ${ROUNDS} runs taken in turn.`;
  const whole = table([
    ['whole tree', 'wall', 'lowest to highest', 'CPU', 'peak memory', 'wall to rg'],
    ['rg -uu -l user_page (.c and .h)', ms(rg), spread(grep), '', '', '1'],
    checkRow('guplint check, no cache', cold, rg),
    checkRow('guplint check, tree unchanged since the last run', warm, rg),
  ]);
  const parts = table([
    ['phase, one thread', 'time', 'amount', 'rate'],
    ...phases.map((p) => [p.name, ms(p.time), p.amount, p.rate]),
  ]);
  return `${how}\n\n${whole}\n${parts}`;
}

/** Measures; the text is for docs/performance.md. */
export async function measureWhole(scratch: string): Promise<string> {
  const began = machine();
  const tree = treeRoot();
  const program = buildProgram(path.join(scratch, 'dist'));
  runGrep(tree);
  const cache = path.join(scratch, 'cache');
  runCheck(tree, program, scratch, cache);
  const costs = { grep: [] as Cost[], cold: [] as Cost[], warm: [] as Cost[] };
  for (let i = 0; i < ROUNDS; i++) {
    costs.grep.push(runGrep(tree));
    costs.cold.push(runCheck(tree, program, scratch));
    costs.warm.push(runCheck(tree, program, scratch, cache));
  }
  return report(began, costs, await measurePhases(tree));
}
