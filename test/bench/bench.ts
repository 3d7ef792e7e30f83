/**
 * `npm run bench`: what guplint costs. Parts: `whole` (a whole-tree check against ripgrep, the default), `spatch` (against Coccinelle, some
 * minutes), `kbuild` (one file for a kernel build), `editor` (the language server and the extension). `--write` puts the figures into docs/performance.md. The tree: GUPLINT_LINUX_6_12, or
 * where `.ci/run` unpacks it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { measureEditor } from './editor.ts';
import { measureKbuild } from './kbuild.ts';
import { writeFigures } from './measure.ts';
import { measureSpatch } from './spatch.ts';
import { measureWhole } from './whole.ts';

const PARTS: Readonly<Record<string, (scratch: string) => string | Promise<string>>> = {
  whole: measureWhole,
  spatch: measureSpatch,
  kbuild: measureKbuild,
  editor: measureEditor,
};

async function main(): Promise<void> {
  const named = process.argv.slice(2).filter((arg) => arg !== '--write');
  for (const part of named.length === 0 ? ['whole'] : named) {
    const measure = PARTS[part];
    if (measure === undefined) throw new Error(`no part '${part}': ${Object.keys(PARTS).join(', ')}`);
    const scratch = mkdtempSync(path.join(os.tmpdir(), 'guplint-bench-'));
    try {
      const text = await measure(scratch);
      process.stdout.write(text);
      if (process.argv.includes('--write')) writeFigures(part, text);
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  }
}

void main();
