/** Sites in words: what a lens, a hover, a tree view and an outline say of them. Markdown only where a function says so. */
import { CASE_ROWS } from '../../model/cases.ts';
import type { SiteRecord } from '../engine/protocol.ts';

const LIFETIMES: Readonly<Record<SiteRecord['lifetime'], string>> = {
  short: 'short-lived',
  long: 'long-lived',
  unknown: 'lifetime unknown',
};

const REFERENCES: Readonly<Record<SiteRecord['reference'], string>> = {
  pin: 'pins (FOLL_PIN)',
  get: 'takes plain references (FOLL_GET)',
  none: 'takes no reference',
  either: 'pins user pages and takes nothing of kernel pages',
};

/** `Case 2: RDMA and other long-term DMA`. */
export function caseTitle(id: SiteRecord['case']): string {
  const row = CASE_ROWS.find((c) => c.id === id);
  return id === 0 ? 'Callers decide' : `Case ${id}${row === undefined ? '' : `: ${row.title}`}`;
}

/** `short-lived`, `long-lived` or `lifetime unknown`. */
export function lifetimeWords(lifetime: SiteRecord['lifetime']): string {
  return LIFETIMES[lifetime];
}

/** One line: case, lifetime, how many places give the pages back. */
export function siteLine(site: SiteRecord): string {
  const parts = [caseTitle(site.case), LIFETIMES[site.lifetime]];
  if (site.via !== undefined) parts.push(`through ${site.via}()`);
  if (site.reference === 'none') parts.push('no reference taken');
  else parts.push(releaseCount(site));
  return parts.join(' · ');
}

function releaseCount({ releases }: SiteRecord): string {
  if (releases.length === 0) return 'no release found';
  return releases.length === 1 ? '1 release' : `${releases.length} releases`;
}

/** What is known of a site, as Markdown. `link` makes the target of a place, undefined for none. */
export function siteMarkdown(
  site: SiteRecord,
  link: (file: string, line: number, column: number) => string | undefined,
): string {
  const place = (at: { file: string; line: number; column: number }): string => {
    const name = `${at.file.slice(at.file.lastIndexOf('/') + 1)}:${at.line}`;
    const target = link(at.file, at.line, at.column);
    return target === undefined ? name : `[${name}](${target})`;
  };
  const others = site.alternatives.map((a) => `case ${a.case} ${Math.round(a.confidence * 100)} %`).join(', ');
  const lines = [
    `**${caseTitle(site.case)}** (${Math.round(site.confidence * 100)} %${others === '' ? '' : `; ${others}`}), ${LIFETIMES[site.lifetime]}`,
    '',
    `- ${REFERENCES[site.reference]}${site.via === undefined ? '' : `, through \`${site.via}()\``}`,
  ];
  const { must, may, implied, known } = site.flags;
  const flags = [...must, ...may.map((f) => `${f}?`)];
  if (flags.length > 0) lines.push(`- flags: ${flags.map((f) => `\`${f}\``).join(' ')}${known ? '' : ' and others'}`);
  if (implied.length > 0) lines.push(`- added by the function itself: ${implied.map((f) => `\`${f}\``).join(' ')}`);
  lines.push(`- access: ${site.access.join(', ')}`);
  if (site.owner !== undefined) lines.push(`- held in \`${site.owner}\``);
  lines.push(
    site.releases.length === 0
      ? '- no release found'
      : `- released by ${site.releases.map((r) => `\`${r.api}()\` in ${r.functionName}() ${place(r.location)}${r.matches ? '' : ' **(does not match)**'}`).join(', ')}`,
  );
  const seen = new Set<string>();
  const evidence = site.evidence.filter((e) => {
    const key = `${e.text} ${e.location.line}`;
    return seen.has(key) ? false : seen.add(key) !== undefined;
  });
  if (evidence.length > 0)
    lines.push('', 'Evidence:', '', ...evidence.slice(0, 8).map((e) => `- ${e.text} (${place(e.location)})`));
  return lines.join('\n');
}
