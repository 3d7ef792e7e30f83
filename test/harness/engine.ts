/** Analyses one text through the engine, as the command line does, without a process or a file. */

import assert from 'node:assert/strict';
import { parseRange } from '../../model/version.ts';
import { createAnalyser } from '../../server/engine/analyse-job.ts';
import { DEFAULT_SETTINGS, resolveConfig } from '../../server/engine/config.ts';
import type { FileSystem, Host } from '../../server/engine/host.ts';
import { modelPrefilter, wordFilter } from '../../server/engine/prefilter.ts';
import type { Confidence, FileResult, IgnoreEntry, Level, ScanJob, ScanReply } from '../../server/engine/protocol.ts';
import { LocalExecutor } from '../../server/host/local.ts';

/** What a text is analysed with. */
export interface TextOptions {
  readonly kernel?: string;
  readonly file?: string;
  readonly rules?: Readonly<Record<string, Level>>;
  readonly minConfidence?: Confidence;
  readonly ignore?: readonly IgnoreEntry[];
  /** Other files: path to text. */
  readonly others?: Readonly<Record<string, string>>;
}

/** Files in memory. Directories are those of their paths. */
export function memoryFiles(files: Readonly<Record<string, string>>): FileSystem {
  const texts = new Map(Object.entries(files));
  const inside = (directory: string): string[] => {
    const prefix = directory === '.' ? '' : `${directory}/`;
    const names = [...texts.keys()]
      .filter((p) => p.startsWith(prefix))
      .map((p) => p.slice(prefix.length).split('/')[0] ?? '');
    return [...new Set(names)].sort();
  };
  return {
    cwd: '/memory',
    resolve: (path) => path,
    kind: (path) => (texts.has(path) ? 'file' : inside(path).length > 0 ? 'directory' : 'missing'),
    read(path) {
      const text = texts.get(path);
      return text === undefined
        ? { kind: 'problem', problem: { path, message: 'no such file or directory' } }
        : { kind: 'bytes', bytes: Buffer.from(text, 'utf8') };
    },
    write: (written) => {
      for (const { path, bytes } of written) texts.set(path, Buffer.from(bytes).toString('utf8'));
    },
    list: inside,
    walk(directories) {
      const found = [...texts.keys()]
        .filter((p) => /\.[ch]$/.test(p) && directories.some((d) => d === '.' || p.startsWith(`${d}/`)))
        .sort();
      let given = false;
      return {
        problems: [],
        next() {
          const batch = given ? [] : found;
          given = true;
          return batch;
        },
      };
    },
  };
}

/** The result of one text. Throws an Error when the analysis failed. */
export function analyseText(text: string, options: TextOptions = {}): FileResult {
  const file = options.file ?? 'demo.c';
  const range = options.kernel === undefined ? undefined : parseRange(options.kernel);
  const config = {
    ...resolveConfig(
      {
        ...DEFAULT_SETTINGS,
        kernel: range,
        rules: options.rules ?? {},
        minConfidence: options.minConfidence ?? 'medium',
      },
      undefined,
    ),
    ...(options.ignore === undefined ? {} : { ignore: options.ignore, file: 'guplint.json', directory: '.' }),
  };
  const analyse = createAnalyser(memoryFiles({ ...options.others, [file]: text }), { now: () => 0 });
  const directory = file.includes('/') ? file.slice(0, file.lastIndexOf('/')) : '.';
  const reply = analyse({
    directory,
    config,
    tree: undefined,
    files: [{ file, text }],
    neighbours: undefined,
    rules: true,
  });
  const [problem] = reply.problems;
  if (problem !== undefined) throw new Error(`${problem.path}: ${problem.message}`);
  const [result] = reply.results;
  if (result === undefined) throw new Error('no result');
  return result;
}

/** The machine of a run over files in memory; its scans read what the files hold. */
export function memoryHost(fs: FileSystem): Host {
  const clock = { now: () => 0 };
  class MemoryExecutor extends LocalExecutor {
    override scan({ files, words }: ScanJob): Promise<ScanReply> {
      const filter = words === undefined ? modelPrefilter() : wordFilter(words);
      const hits = files.flatMap((file, index) => {
        const read = fs.read(file);
        const text = read.kind === 'bytes' ? Buffer.from(read.bytes).toString() : '';
        return filter.test(text) ? [{ index, size: text.length }] : [];
      });
      return Promise.resolve({ hits, bytes: 0, problems: [], time: 0 });
    }
  }
  return {
    fs,
    clock,
    local: (files) => new MemoryExecutor(files, clock),
    pool: () => assert.fail('no threads in memory'),
  };
}
