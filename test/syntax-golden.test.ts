/**
 * Golden dumps of test/fixtures/syntax: what each file's preprocessing, splitting and masks come to. `UPDATE=1` writes them anew;
 * a line with `|` shows code that differs from the file's own.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { formatRange, formatVersion, type KernelRange, parseRange } from '../model/version.ts';
import type { LineIndex } from '../server/base/line-index.ts';
import { decode, loadUnit } from '../server/syntax/load.ts';
import { maskFunction, parseFunction } from '../server/syntax/parse-function.ts';
import type { CUnit, HeaderLoader, PreprocessEnv } from '../server/syntax/unit.ts';
import { activeRange, liveRanges, versionsMentioned } from '../server/syntax/versions.ts';
import { startParser } from './harness/parser.ts';

const ROOT = path.join(__dirname, 'fixtures', 'syntax');
/** Kernels that a fixture is dumped for; the others are dumped for one. */
const KERNELS: Readonly<Record<string, readonly string[]>> = { 'ladder.c': ['4.4', '5.4', '6.4..6.6', '4.4..6.12'] };

/** Reads the headers beside the fixtures. */
const fixtureLoader: HeaderLoader = {
  load(fromPath, includePath, quoted) {
    const file = path.join(ROOT, path.dirname(fromPath), includePath);
    if (!quoted || !existsSync(file)) return undefined;
    return { path: path.relative(ROOT, file), text: readFileSync(file, 'utf8') };
  },
};

/** FOLL_ names as the model gives them: macros up to 6.2. */
function kernelSymbols(name: string): readonly KernelRange[] | undefined {
  if (!/^FOLL_/.test(name)) return undefined;
  return [parseRange(name === 'FOLL_LONGTERM' ? '5.2..6.2' : '5.6..6.2') ?? { since: 0, until: 0 }];
}

function env(kernel: string): PreprocessEnv {
  const range = parseRange(kernel);
  assert.ok(range);
  return { range, defines: new Map(), kernelSymbols, loader: fixtureLoader };
}

/** Lines of `code` that differ from those of `text`, numbered as in the file. */
function changed(lines: LineIndex, from: { text: string; code: string; base: number }): string[] {
  const out: string[] = [];
  const first = lines.at(from.base).line;
  const last = lines.at(from.base + from.code.length).line;
  for (let line = first; line <= last; line++) {
    const start = Math.max(lines.lineStart(line), from.base) - from.base;
    const end = Math.min(lines.lineStart(line + 1), from.base + from.code.length) - from.base;
    const now = from.code.slice(start, end).trimEnd();
    if (now.trim() !== '' && now !== from.text.slice(start, end).trimEnd()) out.push(`  ${line}| ${now}`);
  }
  return out;
}

function dump(name: string, text: string, kernel: string): string[] {
  const e = env(kernel);
  const unit = loadUnit(name, text, e);
  assert.equal(unit.code.length, text.length);
  const at = (offset: number): number => unit.lines.at(offset).line;
  const out = [`== kernel ${kernel}`];
  const ranges = liveRanges(name, text, e).map(formatRange);
  if (ranges.length > 1) out.push(`live ranges: ${ranges.join(', ')}`);
  for (const m of unit.macros) {
    const params = m.params === undefined ? '' : `(${m.params.join(', ')})`;
    out.push(
      `macro ${at(m.nameSpan.start)} ${m.name}${params} ${formatRange(m.active)} ${JSON.stringify(text.slice(m.bodySpan.start, m.bodySpan.end))}`,
    );
  }
  for (const i of unit.includes) out.push(`include ${at(i.span.start)} ${i.quoted ? 'quoted' : 'system'} ${i.path}`);
  for (const d of unit.declarations) out.push(`${d.kind} ${at(d.span.start)} ${d.name}`);
  for (const c of unit.conditions) out.push(`condition ${at(c.span.start)} ${c.symbol} ${c.text}`);
  for (const g of unit.guessed) out.push(`guessed ${at(g.start)}-${at(g.end)}`);
  out.push('code:', ...changed(unit.lines, { text, code: unit.code, base: 0 }));
  for (const fn of unit.functions) out.push(...dumpFunction(unit, fn));
  return out;
}

function dumpFunction(unit: CUnit, fn: CUnit['functions'][number]): string[] {
  const { code, rewrites, cleanups } = maskFunction(unit, fn);
  assert.equal(code.length, fn.span.end - fn.span.start);
  const { line } = unit.lines.at(fn.span.start);
  const end = unit.lines.at(fn.span.end - 1).line;
  const parts = [fn.isStatic ? 'static' : '', fn.viaMacro === undefined ? '' : `via ${fn.viaMacro}`];
  const active = formatRange(activeRange(unit, fn.nameSpan.start));
  parts.push(active === '..' ? '' : `active ${active}`, parseFunction(unit, fn).damaged ? 'DAMAGED' : '');
  const out = [`function ${line}-${end} ${[fn.name, ...parts].filter((p) => p !== '').join(' ')}`];
  assert.ok(unit.text.slice(fn.nameSpan.start, fn.nameSpan.end) === fn.name);
  for (const c of cleanups)
    out.push(`  cleanup ${c.macro} ${c.name} ${JSON.stringify(unit.text.slice(c.span.start, c.span.end))}`);
  for (const w of rewrites)
    out.push(`  ${w.kind} ${JSON.stringify(unit.text.slice(w.span.start, w.span.end).replace(/\s+/g, ' '))}`);
  const before = unit.code.slice(fn.span.start, fn.span.end);
  return [...out, ...changed(unit.lines, { text: before, code, base: fn.span.start })];
}

describe('syntax goldens', () => {
  before(startParser);

  for (const name of readdirSync(ROOT).filter((f) => f.endsWith('.c'))) {
    it(name, () => {
      const file = path.join(ROOT, name);
      const { text } = decode(readFileSync(file));
      const kernels = KERNELS[name] ?? ['6.12'];
      const mentioned = versionsMentioned(text).map(formatVersion);
      const lines = mentioned.length === 0 ? [] : [`versions mentioned: ${mentioned.join(' ')}`];
      const found = `${[...lines, ...kernels.flatMap((k) => dump(name, text, k))].join('\n')}\n`;
      const golden = file.replace(/\.c$/, '.expected.txt');
      if (process.env.UPDATE === '1') writeFileSync(golden, found);
      assert.equal(found, existsSync(golden) ? readFileSync(golden, 'utf8') : '(none; run with UPDATE=1)');
    });
  }
});
