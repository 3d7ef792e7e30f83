/** The baseline: what it accepts, what it does not, renamed files, stale entries, damaged files. */
import assert from 'node:assert/strict';
import {
  applyBaseline,
  type Baseline,
  entryOf,
  formatBaseline,
  parseBaseline,
  staleEntries,
} from '../server/engine/baseline.ts';
import type { Finding } from '../server/engine/protocol.ts';

function finding(part: Partial<Finding> & { file?: string }): Finding {
  const file = part.file ?? 'drivers/a.c';
  return {
    rule: 'magic-gup-flags',
    severity: 'warning',
    confidence: 'high',
    message: 'm',
    functionName: 'f',
    location: { file, line: 7, column: 1, endLine: 7, endColumn: 2 },
    site: undefined,
    related: [],
    fixes: [],
    statement: 'get_user_pages(1);',
    ordinal: 0,
    fingerprint: 'x',
    ...part,
  };
}

const FILE = 'guplint-baseline.json';
const of = (findings: readonly Finding[], file = FILE): Baseline =>
  parseBaseline(file, formatBaseline(findings.map((f) => entryOf(f, file))));
const nothingGone = (): boolean => false;
const kept = (
  findings: readonly Finding[],
  baseline: Baseline,
  gone: (path: string) => boolean = nothingGone,
): readonly Finding[] => applyBaseline(findings, baseline, gone).kept;

describe('baseline', () => {
  it('accepts what it was written from, wherever the line went', () => {
    const a = finding({});
    const moved = finding({ location: { ...a.location, line: 99 } });
    assert.deepEqual(kept([moved], of([a])), []);
  });

  it('accepts nothing that differs in rule, path, function, statement or ordinal', () => {
    const baseline = of([finding({})]);
    for (const part of [
      { rule: 'wrong-arguments' },
      { file: 'drivers/b.c' },
      { functionName: 'g' },
      { statement: 'get_user_pages(2);' },
      { ordinal: 1 },
    ]) {
      assert.equal(kept([finding(part)], baseline).length, 1, JSON.stringify(part));
    }
  });

  it('does not hide one finding behind another that was fixed', () => {
    const baseline = of([finding({ statement: 'one();' })]);
    assert.equal(kept([finding({ statement: 'two();' })], baseline).length, 1);
  });

  it('accepts a finding once for each entry', () => {
    const twice = [finding({ ordinal: 0 }), finding({ ordinal: 1 }), finding({ ordinal: 2 })];
    assert.deepEqual(
      kept(twice, of(twice.slice(0, 2))).map((f) => f.ordinal),
      [2],
    );
  });

  it('follows a renamed file when the rest is unique', () => {
    const old = of([finding({})]);
    const moved = finding({ file: 'drivers/new.c' });
    const gone = (path: string): boolean => path === 'drivers/a.c';
    assert.deepEqual(kept([moved], old, gone), []);
    assert.equal(kept([moved], old).length, 1, 'the old file is still there');
    const two = [moved, finding({ file: 'drivers/other.c' })];
    assert.equal(kept(two, old, gone).length, 2, 'two findings could be meant');
    const ambiguous = of([finding({}), finding({ file: 'drivers/b.c' })]);
    assert.equal(kept([moved], ambiguous, () => true).length, 1, 'two entries could be meant');
  });

  it('keeps paths relative to its own directory', () => {
    const baseline = of([finding({})], 'ci/base.json');
    assert.equal(baseline.entries[0]?.path, '../drivers/a.c');
    assert.deepEqual(kept([finding({})], baseline), []);
  });

  it('tells which entries are stale among those that were looked at', () => {
    const baseline = of([finding({}), finding({ file: 'drivers/b.c' })]);
    const { used } = applyBaseline([finding({})], baseline, nothingGone);
    assert.deepEqual(
      staleEntries(baseline, used, () => true).map((e) => e.path),
      ['drivers/b.c'],
    );
    assert.deepEqual(
      staleEntries(baseline, used, (path) => path === 'drivers/a.c'),
      [],
    );
  });

  it('is sorted, one entry a line, and reads back', () => {
    const findings = [finding({ file: 'z.c' }), finding({ file: 'a.c', ordinal: 1 }), finding({ file: 'a.c' })];
    const text = formatBaseline(findings.map((f) => entryOf(f, FILE)));
    assert.deepEqual(
      parseBaseline(FILE, text).entries.map((e) => `${e.path} ${e.ordinal}`),
      ['a.c 0', 'a.c 1', 'z.c 0'],
    );
    assert.equal(text.split('\n').filter((l) => l.includes('"path"')).length, 3);
    assert.equal(parseBaseline(FILE, formatBaseline([])).entries.length, 0);
  });

  it('refuses what is no baseline, in one line', () => {
    for (const text of [
      '',
      '{',
      '[]',
      'null',
      '{"schemaVersion":2,"entries":[]}',
      '{"schemaVersion":1}',
      '{"schemaVersion":1,"entries":[{}]}',
      '{"schemaVersion":1,"entries":[null]}',
    ]) {
      assert.throws(
        () => parseBaseline(FILE, text),
        { message: /^guplint-baseline\.json: [^\n]+guplint baseline write'$/ },
        text,
      );
    }
  });
});
