/**
 * The syntax tree as the rest of guplint sees it: plain objects with offsets into the file, no parser behind them.
 * Node types and field names are those of tree-sitter-c. May import base only.
 */
import type { Span } from '../base/span.ts';

/**
 * A named node, or an anonymous one that has a field name (operators). Offsets are UTF-16 code units of the file's text.
 * `missing` marks a node the parser made up; type `ERROR` marks text it could not place.
 */
export interface CNode extends Span {
  readonly type: string;
  /** Field name in the parent, as `function` and `arguments` of a call_expression. */
  readonly field: string | undefined;
  readonly children: readonly CNode[];
  readonly missing: boolean;
}

/** The first child with this field name. */
export function childByField(node: CNode, field: string): CNode | undefined {
  return node.children.find((c) => c.field === field);
}

/** Calls `visit` for the node and all below it, parents first; a visitor that returns false skips what is below. */
export function walk(node: CNode, visit: (node: CNode, parent: CNode | undefined) => boolean | undefined): void {
  const stack: { node: CNode; parent: CNode | undefined }[] = [{ node, parent: undefined }];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    if (visit(top.node, top.parent) === false) continue;
    for (let i = top.node.children.length - 1; i >= 0; i--) {
      const child = top.node.children[i];
      if (child !== undefined) stack.push({ node: child, parent: top.node });
    }
  }
}

/** Whether the node or anything below it is an ERROR or made up by the parser. */
export function hasError(node: CNode): boolean {
  let found = false;
  walk(node, (n) => {
    if (n.type === 'ERROR' || n.missing) found = true;
    return !found;
  });
  return found;
}
