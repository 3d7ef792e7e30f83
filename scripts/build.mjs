// Bundles the command line (with the language server and the worker) into dist/ and copies the grammar beside it.
import { copyFileSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { build } from 'esbuild';

const require = createRequire(import.meta.url);
const outdir = 'dist';
mkdirSync(outdir, { recursive: true });
await build({
  entryPoints: { guplint: 'server/cli/bin.ts', worker: 'server/host/worker.ts' },
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  outdir,
  minifySyntax: true,
  logLevel: 'warning',
});
copyFileSync(require.resolve('web-tree-sitter/web-tree-sitter.wasm'), path.join(outdir, 'web-tree-sitter.wasm'));
copyFileSync(require.resolve('tree-sitter-c/tree-sitter-c.wasm'), path.join(outdir, 'tree-sitter-c.wasm'));
