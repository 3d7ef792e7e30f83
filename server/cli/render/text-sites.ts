/** Sites for people: grouped by file, one line each with what it is, then the evidence and the releases; cases at the end. */
import pc from 'picocolors';
import { CASE_ROWS } from '../../../model/cases.ts';
import { countByCase } from '../../engine/json-shapes.ts';
import type { Location, SiteRecord } from '../../engine/protocol.ts';
import type { SitesRenderer } from './renderer.ts';

type Colours = ReturnType<typeof pc.createColors>;

/** A place within the file that is being listed, or with its path when it lies in another one. */
function near(l: Location, file: string): string {
  return l.file === file ? `${l.line}:${l.column}` : `${l.file}:${l.line}:${l.column}`;
}

function showFlags(s: SiteRecord): string {
  const may = s.flags.may.filter((f) => !s.flags.must.includes(f)).map((f) => `${f}?`);
  const flags = [...s.flags.must, ...may];
  const shown = flags.length === 0 && s.flags.known ? 'no flags' : flags.join('|');
  return s.flags.known ? shown : `${shown}${shown === '' ? '' : ' '}+ ${s.flags.text || 'unknown'}`;
}

function showSite(s: SiteRecord, c: Colours): string {
  const place = `${s.location.line}:${s.location.column}`.padEnd(9);
  const via = s.via === undefined ? '' : ` via ${s.via}()`;
  const where = s.functionName === '' ? '' : ` in ${s.functionName}()`;
  const certainty = `${Math.round(s.confidence * 100)} %`;
  const facts = [`${s.reference}`, s.lifetime, s.access.join('+'), showFlags(s)].filter((t) => t !== '').join(', ');
  const lines = [
    `  ${place} ${c.bold(`case ${s.case}`)} ${c.dim(`(${certainty})`)}  ${s.api}()${via}${where}: ${facts}`,
  ];
  for (const e of s.evidence) lines.push(`            ${c.dim(`${near(e.location, s.location.file)}:`)} ${e.text}`);
  for (const line of showReleases(s, c)) lines.push(`            ${line}`);
  return `${lines.join('\n')}\n`;
}

/** One line for each function that gives the pages back, with all places in it. */
function showReleases(s: SiteRecord, c: Colours): string[] {
  const groups = new Map<string, { readonly places: string[]; readonly text: string }>();
  for (const r of s.releases) {
    const text = `released by ${r.api}() in ${r.functionName}()${r.matches ? '' : c.red(' (does not match)')}`;
    const key = `${r.location.file} ${text}`;
    const known = groups.get(key);
    if (known === undefined) groups.set(key, { places: [near(r.location, s.location.file)], text });
    else known.places.push(`${r.location.line}`);
  }
  const lines = [...groups.values()].map(({ places, text }) => `${c.dim(`${places.join(', ')}:`)} ${text}`);
  if (lines.length === 0 && s.reference !== 'none' && s.case !== 0)
    lines.push(c.dim('no release of these pages is seen'));
  return lines;
}

function showSummary(sites: readonly SiteRecord[]): string {
  const files = new Set(sites.map((s) => s.location.file)).size;
  const counts = countByCase(sites);
  const rows = [...CASE_ROWS]
    .sort((a, b) => a.id - b.id)
    .map((row) => `  case ${row.id}  ${String(counts[row.id] ?? 0).padStart(5)}  ${row.title}\n`);
  const plural = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`;
  return `${plural(sites.length, 'site')} in ${plural(files, 'file')}\n${rows.join('')}`;
}

/** `sites --format text`. */
export const sitesText: SitesRenderer = ({ sites }, { colours }) => {
  const c = pc.createColors(colours);
  const byFile = new Map<string, SiteRecord[]>();
  for (const s of sites) {
    const own = byFile.get(s.location.file);
    if (own === undefined) byFile.set(s.location.file, [s]);
    else own.push(s);
  }
  const groups = [...byFile].map(([file, own]) => `${c.underline(file)}\n${own.map((s) => showSite(s, c)).join('')}\n`);
  return groups.join('') + showSummary(sites);
};
