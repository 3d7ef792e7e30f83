/**
 * The one place that knows tree-sitter: text in, plain nodes out. Trees are freed before this returns.
 * The WebAssembly build runs everywhere without a compiler (docs/decisions/0002-web-tree-sitter.md).
 */
import { Language, Parser, type Tree, type TreeCursor } from 'web-tree-sitter';
import type { CNode } from './node.ts';

/** Where the two WebAssembly modules are: a path, or the bytes. */
export interface ParserLocations {
  /** web-tree-sitter.wasm */
  readonly runtime: string | Uint8Array;
  /** tree-sitter-c.wasm */
  readonly grammar: string | Uint8Array;
}

let parser: Parser | undefined;
let starting: Promise<void> | undefined;

/**
 * Loads the grammar; to be awaited once per thread before `parse`. Later calls wait for the first and ignore their argument.
 * Rejects when a module cannot be read; a later call may then try again.
 */
export function initParser(locations: ParserLocations): Promise<void> {
  starting ??= start(locations).catch((e: unknown) => {
    starting = undefined;
    throw e;
  });
  return starting;
}

/** Code with the constructs that most functions have: the first parse compiles the WebAssembly that later ones run. */
const WARM_UP = `static int f(struct s *p, unsigned long n) { int i, ret = -1; if (!p || p->a[0].b) return ret;
for (i = 0; i < n; i++) { ret = g(p->q, &n, (u8 *)x + i, sizeof(*p)); if (ret < 0) goto out; }
switch (n) { case A: break; default: do { i += 2; } while (i); } return 0; out: free(p); return ret ? 1 : 0; }`;

async function start(locations: ParserLocations): Promise<void> {
  const { runtime, grammar } = locations;
  await Parser.init(typeof runtime === 'string' ? { locateFile: () => runtime } : { wasmBinary: runtime });
  const language = await Language.load(grammar);
  const p = new Parser();
  p.setLanguage(language);
  parser = p;
  parse(WARM_UP);
}

/**
 * Parses a piece of C and returns its translation_unit node; `base` is added to every offset.
 * Never fails on any text. Throws only when `initParser` was not awaited.
 */
export function parse(code: string, base = 0): CNode {
  if (parser === undefined) throw new Error('initParser() has not finished');
  const tree: Tree | null = parser.parse(code);
  if (tree === null)
    return { type: 'ERROR', start: base, end: base + code.length, field: undefined, children: [], missing: false };
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
  type Open = {
    type: string;
    start: number;
    end: number;
    field: string | undefined;
    children: CNode[];
    missing: boolean;
  };
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
