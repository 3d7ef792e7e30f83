/** All fixes of a directory of a tree, safe and unsafe, applied round after round until nothing is left to fix. */
import { applyRound, MAX_ROUNDS } from '../../server/engine/apply-fixes.ts';
import { type AppliedFix, appliedFix } from '../../server/engine/fix-run.ts';
import type { Finding } from '../../server/engine/protocol.ts';
import type { TreeAnalysis } from '../harness/tree-analysis.ts';

/** Where the fixes of a directory come to. */
export interface Settled {
  /** New texts of the files that changed. */
  readonly texts: ReadonlyMap<string, string>;
  readonly fixed: readonly AppliedFix[];
  readonly rounds: number;
}

/** Applies all fixes of a directory. `rounds` is `MAX_ROUNDS` where they do not come to rest. */
export function settledTexts(tree: TreeAnalysis, directory: string, files: readonly string[]): Settled {
  const texts = new Map<string, string>();
  const fixed: AppliedFix[] = [];
  let first: readonly Finding[] | undefined;
  for (let rounds = 0; rounds < MAX_ROUNDS; rounds++) {
    const findings = tree.analyse(directory, files, texts).flatMap((r) => r.findings);
    first ??= findings;
    const round = applyRound(findings, 'any', (file) => texts.get(file) ?? tree.text(file));
    if (round.texts.size === 0) return { texts, fixed, rounds };
    for (const [file, text] of round.texts) texts.set(file, text);
    for (const finding of round.fixed) fixed.push(appliedFix(finding, 'any', first));
  }
  return { texts, fixed, rounds: MAX_ROUNDS };
}
