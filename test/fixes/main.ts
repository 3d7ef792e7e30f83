/**
 * npm run fixes: every fix of the findings in the Linux 6.12 and 6.1 trees, each alone: the text parses as before, the finding is gone, nothing
 * new is found; and all fixes of a directory together come to rest. --only PATH-PART. UPDATE=1 writes the table into docs/fixes.md.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { applyRound, MAX_ROUNDS } from '../../server/engine/apply-fixes.ts';
import type { Finding } from '../../server/engine/protocol.ts';
import { brokenPromises, damagedFunctions } from '../harness/check-fix.ts';
import { checkpatch, patchText } from '../harness/checkpatch.ts';
import { writeTable } from '../harness/doc-table.ts';
import { type KernelSeries, kernelTree } from '../harness/kernel-tree.ts';
import { startParser } from '../harness/parser.ts';
import { TreeAnalysis } from '../harness/tree-analysis.ts';
import { settledTexts } from './settle.ts';

const DOC = join(__dirname, '..', '..', 'docs', 'fixes.md');

interface Count {
  fixes: number;
  safe: number;
  broken: number;
}

interface Result {
  readonly byRule: Map<string, Count>;
  readonly directories: number;
  readonly unsettled: readonly string[];
  /** Directories whose patch checkpatch.pl says something about. */
  readonly complained: readonly string[];
}

/** The problems of each fix of a directory. */
function checkDirectory(
  tree: TreeAnalysis,
  directory: string,
  files: readonly string[],
  tell: (finding: Finding, title: string, safe: boolean, problems: readonly string[]) => void,
): void {
  const before = tree.analyse(directory, files, new Map()).flatMap((r) => r.findings);
  for (const finding of before) {
    for (const fix of finding.fixes) {
      const { texts } = applyRound([{ ...finding, fixes: [fix] }], 'any', (file) => tree.text(file));
      if (texts.size === 0) {
        tell(finding, fix.title, fix.applicability === 'safe', ['its edits overlap']);
        continue;
      }
      const old = new Map([...texts].map(([file]) => [file, tree.text(file)] as const));
      const after = tree.analyse(directory, files, texts).flatMap((r) => r.findings);
      const damaged = { before: damagedFunctions(old, tree.range), after: damagedFunctions(texts, tree.range) };
      tell(finding, fix.title, fix.applicability === 'safe', brokenPromises({ finding, before, after, damaged }));
    }
  }
}

function checkTree(tree: TreeAnalysis, root: string, only: string): Result {
  const byRule = new Map<string, Count>();
  const unsettled: string[] = [];
  const complained: string[] = [];
  let directories = 0;
  for (const [directory, files] of tree.scan()) {
    if (!files.some((f) => f.includes(only))) continue;
    let fixes = 0;
    checkDirectory(tree, directory, files, (finding, title, safe, problems) => {
      fixes++;
      const count = byRule.get(finding.rule) ?? { fixes: 0, safe: 0, broken: 0 };
      count.fixes++;
      if (safe) count.safe++;
      if (problems.length > 0) count.broken++;
      byRule.set(finding.rule, count);
      const { file, line } = finding.location;
      for (const p of problems) process.stdout.write(`${file}:${line}: ${finding.rule}: ${title}: ${p}\n`);
    });
    if (fixes === 0) continue;
    directories++;
    const settled = settledTexts(tree, directory, files);
    if (settled.rounds >= MAX_ROUNDS) unsettled.push(directory);
    const patch = patchText((file) => tree.text(file), settled.texts, settled.fixed);
    const complaints = checkpatch(root, ['-'], patch);
    if (complaints !== '') complained.push(directory);
    process.stdout.write(complaints.replaceAll(/^-:/gm, `${directory}: patch line `));
  }
  return { byRule, directories, unsettled, complained };
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } });
  await startParser();
  const lines = ['| kernel | rule | fixes | safe | promises broken |', '|---|---|--:|--:|--:|'];
  let bad = 0;
  for (const series of ['6.12', '6.1'] satisfies KernelSeries[]) {
    const source = kernelTree(series);
    if (source.kind === 'missing') throw new Error(source.reason);
    const { byRule, directories, unsettled, complained } = checkTree(
      new TreeAnalysis(source.root, series, 'medium'),
      source.root,
      values.only,
    );
    const total = { fixes: 0, safe: 0, broken: 0 };
    for (const [rule, c] of [...byRule].sort(([a], [b]) => (a < b ? -1 : 1))) {
      lines.push(`| ${series} | ${rule} | ${c.fixes} | ${c.safe} | ${c.broken} |`);
      total.fixes += c.fixes;
      total.safe += c.safe;
      total.broken += c.broken;
    }
    lines.push(`| ${series} | all | ${total.fixes} | ${total.safe} | ${total.broken} |`);
    const rest = `${directories} directories with fixes, ${unsettled.length} that do not come to rest, ${complained.length} whose patch checkpatch.pl complains about`;
    lines.push(`\n${series}: ${rest}.\n`);
    process.stdout.write(`${series}: ${rest}${unsettled.length > 0 ? `: ${unsettled.join(', ')}` : ''}\n`);
    bad += total.broken + unsettled.length;
  }
  const table = lines.join('\n');
  process.stdout.write(`${table}\n`);
  if (process.env.UPDATE === '1' && values.only === '') writeTable(DOC, 'npm run fixes', table);
  if (bad > 0) process.exitCode = 1;
}

main().catch((error: unknown) => {
  process.stderr.write(`${(error as Error).stack ?? String(error)}\n`);
  process.exitCode = 1;
});
