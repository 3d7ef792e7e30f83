/** Short content hashes. Imports node:crypto alone. */
import { createHash } from 'node:crypto';

/** The first 16 hex digits of SHA-256 over bytes. */
export function hashOfBytes(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}

/** The first 16 hex digits of SHA-256 over the parts; the parts are kept apart, so ('a', 'b') differs from ('ab'). */
export function hashOf(...parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest('hex').slice(0, 16);
}
