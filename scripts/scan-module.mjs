// Compiles server/host/scan.wat into server/host/scan-module.ts. Only needed after a change of the .wat file;
// test/host-scan.test.ts fails when the two differ. Takes wat2wasm from the wabt package: npx -y -p wabt@1.0.39 node scripts/scan-module.mjs
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const source = 'server/host/scan.wat';
const dir = mkdtempSync(path.join(tmpdir(), 'guplint-scan-'));
try {
  const out = path.join(dir, 'scan.wasm');
  execFileSync('wat2wasm', [source, '-o', out], { stdio: 'inherit' });
  const hash = createHash('sha256').update(readFileSync(source)).digest('hex');
  const base64 = readFileSync(out).toString('base64');
  const lines = base64.match(/.{1,100}/g).map((l) => `  '${l}'`);
  writeFileSync(
    'server/host/scan-module.ts',
    `/** Generated from scan.wat by scripts/scan-module.mjs; do not edit. */

/** SHA-256 of the scan.wat that this was made from. */
export const SCAN_SOURCE_HASH = '${hash}';

/** The compiled module, base64. */
export const SCAN_MODULE =
${lines.join(' +\n')};
`,
  );
} finally {
  rmSync(dir, { recursive: true });
}
