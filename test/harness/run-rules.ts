/**
 * Analyses texts the way the command line does, through the engine's own job function, over files that exist in memory only.
 */
import { type KernelRange, parseRange } from '../../model/version.ts';
import { createAnalyser } from '../../server/engine/analyse-job.ts';
import { DEFAULT_SETTINGS, resolveConfig } from '../../server/engine/config.ts';
import type { FileSystem } from '../../server/engine/host.ts';
import type { AnalyseReply, ResolvedConfig } from '../../server/engine/protocol.ts';
import { collectFindings } from '../../server/engine/run.ts';
import type { DefineValue } from '../../server/syntax/unit.ts';
import type { FixtureRun } from './fixture.ts';
import type { Fixture } from './markers.ts';

/** Files to analyse together: path to text. */
export type Texts = ReadonlyMap<string, string>;

/** What a run is told. */
export interface RunOptions {
  /** As `--kernel` takes it, or `unknown`: nobody named a kernel. */
  readonly kernel: string;
  readonly defines?: readonly string[];
  /** Whether paths are below the root of a kernel tree. */
  readonly inTree?: boolean;
}

/** Analyses files as one directory's. Throws an Error when a file could not be analysed. */
export function analyseTexts(texts: Texts, options: RunOptions): FixtureRun {
  const range = options.kernel === 'unknown' ? undefined : rangeNamed(options.kernel);
  const analyse = createAnalyser(memoryFiles(texts), { now: () => 0 });
  const replies: AnalyseReply[] = [];
  const files = [...texts.keys()].sort();
  for (const directory of new Set(files.map(directoryOf))) {
    replies.push(
      analyse({
        directory,
        config: configFor(range, options.defines ?? []),
        tree: options.inTree === true && range !== undefined ? { root: '.', range } : undefined,
        files: files.filter((file) => directoryOf(file) === directory).map((file) => ({ file })),
        neighbours: undefined,
        rules: true,
      }),
    );
  }
  const problem = replies.flatMap((r) => r.problems)[0];
  if (problem !== undefined) throw new Error(`${problem.path}: ${problem.message}`);
  const results = replies.flatMap((r) => r.results);
  return { findings: collectFindings(results, []), sites: results.flatMap((r) => r.sites) };
}

/** Analyses a fixture for one entry of its kernel list. */
export function runFixture(fixture: Fixture, kernel: string): FixtureRun {
  return analyseTexts(textsOf(fixture), { kernel, defines: fixture.defines, inTree: fixture.inTree });
}

/** The texts of a fixture's files. */
export function textsOf(fixture: Fixture): Texts {
  return new Map(fixture.files.map((f) => [f.path, f.text]));
}

function rangeNamed(text: string): KernelRange {
  const range = parseRange(text);
  if (range === undefined) throw new Error(`not a kernel range: ${text}`);
  return range;
}

function configFor(range: KernelRange | undefined, defines: readonly string[]): ResolvedConfig {
  const values: Record<string, DefineValue> = {};
  for (const define of defines) {
    const [name = '', text = '1'] = define.split('=');
    values[name] = { kind: 'value', text };
  }
  return resolveConfig({ ...DEFAULT_SETTINGS, kernel: range, defines: values, minConfidence: 'low' }, undefined);
}

function directoryOf(file: string): string {
  const slash = file.lastIndexOf('/');
  return slash < 0 ? '.' : file.slice(0, slash);
}

/** A file system that holds these texts and nothing else. */
function memoryFiles(texts: Texts): FileSystem {
  const names = (directory: string): string[] =>
    [...texts.keys()].filter((f) => directoryOf(f) === directory).map((f) => f.slice(f.lastIndexOf('/') + 1));
  return {
    cwd: '/',
    resolve: (path) => path,
    kind: (path) =>
      texts.has(path) ? 'file' : [...texts.keys()].some((f) => f.startsWith(`${path}/`)) ? 'directory' : 'missing',
    read: (path) => {
      const text = texts.get(path);
      return text === undefined
        ? { kind: 'problem', problem: { path, message: 'no such file' } }
        : { kind: 'bytes', bytes: Buffer.from(text, 'utf8') };
    },
    write: () => {
      throw new Error('files in memory are not written');
    },
    list: (directory) => names(directory).sort(),
    walk: () => ({ next: () => [], problems: [] }),
  };
}
