/**
 * guplint against Coccinelle over one copy of the kernel's sources. spatch runs as the kernel runs it, by its scripts/coccicheck with
 * what .cocciconfig says (git grep, all processors), and with a prebuilt index of id-utils; the rules are those of cocci/. Needs
 * Debian's coccinelle, id-utils and git.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import {
  buildProgram,
  type Cost,
  machine,
  medianCost,
  runMeasured,
  seconds,
  table,
  together,
  treeRoot,
} from './measure.ts';

/** Runs of each; the median counts. */
const ROUNDS = 3;

const RULES = path.join(__dirname, 'cocci');

/** What spatch, its script and guplint look at. */
const WANTED = ['*.[ch]', 'Makefile', '.cocciconfig', 'coccicheck'];

/**
 * Copies what counts of the tree, and makes git know the files: git grep asks the index for names and the directory for content, so no
 * object is stored. The original is not written to, and the index of id-utils must lie in it.
 */
function copyOf(tree: string, target: string): void {
  mkdirSync(target);
  const names = WANTED.map((name) => `-name '${name}'`).join(' -o ');
  const script = `set -euo pipefail
    (cd "$1" && find . -type f \\( ${names} \\) -print0 | tar --null -T - -cf -) | tar -C "$2" -xf -
    cd "$2" && git init -q && find . -path ./.git -prune -o -type f -printf '%P\\0' | git update-index --add --info-only -z --stdin`;
  execFileSync('bash', ['-c', script, 'bash', tree, target]);
}

/** What a rule file cost and found. */
interface Ran {
  readonly cost: Cost;
  readonly findings: number;
}

function runSpatch(tree: string, rules: string, more: string): Ran {
  const env = { srctree: '.', MODE: 'report', COCCI: path.join(RULES, rules), SPFLAGS: more };
  const { output, ...cost } = runMeasured({ argv: ['scripts/coccicheck'], cwd: tree, env });
  if (/falling back|fatal|Fatal|coccicheck failed/.test(output)) throw new Error(`spatch: ${output.slice(-2000)}`);
  return { cost, findings: new Set(output.match(/^\S+:\d+:\d+-\d+: (?:ERROR|WARNING).*$/gm)).size };
}

/** The runs of a program over one or several rule files. */
interface Row {
  readonly name: string;
  readonly cost: Cost;
  readonly findings: string;
}

/** Runs every rule file `ROUNDS` times. */
function spatchRows(tree: string, how: string, more: string): readonly Row[] {
  const files = readdirSync(RULES).filter((name) => name.endsWith('.cocci'));
  const each = files.map((name) => ({ name, runs: Array.from({ length: ROUNDS }, () => runSpatch(tree, name, more)) }));
  const rows = each.map(({ name, runs }) => ({
    name: `spatch ${name}, ${how}`,
    cost: medianCost(runs.map((r) => r.cost)),
    findings: String(runs[0]?.findings ?? 0),
  }));
  return [
    ...rows,
    { name: `spatch, all ${files.length}, ${how}`, cost: together(rows.map((r) => r.cost)), findings: '' },
  ];
}

/** Runs of guplint; `cache` names the directory of the cache of a turn. */
function guplintRow(tree: string, program: string, name: string, cache: (turn: number) => string): Row {
  const runs = Array.from({ length: ROUNDS }, (_, turn) =>
    runMeasured({
      argv: [process.execPath, program, 'check', '--fail-level', 'never', '--kernel', '6.12'],
      cwd: tree,
      env: { XDG_CACHE_HOME: cache(turn) },
    }),
  );
  const findings = new Set(runs[0]?.output.match(/^\S+:\d+:\d+: (?:error|warning|info): .*$/gm)).size;
  return { name, cost: medianCost(runs), findings: String(findings) };
}

/** Measures; the text is for docs/performance.md. */
export function measureSpatch(scratch: string): string {
  const began = machine();
  const tree = path.join(scratch, 'linux');
  copyOf(treeRoot(), tree);
  const program = buildProgram(path.join(scratch, 'dist'));
  const grep = spatchRows(tree, 'git grep', '');
  const index = runMeasured({ argv: ['bash', '-c', 'mkid -i C --output .id-utils.index *'], cwd: tree });
  const indexed = spatchRows(tree, 'id-utils', '--use-idutils');
  const cold = guplintRow(tree, program, 'guplint, no cache', (turn) => path.join(scratch, `cold-${turn}`));
  const warm = guplintRow(tree, program, 'guplint, tree unchanged since the last run', () =>
    path.join(scratch, 'cold-0'),
  );
  const rows = [...grep, { name: 'mkid, the index of id-utils', cost: index, findings: '' }, ...indexed, cold, warm];
  const times = (of: (c: Cost) => number, more: Row | undefined, less: Row): string =>
    more === undefined ? '' : (of(more.cost) / of(less.cost)).toFixed(1);
  const [byGrep, byIndex] = [grep.at(-1), indexed.at(-1)];
  const ratios = [cold, warm].map((row) => [
    row.name,
    times((c) => c.cpu, byGrep, row),
    times((c) => c.wall, byGrep, row),
    times((c) => c.cpu, byIndex, row),
    times((c) => c.wall, byIndex, row),
  ]);
  const version = execFileSync('spatch', ['--version']).toString().split(/\s+/)[2] ?? '';
  const how = `Coccinelle ${version}, ${began}, Linux 6.12 sources in the page cache, median of ${ROUNDS} runs.`;
  return `${how}

${table([['over the whole tree', 'wall', 'CPU', 'findings'], ...rows.map((r) => [r.name, seconds(r.cost.wall), seconds(r.cost.cpu), r.findings])])}
${table([['how many times more spatch takes than', 'CPU, git grep', 'wall, git grep', 'CPU, id-utils', 'wall, id-utils'], ...ratios])}`;
}
