/**
 * Sites and flags over fixtures: every site has a marker with the fields it asserts, and every marker has a site.
 * The files of a fixture see one another: headers are included by all, source files are one cluster.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { select } from '../model/index.ts';
import { formatRange, parseRange } from '../model/version.ts';
import { textRange } from '../server/analysis/calls/calls.ts';
import type { ProjectView } from '../server/analysis/project-view.ts';
import type { CallSite } from '../server/analysis/sites/site.ts';
import { siteRecord } from '../server/analysis/sites/site-record.ts';
import { findCalls } from '../server/analysis/sites/sites.ts';
import type { SiteRecord } from '../server/engine/protocol.ts';
import { loadUnit } from '../server/syntax/load.ts';
import type { CUnit } from '../server/syntax/unit.ts';
import { type ExpectedSite, type Fixture, readFixture, type VirtualFile } from './harness/markers.ts';
import { startParser } from './harness/parser.ts';

const FOLDER = join(__dirname, 'fixtures', 'sites');

interface Found {
  readonly line: number;
  readonly site: CallSite;
  readonly record: SiteRecord;
}

function sorted(names: Iterable<string>): string {
  return [...names].sort().join('|');
}

/** The value of a marker's field, blanks as underscores. */
function field(found: Found, key: string): string {
  const { site, record } = found;
  const values: Readonly<Record<string, () => string>> = {
    api: () => site.api,
    spelled: () => site.spelled,
    fn: () => site.fn?.name ?? '',
    via: () => site.via ?? 'none',
    ref: () => site.reference,
    must: () => sorted(site.flags.must),
    may: () => sorted(site.flags.may),
    known: () => (site.flags.known ? 'yes' : 'no'),
    terms: () => [...new Set(site.flags.terms.map((t) => t.kind))].join(','),
    text: () => site.flags.text.replace(/\s/g, ''),
    rows: () => String(site.rows.length),
    active: () => formatRange(textRange(site)),
    pages: () => record.pages.replace(/\s/g, ''),
    owner: () => (record.owner ?? 'none').replace(/\s/g, '_'),
    case: () => String(record.case),
    lifetime: () => record.lifetime,
    access: () => record.access.join('|'),
    releases: () => record.releases.map((r) => `${r.functionName}:${r.api}${r.matches ? '' : '!'}`).join(','),
    evidence: () => [...new Set(record.evidence.map((e) => e.kind))].sort().join(','),
  };
  const value = values[key];
  if (value === undefined) throw new Error(`unknown field ${key}`);
  return value();
}

/** Fields of a marker whose empty value means "none" are written as `key=`. */
function fieldsOf(file: VirtualFile, e: ExpectedSite): Map<string, string> {
  const fields = new Map(e.fields);
  const line = file.text.split('\n')[e.line - 1] ?? '';
  const marker = file.text.split('\n').find((l) => l.includes('//~')) === undefined ? '' : line;
  for (const m of marker.matchAll(/\b(must|may|fn|releases)=(?=\s|$)/g))
    if (!fields.has(m[1] ?? '')) fields.set(m[1] ?? '', '');
  return fields;
}

function problemsOf(file: VirtualFile, found: readonly Found[], kernel: string): string[] {
  const open = [...found];
  const problems: string[] = [];
  for (const e of file.expectations) {
    if (e.kind !== 'site' || (e.kernels !== undefined && !e.kernels.includes(kernel))) continue;
    const wrong = (f: Found): string[] =>
      [...fieldsOf(file, e)]
        .filter(([k, v]) => field(f, k) !== v)
        .map(([k, v]) => `${k}: asked ${v}, got ${field(f, k)}`);
    const here = open.filter((f) => f.line === e.line).sort((a, b) => wrong(a).length - wrong(b).length);
    const best = here[0];
    if (best === undefined) {
      problems.push(`${file.path}:${e.line} [${kernel}] no site`);
      continue;
    }
    open.splice(open.indexOf(best), 1);
    for (const w of wrong(best)) problems.push(`${file.path}:${e.line} [${kernel}] ${w}`);
  }
  for (const f of open) problems.push(`${file.path}:${f.line} [${kernel}] a site nobody asked for: ${f.site.spelled}`);
  return problems;
}

function viewOf(units: readonly CUnit[]): ProjectView {
  return {
    headers: (unit) => units.filter((u) => u !== unit && u.path.endsWith('.h')),
    cluster: (unit) => units.filter((u) => u !== unit && u.path.endsWith('.c')),
  };
}

function problemsOn(fixture: Fixture, kernel: string): string[] {
  const range = parseRange(kernel);
  assert.ok(range !== undefined);
  const model = select(range);
  const units = fixture.files.map((f) => loadUnit(f.path, f.text, { range, defines: new Map() }));
  const project = viewOf(units);
  return fixture.files.flatMap((file, i) => {
    const unit = units[i];
    assert.ok(unit !== undefined);
    const found = findCalls(unit, model, project);

    const sites = found.sites.map((site): Found => {
      const record = siteRecord(site, model, project);
      return { line: unit.lines.at(site.nameSpan.start).line, site, record };
    });
    return problemsOf(file, sites, kernel);
  });
}

describe('sites', () => {
  before(startParser);
  for (const name of readdirSync(FOLDER)
    .filter((f) => f.endsWith('.c'))
    .sort()) {
    const fixture = readFixture(name, readFileSync(join(FOLDER, name), 'utf8'), 'sites');
    for (const kernel of fixture.kernels) {
      it(`${name} on ${kernel}`, () => {
        assert.deepEqual(problemsOn(fixture, kernel), []);
      });
    }
  }
});
