/** The tables of the corpus run, as Markdown; times are printed apart since they change from run to run. */
import type { SiteRecord } from '../../server/engine/protocol.ts';
import type { TreeSites } from './collect.ts';
import type { Pairing } from './labels.ts';
import { answers, tally } from './score.ts';

/** A place that only one of the two searches reports. */
export interface Difference {
  readonly file: string;
  readonly line: number;
  readonly name: string;
  readonly only: 'analysis' | 'scan';
  /** Of the scan: where the name stands. */
  readonly where: string;
}

/** What the analysis and the independent scan disagree on: direct calls against names in bodies and macros. */
export function differences(tree: TreeSites): Difference[] {
  const direct = new Map<string, SiteRecord>();
  for (const s of tree.sites) {
    if (s.via === undefined) direct.set(`${s.location.file}:${s.location.line}:${s.api}`, s);
  }
  const out: Difference[] = [];
  const scanned = new Set<string>();
  for (const [file, list] of tree.mentions) {
    for (const m of list) {
      const key = `${file}:${m.line}:${m.name}`;
      scanned.add(key);
      if (m.where === 'top' && !direct.has(key)) continue;
      if (!direct.has(key)) out.push({ file, line: m.line, name: m.name, only: 'scan', where: m.where });
    }
  }
  for (const [key, s] of direct) {
    if (scanned.has(key)) continue;
    out.push({ file: s.location.file, line: s.location.line, name: s.api, only: 'analysis', where: '' });
  }
  return out;
}

function percent(yes: number, of: number): string {
  return of === 0 ? '-' : `${((100 * yes) / of).toFixed(1)} %`;
}

/** One column a tree, one row a question. */
export function scoreTable(trees: readonly { readonly tree: TreeSites; readonly pairing: Pairing }[]): string {
  const head = ['', ...trees.map((t) => `Linux ${t.tree.kernel}`)];
  const rows: string[][] = [];
  const tallies = trees.map((t) => tally(t.pairing));
  for (const [i, first] of (tallies[0] ?? []).entries()) {
    rows.push([
      first.question,
      ...tallies.map((t) => `${t[i]?.yes} of ${t[i]?.asked} (${percent(t[i]?.yes ?? 0, t[i]?.asked ?? 0)})`),
    ]);
  }
  rows.push(['reported, no label', ...trees.map((t) => String(t.pairing.extra.length))]);
  rows.push([
    'direct sites, whole tree',
    ...trees.map((t) => String(t.tree.sites.filter((s) => s.via === undefined).length)),
  ]);
  rows.push([
    'sites through wrappers',
    ...trees.map((t) => String(t.tree.sites.filter((s) => s.via !== undefined).length)),
  ]);
  rows.push(['flags known', ...trees.map((t) => known(t.tree.sites))]);
  rows.push([
    'functions with sites that do not parse clean',
    ...trees.map((t) => `${t.tree.damaged.length} of ${t.tree.functions}`),
  ]);
  rows.push(['the independent scan differs', ...trees.map((t) => String(differences(t.tree).length))]);
  return table(head, rows);
}

function known(sites: readonly SiteRecord[]): string {
  const direct = sites.filter((s) => s.via === undefined);
  const yes = direct.filter((s) => s.flags.known).length;
  return `${yes} of ${direct.length}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** The labelled sites that a question was answered with no for, one a line. */
export function misses(pairing: Pairing): string[] {
  return pairing.pairs.flatMap((p) => {
    const wrong = Object.entries(answers(p)).filter(([, a]) => a === 'no');
    if (wrong.length === 0) return [];
    const { label, site } = p;
    const got = site === undefined ? 'not found' : `case ${site.case} ${site.lifetime} ${site.access.join('+')}`;
    const want = `case ${label.case} ${label.lifetime} ${label.access.map((a) => a.join('+')).join('/')}`;
    return [
      `${label.file}:${label.line} ${label.function} ${label.api}: ${wrong.map(([q]) => q).join(', ')} [got ${got}; label ${want}]`,
    ];
  });
}
