/** The report's page: figures, charts, and the findings and sites that a search leaves, each with its evidence on demand. */
import type { Finding, Place, ReportData, Site } from './data.ts';
import { byId, element } from './dom.ts';
import { type Bar, draw } from './plots.ts';

/** Bars of a chart by directory; the rest is one bar. */
const MOST_DIRECTORIES = 15;

/** An entry of a list and the text that the search looks through. */
interface Entry {
  readonly item: HTMLElement;
  readonly text: string;
}

const at = ({ file, line, column }: Place): string => `${file}:${line}:${column}`;

function steps(of: readonly { readonly place: Place; readonly text: string }[]): HTMLElement[] {
  const rows = of.map((s) => element('li', {}, element('span', { class: 'place' }, at(s.place)), ` ${s.text}`));
  return rows.length === 0 ? [] : [element('ul', {}, ...rows)];
}

function entry(summary: readonly (Node | string)[], more: readonly Node[]): Entry {
  const details = element(
    'details',
    {},
    element('summary', {}, ...summary),
    element('div', { class: 'more' }, ...more),
  );
  const item = element('li', {}, details);
  return { item, text: (item.textContent ?? '').toLowerCase() };
}

function findingEntry(f: Finding): Entry {
  const head = [
    element('span', { class: f.severity }, f.severity),
    ` ${at(f)} ${f.function === '' ? '' : `${f.function}() `}`,
    element('code', {}, f.rule),
  ];
  return entry(head, [
    element('p', {}, f.message),
    ...steps(f.related.map((r) => ({ place: r, text: r.message }))),
    ...f.fixes.map((fix) => element('p', { class: 'quiet' }, `fix (${fix.applicability}): ${fix.title}`)),
    element('p', { class: 'quiet' }, `confidence: ${f.confidence}`),
  ]);
}

function siteEntry(s: Site): Entry {
  const via = s.via === undefined ? '' : ` via ${s.via}()`;
  const facts = `case ${s.case} (${s.confidence}), ${s.reference}, ${s.lifetime}, ${s.access.join(' and ') || 'no access seen'}`;
  return entry(
    [`${at(s)} ${s.function}(): `, element('code', {}, `${s.api}()`), `${via}, case ${s.case}`],
    [
      element('p', {}, facts),
      element('p', {}, 'flags: ', element('code', {}, s.flags.text)),
      ...steps(s.evidence.map((e) => ({ place: e, text: e.text }))),
      ...steps(s.releases.map((r) => ({ place: r, text: `given back by ${r.api}() in ${r.function}()` }))),
    ],
  );
}

/** Counts of names, the most first. */
function counts(names: readonly string[]): Bar[] {
  const of = new Map<string, number>();
  for (const name of names) of.set(name, (of.get(name) ?? 0) + 1);
  return [...of].map(([name, count]) => ({ name, count })).sort((a, b) => b.count - a.count);
}

function byDirectory(sites: readonly Site[]): readonly Bar[] {
  const all = counts(sites.map((s) => s.file.split('/').slice(0, -1).slice(0, 3).join('/') || '.'));
  const rest = all.slice(MOST_DIRECTORIES).reduce((sum, bar) => sum + bar.count, 0);
  return rest === 0 ? all : [...all.slice(0, MOST_DIRECTORIES), { name: 'elsewhere', count: rest }];
}

function byCase({ sites, cases }: ReportData): readonly Bar[] {
  return Object.entries(cases)
    .map(([n, note]) => ({ name: `case ${n}`, note, count: sites.filter((s) => String(s.case) === n).length }))
    .filter((bar) => bar.count > 0);
}

const SEVERITIES = ['error', 'warning', 'info'] as const;

/** Each rule in the colour of its worst finding. */
function byRule(findings: readonly Finding[]): readonly Bar[] {
  const worst = (rule: string): string | undefined =>
    SEVERITIES.find((severity) => findings.some((f) => f.rule === rule && f.severity === severity));
  return counts(findings.map((f) => f.rule)).map((bar) => ({ ...bar, kind: worst(bar.name) }));
}

function tiles({ findings, sites, filesScanned }: ReportData): HTMLElement[] {
  const of = (severity: string): number => findings.filter((f) => f.severity === severity).length;
  const figures: readonly (readonly [string, number])[] = [
    ['errors', of('error')],
    ['warnings', of('warning')],
    ['hints', of('info')],
    ['sites', sites.length],
    ['files', filesScanned],
  ];
  return figures.map(([name, count]) => element('li', {}, element('b', {}, String(count)), name));
}

function search(findings: readonly Entry[], sites: readonly Entry[]): void {
  const box = byId('search') as HTMLInputElement;
  const show = (entries: readonly Entry[], words: readonly string[]): number => {
    const kept = entries.filter((e) => {
      e.item.hidden = !words.every((w) => e.text.includes(w));
      return !e.item.hidden;
    });
    return kept.length;
  };
  const update = (): void => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    const text = `${show(findings, words)} of ${findings.length} findings, ${show(sites, words)} of ${sites.length} sites`;
    byId('shown').textContent = text;
  };
  box.addEventListener('input', update);
  update();
}

function main(): void {
  const data = JSON.parse(byId('data').textContent ?? '') as ReportData;
  byId('about').textContent = `${data.tool.name} ${data.tool.version}, Linux ${data.kernel.range}`;
  byId('tiles').append(...tiles(data));
  const findings = data.findings.map(findingEntry);
  const sites = data.sites.map(siteEntry);
  byId('finding-list').append(...findings.map((e) => e.item));
  byId('site-list').append(...sites.map((e) => e.item));
  search(findings, sites);
  const plots = byId('plots');
  draw(plots, { title: 'Sites per case', bars: byCase(data) });
  draw(plots, { title: 'Findings per rule', bars: byRule(data.findings) });
  draw(plots, { title: 'Sites per directory', bars: byDirectory(data.sites) });
}

main();
