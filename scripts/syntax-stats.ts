/**
 * Measures the syntax layer on a source tree: functions found, functions that still hold an error after preprocessing, speed.
 * `node --import tsx scripts/syntax-stats.ts TREE [--random N] [--list]`; prints figures, writes nothing.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { version } from '../model/version.ts';
import { decode, loadUnit } from '../server/syntax/load.ts';
import { hasError, walk } from '../server/syntax/node.ts';
import { parseFunction } from '../server/syntax/parse-function.ts';
import type { CUnit, PreprocessEnv } from '../server/syntax/unit.ts';
import { startParser } from '../test/harness/parser.ts';

const API =
  /get_user_pages|pin_user_pages|unpin_user_|iov_iter_get_pages|iov_iter_extract_pages|memfd_pin_folios|get_dump_page|unpin_folio/;
const ACQUIRE =
  /\b(?:(?:get|pin)_user_pages\w*|iov_iter_get_pages\w*|iov_iter_extract_pages|memfd_pin_folios|get_dump_page|get_user_page_\w+|__get_user_pages_fast)\s*\(/;

interface File {
  readonly path: string;
  readonly text: string;
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

function measure(title: string, files: readonly File[], env: PreprocessEnv, list: boolean): void {
  const bytes = files.reduce((n, f) => n + f.text.length, 0);
  const t0 = performance.now();
  const units: CUnit[] = files.map((f) => loadUnit(f.path, f.text, env));
  const t1 = performance.now();
  let functions = 0;
  let damaged = 0;
  let guessed = 0;
  let holders = 0;
  let damagedHolders = 0;
  let regexFunctions = 0;
  let parsed = 0;
  for (const unit of units) {
    regexFunctions += (unit.text.match(/^[A-Za-z_][^\n;={}]*(?:\n[\t ][^\n;={}]*)*\)[^\n;={}()]*\n\{/gm) ?? []).length;
    for (const fn of unit.functions) {
      functions++;
      parsed += fn.span.end - fn.span.start;
      const tree = parseFunction(unit, fn);
      const holds = ACQUIRE.test(unit.code.slice(fn.bodySpan.start, fn.bodySpan.end));
      if (holds) holders++;
      if (unit.guessed.some((g) => g.start < fn.span.end && fn.span.start < g.end)) guessed++;
      if (!tree.damaged) continue;
      damaged++;
      if (holds) damagedHolders++;
      if (list) show(unit, fn, tree.root);
    }
  }
  const t2 = performance.now();
  const mb = bytes / 1e6;
  const share = (n: number, of: number): string => `${n} of ${of} (${((100 * n) / Math.max(1, of)).toFixed(2)} %)`;
  console.log(`${title}: ${files.length} files, ${mb.toFixed(2)} MB`);
  console.log(`  functions ${functions}; by a plain regular expression ${regexFunctions}`);
  console.log(`  with an error ${share(damaged, functions)}; guessed ${share(guessed, functions)}`);
  console.log(`  holding an acquire call, with an error ${share(damagedHolders, holders)}`);
  console.log(`  load ${(t1 - t0).toFixed(0)} ms = ${((1000 * mb) / (t1 - t0)).toFixed(1)} MB/s`);
  console.log(`  parse ${(t2 - t1).toFixed(0)} ms = ${(parsed / 1000 / (t2 - t1)).toFixed(2)} MB/s of functions`);
}

function show(unit: CUnit, fn: CUnit['functions'][number], root: ReturnType<typeof parseFunction>['root']): void {
  let at = -1;
  walk(root, (n) => {
    if ((n.type === 'ERROR' || n.missing) && at < 0) at = n.start;
    return hasError(n);
  });
  const offset = at < 0 ? fn.span.start : at;
  const { line } = unit.lines.at(offset);
  const from = unit.lines.lineStart(line);
  const to = unit.lines.lineStart(line + 1);
  console.log(
    `    ${unit.path}:${line}: ${fn.name}: ${unit.text.slice(from, to).trim()}  =>  ${unit.code.slice(from, to).trim()}`,
  );
}

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  const tree = args.find((a) => !a.startsWith('--') && !/^\d+$/.test(a));
  if (tree === undefined) throw new Error('usage: syntax-stats.ts TREE [--random N] [--list] [--kernel X.Y]');
  const list = args.includes('--list');
  const at = args.indexOf('--random');
  const count = at < 0 ? 600 : Number(args[at + 1]);
  await startParser();
  const since = version('6.12');
  const env: PreprocessEnv = { range: { since, until: since + 256 }, defines: new Map() };
  const named: File[] = [];
  const others: string[] = [];
  for (const file of sources(tree)) {
    const { text } = decode(readFileSync(file));
    if (API.test(text)) named.push({ path: path.relative(tree, file), text });
    else if (file.endsWith('.c')) others.push(file);
  }
  measure('files that name an API', named, env, list);
  const next = random(20240611);
  const picked = Array.from(
    { length: Math.min(count, others.length) },
    () => others[Math.floor(next() * others.length)] ?? '',
  );
  const sample = [...new Set(picked)].map((f) => ({
    path: path.relative(tree, f),
    text: decode(readFileSync(f)).text,
  }));
  measure('random other files', sample, env, list);
}

main().catch((e: unknown) => {
  console.error(e);
  process.exitCode = 1;
});
