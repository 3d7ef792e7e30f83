/**
 * npm run corpus [-- LABELS]: runs the analysis over the kernel trees at hand and scores it against hand labels.
 * Labels are linux-<series>.jsonl in the directory named by the argument or by GUPLINT_GOLD. Trees: test/harness/kernel-tree.ts.
 * Options: --misses prints every wrong answer, --differences every place that the independent scan sees otherwise, --open every warning
 * without a verdict. Verdicts (docs/corpus/verdicts.jsonl) on findings that are no longer there are printed, and end the run with 1.
 * UPDATE=1 writes the tables into docs/corpus.md: the scores, and what a second reader said.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kernelTree } from '../harness/kernel-tree.ts';
import { collect, type TreeSites } from './collect.ts';
import { type Pairing, pair, readLabels } from './labels.ts';
import { differences, misses, scoreTable } from './report.ts';
import { agreementTable, checkVerdicts, readSecond, readVerdicts } from './verdicts.ts';

const DOC = join(__dirname, '..', '..', 'docs', 'corpus.md');
const BEGIN = '<!-- table: npm run corpus -->';
const READINGS = '<!-- second reading: npm run corpus -->';
const END = '<!-- end of table -->';

interface Scored {
  readonly tree: TreeSites;
  readonly pairing: Pairing;
}

function write(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function scored(labels: string, series: '6.1' | '6.12'): Promise<Scored | undefined> {
  const found = kernelTree(series);
  const path = join(labels, `linux-${series}.jsonl`);
  if (found.kind === 'missing' || !existsSync(path)) {
    process.stderr.write(`${found.kind === 'missing' ? found.reason : `no labels at ${path}`}\n`);
    return undefined;
  }
  const tree = await collect(found.root, series);
  return { tree, pairing: pair(readLabels(path), tree.sites, tree.findings) };
}

function print({ tree, pairing }: Scored, options: readonly string[]): void {
  const { load, sites, rules } = tree.time;
  const seconds = [load, sites, rules].map((ms) => (ms / 1000).toFixed(2)).join(' + ');
  write(
    `\nLinux ${tree.kernel}: ${tree.filesNaming} of ${tree.filesSeen} files; ${seconds} s to load, judge sites, run rules`,
  );
  for (const { label, site } of pairing.pairs)
    if (site === undefined) write(`  not found: ${label.file}:${label.line} ${label.api}`);
  for (const s of pairing.extra) write(`  no label: ${s.location.file}:${s.location.line} ${s.api}`);
  for (const d of tree.damaged) write(`  does not parse clean: ${d}`);
  if (options.includes('--misses')) for (const m of misses(pairing)) write(`  ${m}`);
  if (options.includes('--differences')) {
    for (const d of differences(tree)) write(`  only the ${d.only}: ${d.file}:${d.line} ${d.name} ${d.where}`);
  }
}

/** Prints how the verdicts on a tree's findings stand; whether all of them speak of present ones. */
function verdictsHold({ kernel, findings }: TreeSites, options: readonly string[]): boolean {
  const { stale, open, counts } = checkVerdicts(readVerdicts(), `linux-${kernel}`, findings);
  const said = `${counts.true} true, ${counts.unsure} unsure, ${counts.false} false`;
  write(`  warnings and errors of Linux ${kernel}: ${said}, ${open.length} without a verdict`);
  const at = (f: (typeof open)[number]): string => `${f.location.file}:${f.location.line} ${f.functionName}`;
  if (options.includes('--open')) for (const f of open) write(`  no verdict: ${f.rule} ${at(f)}`);
  for (const v of stale) write(`  verdict on no finding: ${v.rule} ${v.file}:${v.line} ${v.function} (${v.verdict})`);
  return stale.length === 0;
}

/** The document with a table behind its mark. Throws an Error where the marks are missing. */
function between(doc: string, mark: string, table: string): string {
  const begin = doc.indexOf(mark);
  const end = doc.indexOf(END, begin);
  if (begin < 0 || end < 0) throw new Error(`${DOC}: the marks of a table are missing`);
  return `${doc.slice(0, begin)}${mark}\n\n${table}\n\n${doc.slice(end)}`;
}

async function main(): Promise<void> {
  const options = process.argv.slice(2).filter((a) => a.startsWith('--'));
  const labels = process.argv.slice(2).find((a) => !a.startsWith('--')) ?? process.env.GUPLINT_GOLD;
  if (labels === undefined) {
    process.stderr.write('corpus: name the directory of the labels as the argument or in GUPLINT_GOLD\n');
    process.exitCode = 2;
    return;
  }
  const trees: Scored[] = [];
  for (const series of ['6.12', '6.1'] as const) {
    const one = await scored(labels, series);
    if (one !== undefined) trees.push(one);
  }
  if (trees.length === 0) {
    process.exitCode = 2;
    return;
  }
  const table = scoreTable(trees);
  write(table);
  for (const s of trees) print(s, options);
  const hold = trees.map((s) => verdictsHold(s.tree, options));
  if (hold.includes(false)) process.exitCode = 1;
  if (process.env.UPDATE === '1' && trees.length === 2) {
    const doc = between(readFileSync(DOC, 'utf8'), BEGIN, table);
    writeFileSync(DOC, between(doc, READINGS, agreementTable(readVerdicts(), readSecond())));
  }
}

void main();
