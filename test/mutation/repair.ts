/**
 * What the fixes of a found mutant make of it: the text as it was before the fault, other text without the finding, or something wrong.
 * Every fix of every new finding that fits is tried alone; those that change other files are not.
 */
import { applyRound } from '../../server/engine/apply-fixes.ts';
import type { Finding } from '../../server/engine/protocol.ts';
import { brokenPromises, damagedFunctions } from '../harness/check-fix.ts';
import type { Analysis, Laboratory } from './laboratory.ts';

/** What one fix did. */
export interface Repair {
  readonly rule: string;
  readonly title: string;
  readonly safe: boolean;
  /** The code is the original's, but for white space and comments. */
  readonly restored: boolean;
  /** Broken promises, and findings that neither the mutant nor the original has. */
  readonly problems: readonly string[];
  /** The first line that differs from the original's, with what stands there in the original; undefined where restored. */
  readonly differs: string | undefined;
}

/** A mutant's texts and what was found in it. */
export interface Faulty {
  readonly file: string;
  readonly original: string;
  readonly text: string;
  readonly analysis: Analysis;
  /** The new findings that fit. */
  readonly findings: readonly Finding[];
  /** What the file has as it is. */
  readonly known: readonly Finding[];
}

/** Tries every fix of a mutant's findings. */
export function repairs(laboratory: Laboratory, { file, original, text, analysis, findings, known }: Faulty): Repair[] {
  return findings.flatMap((finding) =>
    finding.fixes.flatMap((fix): Repair[] => {
      const read = (path: string): string => (path === file ? text : laboratory.text(path));
      const { texts } = applyRound([{ ...finding, fixes: [fix] }], 'any', read);
      const what = { rule: finding.rule, title: fix.title, safe: fix.applicability === 'safe' };
      const fixed = texts.get(file);
      if (fixed === undefined || texts.size > 1) return [];
      const after = laboratory.analyse(file, fixed).result.findings;
      const range = laboratory.range;
      const damaged = {
        before: damagedFunctions(new Map([[file, text]]), range),
        after: damagedFunctions(texts, range),
      };
      const shown = (list: readonly Finding[]): Finding[] => list.filter((f) => f.confidence !== 'low');
      const differs = difference(original, fixed);
      return [
        {
          ...what,
          restored: differs === undefined,
          problems: brokenPromises({
            finding,
            before: [...shown(analysis.result.findings), ...shown(known).filter((f) => f.rule !== finding.rule)],
            after: shown(after),
            damaged,
          }),
          differs,
        },
      ];
    }),
  );
}

function difference(original: string, fixed: string): string | undefined {
  const a = codeLines(original);
  const b = codeLines(fixed);
  const at = a.findIndex((line, i) => line !== b[i]);
  if (at < 0 && a.length === b.length) return undefined;
  const from = at < 0 ? a.length : at;
  return `${a.slice(from, from + 2).join(' / ')}  =>  ${b.slice(from, from + 2).join(' / ')}`;
}

/** The code of a text, a statement or brace a line, without comments and white space that means nothing. */
function codeLines(text: string): string[] {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, ' ')
    .replace(/\/\/.*$/gm, '')
    .replace(/\s+/g, ' ')
    .split(/(?<=[;{}])/)
    .map((s) => s.trim())
    .filter((s) => s !== '');
}
