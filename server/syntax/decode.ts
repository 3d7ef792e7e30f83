/**
 * Bytes of a source file to text and back to offsets. Kernel files are UTF-8 save a few old ones;
 * bytes that are no UTF-8 are read as ISO 8859-1, one unit a byte, so that offsets and a later write stay right.
 */
import { isUtf8 } from 'node:buffer';

/** A decoded file. `text` never holds the byte order mark; `bom` says that the file starts with one. */
export interface Decoded {
  readonly text: string;
  readonly encoding: 'utf-8' | 'latin1';
  readonly bom: boolean;
}

/** Decodes any bytes; never fails. Offsets into `text` are UTF-16 code units, the first one behind a byte order mark. */
export function decode(bytes: Uint8Array): Decoded {
  const bom = bytes.length >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  const body = bom ? bytes.subarray(3) : bytes;
  const buffer = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (isUtf8(body)) return { text: buffer.toString('utf8'), encoding: 'utf-8', bom };
  return { text: buffer.toString('latin1'), encoding: 'latin1', bom };
}

/** Bytes as text, one unit a byte: enough to look for ASCII names. */
export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/** The bytes of a text in the encoding it was read in, the opposite of `decode`. */
export function encode(decoded: Decoded): Uint8Array {
  const body = Buffer.from(decoded.text, decoded.encoding === 'utf-8' ? 'utf8' : 'latin1');
  return decoded.bom ? Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), body]) : body;
}
