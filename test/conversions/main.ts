/** npm run conversions: there and back over the pinned drivers of a Linux 6.12 tree. --only PATH-PART, --diff DIR (writes before/undone/after). */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { kernelTree } from '../harness/kernel-tree.ts';
import { startParser } from '../harness/parser.ts';
import { TreeAnalysis } from '../harness/tree-analysis.ts';
import { RoundTrips, type Trip } from './run.ts';

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      diff: { type: 'string' },
      'without-flag': { type: 'boolean', default: false },
    },
  });
  const tree = kernelTree('6.12');
  if (tree.kind === 'missing') throw new Error(tree.reason);
  await startParser();
  const trips = new RoundTrips(new TreeAnalysis(tree.root, '6.12', 'low'));
  const all: Trip[] = [];
  for (const [directory, files] of trips.scan()) {
    if (values.only !== undefined && !files.some((f) => f.includes(values.only ?? ''))) continue;
    all.push(...trips.trip(directory, files, !values['without-flag']));
  }
  for (const t of all) {
    process.stdout.write(
      `${t.equal ? 'equal ' : t.after === t.undone ? 'NONE  ' : 'DIFFER'} ${t.file}${t.left.length > 0 ? ` left: ${t.left.join(', ')}` : ''}\n`,
    );
    if (t.others.length > 0) process.stdout.write(`    changes ${t.others.join(', ')} too\n`);
    if (!t.equal) for (const r of t.refused) process.stdout.write(`    ${r}\n`);
    if (values.diff !== undefined) {
      const at = join(values.diff, t.file.replaceAll('/', '_'));
      mkdirSync(values.diff, { recursive: true });
      writeFileSync(`${at}.before`, t.before);
      writeFileSync(`${at}.undone`, t.undone);
      writeFileSync(`${at}.after`, t.after);
    }
  }
  process.stdout.write(`${all.filter((t) => t.equal).length} of ${all.length} equal\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${(error as Error).stack ?? String(error)}\n`);
  process.exitCode = 1;
});
