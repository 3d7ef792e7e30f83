/**
 * What is done over whole folders, on demand: checking them, listing their sites. Runs the engine as the command line does, with
 * progress and cancellation; open documents keep the findings of their own analysis.
 */
import nodePath from 'node:path';
import {
  type CancellationToken,
  LSPErrorCodes,
  type Range,
  ResponseError,
  type WorkDoneProgressReporter,
} from 'vscode-languageserver/node';
import { isUserError } from '../base/user-error.ts';
import type { SiteRecord } from '../engine/protocol.ts';
import { type RunResult, run } from '../engine/run.ts';
import { defaultJobs } from '../host/pool.ts';
import { type Context, converter } from './context.ts';
import type { Publisher } from './diagnostics.ts';
import type { Root } from './root.ts';

/** A place of the analysis where a client can stop it. */
class Cancelled extends Error {}

/** What a check of the workspace found. */
export interface WorkspaceSummary {
  readonly files: number;
  readonly sites: number;
  readonly errors: number;
  readonly warnings: number;
  readonly infos: number;
  /** What kept folders or files from being looked at, one line each. */
  readonly problems: readonly string[];
}

/** How a run is watched and stopped. */
export interface Watch {
  readonly progress: WorkDoneProgressReporter;
  readonly token: CancellationToken;
}

/** Runs the engine over a root; the message where it cannot be looked at. Throws Cancelled. */
async function runRoot(root: Root, rules: boolean, { progress, token }: Watch): Promise<RunResult | string> {
  let told = 0;
  try {
    return await run(
      {
        inputs: [{ kind: 'path', path: '.' }],
        settings: root.settings.engine,
        rules,
        jobs: Math.max(1, Math.ceil(defaultJobs() / 2)),
        turn: () => new Promise((resolve) => setImmediate(resolve)),
        progress({ phase, done, total }) {
          if (token.isCancellationRequested) throw new Cancelled();
          const now = performance.now();
          if (now - told < 100) return;
          told = now;
          if (total === undefined) progress.report(`${phase === 'scan' ? 'searching' : phase}: ${done} files`);
          else progress.report(Math.round((100 * done) / Math.max(1, total)), `analysing: ${done} of ${total} files`);
        },
      },
      root.host,
    );
  } catch (error) {
    // A folder without C files, or with a configuration file that cannot be used.
    if (isUserError(error)) return inFolder(root, error.message);
    throw error;
  }
}

/** A message that begins with a path, as somebody reads it who sees several folders. */
function inFolder(root: Root, message: string): string {
  const folder = nodePath.basename(root.directory);
  return message.startsWith('.: ') ? `${folder}${message.slice(1)}` : `${folder}/${message}`;
}

function keep(root: Root, result: RunResult, context: Context): void {
  for (const file of result.files) {
    const open = context.roots.openAt(root, file.file, context.documents);
    if (open === undefined) root.results.set(file.file, file);
  }
}

/** Says that a root's index is being built while it is. */
async function indexing<T>(root: Root, context: Context, build: () => Promise<T>): Promise<T> {
  root.index.busy = true;
  context.indexChanged(root);
  try {
    return await build();
  } finally {
    root.index.busy = false;
    context.indexChanged(root);
  }
}

/**
 * Runs over every folder of the workspace, or `only` one; fails as the protocol wants when the client cancels. Resolves to what could not
 * be looked at, one line each.
 */
export async function overFolders(
  context: Context,
  { rules, only }: { readonly rules: boolean; readonly only?: Root },
  watch: Watch,
  take: (root: Root, result: RunResult) => void,
): Promise<readonly string[]> {
  const problems: string[] = [];
  watch.progress.begin('guplint', 0, undefined, true);
  try {
    for (const root of only === undefined ? context.roots.folders() : [only]) {
      const result = await indexing(root, context, () => runRoot(root, rules, watch));
      if (watch.token.isCancellationRequested) throw new Cancelled();
      if (typeof result === 'string') {
        problems.push(result);
        continue;
      }
      problems.push(...result.problems.map((p) => inFolder(root, `${p.path}: ${p.message}`)));
      keep(root, result, context);
      root.index.reach = 'workspace';
      context.indexChanged(root);
      take(root, result);
    }
  } catch (error) {
    if (error instanceof Cancelled) throw new ResponseError(LSPErrorCodes.RequestCancelled, 'cancelled');
    throw error;
  } finally {
    watch.progress.done();
  }
  return problems;
}

/** Checks the workspace and publishes what it finds in closed files. */
export async function lintWorkspace(context: Context, publisher: Publisher, watch: Watch): Promise<WorkspaceSummary> {
  const sum = { files: 0, sites: 0, errors: 0, warnings: 0, infos: 0 };
  const problems = await overFolders(context, { rules: true }, watch, (root, result) => {
    const findings = root.withoutBaseline(result.findings);
    publisher.workspace(root, findings);
    sum.files += result.filesScanned;
    sum.sites += result.sites.length;
    for (const f of findings) sum[`${f.severity}s`]++;
  });
  return { ...sum, problems };
}

/** A site as the tree view of an editor shows it. */
export interface SiteEntry {
  readonly uri: string;
  readonly range: Range;
  readonly function: string;
  readonly api: string;
  readonly via: string | undefined;
  readonly case: SiteRecord['case'];
  readonly lifetime: SiteRecord['lifetime'];
  readonly confidence: number;
  /** Path below the folder. */
  readonly file: string;
  readonly folder: string;
  readonly releases: readonly { readonly uri: string; readonly range: Range; readonly api: string }[];
}

/** Every site of the workspace; searched for when asked to, or when that was never done. Fails where nothing could be looked at. */
export async function workspaceSites(context: Context, again: boolean, watch: Watch): Promise<readonly SiteEntry[]> {
  const folders = context.roots.folders();
  let problem: string | undefined;
  if (again || folders.some((root) => root.index.reach !== 'workspace'))
    [problem] = await overFolders(context, { rules: false }, watch, () => undefined);
  const sites = folders.flatMap((root) => root.sites().map((site) => entry(site, root, context)));
  if (sites.length === 0 && problem !== undefined) throw new ResponseError(LSPErrorCodes.RequestFailed, problem);
  return sites;
}

function entry(site: SiteRecord, root: Root, context: Context): SiteEntry {
  const convert = converter(context, root);
  return {
    uri: convert.uri(site.location.file),
    range: convert.range(site.location),
    function: site.functionName,
    api: site.api,
    via: site.via,
    case: site.case,
    lifetime: site.lifetime,
    confidence: site.confidence,
    file: site.location.file,
    folder: root.uriOf('.'),
    releases: site.releases.map((r) => ({
      uri: convert.uri(r.location.file),
      range: convert.range(r.location),
      api: r.api,
    })),
  };
}
