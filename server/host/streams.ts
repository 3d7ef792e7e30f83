/** What can be read only once and has no length: standard input, pipes, devices. */
import fs from 'node:fs';

/** Bytes asked for at once. */
const PART = 64 * 1024;

/** Reads standard input to its end; a terminal is read until end of file is typed. */
export function readStandardInput(): Uint8Array {
  return readStream(0, Number.POSITIVE_INFINITY) ?? new Uint8Array();
}

/** Reads an open stream to its end; undefined where it gives more than `limit` bytes (`/dev/zero` has no end). */
export function readStream(fd: number, limit: number): Uint8Array | undefined {
  const parts: Buffer[] = [];
  const chunk = Buffer.allocUnsafe(PART);
  for (let length = 0; length <= limit; ) {
    const n = readPart(fd, chunk);
    if (n === 0) return Buffer.concat(parts);
    parts.push(Buffer.from(chunk.subarray(0, n)));
    length += n;
  }
  return undefined;
}

/** The number of bytes read; 0 at the end. */
function readPart(fd: number, chunk: Buffer): number {
  for (;;) {
    try {
      return fs.readSync(fd, chunk, 0, chunk.length, null);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EOF') return 0;
      if (code !== 'EAGAIN') throw error;
      // A pipe that was set not to block: wait a little for its writer.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}
