/**
 * The sites of the files round a document: what leads from a release back to the call that took the pages. A directory's files are
 * analysed one at a time while nobody types, so that no keystroke waits for more than one of them.
 */
import { directoryOf } from '../engine/paths.ts';
import type { SiteRecord } from '../engine/protocol.ts';
import type { Context } from './context.ts';
import type { Root } from './root.ts';

/** Files of one directory that are looked at; in larger ones the links of the rest are missing. */
const MAX_FILES = 80;

/** Milliseconds between looks whether somebody types. */
const PATIENCE = 20;

const running = new WeakMap<Root, Map<string, Promise<void>>>();

/** The sites of a file and of the files of its directory. */
export async function neighbourSites(context: Context, root: Root, file: string): Promise<readonly SiteRecord[]> {
  await indexDirectory(context, root, directoryOf(file));
  return root.sites();
}

/** Analyses the files of a directory that were not, for their sites. */
export function indexDirectory(context: Context, root: Root, directory: string): Promise<void> {
  const jobs = running.get(root) ?? new Map<string, Promise<void>>();
  running.set(root, jobs);
  let job = jobs.get(directory);
  if (job === undefined) {
    job = index(context, root, directory).finally(() => {
      jobs.delete(directory);
      if (jobs.size === 0) root.index.busy = false;
      context.indexChanged(root);
    });
    jobs.set(directory, job);
  }
  return job;
}

async function index(context: Context, root: Root, directory: string): Promise<void> {
  if (root.indexed.has(directory)) return;
  root.index.busy = true;
  context.indexChanged(root);
  const files = (await root.hitsIn(directory)).slice(0, MAX_FILES);
  for (const file of files) {
    if (root.results.has(file)) continue;
    while (context.schedule.busy) await new Promise((resolve) => setTimeout(resolve, PATIENCE));
    try {
      const { results } = await root.thread.analyse(root.jobFor(file, { rules: false }));
      for (const result of results) if (!root.results.has(result.file)) root.results.set(result.file, result);
    } catch (error) {
      context.connection.console.error(`${file}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  root.indexed.add(directory);
  if (root.index.reach === 'none') root.index.reach = 'directory';
}
