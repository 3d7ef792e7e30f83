/**
 * The rows of the model agree with themselves: no gap and no overlap between the rows of a name, places that exist, names that
 * exist, roles that are unique where the analysis looks one up, a source for each.
 */
import assert from 'node:assert/strict';
import { API_ROWS } from '../model/api-rows.ts';
import { FAST_MASK_ROWS, FLAG_ROWS } from '../model/flags.ts';
import { model } from '../model/index.ts';
import { INTERNAL_USERS } from '../model/internal-users.ts';
import { parsePlace } from '../model/place.ts';
import type { ApiRow, Effect, ParamRole, PlacePattern, Source } from '../model/schema.ts';
import { VALIDITY_ROWS } from '../model/validity.ts';
import { intersect, rangeOf, type Since, version } from '../model/version.ts';

/** Releases in which a name was really absent between two rows. */
const REAL_GAPS: ReadonlyMap<string, string> = new Map([
  ['iov_iter_get_pages', '6.0..6.2'],
  ['iov_iter_get_pages_alloc', '6.0..6.2'],
]);

/** Roles that one parameter of a function has at most. */
const UNIQUE_ROLES: readonly ParamRole[] = [
  'start',
  'nr',
  'flags',
  'write',
  'force',
  'vmas',
  'locked',
  'task',
  'mm',
  'maxsize',
  'maxpages',
  'extraction-flags',
  'dirty',
  'dma-direction',
  'vma',
  'file',
  'end',
];

function grouped<Row extends { readonly name: string }>(rows: readonly Row[]): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) groups.set(row.name, [...(groups.get(row.name) ?? []), row]);
  return groups;
}

function where(row: { readonly name: string; readonly kernels: Since }): string {
  return `${row.name} ${row.kernels.since}..${row.kernels.until ?? ''}`;
}

function placesOf(effect: Effect): PlacePattern[] {
  const places = [effect.place, effect.to, effect.count?.place, effect.direction, effect.dirtyArg];
  return places.filter((place): place is string => place !== undefined);
}

function assertSource(source: Source, of: string): void {
  assert.match(source.tag, /^v\d+\.\d+(\.\d+)?(-rc\d+)?$/, of);
  assert.match(source.path, /^[\w./-]+\.(h|c|rst)$|^mm\/$/, of);
}

describe('model rows', () => {
  for (const [what, groups] of [
    ['functions', grouped(API_ROWS)],
    ['flags', grouped(FLAG_ROWS)],
  ] as const) {
    it(`${what}: rows of a name stand oldest first and join`, () => {
      for (const [name, rows] of groups) {
        for (const [i, row] of rows.entries()) {
          const { since, until } = row.kernels;
          if (until !== undefined) assert.ok(version(since) < version(until), where(row));
          const next = rows[i + 1];
          if (next === undefined) continue;
          if (REAL_GAPS.get(name) === `${until}..${next.kernels.since}`) continue;
          assert.equal(next.kernels.since, until, where(row));
        }
      }
    });

    it(`${what}: rows of a name stand together`, () => {
      const all: readonly { readonly name: string }[] = what === 'functions' ? API_ROWS : FLAG_ROWS;
      const runs = all.filter((row, i) => all[i - 1]?.name !== row.name).map((row) => row.name);
      assert.deepEqual(runs.length, new Set(runs).size, runs.filter((n, i) => runs.indexOf(n) !== i).join(' '));
    });
  }

  it('neighbouring rows of a name differ in more than their kernels and source', () => {
    const bare = ({ kernels: _kernels, source: _source, note: _note, ...rest }: ApiRow): unknown => rest;
    for (const rows of grouped(API_ROWS).values()) {
      for (const [i, row] of rows.entries()) {
        const next = rows[i + 1];
        if (next === undefined || row.kernels.until !== next.kernels.since) continue;
        assert.notDeepEqual(bare(row), bare(next), `${where(row)} and the next say the same`);
      }
    }
  });

  it('every place parses and names an argument that exists', () => {
    for (const row of API_ROWS) {
      const places = row.effects.flatMap(placesOf);
      if (row.advances !== undefined) places.push(row.advances);
      for (const pattern of places) {
        const place = parsePlace(pattern);
        assert.ok(place !== undefined, `${where(row)}: ${pattern}`);
        if (typeof place.root === 'number') assert.ok(place.root < row.params.length, `${where(row)}: ${pattern}`);
        if (place.root === 'ret') assert.notEqual(row.ret, 'void', `${where(row)}: ${pattern}`);
      }
    }
  });

  it('roles and places agree', () => {
    for (const row of API_ROWS) {
      const roles = row.params.map((param) => param.role);
      for (const role of UNIQUE_ROLES) {
        if (row.family !== 'acquire' && row.family !== 'release') continue;
        assert.ok(roles.filter((r) => r === role).length <= 1, `${where(row)}: two ${role}`);
      }
      for (const effect of row.effects) {
        const root = parsePlace(effect.place)?.root;
        if (row.site === true && effect.op === 'acquire' && typeof root === 'number') {
          assert.ok(['pages', 'page', 'folios'].includes(roles[root] ?? ''), `${where(row)}: ${effect.place}`);
        }
        if (effect.dirtyArg !== undefined) {
          assert.equal(effect.dirtyArg, `arg${roles.indexOf('dirty')}`, where(row));
          assert.equal(row.context.sleeps, 'when-dirty', where(row));
        }
        if (effect.direction !== undefined && effect.op === 'map' && !row.name.startsWith('iommu_')) {
          assert.equal(effect.direction, `arg${roles.indexOf('dma-direction')}`, where(row));
        }
      }
    }
  });

  it('effects carry what their kind needs', () => {
    for (const row of API_ROWS) {
      for (const effect of row.effects) {
        const at = `${where(row)}: ${effect.op}`;
        const needs = (field: keyof Effect): void => assert.ok(effect[field] !== undefined, `${at} needs ${field}`);
        if (effect.op === 'acquire' || effect.op === 'release' || effect.op === 'extra-ref') needs('ref');
        if (effect.op === 'alias') needs('to');
        if (effect.op === 'dirty') needs('dirtyKind');
        if (effect.op === 'access') needs('access');
        if (effect.op === 'lock' || effect.op === 'unlock') needs('lock');
        // Of who takes pages over it says what is dropped in the end.
        if (effect.ref !== undefined && effect.op !== 'transfer') assert.equal(effect.ref, row.reference, at);
      }
    }
  });

  it('sites take pages, releases give them back', () => {
    for (const row of API_ROWS) {
      const ops = row.effects.map((effect) => effect.op);
      if (row.site === true) assert.ok(row.family === 'acquire' && ops.includes('acquire'), where(row));
      if (row.family === 'acquire') assert.equal(row.site, true, where(row));
      if (row.family === 'release') assert.ok(ops.includes('release'), where(row));
      if (ops.includes('acquire')) assert.ok((row.pairsWith ?? []).length > 0, `${where(row)} has no release`);
    }
  });

  it('the result contract fits the C type', () => {
    const pointers = new Set(['page-or-null', 'page-or-err', 'page-or-err-or-null', 'ptr-or-err', 'ptr-or-null']);
    for (const row of API_ROWS) {
      if (row.ret === 'void') assert.equal(row.returns, 'void', where(row));
      if (row.returns === 'void') assert.equal(row.ret, 'void', where(row));
      if (pointers.has(row.returns)) assert.match(row.ret, /\*$|^unsigned long$/, where(row));
      if (row.returns === 'bool') assert.match(row.ret, /^(bool|int)$/, where(row));
      if (row.returns === 'status') assert.match(row.ret, /^(int|bool)$/, where(row));
    }
  });

  it('functions that are paired with or replace others are rows that overlap or follow', () => {
    for (const row of API_ROWS) {
      const range = rangeOf(row.kernels);
      for (const name of row.pairsWith ?? []) {
        const rows = model.select(range).rows(name);
        const later = model.select({ since: 0, until: Number.POSITIVE_INFINITY }).rows(name);
        assert.ok(later.length > 0, `${where(row)} is paired with ${name}, which is no row`);
        if (row.family === 'acquire' && name === row.pairsWith?.[0]) {
          assert.ok(rows.length > 0, `${where(row)}: its first release ${name} does not exist there`);
        }
      }
      if (row.replacedBy !== undefined) {
        const rows = model.select({ since: 0, until: Number.POSITIVE_INFINITY }).rows(row.replacedBy);
        assert.ok(rows.length > 0, `${where(row)} is replaced by ${row.replacedBy}, which is no row`);
        assert.notEqual(row.replacedBy, row.name);
      }
    }
  });

  it('implied flags exist on the kernels of the row', () => {
    for (const row of API_ROWS) {
      for (const flag of row.implies ?? []) {
        const flags = model.select(rangeOf(row.kernels)).flags(flag);
        assert.ok(flags.length > 0, `${where(row)} implies ${flag}`);
      }
    }
  });

  it('validity rows and fast masks name functions and flags that exist on their kernels', () => {
    const ids = VALIDITY_ROWS.map((row) => row.id);
    assert.equal(new Set(ids).size, ids.length);
    for (const row of VALIDITY_ROWS) {
      const on = model.select(rangeOf(row.kernels));
      for (const name of row.applies) assert.ok(on.rows(name).length > 0, `${row.id}: ${name}`);
      const flags = [...(row.flags?.anyOf ?? []), ...(row.flags?.allOf ?? []), ...(row.flags?.noneOf ?? [])];
      for (const flag of flags) assert.ok(on.flags(flag).length > 0, `${row.id}: ${flag}`);
      assertSource(row.source, row.id);
    }
    for (const [i, row] of FAST_MASK_ROWS.entries()) {
      const next = FAST_MASK_ROWS[i + 1];
      assert.equal(row.kernels.until, next?.kernels.since);
      for (const flag of row.allowed ?? []) assert.ok(model.select(rangeOf(row.kernels)).flags(flag).length > 0, flag);
    }
  });

  it('flags of one release have different values', () => {
    for (const release of ['4.4', '4.9', '5.2', '5.8', '5.16', '6.1', '6.2', '6.3', '6.12']) {
      const at = { since: version(release), until: version(release) + 1 };
      const live = FLAG_ROWS.filter((row) => intersect(rangeOf(row.kernels), at) !== undefined);
      assert.equal(new Set(live.map((row) => row.value)).size, live.length, release);
      for (const row of live) assert.equal(row.value & (row.value - 1), 0, `${row.name} is one bit`);
    }
  });

  it('every row has a source', () => {
    for (const row of [...API_ROWS, ...FLAG_ROWS]) assertSource(row.source, where(row));
    for (const row of FAST_MASK_ROWS) assertSource(row.source, row.kernels.since);
    for (const row of INTERNAL_USERS) assertSource(row.source, row.path);
  });

  it('notes are sentences', () => {
    for (const row of API_ROWS) if (row.note !== undefined) assert.match(row.note, /^[\w*&-].*[.]$/s, where(row));
  });
});
