/** What the system says, in the engine's terms. */
import type fs from 'node:fs';
import util from 'node:util';
import type { Stamp } from '../engine/host.ts';

/** What went wrong, in the system's words and without its codes: `permission denied`. */
export function systemMessage(error: unknown): string {
  const { errno, code } = (error ?? {}) as { errno?: unknown; code?: unknown };
  if (code === 'EISDIR') return 'is a directory';
  if (typeof errno === 'number') {
    const known = util.getSystemErrorMap().get(errno);
    if (known !== undefined) return known[1];
  }
  return error instanceof Error ? error.message : String(error);
}

/** The stamp in what the system says. */
export function stampIn({ size, mtimeMs, ctimeMs, ino }: fs.Stats): Stamp {
  return { size, modified: mtimeMs, changed: ctimeMs, inode: ino };
}
