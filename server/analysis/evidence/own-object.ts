/** Objects that one function makes and ends: what they hold lives no longer than its call. */
import { type CNode, childByField, walk } from '../../syntax/node.ts';
import type { CUnit, FunctionDef } from '../../syntax/unit.ts';
import { treeOf } from '../calls/call-index.ts';
import { onErrorPath } from '../calls/wrappers.ts';
import { localNames } from '../locals.ts';
import { argumentNodes, bare, calleeOf, codeOf } from '../trees.ts';

/** Words in names of functions that return an object nobody had before. */
const MAKES = /(?:^|_)(?:[a-z]*alloc|create|new|make)(?:_|$)/;

/** A call in a function. */
interface CallIn {
  readonly unit: CUnit;
  readonly fn: FunctionDef;
  readonly node: CNode;
}

/** Whether what a call gets lies in an object that its function made itself, and that is no other on any way through it. */
export function isInOwn({ unit, fn, node }: CallIn): boolean {
  const [first] = argumentNodes(node);
  const name = first === undefined ? undefined : /^[\s(&*]*([A-Za-z_]\w*)/.exec(codeOf(unit, first))?.[1];
  const tree = treeOf(unit, fn);
  const local = name === undefined ? undefined : localNames(unit, tree).get(name);
  if (name === undefined || local === undefined || local.param !== undefined || local.isStatic || local.pointers !== 1)
    return false;
  const values = valuesOf(unit, tree, name).filter((v) => !/^(?:NULL|0)$/.test(codeOf(unit, v)));
  return values.length > 0 && values.every((v) => makes(unit, v));
}

/** Whether a call in a function ends an object that the function made itself, where nothing went wrong. */
export function endsOwn({ unit, fn, node }: CallIn): boolean {
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
  return valuesOf(unit, tree, name).find((value) => makes(unit, value));
}

/** Whether a value is a call that makes an object. */
function makes(unit: CUnit, value: CNode): boolean {
  const callee = value.type === 'call_expression' ? calleeOf(value) : undefined;
  return callee !== undefined && MAKES.test(codeOf(unit, callee));
}

/** What a variable is given, in text order. */
function valuesOf(unit: CUnit, tree: CNode, name: string): readonly CNode[] {
  const found: CNode[] = [];
  walk(tree, (n) => {
    const [left, value] =
      n.type === 'assignment_expression'
        ? [childByField(n, 'left'), childByField(n, 'right')]
        : n.type === 'init_declarator'
          ? [childByField(n, 'declarator'), childByField(n, 'value')]
          : [];
    if (left === undefined || value === undefined || codeOf(unit, left).replace(/^[*\s]+/, '') !== name) return true;
    found.push(bare(value));
    return true;
  });
  return found;
}
