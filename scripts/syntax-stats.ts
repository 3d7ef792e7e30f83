/**
 * Measures the syntax layer on a source tree: functions found, functions that still hold an error after preprocessing, speed.
 * `node --import tsx scripts/syntax-stats.ts TREE [--kernel X.Y] [--random N] [--seed N] [--list] [--raw]`; prints figures, writes
 * nothing. `--list` names the functions with an error, `--raw` also counts those the parser stumbles over without preprocessing.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type KernelRange, parseRange } from '../model/version.ts';
import { decode, loadUnit } from '../server/syntax/load.ts';
import { type CNode, hasError, walk } from '../server/syntax/node.ts';
import { parseFunction } from '../server/syntax/parse-function.ts';
import { parse } from '../server/syntax/parser.ts';
import type { CUnit, FunctionDef } from '../server/syntax/unit.ts';
import { startParser } from '../test/harness/parser.ts';

const API =
  /get_user_pages|pin_user_pages|unpin_user_|iov_iter_get_pages|iov_iter_extract_pages|memfd_pin_folios|get_dump_page|unpin_folio/;
const ACQUIRE =
  /\b(?:(?:get|pin)_user_pages\w*|iov_iter_get_pages\w*|iov_iter_extract_pages|memfd_pin_folios|get_dump_page|get_user_page_\w+|__get_user_pages_fast)\s*\(/;
/** An independent count: a line in column 0 that ends in `)`, and `{` alone below it. */
const PLAIN = /^[A-Za-z_][^\n;={}]*(?:\n[\t ][^\n;={}]*)*\)[^\n;={}()]*\n\{/gm;

interface Options {
  readonly range: KernelRange;
  readonly list: boolean;
  readonly raw: boolean;
}

interface Counts {
  megabytes: number;
  functions: number;
  plain: number;
  damaged: number;
  rawDamaged: number;
  guessed: number;
  holders: number;
  damagedHolders: number;
  /** CPU seconds, and megabytes of function text. */
  load: number;
  parse: number;
  parsed: number;
}

function* sources(dir: string): Generator<string> {
  for (const e of readdirSync(dir, { withFileTypes: true })) {
    const full = path.join(dir, e.name);
    if (e.isDirectory()) yield* sources(full);
    else if (/\.[ch]$/.test(e.name)) yield full;
  }
}

/** A small generator with a fixed seed, so that the random files are the same in every run. */
function random(seed: number): () => number {
  let s = seed;
  return () => {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0;
    return s / 2 ** 32;
  };
}

function cpu<T>(work: () => T): { readonly seconds: number; readonly result: T } {
  const before = process.cpuUsage();
  const result = work();
  const spent = process.cpuUsage(before);
  return { seconds: (spent.user + spent.system) / 1e6, result };
}

function countFile(tree: string, file: string, c: Counts, o: Options): void {
  const bytes = readFileSync(file);
  const { seconds, result: unit } = cpu(() =>
    loadUnit(path.relative(tree, file), decode(bytes).text, { range: o.range, defines: new Map() }),
  );
  c.load += seconds;
  c.megabytes += bytes.length / 1e6;
  c.plain += (unit.text.match(PLAIN) ?? []).length;
  for (const fn of unit.functions) countFunction(unit, fn, c, o);
}

function countFunction(unit: CUnit, fn: FunctionDef, c: Counts, o: Options): void {
  const { seconds, result: tree } = cpu(() => parseFunction(unit, fn));
  c.parse += seconds;
  c.parsed += (fn.span.end - fn.span.start) / 1e6;
  c.functions++;
  if (unit.guessed.some((g) => g.start < fn.span.end && fn.span.start < g.end)) c.guessed++;
  const holds = ACQUIRE.test(unit.code.slice(fn.bodySpan.start, fn.bodySpan.end));
  if (holds) c.holders++;
  if (o.raw && hasError(parse(unit.text.slice(fn.span.start, fn.span.end)))) c.rawDamaged++;
  if (!tree.damaged) return;
  c.damaged++;
  if (holds) c.damagedHolders++;
  if (o.list) show(unit, fn, tree.root);
}

function show(unit: CUnit, fn: FunctionDef, root: CNode): void {
  let at = -1;
  walk(root, (n) => {
    if ((n.type === 'ERROR' || n.missing) && at < 0) at = n.start;
    return at < 0;
  });
  const { line } = unit.lines.at(at < 0 ? fn.span.start : at);
  const text = unit.text.slice(unit.lines.lineStart(line), unit.lines.lineStart(line + 1));
  console.log(`    ${unit.path}:${line}: ${fn.name}: ${text.trim()}`);
}

function measure(title: string, tree: string, files: readonly string[], o: Options): void {
  const c: Counts = {
    megabytes: 0,
    functions: 0,
    plain: 0,
    damaged: 0,
    rawDamaged: 0,
    guessed: 0,
    holders: 0,
    damagedHolders: 0,
    load: 0,
    parse: 0,
    parsed: 0,
  };
  for (const file of files) countFile(tree, file, c, o);
  const share = (n: number, of: number): string => `${n} of ${of} (${((100 * n) / Math.max(1, of)).toFixed(2)} %)`;
  console.log(`${title}: ${files.length} files, ${c.megabytes.toFixed(2)} MB`);
  console.log(`  functions ${c.functions}; by a plain regular expression ${c.plain}`);
  if (o.raw) console.log(`  with an error before preprocessing ${share(c.rawDamaged, c.functions)}`);
  console.log(`  with an error ${share(c.damaged, c.functions)}; guessed ${share(c.guessed, c.functions)}`);
  console.log(`  holding an acquire call, with an error ${share(c.damagedHolders, c.holders)}`);
  console.log(
    `  load ${(c.megabytes / c.load).toFixed(1)} MB/s, parse ${(c.parsed / c.parse).toFixed(2)} MB/s (CPU time)`,
  );
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      kernel: { type: 'string', default: '6.12' },
      random: { type: 'string', default: '600' },
      seed: { type: 'string', default: '20240611' },
      list: { type: 'boolean', default: false },
      raw: { type: 'boolean', default: false },
    },
  });
  const [tree] = positionals;
  const range = parseRange(values.kernel);
  if (tree === undefined || range === undefined)
    throw new Error('usage: syntax-stats.ts TREE [--kernel X.Y] [--random N]');
  const options: Options = { range, list: values.list, raw: values.raw };
  await startParser();
  const named: string[] = [];
  const others: string[] = [];
  for (const file of sources(tree)) {
    if (API.test(readFileSync(file, 'latin1'))) named.push(file);
    else if (file.endsWith('.c')) others.push(file);
  }
  measure('files that name an API', tree, named, options);
  const next = random(Number(values.seed));
  const picks = Array.from({ length: Number(values.random) }, () => others[Math.floor(next() * others.length)] ?? tree);
  measure('random other files', tree, [...new Set(picks)], options);
}

main().catch((e: unknown) => {
  console.error(e);
  process.exitCode = 1;
});
