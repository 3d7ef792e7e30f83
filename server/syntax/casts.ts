/**
 * Turns `(u32)(x)` and `(u32)-x` into casts. A parser that knows no typedefs reads them as a call and a subtraction; here the
 * names of types are known. Works in place on a fresh tree, bottom up, without recursion.
 */
import type { CNode } from './node.ts';

/** What may be cast to: whether a word is a type's name, and whether it is declared as something else in the code at hand. */
export interface CastNames {
  isType(name: string): boolean;
  isObject(name: string): boolean;
}

/** A node that nobody but the pass that built it has seen. */
interface Fresh {
  type: string;
  start: number;
  end: number;
  field: string | undefined;
  children: readonly CNode[];
  missing: boolean;
}

/** Rewrites the casts of a tree. `text` is what the offsets mean, from `base` on. */
export function fixCasts(root: CNode, textAt: (start: number, end: number) => string, names: CastNames): void {
  if (!mayHoldCasts(root)) return;
  const order: CNode[] = [root];
  for (let i = 0; i < order.length; i++) for (const c of (order[i] as CNode).children) order.push(c);
  for (let i = order.length - 1; i >= 0; i--) {
    const node = order[i] as CNode;
    if (node.type === 'call_expression') fixCall(node, textAt, names);
    else if (node.type === 'binary_expression') fixBinary(node, textAt, names);
    else if (node.type === 'field_expression' || node.type === 'subscript_expression') rotate(node);
  }
}

/** Whether some call or sum starts with `(name)`; most functions have none, and are left at that. */
function mayHoldCasts(root: CNode): boolean {
  const stack: CNode[] = [root];
  for (let n = stack.pop(); n !== undefined; n = stack.pop()) {
    const suspect = n.type === 'call_expression' || n.type === 'binary_expression';
    if (suspect && nameInBrackets(n.children[0]) !== undefined) return true;
    for (let i = 0; i < n.children.length; i++) {
      const c = n.children[i] as CNode;
      if (c.children.length > 0) stack.push(c);
    }
  }
  return false;
}

const madeOfCalls = new WeakSet<CNode>();

/** The one identifier inside `(name)`. */
function nameInBrackets(node: CNode | undefined): CNode | undefined {
  if (node?.type !== 'parenthesized_expression' || node.children.length !== 1) return undefined;
  return node.children[0]?.type === 'identifier' ? node.children[0] : undefined;
}

function fixCall(node: CNode, textAt: (start: number, end: number) => string, names: CastNames): void {
  const [callee, args] = node.children;
  const name = nameInBrackets(callee);
  if (name === undefined || args?.field !== 'arguments' || args.children.length !== 1) return;
  const word = textAt(name.start, name.end);
  const looksLikeType = names.isType(word) || (/[A-Z]|_t$/.test(word) && !names.isObject(word));
  if (!looksLikeType) return;
  const value: CNode = { ...args, type: 'parenthesized_expression', field: 'value', children: args.children };
  become(node, 'cast_expression', [descriptor(name), value]);
  madeOfCalls.add(node);
}

function descriptor(name: CNode): CNode {
  const { start, end } = name;
  const type: CNode = { ...name, type: 'type_identifier', field: 'type' };
  return { type: 'type_descriptor', start, end, field: 'type', children: [type], missing: false };
}

/** `(u32)-x`, `(u32)*p`, `(u32)&v`, where the operator is the operand's own. */
function fixBinary(node: CNode, textAt: (start: number, end: number) => string, names: CastNames): void {
  const [left, operator, right] = node.children;
  const name = nameInBrackets(left);
  if (name === undefined || operator === undefined || right === undefined) return;
  const op = operator.type;
  if (op !== '-' && op !== '+' && op !== '*' && op !== '&') return;
  const word = textAt(name.start, name.end);
  if (!names.isType(word) && !(/_t$/.test(word) && !names.isObject(word))) return;
  let operand = right;
  const spine: Fresh[] = [];
  while (operand.type === 'binary_expression' && operand.children[0] !== undefined) {
    spine.push(operand as Fresh);
    operand = operand.children[0];
  }
  const unary: CNode = {
    type: op === '*' || op === '&' ? 'pointer_expression' : 'unary_expression',
    start: operator.start,
    end: operand.end,
    field: 'value',
    children: [operator, { ...operand, field: 'argument' }],
    missing: false,
  };
  const children = [descriptor(name), unary];
  const last = spine[spine.length - 1];
  if (last === undefined) return become(node, 'cast_expression', children);
  const cast: CNode = {
    type: 'cast_expression',
    start: node.start,
    end: operand.end,
    field: 'left',
    children,
    missing: false,
  };
  last.children = [cast, ...last.children.slice(1)];
  for (const b of spine) b.start = node.start;
  become(node, right.type, right.children);
}

/** `(u32)(x)->y` is a cast of `(x)->y`. */
function rotate(node: CNode): void {
  const [argument, ...rest] = node.children;
  if (argument === undefined || argument.field !== 'argument' || !madeOfCalls.has(argument)) return;
  const [type, value] = argument.children;
  if (type === undefined || value === undefined) return;
  const inner: CNode = {
    ...node,
    start: value.start,
    field: 'value',
    children: [{ ...value, field: 'argument' }, ...rest],
  };
  become(node, 'cast_expression', [type, inner]);
  madeOfCalls.add(node);
}

function become(node: CNode, type: string, children: readonly CNode[]): void {
  const fresh = node as Fresh;
  fresh.type = type;
  fresh.children = children;
}
