/**
 * Small readings of syntax trees that several analyses share: names of callees, keys of places, text of nodes.
 * Trees come from the masked text, so names are read from there; what is shown to people is read from the file's text.
 */
import type { Span } from '../base/span.ts';
import { type CNode, childByField, walk } from '../syntax/node.ts';
import type { CUnit } from '../syntax/unit.ts';

/** The text of a node as the parser saw it: masked text, or the file's own for a macro's body (directives are blank when masked). */
export function codeOf(unit: CUnit, node: Span): string {
  const code = unit.code.slice(node.start, node.end);
  return code.trim() !== '' ? code : unit.text.slice(node.start, node.end).replace(/\\\r?\n/g, ' ');
}

/** The first character of a node: `*` or `&` of a pointer_expression, the operator of a unary_expression. */
export function operatorOf(unit: CUnit, node: Span): string {
  const c = unit.code[node.start] ?? '';
  return c.trim() !== '' ? c : (unit.text[node.start] ?? '');
}

/** The text of a stretch for people: as written, on one line; without the comments and dead branches that stand in it. */
export function shownText(unit: CUnit, span: Span): string {
  const end = Math.min(span.end, span.start + MAX_SHOWN);
  const text = unit.text.slice(span.start, end);
  const plain = !text.includes('/*') && !text.includes('//') && !/\n\s*#/.test(text);
  const from = plain ? text : unit.code.slice(span.start, end);
  return from
    .replace(/\\\r?\n/g, ' ')
    .replace(/\s+/g, ' ')
    .replace(/\( /g, '(')
    .replace(/ \)/g, ')')
    .trim();
}

/** The node without the parentheses and casts around it. */
export function bare(node: CNode): CNode {
  let n = node;
  for (;;) {
    const inner =
      n.type === 'cast_expression'
        ? childByField(n, 'value')
        : n.type === 'parenthesized_expression'
          ? n.children[0]
          : undefined;
    if (inner === undefined || inner.type === 'compound_statement') return n;
    n = inner;
  }
}

/** The identifier that a call names, also in parentheses; undefined for a call through a pointer. */
export function calleeOf(call: CNode): CNode | undefined {
  const callee = childByField(call, 'function');
  if (callee === undefined) return undefined;
  const n = bare(callee);
  return n.type === 'identifier' ? n : undefined;
}

/** The arguments of a call, in order. */
export function argumentNodes(call: CNode): readonly CNode[] {
  return childByField(call, 'arguments')?.children ?? [];
}

/** Characters of a place that is told from others; longer ones are not followed. */
const MAX_KEY = 200;

/** Characters of an expression that people are shown. */
const MAX_SHOWN = 1000;

/**
 * A key under which equal places are equal: `flags`, `opts->flags`, `a[i].b`. Undefined for anything that is no place.
 */
export function placeKey(unit: CUnit, node: CNode): string | undefined {
  const n = bare(node);
  if (n.end - n.start > MAX_KEY) return undefined;
  switch (n.type) {
    case 'identifier':
      return codeOf(unit, n);
    case 'field_expression':
    case 'subscript_expression':
      return codeOf(unit, n).replace(/\s+/g, '');
    case 'pointer_expression':
      return isDereference(unit, n) ? codeOf(unit, n).replace(/\s+/g, '') : undefined;
    default:
      return undefined;
  }
}

/** Whether a pointer_expression is `*p` (and not `&x`). */
function isDereference(unit: CUnit, node: CNode): boolean {
  return node.type === 'pointer_expression' && operatorOf(unit, node) === '*';
}

/** Whether a pointer_expression is `&x`. */
export function isAddressOf(unit: CUnit, node: CNode): boolean {
  return node.type === 'pointer_expression' && operatorOf(unit, node) === '&';
}

/** The variable at the root of a place or of arithmetic on a pointer: `pages` of `&pages[i]`, `pages + n`, `*pages`; not of `p->pages`. */
export function rootVariable(unit: CUnit, node: CNode): string | undefined {
  let n: CNode | undefined = bare(node);
  while (n !== undefined) {
    if (n.type === 'identifier') return codeOf(unit, n);
    if (n.type === 'pointer_expression' || n.type === 'subscript_expression') n = childByField(n, 'argument');
    else if (n.type === 'binary_expression') n = childByField(n, 'left');
    else return undefined;
    if (n !== undefined) n = bare(n);
  }
  return undefined;
}

/** All identifiers and places read below a node, as keys. */
export function keysIn(unit: CUnit, node: CNode): string[] {
  const keys: string[] = [];
  walk(node, (n) => {
    if (
      n.type === 'identifier' ||
      n.type === 'field_expression' ||
      n.type === 'subscript_expression' ||
      n.type === 'pointer_expression'
    ) {
      const key = placeKey(unit, n);
      if (key !== undefined) keys.push(key);
    }
    return true;
  });
  return keys;
}

/** All call expressions below a node, in text order. */
export function callNodes(node: CNode): CNode[] {
  const calls: CNode[] = [];
  walk(node, (n) => {
    if (n.type === 'call_expression') calls.push(n);
    return true;
  });
  return calls;
}

/** The nodes from the root down to the smallest one that covers the span; empty when the root does not. */
export function pathTo(root: CNode, span: Span): CNode[] {
  const path: CNode[] = [];
  let n: CNode | undefined = root;
  while (n !== undefined && n.start <= span.start && span.end <= n.end) {
    path.push(n);
    n = n.children.find((c) => c.start <= span.start && span.end <= c.end);
  }
  return path;
}

/** The last statement of a branch: of its block, or the branch itself where it has no braces. */
export function lastStatement(branch: CNode | undefined): CNode | undefined {
  return branch?.type === 'compound_statement' ? branch.children.at(-1) : branch;
}

const LOOPS: ReadonlySet<string> = new Set(['for_statement', 'while_statement', 'do_statement']);

/** Whether a node is a loop of C itself; the macros that iterate are calls. */
export function isLoop(node: CNode): boolean {
  return LOOPS.has(node.type);
}

/** The loops around a place, the outermost first. */
export function loopsAround(root: CNode, span: Span): readonly CNode[] {
  return pathTo(root, span).filter(isLoop);
}
