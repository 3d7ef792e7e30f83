// Writes guplint-<version>.vsix and guplint-<version>.tgz into the repository's root, or into the directory named as argument.
// The extension is put together in a temporary directory: its manifest, its bundle, the command line's bundle and the rules' pages.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const outdir = path.resolve(process.argv[2] ?? root);
const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
const run = (file, args, cwd) => execFileSync(file, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
const size = (file) => `${path.basename(file)} ${(statSync(file).size / 1024).toFixed(0)} KB`;

mkdirSync(outdir, { recursive: true });
run(process.execPath, [path.join(root, 'scripts/build.mjs')], root);

const stage = mkdtempSync(path.join(os.tmpdir(), 'guplint-vsix-'));
try {
  await build({
    entryPoints: [path.join(root, 'client/extension.ts')],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    outfile: path.join(stage, 'dist/extension.js'),
    external: ['vscode'],
    minify: true,
    logLevel: 'warning',
  });
  cpSync(path.join(root, 'dist'), path.join(stage, 'dist'), {
    recursive: true,
    filter: (file) =>
      statSync(file).isDirectory() || /(guplint\.js|commands\.js|work(?:er)?\.js|report\.html|\.wasm)$/.test(file),
  });
  const parts = [
    ['client/package.json', 'package.json'],
    ['client/README.md', 'README.md'],
    ['client/media', 'media'],
    ['client/walkthrough', 'walkthrough'],
    ['docs/rules', 'docs/rules'],
    ['docs/images', 'docs/images'],
    ['CHANGELOG.md', 'CHANGELOG.md'],
    ['LICENSE', 'LICENSE'],
  ];
  for (const [from, to] of parts) {
    const source = path.join(root, from);
    if (existsSync(source)) cpSync(source, path.join(stage, to), { recursive: true });
  }
  const vsix = path.join(outdir, `guplint-${version}.vsix`);
  const vsce = path.join(root, 'node_modules/@vscode/vsce/vsce');
  const options = ['--no-dependencies', '--allow-missing-repository', '--skip-license', '--no-rewrite-relative-links'];
  writeFileSync(path.join(stage, '.vscodeignore'), '');
  run(process.execPath, [vsce, 'package', ...options, '-o', vsix], stage);
  console.log(size(vsix));
} finally {
  rmSync(stage, { recursive: true, force: true });
}

run('npm', ['pack', '--ignore-scripts', '--pack-destination', outdir, '--silent'], root);
const packed = path.join(outdir, `guplint-${version}.tgz`);
console.log(size(packed));
