/**
 * npm run mutation: injects faults into the files of a Linux 6.1 tree, in memory, and counts how many are found.
 * Options: --operator NAME (again for more), --all (no sample), --limit N (mutants an operator, default 40), --only PATH-PART,
 * --list (every missed mutant), --repair (try the fixes of what is found instead), --seed TEXT (another sample), --tree 6.12 (another tree). UPDATE=1 writes the table into docs/mutation.md, that of --repair into docs/fixes.md. Tree: test/harness/kernel-tree.ts.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeTable } from '../harness/doc-table.ts';
import { kernelTree } from '../harness/kernel-tree.ts';
import { startParser } from '../harness/parser.ts';
import { Laboratory } from './laboratory.ts';
import { OPERATORS } from './operators/index.ts';
import { repairLines, repairTable } from './repair-report.ts';
import { missedLines, table } from './report.ts';
import { runMutants } from './run.ts';
import { Surroundings } from './surroundings.ts';

const DOC = join(__dirname, '..', '..', 'docs', 'mutation.md');
const FIXES = join(__dirname, '..', '..', 'docs', 'fixes.md');
const DEFAULT_LIMIT = 40;

interface Options {
  readonly operators: typeof OPERATORS;
  readonly limit: number;
  readonly only: string | undefined;
  readonly list: boolean;
  readonly repair: boolean;
  readonly seed: string;
  readonly tree: '6.1' | '6.12';
}

function options(): Options {
  const { values } = parseArgs({
    options: {
      operator: { type: 'string', multiple: true },
      all: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      repair: { type: 'boolean', default: false },
      limit: { type: 'string' },
      only: { type: 'string' },
      seed: { type: 'string', default: '' },
      tree: { type: 'string', default: '6.1' },
    },
  });
  const names = values.operator ?? [];
  const unknown = names.find((n) => !OPERATORS.some((o) => o.name === n));
  if (unknown !== undefined)
    throw new Error(`no operator ${unknown}; there are ${OPERATORS.map((o) => o.name).join(', ')}`);
  const limit = values.all ? Number.POSITIVE_INFINITY : Number(values.limit ?? DEFAULT_LIMIT);
  if (!(limit > 0)) throw new Error(`--limit ${values.limit}: a number above 0 is needed`);
  const operators = names.length === 0 ? OPERATORS : OPERATORS.filter((o) => names.includes(o.name));
  const { only, list, repair, seed, tree } = values;
  if (tree !== '6.1' && tree !== '6.12') throw new Error(`--tree ${tree}: 6.1 or 6.12 is needed`);
  return { operators, limit, only, list, repair, seed, tree };
}

async function main(): Promise<void> {
  const chosen = options();
  const tree = kernelTree(chosen.tree);
  if (tree.kind === 'missing') throw new Error(tree.reason);
  await startParser();
  const start = performance.now();
  const seconds = (): string => `${((performance.now() - start) / 1000).toFixed(0)} s`;
  const progress = (text: string): void => void process.stderr.write(`${seconds()}: ${text}\n`);
  const places = {
    laboratory: new Laboratory(tree.root, chosen.tree),
    surroundings: new Surroundings(tree.root, chosen.tree),
  };
  const result = await runMutants(places, { ...chosen, progress });
  progress('done');
  const text = chosen.repair ? repairTable(result, chosen.operators) : table(result, chosen.operators);
  process.stdout.write(`${text}\n`);
  if (chosen.list)
    for (const line of chosen.repair ? repairLines(result) : missedLines(result)) process.stdout.write(`${line}\n`);
  if (process.env.UPDATE !== '1') return;
  if (
    chosen.operators.length < OPERATORS.length ||
    chosen.only !== undefined ||
    chosen.seed !== '' ||
    chosen.tree !== '6.1'
  )
    throw new Error('the table is written from a run of all operators over the whole tree');
  const [document, command] = chosen.repair ? [FIXES, 'npm run mutation -- --repair'] : [DOC, 'npm run mutation'];
  writeTable(document, command, text);
}

main().catch((error: unknown) => {
  process.stderr.write(`mutation: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
});
