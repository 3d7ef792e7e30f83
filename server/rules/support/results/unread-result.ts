/** Results of acquire calls that go to a variable and no further. */
import { treeOf } from '../../../analysis/calls/call-index.ts';
import { printsByName } from '../../../analysis/print-names.ts';
import type { CallSite } from '../../../analysis/sites/site.ts';
import { isDeadAfter, usesOf } from '../../../analysis/statements/variable-use.ts';
import { calleeOf, codeOf, pathTo } from '../../../analysis/trees.ts';
import { resultVariable } from './result-variable.ts';

/** The local variable that takes a result and is read by nobody behind the call but messages; undefined where somebody reads it. */
export function unreadResult(site: CallSite): { readonly name: string; readonly printed: boolean } | undefined {
  const { unit, fn, span } = site;
  const variable = resultVariable(site);
  if (fn === undefined || variable === undefined) return undefined;
  const { name } = variable;
  const tree = treeOf(unit, fn);
  const statement = pathTo(tree, span).findLast((n) => n.type === 'expression_statement' || n.type === 'declaration');
  if (statement === undefined) return undefined;
  const reads = usesOf(unit, tree, name).filter((u) => u.kind === 'read');
  const isPrinted = reads.every(({ node }) =>
    pathTo(tree, node).some((n) => {
      const callee = n.type === 'call_expression' ? calleeOf(n) : undefined;
      return callee !== undefined && printsByName(codeOf(unit, callee));
    }),
  );
  if (isPrinted) return { name, printed: reads.length > 0 };
  return isDeadAfter(unit, tree, statement, name) ? { name, printed: false } : undefined;
}
