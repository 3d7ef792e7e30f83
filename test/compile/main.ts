/**
 * npm run test:compile: fixed files of a Linux 6.12 tree compile as an x86 allmodconfig does, without new warnings: every file with a fix, each
 * with all its fixes, and files whose conversion was undone and made again. Needs a compiler and what a kernel build needs (build-essential
 * flex bison libelf-dev libssl-dev bc). --build DIR (default: guplint/build-6.12 in the cache directory), --only PATH-PART, --limit N
 * conversions (default 25). UPDATE=1 writes the table into docs/fixes.md.
 */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { RoundTrips } from '../conversions/run.ts';
import { settledTexts } from '../fixes/settle.ts';
import { writeTable } from '../harness/doc-table.ts';
import { kernelTree } from '../harness/kernel-tree.ts';
import { startParser } from '../harness/parser.ts';
import { TreeAnalysis } from '../harness/tree-analysis.ts';
import { Kbuild } from './kbuild.ts';

const DOC = join(__dirname, '..', '..', 'docs', 'fixes.md');

interface Candidate {
  readonly file: string;
  readonly what: 'fixes' | 'conversion';
  readonly text: string;
}

interface Outcome extends Candidate {
  readonly result: 'compiles' | 'new warnings' | 'fails' | 'not built here';
  readonly detail: string;
}

function* candidates(tree: TreeAnalysis, only: string): Generator<Candidate> {
  for (const [directory, files] of tree.scan()) {
    if (!files.some((f) => f.includes(only))) continue;
    for (const [file, text] of settledTexts(tree, directory, files).texts)
      if (file.endsWith('.c') && text !== tree.text(file)) yield { file, what: 'fixes', text };
  }
  const trips = new RoundTrips(tree);
  for (const [directory, files] of trips.scan()) {
    if (!files.some((f) => f.includes(only))) continue;
    for (const t of trips.trip(directory, files, true))
      if (t.after !== t.undone) yield { file: t.file, what: 'conversion', text: t.after };
  }
}

function judge(kbuild: Kbuild, tree: TreeAnalysis, candidate: Candidate): Outcome {
  const { file, text } = candidate;
  const command = kbuild.command(file);
  if (command === undefined) return { ...candidate, result: 'not built here', detail: '' };
  const before = kbuild.compile(file, tree.text(file), command);
  if (before.kind === 'failed') throw new Error(`${file} does not compile as it is: ${before.errors}`);
  const after = kbuild.compile(file, text, command);
  if (after.kind === 'failed') return { ...candidate, result: 'fails', detail: after.errors.slice(0, 2000) };
  const rest = [...before.warnings];
  const fresh = after.warnings.filter((w) => {
    const at = rest.indexOf(w);
    if (at >= 0) rest.splice(at, 1);
    return at < 0;
  });
  return { ...candidate, result: fresh.length === 0 ? 'compiles' : 'new warnings', detail: fresh.join('\n') };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      build: { type: 'string' },
      only: { type: 'string', default: '' },
      limit: { type: 'string', default: '25' },
    },
  });
  const source = kernelTree('6.12');
  if (source.kind === 'missing') throw new Error(source.reason);
  await startParser();
  const tree = new TreeAnalysis(source.root, '6.12', 'medium');
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  const kbuild = new Kbuild(source.root, values.build ?? join(cache, 'guplint', 'build-6.12'));
  kbuild.prepare();
  const outcomes: Outcome[] = [];
  for (const candidate of candidates(tree, values.only)) {
    const built = outcomes.filter((o) => o.what === 'conversion' && o.result !== 'not built here').length;
    if (built >= Number(values.limit)) break;
    const outcome = judge(kbuild, tree, candidate);
    process.stdout.write(`${outcome.result}: ${outcome.file} (${outcome.what})\n`);
    if (outcome.detail !== '') process.stdout.write(`${outcome.detail}\n`);
    outcomes.push(outcome);
  }
  kbuild.close();
  const rows = (['fixes', 'conversion'] as const).map((what) => {
    const own = outcomes.filter((o) => o.what === what);
    const count = (result: Outcome['result']): number => own.filter((o) => o.result === result).length;
    const name = what === 'fixes' ? 'files with all their fixes' : 'undone conversions made again';
    return `| ${name} | ${own.length} | ${count('not built here')} | ${count('compiles')} | ${count('new warnings')} | ${count('fails')} |`;
  });
  const head = ['| what | files | not built here | compile | new warnings | fail |', '|---|--:|--:|--:|--:|--:|'];
  const table = [...head, ...rows].join('\n');
  process.stdout.write(`${table}\n`);
  if (process.env.UPDATE === '1' && values.only === '') writeTable(DOC, 'npm run test:compile', table);
  if (outcomes.some((o) => o.result === 'fails' || o.result === 'new warnings')) process.exitCode = 1;
}

main().catch((error: unknown) => {
  process.stderr.write(`${(error as Error).stack ?? String(error)}\n`);
  process.exitCode = 1;
});
