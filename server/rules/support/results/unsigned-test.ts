/** Comparisons of an acquire call's result without its sign: where they stand, and what they let through. */
import { functionAt, treeOf } from '../../../analysis/calls/call-index.ts';
import { PASSED, USED } from '../../../analysis/paths/check-result.ts';
import { codeOf, pathTo } from '../../../analysis/trees.ts';
import { childByField } from '../../../syntax/node.ts';
import type { RulePass } from '../../define.ts';
import { type PageFinding, pageFindings } from '../flow-report.ts';

/** The comparisons of results without sign in what a file is looked at with. */
export function unsignedTests(pass: RulePass): readonly PageFinding[] {
  return pageFindings(pass, 'errno-as-count').filter(
    ({ call, problem: { detail } }) => call === undefined && detail !== USED && detail !== PASSED,
  );
}

/**
 * Whether pages come from a callee that compares their number, save that an error passes for a huge one: what goes on then is told there, and
 * fewer than asked for do not come through.
 */
export function isTestedUnsigned({ resource: { origin } }: PageFinding, tests: readonly PageFinding[]): boolean {
  return (
    origin.chain.length > 0 &&
    tests.some(
      ({ resource: { origin: o } }) =>
        o.chain.length === 0 && o.unit === origin.unit && o.span.start === origin.span.start,
    )
  );
}

/** `if (got < n) { ... } return got;`: an error that passes the test is returned for what it is. */
export function isReturnedAsIs({ at: { unit, span } }: PageFinding): boolean {
  const fn = functionAt(unit, span.start);
  if (fn === undefined) return false;
  const path = pathTo(treeOf(unit, fn), span);
  const i = path.findLastIndex((n) => n.type === 'if_statement');
  const [test, block] = [path[i], path[i - 1]];
  if (test === undefined || block?.type !== 'compound_statement' || childByField(test, 'alternative') !== undefined)
    return false;
  const variable = /^(\w+)\s*</.exec(unit.code.slice(span.start, span.end))?.[1];
  const next = block.children[block.children.indexOf(test) + 1];
  return (
    variable !== undefined && next !== undefined && new RegExp(`^return\\s+${variable}\\s*;$`).test(codeOf(unit, next))
  );
}

/** A test for all pages: `got != n`, `n == got`; not one that compares with a constant. */
const FOR_ALL = /^\(*\s*(\w+)\s*([!=]=)\s*([^&|?]+?)\s*\)*$/;

/**
 * `if (got <= 0 || got != n)` and `if (got > 0 && got == n)`: an error passes the comparison, and not the test for all pages beside it, to
 * which no errno is equal.
 */
export function isTestedForAll({ at: { unit, span } }: PageFinding): boolean {
  const fn = functionAt(unit, span.start);
  if (fn === undefined) return false;
  const sides = unit.code.slice(span.start, span.end).split(/[<>]=?/);
  const path = pathTo(treeOf(unit, fn), span);
  return path.some((node) => {
    const joins = node.type === 'binary_expression' ? childByField(node, 'operator')?.type : undefined;
    if (joins !== '||' && joins !== '&&') return false;
    return node.children.some((side) => {
      const [, left, op, right] = FOR_ALL.exec(codeOf(unit, side)) ?? [];
      const isOther = op === (joins === '||' ? '!=' : '==') && right !== undefined && !/^-?\w*\d$/.test(right);
      return isOther && sides.some((s) => s.trim() === left || s.trim() === right);
    });
  });
}
