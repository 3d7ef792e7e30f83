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
  const { children } = node;
  for (let i = 0; i < children.length; i++) if (children[i]?.field === field) return children[i];
  return undefined;
}

/** Calls `visit` for the node and all below it, parents first; a visitor that returns false skips what is below. */
export function walk(node: CNode, visit: (node: CNode, parent: CNode | undefined) => boolean | undefined): void {
  // Side by side: an object for each node would be a third of what a walk costs.
  const nodes: CNode[] = [node];
  const parents: (CNode | undefined)[] = [undefined];
  for (let top = nodes.pop(); top !== undefined; top = nodes.pop()) {
    if (visit(top, parents.pop()) === false) continue;
    const { children } = top;
    for (let i = children.length - 1; i >= 0; i--) {
      nodes.push(children[i] as CNode);
      parents.push(top);
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
