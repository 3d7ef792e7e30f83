/**
 * Holds fixes to their promises: each alone leaves text that parses as well as before, takes its finding away and brings no new
 * one; the safe ones together come to rest. And writes what they do as a golden text.
 */
import { type KernelRange, parseRange } from '../../model/version.ts';
import { applyRound, MAX_ROUNDS } from '../../server/engine/apply-fixes.ts';
import type { Finding, Fix } from '../../server/engine/protocol.ts';
import { loadUnit } from '../../server/syntax/load.ts';
import { parseFunction } from '../../server/syntax/parse-function.ts';
import { analyseTexts, type RunOptions, type Texts } from './run-rules.ts';

/** What the fixes of one run do. */
export interface FixCheck {
  /** Broken promises, one line each. */
  readonly problems: readonly string[];
  /** What each fix changes, as the golden file holds it. */
  readonly golden: string;
}

/** Applies every fix of the findings that `wanted` picks, each alone, then all safe ones of these rules. */
export function checkFixes(texts: Texts, options: RunOptions, wanted: (f: Finding) => boolean): FixCheck {
  const before = analyseTexts(texts, options).findings;
  const problems: string[] = [];
  const golden: string[] = [];
  for (const finding of before.filter(wanted)) {
    for (const fix of finding.fixes) {
      const after = applied(texts, finding, fix);
      const title = `${finding.functionName || 'file scope'}: ${finding.rule}: ${fix.title} [${fix.applicability}]`;
      golden.push(`== ${title}`, difference(texts, after));
      const effect = {
        finding,
        before,
        after: analyseTexts(after, options).findings,
        damaged: { before: errors(texts, options), after: errors(after, options) },
      };
      problems.push(...brokenPromises(effect).map((p) => `${title}: ${p}`));
    }
  }
  const rest = settle(texts, options, wanted);
  if (rest.rounds >= MAX_ROUNDS) problems.push('safe fixes do not come to rest');
  if (rest.texts !== texts) golden.push('== all safe fixes', difference(texts, rest.texts));
  return { problems, golden: golden.length === 0 ? '' : `${golden.join('\n')}\n` };
}

function applied(texts: Texts, finding: Finding, fix: Fix): Texts {
  const round = applyRound([{ ...finding, fixes: [fix] }], 'any', (file) => texts.get(file));
  return new Map([...texts, ...round.texts]);
}

/** The findings before and after a fix, and how many functions do not parse. */
export interface FixEffect {
  readonly finding: Finding;
  readonly before: readonly Finding[];
  readonly after: readonly Finding[];
  readonly damaged: { readonly before: number; readonly after: number };
}

/** What a fix promises and did not do: one line each. */
export function brokenPromises({ finding, before, after, damaged }: FixEffect): string[] {
  const problems: string[] = [];
  const had = counts(before);
  const has = counts(after);
  const key = keyOf(finding);
  if ((has.get(key) ?? 0) >= (had.get(key) ?? 0)) problems.push('the finding is still there');
  // A hint says what could be better; what a fix brings may still be improved, but must not be wrong.
  const worse = counts(after.filter((f) => f.severity !== 'info'));
  for (const [k, n] of worse) if (n > (had.get(k) ?? 0)) problems.push(`brings a new finding: ${k}`);
  if (damaged.after > damaged.before) problems.push('the text no longer parses');
  return problems;
}

function keyOf(f: Finding): string {
  return `${f.rule} in ${f.functionName || 'file scope'} of ${f.location.file}`;
}

function counts(findings: readonly Finding[]): ReadonlyMap<string, number> {
  const map = new Map<string, number>();
  for (const f of findings) map.set(keyOf(f), (map.get(keyOf(f)) ?? 0) + 1);
  return map;
}

function errors(texts: Texts, options: RunOptions): number {
  return damagedFunctions(texts, parseRange(options.kernel) ?? { since: 0, until: Number.POSITIVE_INFINITY });
}

/** How many functions of some texts do not parse cleanly. */
export function damagedFunctions(texts: Texts, range: KernelRange): number {
  let n = 0;
  for (const [path, text] of texts) {
    const unit = loadUnit(path, text, { range, defines: new Map() });
    n += unit.functions.filter((fn) => parseFunction(unit, fn).damaged).length;
  }
  return n;
}

function settle(texts: Texts, options: RunOptions, wanted: (f: Finding) => boolean): { texts: Texts; rounds: number } {
  let now = texts;
  for (let rounds = 0; rounds < MAX_ROUNDS; rounds++) {
    const { findings } = analyseTexts(now, options);
    const round = applyRound(findings.filter(wanted), 'safe', (file) => now.get(file));
    if (round.texts.size === 0) return { texts: now, rounds };
    now = new Map([...now, ...round.texts]);
  }
  return { texts: now, rounds: MAX_ROUNDS };
}

/** The lines that differ, `-` before and `+` after, without those that both ends share. */
function difference(before: Texts, after: Texts): string {
  const out: string[] = [];
  for (const [file, text] of after) {
    const old = before.get(file) ?? '';
    if (old === text) continue;
    if (after.size > 1) out.push(`-- ${file}`);
    out.push(...lineDifference(old.split('\n'), text.split('\n')));
  }
  return out.join('\n');
}

/** Longest common subsequence over lines; fixtures are small. */
function lineDifference(a: readonly string[], b: readonly string[]): string[] {
  const table = Array.from({ length: a.length + 1 }, () => new Int32Array(b.length + 1));
  const cell = (i: number, j: number): number => table[i]?.[j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const row = table[i];
      if (row !== undefined) row[j] = a[i] === b[j] ? cell(i + 1, j + 1) + 1 : Math.max(cell(i + 1, j), cell(i, j + 1));
    }
  }
  const out: string[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      i++;
      j++;
    } else if (j < b.length && (i >= a.length || cell(i, j + 1) > cell(i + 1, j))) out.push(`+${b[j++]}`);
    else out.push(`-${a[i++]}`);
  }
  return out.map((line) => line.replace(/\s*\/\/~.*$/, '').trimEnd());
}
