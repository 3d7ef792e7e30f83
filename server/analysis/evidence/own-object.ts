/** Objects that one function makes and ends: what they hold lives no longer than its call. */
import { type CNode, childByField, walk } from '../../syntax/node.ts';
import type { CUnit, FunctionDef } from '../../syntax/unit.ts';
import { treeOf } from '../calls/call-index.ts';
import { onErrorPath } from '../calls/wrappers.ts';
import { localNames } from '../locals.ts';
import { argumentNodes, bare, calleeOf, codeOf } from '../trees.ts';

/** Words in names of functions that return an object nobody had before. */
const MAKES = /(?:^|_)(?:[a-z]*alloc|create|new|make)(?:_|$)/;

/** Whether a call in a function ends an object that the function made itself, where nothing went wrong. */
export function endsOwn(place: { readonly unit: CUnit; readonly fn: FunctionDef; readonly node: CNode }): boolean {
  const { unit, fn, node } = place;
  const [first] = argumentNodes(node);
  const object = first === undefined ? undefined : bare(first);
  if (object?.type !== 'identifier') return false;
  const tree = treeOf(unit, fn);
  const name = codeOf(unit, object);
  const local = localNames(unit, tree).get(name);
  if (local === undefined || local.param !== undefined || local.isStatic || local.pointers !== 1) return false;
  const made = madeBy(unit, tree, name);
  return made !== undefined && made.end <= node.start && !onErrorPath(unit, tree, node, made);
}

/** The call whose result a variable is first given, where that makes an object. */
function madeBy(unit: CUnit, tree: CNode, name: string): CNode | undefined {
  let found: CNode | undefined;
  walk(tree, (n) => {
    if (found !== undefined) return false;
    const [left, value] =
      n.type === 'assignment_expression'
        ? [childByField(n, 'left'), childByField(n, 'right')]
        : n.type === 'init_declarator'
          ? [childByField(n, 'declarator'), childByField(n, 'value')]
          : [];
    if (left === undefined || value === undefined || codeOf(unit, left).replace(/^[*\s]+/, '') !== name) return true;
    const callee = bare(value).type === 'call_expression' ? calleeOf(bare(value)) : undefined;
    if (callee !== undefined && MAKES.test(codeOf(unit, callee))) found = bare(value);
    return true;
  });
  return found;
}
