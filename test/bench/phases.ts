/** Each phase of a whole-tree run by itself, in one thread: how long, how much, how fast. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { model } from '../../model/index.ts';
import { parseRange } from '../../model/version.ts';
import { siteRecord } from '../../server/analysis/sites/site-record.ts';
import { findCalls } from '../../server/analysis/sites/sites.ts';
import { DEFAULT_SETTINGS } from '../../server/engine/config.ts';
import { run } from '../../server/engine/run.ts';
import { createFileSystem } from '../../server/host/files.ts';
import { createHost } from '../../server/host/host.ts';
import { LocalExecutor } from '../../server/host/local.ts';
import { decode } from '../../server/syntax/decode.ts';
import { loadUnit } from '../../server/syntax/load.ts';
import { parseFunction } from '../../server/syntax/parse-function.ts';
import type { CUnit } from '../../server/syntax/unit.ts';

/** One phase. `time` in milliseconds. */
export interface Phase {
  readonly name: string;
  readonly time: number;
  readonly amount: string;
  readonly rate: string;
}

function timed<T>(work: () => T): { value: T; time: number } {
  const start = performance.now();
  const value = work();
  return { value, time: performance.now() - start };
}

const megabytes = (units: number): string => `${(units / 1e6).toFixed(1)} MB`;
const perSecond = (units: number, time: number): string => `${(units / 1e3 / time).toFixed(0)} MB/s`;

/** Measures the phases on a kernel tree. */
export async function measurePhases(tree: string): Promise<readonly Phase[]> {
  const fs = createFileSystem(tree);
  const executor = new LocalExecutor(fs, { now: () => performance.now() });
  await executor.warm();
  const walk = timed(() => {
    const files: string[] = [];
    const w = fs.walk(['.']);
    for (let batch = w.next(); batch.length > 0; batch = w.next()) files.push(...batch);
    return files;
  });
  const files = walk.value;
  const scan = timed(() => executor.scanNow({ files }));
  const hits = scan.value.hits.flatMap(({ index }) => files[index] ?? []);
  const read = timed(() => hits.map((file) => ({ file, text: decode(readFileSync(path.join(tree, file))).text })));
  const range = parseRange('6.12');
  if (range === undefined) throw new Error('6.12 is a range');
  const units = timed(() => read.value.map(({ file, text }) => loadUnit(file, text, { range, defines: new Map() })));
  const length = read.value.reduce((sum, { text }) => sum + text.length, 0);
  const parse = timed(() => parseAll(units.value));
  const sites = timed(() => findAll(read.value, range));
  const whole = await wholeRun(tree);
  return [
    {
      name: 'walk',
      time: walk.time,
      amount: `${files.length} files`,
      rate: `${(files.length / walk.time).toFixed(0)} files/ms`,
    },
    {
      name: 'read and scan',
      time: scan.time,
      amount: megabytes(scan.value.bytes),
      rate: perSecond(scan.value.bytes, scan.time),
    },
    {
      name: 'read and decode what names an API',
      time: read.time,
      amount: `${hits.length} files, ${megabytes(length)}`,
      rate: perSecond(length, read.time),
    },
    {
      name: 'load (strip, #if, split)',
      time: units.time,
      amount: megabytes(length),
      rate: perSecond(length, units.time),
    },
    {
      name: 'parse every function of these files',
      time: parse.time,
      amount: megabytes(parse.value),
      rate: perSecond(parse.value, parse.time),
    },
    {
      name: 'find and classify sites, parsing what is needed',
      time: sites.time,
      amount: `${sites.value} sites`,
      rate: `${((sites.time / sites.value) * 1000).toFixed(0)} µs a site`,
    },
    { name: 'rules, as a part of a whole run', time: whole, amount: '', rate: '' },
  ];
}

function parseAll(units: readonly CUnit[]): number {
  let length = 0;
  for (const unit of units) {
    for (const fn of unit.functions) {
      parseFunction(unit, fn);
      length += fn.span.end - fn.span.start;
    }
  }
  return length;
}

/** On fresh units, so that no tree of the phase before is at hand. */
function findAll(texts: readonly { file: string; text: string }[], range: CUnit['range']): number {
  const selected = model.select(range);
  const alone = { headers: () => [], cluster: () => [] };
  let count = 0;
  for (const { file, text } of texts) {
    const unit = loadUnit(file, text, { range, defines: new Map() });
    const { sites } = findCalls(unit, selected, alone);
    for (const site of sites) siteRecord(site, selected, alone);
    count += sites.length;
  }
  return count;
}

async function wholeRun(tree: string): Promise<number> {
  const result = await run(
    { inputs: [{ kind: 'path', path: '.' }], settings: DEFAULT_SETTINGS, rules: true, jobs: 1 },
    createHost(tree),
  );
  return result.cost.ruleWork;
}
