/**
 * `check --format patch`: what --fix would write, as unified diffs that `git apply` and `patch -p1` take in the working directory (at the root of
 * the kernel tree for files outside), one patch for each directory and what its fixes change elsewhere, below a message that says what was found
 * and why it matters. Bytes, not text: each file's lines stand in the file's own encoding.
 */
import { unifiedDiff } from '../../engine/diff/lines.ts';
import type { AppliedFix, FileChange } from '../../engine/fix-run.ts';
import { directoryOf } from '../../engine/paths.ts';
import { encode } from '../../syntax/decode.ts';
import { commitMessage } from './commit-message.ts';
import type { CheckReport, FindingsRenderer } from './renderer.ts';

type Paths = CheckReport['treePaths'];

function bytesOf({ file, before, after, encoding, bom }: FileChange, paths: Paths): Uint8Array {
  const mark = bom ? '\uFEFF' : '';
  // No tool takes a path that leads out of its directory.
  const name = /^(?:\/|\.\.\/)/.test(file) ? (paths.get(file) ?? file) : file;
  const text = unifiedDiff(name, mark + before, mark + after);
  // The header names a path, which is UTF-8 whatever the file's encoding is.
  const body = text.indexOf('\n@@') + 1;
  return Buffer.concat([Buffer.from(text.slice(0, body)), encode({ text: text.slice(body), encoding, bom: false })]);
}

/** Changes that belong into one patch: of one directory, and of what the same fix changes. */
function patchesOf(changes: readonly FileChange[], fixes: readonly AppliedFix[]): readonly (readonly FileChange[])[] {
  const leaders = new Map<string, string>();
  const leaderOf = (directory: string): string => {
    const next = leaders.get(directory) ?? directory;
    return next === directory ? directory : leaderOf(next);
  };
  for (const { files } of fixes) {
    const [first = '', ...rest] = files.map(directoryOf);
    for (const other of rest) leaders.set(leaderOf(other), leaderOf(first));
  }
  const patches = new Map<string, FileChange[]>();
  for (const change of changes) {
    const leader = leaderOf(directoryOf(change.file));
    patches.set(leader, [...(patches.get(leader) ?? []), change]);
  }
  return [...patches.values()];
}

/** `check --format patch`. */
export const findingsPatch: FindingsRenderer = ({ changes, fixes, treePaths }) => {
  const patches = patchesOf(changes, fixes);
  const mails = patches.map((own, i) => {
    const files = own.map((c) => c.file);
    const message = commitMessage(
      fixes.filter((f) => f.files.some((file) => files.includes(file))),
      { files, paths: treePaths, number: patches.length === 1 ? '' : ` ${i + 1}/${patches.length}` },
    );
    const start = patches.length === 1 ? '' : START;
    return Buffer.concat([Buffer.from(start + message), ...own.map((c) => bytesOf(c, treePaths))]);
  });
  return changes.length === 0 ? '' : Buffer.concat(mails);
};

/** What begins a mail in a mailbox, as `git format-patch` writes it, with no commit to name. */
const START = `From ${'0'.repeat(40)} Mon Sep 17 00:00:00 2001\n`;
