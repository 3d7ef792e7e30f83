/** Statements that stand twice in a row in one block: the same code run again, with nothing between the two that could change what it means. */
import type { CNode } from '../../syntax/node.ts';
import { treeOf } from '../calls/call-index.ts';
import type { ApiCall } from '../sites/site.ts';
import { callStatement, compact } from './statement-place.ts';

/** Changes what it names each time it runs: `pages[i++]`, `p = next`. */
const CHANGES = /\+\+|--|(?<![=!<>])=(?!=)/;

/** Whether the statement that is nothing but this call stands right behind a statement of the same code. */
export function repeatsStatement({ unit, fn, node }: ApiCall): boolean {
  if (fn === undefined || node === undefined) return false;
  const place = callStatement(treeOf(unit, fn), node);
  const before = place === undefined ? undefined : runBefore(place.around[0], place.statement);
  if (place === undefined || before === undefined || before.type !== 'expression_statement') return false;
  const code = compact(unit, place.statement);
  return code === compact(unit, before) && !CHANGES.test(code);
}

/** What runs right before a statement of a block, behind a label too; undefined where it is the first or no statement of a block. */
function runBefore(parent: CNode | undefined, statement: CNode): CNode | undefined {
  if (parent === undefined || !/^(?:compound|case)_statement$/.test(parent.type)) return undefined;
  const before = parent.children[parent.children.indexOf(statement) - 1];
  return before?.type === 'labeled_statement' ? before.children.at(-1) : before;
}
