/** What reading a file gave, as much as tells whether it is still the same. */
import { hashOfBytes } from '../../base/hash.ts';
import type { ReadResult, Stamp } from '../host.ts';

/** A file that was read. */
export interface FileRead {
  readonly path: string;
  /** What the system said of the file just before it was read; undefined where that says nothing. */
  readonly stamp: Stamp | undefined;
  /** Of the content; `-` where there was none to be had. */
  readonly hash: string;
}

/** The hash of what reading gave. */
export function contentHash(read: ReadResult): string {
  return read.kind === 'bytes' ? hashOfBytes(read.bytes) : '-';
}
