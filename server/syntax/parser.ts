/**
 * The one place that knows tree-sitter: text in, plain nodes out. Trees are freed before this returns.
 * The WebAssembly build runs everywhere without a compiler (docs/decisions/0002-web-tree-sitter.md).
 */
import { Language, Parser, type Tree, type TreeCursor } from 'web-tree-sitter';
import { type CNode, hasError } from './node.ts';

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
 * Never fails on any text: one on which the parser does not get on becomes an ERROR node. Throws only when `initParser` was not
 * awaited. The parser reports every 100 steps; C takes at most 0.1 reports a character, ten times that is given up.
 */
export function parse(code: string, base = 0): CNode {
  if (parser === undefined) throw new Error('initParser() has not finished');
  const tree: Tree | null = parser.parse(code);
  if (tree === null)
    return { type: 'ERROR', start: base, end: base + code.length, field: undefined, children: [], missing: false };
  try {
    const cursor = tree.walk();
    try {
      const clean = !tree.rootNode.hasError;
      const root = convert(cursor, base, clean);
      if (clean) sound.add(root);
      return root;
    } finally {
      cursor.delete();
    }
  } finally {
    tree.delete();
  }
}

/** Trees in which the parser found no fault. */
const sound = new WeakSet<CNode>();

/** Whether a tree that `parse` returned holds an ERROR or a node the parser made up. */
export function isDamaged(tree: CNode): boolean {
  return !sound.has(tree) && hasError(tree);
}

/** What is known of a node type by its number in the grammar. */
interface TypeFacts {
  readonly name: string;
  /** `keep`: always a CNode; `field`: only with a field name; `drop`: never one. */
  readonly standing: 'keep' | 'field' | 'drop';
  /** Never descended into. */
  readonly leaf: boolean;
}

/** Node types without children of interest; asking for the first child of a third of all nodes is saved. */
const LEAVES: ReadonlySet<string> = new Set([
  'identifier',
  'field_identifier',
  'type_identifier',
  'statement_identifier',
  'primitive_type',
  'number_literal',
  'string_literal',
  'char_literal',
]);
/** Anonymous nodes that never carry a field name. */
const PUNCTUATION: ReadonlySet<string> = new Set(['(', ')', '{', '}', '[', ']', ';', ',', ':', '?']);

/** Type facts by number, filled as types are met: asking the parser for each node costs more than the walk. */
const typeFacts = new Map<number, TypeFacts>();

function factsOf(cursor: TreeCursor, typeId: number): TypeFacts {
  const name = cursor.nodeType;
  const named = cursor.nodeIsNamed;
  const standing = name === 'comment' ? 'drop' : named ? 'keep' : PUNCTUATION.has(name) ? 'drop' : 'field';
  const facts: TypeFacts = { name, standing, leaf: !named || LEAVES.has(name) };
  typeFacts.set(typeId, facts);
  return facts;
}

interface Open extends CNode {
  readonly children: CNode[];
}

/** Copies the tree below a cursor without recursion (a text may nest deeper than the stack). `clean`: it holds no error. */
function convert(cursor: TreeCursor, base: number, clean: boolean): CNode {
  const root: Open = {
    type: cursor.nodeType,
    start: base + cursor.startIndex,
    end: base + cursor.endIndex,
    field: undefined,
    children: [],
    missing: false,
  };
  const stack: Open[] = [root];
  if (!cursor.gotoFirstChild()) return root;
  for (;;) {
    const typeId = cursor.nodeTypeId;
    const facts = typeFacts.get(typeId) ?? factsOf(cursor, typeId);
    const missing = !clean && cursor.nodeIsMissing;
    if (facts.standing !== 'drop' || missing) {
      const field = cursor.currentFieldName ?? undefined;
      if (facts.standing === 'keep' || field !== undefined || missing) {
        const start = base + cursor.startIndex;
        const node: Open = { type: facts.name, start, end: base + cursor.endIndex, field, children: [], missing };
        (stack[stack.length - 1] as Open).children.push(node);
        if (!facts.leaf && cursor.gotoFirstChild()) {
          stack.push(node);
          continue;
        }
      }
    }
    while (!cursor.gotoNextSibling()) {
      stack.pop();
      if (stack.length === 0) return root;
      cursor.gotoParent();
    }
  }
}
