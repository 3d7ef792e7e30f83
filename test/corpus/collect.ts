/**
 * Runs the engine over a kernel tree, in this process, as the command line does, and keeps what the scores need; beside it the
 * independent scan of the files that name the API.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { model } from '../../model/index.ts';
import { parseRange } from '../../model/version.ts';
import { DEFAULT_SETTINGS } from '../../server/engine/config.ts';
import type { Finding, SiteRecord } from '../../server/engine/protocol.ts';
import { run } from '../../server/engine/run.ts';
import { createHost } from '../../server/host/host.ts';
import { decode } from '../../server/syntax/decode.ts';
import { type Mention, mentions } from './independent.ts';

/** What a tree gave. */
export interface TreeSites {
  readonly kernel: string;
  readonly filesSeen: number;
  readonly filesNaming: number;
  readonly sites: readonly SiteRecord[];
  readonly findings: readonly Finding[];
  /** The independent scan, by file. */
  readonly mentions: ReadonlyMap<string, readonly Mention[]>;
  /** Functions that hold a direct site, and those of them whose tree is damaged. */
  readonly functions: number;
  readonly damaged: readonly string[];
  /** Milliseconds of loading, judging sites (path analysis included) and rules. */
  readonly time: { readonly load: number; readonly sites: number; readonly rules: number };
}

/** Analyses the tree of one kernel series. */
export async function collect(root: string, kernel: string): Promise<TreeSites> {
  const range = parseRange(kernel);
  if (range === undefined) throw new Error(`not a kernel: ${kernel}`);
  const result = await run(
    {
      inputs: [{ kind: 'path', path: '.' }],
      settings: { ...DEFAULT_SETTINGS, kernel: range, minConfidence: 'low' },
      rules: true,
      jobs: 1,
    },
    createHost(root),
  );
  for (const p of result.problems) process.stderr.write(`${p.path}: ${p.message}\n`);
  const names = new Set(model.select(range).siteNames());
  const found = new Map<string, Mention[]>();
  for (const { file } of result.files) {
    const list = mentions(decode(readFileSync(join(root, file))).text, names);
    if (list.length > 0) found.set(file, list);
  }
  const direct = result.sites.filter((s) => s.via === undefined);
  const { cost } = result;
  return {
    kernel,
    filesSeen: result.filesScanned,
    filesNaming: found.size,
    sites: result.sites,
    findings: result.findings,
    mentions: found,
    functions: new Set(direct.map((s) => `${s.location.file} ${s.functionName}`)).size,
    damaged: result.files.flatMap((f) => f.damaged.map((name) => `${f.file}: ${name}()`)),
    time: { load: cost.loadWork, sites: cost.siteWork, rules: cost.ruleWork },
  };
}
