/**
 * `check --format patch`: what --fix would write, as one unified diff that `git apply` and `patch -p1` take in the working
 * directory, below a message that says what was found and why it matters. Bytes, not text: each file's lines stand in the file's own encoding.
 */
import { unifiedDiff } from '../../engine/diff/lines.ts';
import type { FileChange } from '../../engine/fix-run.ts';
import { encode } from '../../syntax/decode.ts';
import { commitMessage } from './commit-message.ts';
import type { FindingsRenderer } from './renderer.ts';

function bytesOf({ file, before, after, encoding, bom }: FileChange): Uint8Array {
  const mark = bom ? '\uFEFF' : '';
  const text = unifiedDiff(file, mark + before, mark + after);
  // The header names a path, which is UTF-8 whatever the file's encoding is.
  const body = text.indexOf('\n@@') + 1;
  return Buffer.concat([Buffer.from(text.slice(0, body)), encode({ text: text.slice(body), encoding, bom: false })]);
}

/** `check --format patch`. */
export const findingsPatch: FindingsRenderer = ({ changes, fixes }) => {
  if (changes.length === 0) return '';
  const message = commitMessage(
    fixes,
    changes.map((c) => c.file),
  );
  return Buffer.concat([Buffer.from(message), ...changes.map(bytesOf)]);
};
