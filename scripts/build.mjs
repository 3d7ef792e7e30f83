// Bundles the command line and the workers into dist/ (or the directory named as argument), copies the parser's two .wasm files
// beside them, and puts the report's page and its script together there. guplint.js is the entry and what passes a kernel build's files
// over; it loads all the rest, commands.js, when it needs it, as worker.js loads work.js.
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { build } from 'esbuild';

const require = createRequire(import.meta.url);
const outdir = process.argv[2] ?? 'dist';
mkdirSync(outdir, { recursive: true });

// Names this program for its cache: another one's answers are not its own. Sources and what they are built with decide.
function buildOf() {
  const hash = createHash('sha256');
  for (const root of ['model', 'server'])
    for (const entry of readdirSync(root, { recursive: true }).sort())
      if (entry.endsWith('.ts')) hash.update(`${entry}\0`).update(readFileSync(path.join(root, entry)));
  return hash.update(readFileSync('package-lock.json')).digest('hex').slice(0, 16);
}

const partsApart = {
  name: 'parts apart',
  setup: (context) =>
    context.onResolve({ filter: /\/(?:commands|work)\.ts$/ }, ({ kind, path: meant }) =>
      kind === 'dynamic-import' || kind === 'require-call'
        ? { path: meant.replace(/\.ts$/, '.js'), external: true }
        : undefined,
    ),
};

await build({
  entryPoints: {
    guplint: 'server/cli/bin.ts',
    commands: 'server/cli/commands.ts',
    worker: 'server/host/worker.ts',
    work: 'server/host/work.ts',
  },
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  outdir,
  // Both packages have two builds: the one asks for import.meta.url, which a CommonJS bundle has not, the other of
  // jsonc-parser requires its parts by names that a bundler cannot follow.
  alias: {
    'web-tree-sitter': require.resolve('web-tree-sitter'),
    'jsonc-parser': path.join(path.dirname(require.resolve('jsonc-parser/package.json')), 'lib/esm/main.js'),
  },
  plugins: [partsApart],
  // Its import() would start node's loader of ES modules.
  supported: { 'dynamic-import': false },
  define: { GUPLINT_BUILD: JSON.stringify(buildOf()) },
  minifySyntax: true,
  minifyWhitespace: true,
  logLevel: 'warning',
});
copyFileSync(require.resolve('web-tree-sitter/web-tree-sitter.wasm'), path.join(outdir, 'web-tree-sitter.wasm'));
copyFileSync(require.resolve('tree-sitter-c/tree-sitter-c.wasm'), path.join(outdir, 'tree-sitter-c.wasm'));

const page = await build({
  entryPoints: ['client/report/page.ts'],
  bundle: true,
  platform: 'browser',
  format: 'iife',
  target: 'es2022',
  minify: true,
  write: false,
  logLevel: 'warning',
});
// The script stands in an HTML element, which the first end tag in it would close.
const script = page.outputFiles[0].text.trim().replaceAll('</script', '<\\/script');
writeFileSync(
  path.join(outdir, 'report.html'),
  readFileSync('client/report/page.html', 'utf8').replace('%SCRIPT%', () => script),
);
