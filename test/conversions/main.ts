/**
 * npm run conversions: there and back over the drivers of a Linux 6.12 tree that pin pages. --only PATH-PART, --without-flag (FOLL_LONGTERM is
 * undone too), --diff DIR (writes each file before, undone and after). UPDATE=1 writes the table into docs/conversions.md.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeTable } from '../harness/doc-table.ts';
import { kernelTree } from '../harness/kernel-tree.ts';
import { startParser } from '../harness/parser.ts';
import { TreeAnalysis } from '../harness/tree-analysis.ts';
import { RoundTrips, type Trip } from './run.ts';

const DOC = join(__dirname, '..', '..', 'docs', 'conversions.md');
const JUSTIFIED = join(__dirname, 'justified.jsonl');

/** Files that must come back equal or with a listed difference, in percent. */
const AIM = 80;

/** The listed differences; with the flag undone too, those that are listed for that alone count as well. */
function justified(keepFlag: boolean): ReadonlyMap<string, string> {
  const lines = readFileSync(JUSTIFIED, 'utf8').trim().split('\n');
  const entries = lines.map((line) => JSON.parse(line) as { file: string; reason: string; withoutFlag?: true });
  return new Map(
    entries.filter((e) => !keepFlag || e.withoutFlag !== true).map(({ file, reason }) => [file, reason] as const),
  );
}

/** What is listed and comes back equal all the same. */
function staleIn(trips: readonly Trip[], listed: ReadonlyMap<string, string>): readonly string[] {
  return [...listed.keys()].filter((file) => trips.find((t) => t.file === file)?.equal !== false);
}

function isBelowAim(trips: readonly Trip[], listed: ReadonlyMap<string, string>): boolean {
  const good = trips.filter((t) => t.equal || listed.has(t.file)).length;
  return good * 100 < AIM * trips.length;
}

function write(directory: string, { file, before, undone, after }: Trip): void {
  mkdirSync(directory, { recursive: true });
  const at = join(directory, file.replaceAll('/', '_'));
  for (const [state, text] of Object.entries({ before, undone, after })) writeFileSync(`${at}.${state}`, text);
}

function verdict(trip: Trip, reason: string | undefined): string {
  if (trip.equal) return 'equal';
  if (reason !== undefined) return `listed: ${reason}`;
  const [refused] = trip.refused;
  if (trip.after !== trip.undone) return 'differs';
  return refused === undefined ? 'not found' : `refused: ${refused.replace(/^\d+: no conversion is offered: /, '')}`;
}

/** Every file there and back. */
function tripsOf(roundTrips: RoundTrips, only: string, keepFlag: boolean): readonly Trip[] {
  return [...roundTrips.scan()]
    .filter(([, files]) => files.some((f) => f.includes(only)))
    .flatMap(([directory, files]) => [...roundTrips.trip(directory, files, keepFlag)]);
}

function tableOf(trips: readonly Trip[], listed: ReadonlyMap<string, string>): string {
  const good = trips.filter((t) => t.equal || listed.has(t.file)).length;
  const share = Math.round((100 * good) / Math.max(1, trips.length));
  const equal = trips.filter((t) => t.equal).length;
  return [
    `${equal} of ${trips.length} files are equal, ${good - equal} differ as listed: ${share} % (aim: ${AIM} %).`,
    '',
    '| file | result |',
    '|---|---|',
    ...trips.map((t) => `| ${t.file} | ${verdict(t, listed.get(t.file))} |`),
  ].join('\n');
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', default: '' },
      diff: { type: 'string' },
      'without-flag': { type: 'boolean', default: false },
    },
  });
  const tree = kernelTree('6.12');
  if (tree.kind === 'missing') throw new Error(tree.reason);
  await startParser();
  const roundTrips = new RoundTrips(new TreeAnalysis(tree.root, '6.12', 'low'));
  const trips = tripsOf(roundTrips, values.only, !values['without-flag']);
  if (values.diff !== undefined) for (const t of trips) write(values.diff, t);
  const listed = justified(!values['without-flag']);
  const found = tableOf(trips, listed);
  if (values.only !== '' || values['without-flag']) {
    process.stdout.write(`${found}\n`);
    return;
  }
  const without = tripsOf(roundTrips, '', false);
  const listedWithout = justified(false);
  const table = `${found}\n\nWith FOLL_LONGTERM undone too: ${tableOf(without, listedWithout)}`;
  process.stdout.write(`${table}\n`);
  if (process.env.UPDATE === '1') writeTable(DOC, 'npm run conversions', table);
  const stale = [...staleIn(trips, listed), ...staleIn(without, listedWithout)];
  for (const file of stale) process.stdout.write(`${file}: listed, and does not differ\n`);
  if (stale.length > 0 || isBelowAim(trips, listed) || isBelowAim(without, listedWithout)) process.exitCode = 1;
}

main().catch((error: unknown) => {
  process.stderr.write(`${(error as Error).stack ?? String(error)}\n`);
  process.exitCode = 1;
});
