/** The release artefacts as `npm run package` writes them, packed once per test run into a temporary directory. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const ROOT = path.join(__dirname, '..', '..');

/** Absolute paths of what is released. */
export interface Artefacts {
  readonly vsix: string;
  readonly tgz: string;
}

const made = new Map<string, Artefacts>();

/** The artefacts of the sources as they are, made on the first call and removed when the process ends. */
export function artefacts(): Artefacts {
  const known = made.get(ROOT);
  if (known !== undefined) return known;
  const out = mkdtempSync(path.join(os.tmpdir(), 'guplint-package-'));
  process.on('exit', () => rmSync(out, { recursive: true, force: true }));
  execFileSync(process.execPath, [path.join(ROOT, 'scripts/package.mjs'), out], { cwd: ROOT, stdio: 'ignore' });
  const named = (extension: string): string => {
    const [file, ...others] = readdirSync(out).filter((f) => f.endsWith(extension));
    if (file === undefined || others.length > 0) throw new Error(`one ${extension} is wanted, not ${readdirSync(out)}`);
    return path.join(out, file);
  };
  const found = { vsix: named('.vsix'), tgz: named('.tgz') };
  made.set(ROOT, found);
  return found;
}
