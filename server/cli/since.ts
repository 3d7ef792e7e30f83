/**
 * `check --since REV` and `--patch FILE`: the state before is analysed as the state after is, over the same paths and with the
 * same configuration, and what is reported is what the change brought or touched.
 */
import { UserError } from '../base/user-error.ts';
import { type Comparison, compareStates, type States } from '../engine/diff/compare.ts';
import { readPatchText } from '../engine/diff/mail.ts';
import { overlayFiles, overlayHost } from '../engine/diff/overlay.ts';
import { parseDiff } from '../engine/diff/parse.ts';
import { changeOfPatches, type TreeChange } from '../engine/diff/states.ts';
import type { FileSystem, Host, Overlay } from '../engine/host.ts';
import type { Input } from '../engine/inputs.ts';
import { isWithin, relativeTo } from '../engine/paths.ts';
import type { Finding, InputProblem } from '../engine/protocol.ts';
import { run } from '../engine/run.ts';
import { changesSince } from '../host/git.ts';
import { createHost } from '../host/host.ts';
import { defaultJobs } from '../host/pool.ts';
import { type CommonOptions, settingsOf } from './options.ts';
import { createProgress } from './progress.ts';
import type { Terminal } from './terminal.ts';

/** A change to look at: the host of the state after it, and what is needed to analyse the state before it. */
export interface Change {
  readonly host: Host;
  readonly hostBefore: Host;
  readonly tree: TreeChange;
}

/** What the state before gave. */
export interface Before {
  readonly findings: readonly Finding[];
  readonly problems: readonly InputProblem[];
}

/** The change that the options name; undefined without one. Throws UserError when it cannot be had. */
export function changeOf(paths: readonly string[], options: CommonOptions, terminal: Terminal): Change | undefined {
  const { since, patch } = options;
  if (since === undefined && patch === undefined) return undefined;
  if (since !== undefined && patch !== undefined) throw new UserError('--since and --patch exclude each other');
  if (paths.includes('-')) throw new UserError('--since and --patch need files; give paths, not -');
  const disk = createHost();
  const tree = since !== undefined ? changesSince(disk.fs.cwd, since) : patchChange(patch ?? '-', disk.fs, terminal);
  const other = overlayHost(disk, sources(tree.other));
  return tree.disk === 'after' ? { host: disk, hostBefore: other, tree } : { host: other, hostBefore: disk, tree };
}

/** Both states are held to the configuration at hand, so that a changed level does not make old findings new. */
function sources(files: Overlay): Overlay {
  return new Map([...files].filter(([path]) => !path.endsWith('guplint.json')));
}

function patchChange(file: string, fs: FileSystem, terminal: Terminal): TreeChange {
  const name = file === '-' ? '<stdin>' : file;
  const text = readPatchText(file === '-' ? terminal.input() : bytesOf(file, fs));
  const patches = parseDiff(name, text);
  if (patches.length === 0 && text.trim() !== '' && !/(?:^|\n)diff --git /.test(text))
    throw new UserError(`${name}: there is no diff in it`);
  return changeOfPatches(name, patches, fs);
}

function bytesOf(file: string, fs: FileSystem): Uint8Array {
  const read = fs.read(file);
  if (read.kind === 'problem') throw new UserError(`--patch: ${file}: ${read.problem.message}`);
  return read.bytes;
}

/** Analyses the state before the change, over the paths that were named. */
export async function runBefore(
  paths: readonly string[],
  options: CommonOptions,
  change: Change,
  terminal: Terminal,
): Promise<Before> {
  const named = (paths.length === 0 ? ['.'] : paths).map((path) => relativeTo(change.host.fs.cwd, path));
  const inputs = inputsBefore(named, change);
  if (inputs.length === 0) return { findings: [], problems: [] };
  const progress = createProgress(terminal, options);
  try {
    const result = await run(
      {
        inputs,
        settings: settingsOf(options),
        rules: true,
        jobs: options.jobs ?? defaultJobs(),
        progress: progress.update,
      },
      change.hostBefore,
    );
    return { findings: result.findings.filter((f) => staysInScope(f, named, change)), problems: result.problems };
  } finally {
    progress.done();
  }
}

/** The paths as the state before has them, with the files that were moved into them from elsewhere. */
function inputsBefore(named: readonly string[], { hostBefore, tree }: Change): readonly Input[] {
  const { fs } = hostBefore;
  const found = new Set<string>();
  for (const path of named) {
    const kind = fs.kind(path);
    const old = tree.renames.get(path);
    if (kind === 'directory' ? fs.walk([path]).next().length > 0 : kind !== 'missing') found.add(path);
    else if (old !== undefined) found.add(old);
  }
  for (const [to, from] of tree.renames) {
    if (named.some((d) => isWithin(d, to)) && !named.some((d) => isWithin(d, from))) found.add(from);
  }
  return [...found].map((path) => ({ kind: 'path', path }));
}

/** A file that was moved out of the paths named is not looked at any more: its findings are not fixed. */
function staysInScope(f: Finding, named: readonly string[], { tree }: Change): boolean {
  for (const [to, from] of tree.renames) {
    if (from === f.location.file) return named.some((d) => isWithin(d, to));
  }
  return true;
}

/** What is to be said of the findings of the state after. */
export function compare(after: readonly Finding[], before: readonly Finding[], change: Change): Comparison {
  const states: States = {
    change: change.tree,
    before: withConfigs(change.hostBefore.fs, change.tree, 'before'),
    after: withConfigs(change.host.fs, change.tree, 'after'),
  };
  return compareStates(before, after, states);
}

/** The files of a state with its own configuration, to see which lines of that changed. */
function withConfigs(fs: FileSystem, tree: TreeChange, state: TreeChange['disk']): FileSystem {
  const configs = new Map([...tree.other].filter(([path]) => path.endsWith('guplint.json')));
  return tree.disk === state ? fs : overlayFiles(fs, configs);
}
