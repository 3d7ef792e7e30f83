/**
 * The one place that knows tree-sitter: text in, plain nodes out. Trees are freed before this returns.
 * The WebAssembly build runs everywhere without a compiler (docs/decisions/0002-web-tree-sitter.md).
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Language, Parser, type Tree, type TreeCursor } from 'web-tree-sitter';
import type { CNode } from './node.ts';

let parser: Parser | undefined;

/** Finds a .wasm file beside the bundle, or in node_modules when running from source. */
function wasmPath(name: string, module: string): string {
  const beside = path.join(__dirname, name);
  try {
    readFileSync(beside, { flag: 'r' });
    return beside;
  } catch {
    return require.resolve(`${module}/${name}`);
  }
}

/** Loads the grammar; to be awaited once per thread before `parse`. Later calls return at once. */
export async function initParser(): Promise<void> {
  if (parser !== undefined) return;
  await Parser.init({ locateFile: (f: string) => wasmPath(f, 'web-tree-sitter') });
  const language = await Language.load(readFileSync(wasmPath('tree-sitter-c.wasm', 'tree-sitter-c')));
  const p = new Parser();
  p.setLanguage(language);
  parser = p;
}

/**
 * Parses a piece of C and returns its translation_unit node; `base` is added to every offset.
 * Never fails on any text. Throws only when `initParser` was not awaited.
 */
export function parse(code: string, base = 0): CNode {
  if (parser === undefined) throw new Error('initParser() has not finished');
  const tree: Tree | null = parser.parse(code);
  if (tree === null) return { type: 'ERROR', start: base, end: base + code.length, field: undefined, children: [], missing: false };
  try {
    const cursor = tree.walk();
    try {
      return convert(cursor, base);
    } finally {
      cursor.delete();
    }
  } finally {
    tree.delete();
  }
}

/** Copies the tree below a cursor without recursion (a text may nest deeper than the stack). */
function convert(cursor: TreeCursor, base: number): CNode {
  type Open = { type: string; start: number; end: number; field: string | undefined; children: CNode[]; missing: boolean };
  const open = (): Open => ({
    type: cursor.nodeType,
    start: base + cursor.startIndex,
    end: base + cursor.endIndex,
    field: cursor.currentFieldName ?? undefined,
    children: [],
    missing: cursor.nodeIsMissing,
  });
  const root = open();
  const stack: Open[] = [root];
  if (!cursor.gotoFirstChild()) return root;
  for (;;) {
    const parent = stack[stack.length - 1] as Open;
    const keep = cursor.nodeIsNamed || cursor.nodeIsMissing || cursor.currentFieldName !== null;
    if (keep && cursor.nodeType !== 'comment') {
      const node = open();
      parent.children.push(node);
      stack.push(node);
      if (cursor.gotoFirstChild()) continue;
      stack.pop();
    }
    while (!cursor.gotoNextSibling()) {
      stack.pop();
      if (stack.length === 0) return root;
      cursor.gotoParent();
    }
  }
}
