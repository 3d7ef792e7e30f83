/** Faults of the tests on the result: a comparison the wrong way round, and a test for 0 alone. */
import { FLIPPED } from '../../../server/syntax/condition.ts';
import { childByField } from '../../../server/syntax/node.ts';
import { atCall, type Mutation, type Operator } from '../operator.ts';
import { type Comparison, comparisons, isLoopCondition, resultOf } from '../results.ts';
import type { Subject } from '../subject.ts';
import { flat, sameLines } from '../trees.ts';

const TAKEN_WRONG: readonly string[] = [
  'errno-as-count',
  'short-pin-as-success',
  'zero-pin-unhandled',
  'pin-leaked',
  'partial-pin-leaked',
  'release-count-mismatch',
  'release-of-null-pages',
  'no-progress-loop',
  'never-released',
  // Of a test that chooses what is returned: the count that came where fewer did, or another error.
  'short-count-returned',
  'errno-replaced',
];

/** The comparison says the opposite. */
export const compareWrongly: Operator = {
  name: 'compare-wrongly',
  summary: 'a comparison of the result is turned round: `<` becomes `>`, `!=` becomes `==`',
  rules: TAKEN_WRONG,
  target: 85,
  mutations: (subject) =>
    changed(subject, ({ operator, other }, kept) => {
      const turned = operator === '==' ? '!=' : operator === '!=' ? '==' : FLIPPED[operator];
      return turned === undefined ? undefined : `${kept} ${turned} ${other}`;
    }),
};

/** The test lets an -errno pass. */
export const testZeroOnly: Operator = {
  name: 'test-zero-only',
  summary: 'a test for an -errno or for all pages (`< 0`, `<= 0`, `!= n`, `< n`) becomes one for 0 alone',
  rules: TAKEN_WRONG,
  target: 85,
  mutations: (subject) => changed(subject, (c, kept) => (/^(?:<=?|!=)$/.test(c.operator) ? `!(${kept})` : undefined)),
};

/** Comparisons in tests that decide between branches, with new code for each; the result's own side is `kept`. */
function changed(subject: Subject, code: (c: Comparison, kept: string) => string | undefined): Mutation[] {
  const { text, unit } = subject;
  return subject.sites.flatMap((site) => {
    const result = resultOf(site);
    if (result === undefined) return [];
    return comparisons(site, result).flatMap((c) => {
      const { start, end } = c.node;
      const left = childByField(c.node, 'left');
      const right = childByField(c.node, 'right');
      if (left === undefined || right === undefined || isLoopCondition(result.root, c.node)) return [];
      const kept = flat(unit, flat(unit, right) === c.other ? left : right);
      const now = code(c, kept);
      if (now === undefined) return [];
      const edit = { start, end, text: sameLines(text.slice(start, end), now) };
      return [atCall(site, [site], `line ${unit.lines.at(start).line}: ${now}`, [edit])];
    });
  });
}
