/**
 * Runs the analysis over a kernel tree, in this process, and keeps what the scores need. Files are found by the site names in their
 * text; files of one directory that hold such names see one another.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Model, select } from '../../model/index.ts';
import { parseRange } from '../../model/version.ts';
import type { ProjectView } from '../../server/analysis/project-view.ts';
import { siteRecord } from '../../server/analysis/site-record.ts';
import { findCalls } from '../../server/analysis/sites.ts';
import type { SiteRecord } from '../../server/engine/protocol.ts';
import { decode } from '../../server/syntax/decode.ts';
import { loadUnit } from '../../server/syntax/load.ts';
import { parseFunction } from '../../server/syntax/parse-function.ts';
import type { CUnit } from '../../server/syntax/unit.ts';
import { type Mention, mentions } from './independent.ts';

/** What a tree gave. */
export interface TreeSites {
  readonly kernel: string;
  readonly filesSeen: number;
  readonly filesNaming: number;
  readonly sites: readonly SiteRecord[];
  /** The independent scan, by file. */
  readonly mentions: ReadonlyMap<string, readonly Mention[]>;
  /** Functions that hold a direct site, and those of them whose tree is damaged. */
  readonly functions: number;
  readonly damaged: readonly string[];
  /** Milliseconds of loading, finding and judging. */
  readonly time: { readonly load: number; readonly sites: number; readonly records: number };
}

function* sourceFiles(root: string, below = ''): Generator<string> {
  const entries = readdirSync(join(root, below), { withFileTypes: true });
  for (const e of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = below === '' ? e.name : `${below}/${e.name}`;
    if (e.isDirectory()) yield* sourceFiles(root, path);
    else if (e.isFile() && /\.[ch]$/.test(e.name)) yield path;
  }
}

/** Analyses the tree of one kernel series. */
export function collect(root: string, kernel: string): TreeSites {
  const range = parseRange(kernel);
  if (range === undefined) throw new Error(`not a kernel: ${kernel}`);
  const model = select(range);
  const names = new Set(model.siteNames());
  const pattern = new RegExp(`\\b(?:${[...names].join('|')})\\b`);
  const time = { load: 0, sites: 0, records: 0 };
  const units = new Map<string, CUnit>();
  const found = new Map<string, Mention[]>();
  let filesSeen = 0;
  for (const file of sourceFiles(root)) {
    filesSeen++;
    const bytes = readFileSync(join(root, file));
    if (!bytes.includes('_page') && !bytes.includes('memfd_pin')) continue;
    const { text } = decode(bytes);
    if (!pattern.test(text)) continue;
    const start = performance.now();
    units.set(file, loadUnit(file, text, { range, defines: new Map() }));
    time.load += performance.now() - start;
    found.set(file, mentions(text, names));
  }
  const analysed = analyse(units, model, time);
  return { kernel, filesSeen, filesNaming: units.size, mentions: found, time, ...analysed };
}

function directoryView(units: ReadonlyMap<string, CUnit>): ProjectView {
  const byDirectory = new Map<string, CUnit[]>();
  for (const [file, unit] of units) {
    const key = dirname(file);
    byDirectory.set(key, [...(byDirectory.get(key) ?? []), unit]);
  }
  const others = (unit: CUnit, end: string): CUnit[] =>
    (byDirectory.get(dirname(unit.path)) ?? []).filter((u) => u !== unit && u.path.endsWith(end));
  return { headers: (unit) => others(unit, '.h'), cluster: (unit) => others(unit, '.c') };
}

function analyse(
  units: ReadonlyMap<string, CUnit>,
  model: Model,
  time: { sites: number; records: number },
): Pick<TreeSites, 'sites' | 'functions' | 'damaged'> {
  const project = directoryView(units);
  const sites: SiteRecord[] = [];
  const damaged: string[] = [];
  let functions = 0;
  for (const unit of units.values()) {
    const start = performance.now();
    const here = findCalls(unit, model, project).sites;
    const middle = performance.now();
    sites.push(...here.map((site) => siteRecord(site, model, project)));
    time.sites += middle - start;
    time.records += performance.now() - middle;
    for (const fn of new Set(here.filter((s) => s.via === undefined).map((s) => s.fn))) {
      if (fn === undefined) continue;
      functions++;
      if (parseFunction(unit, fn).damaged) damaged.push(`${unit.path}: ${fn.name}()`);
    }
  }
  return { sites, functions, damaged };
}
