/** Standard input as bytes. */
import fs from 'node:fs';

/** Reads standard input to its end; a terminal is read until end of file is typed. */
export function readStandardInput(): Uint8Array {
  const parts: Buffer[] = [];
  const chunk = Buffer.allocUnsafe(65536);
  for (;;) {
    let n = 0;
    try {
      n = fs.readSync(0, chunk, 0, chunk.length, null);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EOF') break;
      if (code !== 'EAGAIN') throw error;
      // A pipe that was set not to block: wait a little for its writer.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
      continue;
    }
    if (n === 0) break;
    parts.push(Buffer.from(chunk.subarray(0, n)));
  }
  return Buffer.concat(parts);
}
