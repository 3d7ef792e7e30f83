/** The kernel's own judge of patches: scripts/checkpatch.pl of a tree, as maintainers run it. */
import { spawnSync } from 'node:child_process';
import { commitMessage } from '../../server/cli/render/commit-message.ts';
import { unifiedDiff } from '../../server/engine/diff/lines.ts';
import type { AppliedFix } from '../../server/engine/fix-run.ts';

/** The patch from some texts to others, with its message, as `--format patch` prints it. Files by path. */
export function patchText(
  before: (file: string) => string,
  after: ReadonlyMap<string, string>,
  fixed: readonly AppliedFix[],
): string {
  const files = [...after.keys()].sort();
  return (
    commitMessage(fixed, { files, paths: new Map(), number: '' }) +
    files.map((f) => unifiedDiff(f, before(f), after.get(f) ?? '')).join('')
  );
}

/** What the tree's checkpatch.pl says of patches in files (`-`: of `input`), one complaint a line; empty where it is silent. */
export function checkpatch(root: string, files: readonly string[], input = ''): string {
  const done = spawnSync(
    'perl',
    ['scripts/checkpatch.pl', '--strict', '--no-signoff', '--terse', '--no-summary', ...files],
    { cwd: root, input, encoding: 'utf8' },
  );
  if (done.error !== undefined) throw done.error;
  if (done.stderr !== '') throw new Error(done.stderr);
  return done.stdout;
}
