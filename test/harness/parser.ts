/** Starts the parser for tests, from the modules in node_modules. */
import { initParser } from '../../server/syntax/parser.ts';

/** To be awaited in a `before` hook; later calls return at once. */
export function startParser(): Promise<void> {
  return initParser({
    runtime: require.resolve('web-tree-sitter/web-tree-sitter.wasm'),
    grammar: require.resolve('tree-sitter-c/tree-sitter-c.wasm'),
  });
}
