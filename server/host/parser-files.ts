/** Where the parser's two .wasm files lie: beside the bundle, or in node_modules when running from source. */
import fs from 'node:fs';
import nodePath from 'node:path';

/** Paths of the parser's runtime and of the C grammar. */
export interface ParserFiles {
  readonly runtime: string;
  readonly grammar: string;
}

/** Finds the files. Throws an Error of require.resolve's when they are nowhere. */
export function parserFiles(): ParserFiles {
  const place = (name: string, module: string): string => {
    const beside = nodePath.join(__dirname, name);
    return fs.existsSync(beside) ? beside : require.resolve(`${module}/${name}`);
  };
  return {
    runtime: place('web-tree-sitter.wasm', 'web-tree-sitter'),
    grammar: place('tree-sitter-c.wasm', 'tree-sitter-c'),
  };
}
