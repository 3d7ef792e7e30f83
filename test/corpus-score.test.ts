/** The corpus scorer over labels and sites made up for it: pairing, answers, the independent scan. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { SiteRecord } from '../server/engine/protocol.ts';
import { mentions, withoutComments } from './corpus/independent.ts';
import { type Label, pair } from './corpus/labels.ts';
import { answers, tally } from './corpus/score.ts';
import {
  agreementTable,
  checkVerdicts,
  type Judged,
  readSecond,
  readVerdicts,
  type Verdict,
} from './corpus/verdicts.ts';

function label(more: Partial<Label>): Label {
  return {
    file: 'a.c',
    line: 10,
    function: 'f',
    api: 'pin_user_pages_fast',
    flags: 'FOLL_WRITE',
    case: 2,
    acceptable_cases: [1, 2],
    lifetime: 'long',
    access: [['dma'], ['read', 'write']],
    releases: [{ file: 'a.c', function: 'g', api: 'set_page_dirty_lock+unpin_user_page' }],
    release_matches: true,
    should_convert: 'n/a',
    ...more,
  };
}

function site(more: Partial<SiteRecord> & { readonly line?: number; readonly file?: string } = {}): SiteRecord {
  const { line = 10, file = 'a.c', ...fields } = more;
  const location = { file, line, column: 1, endLine: line, endColumn: 5 };
  return {
    location,
    functionName: 'f',
    api: 'pin_user_pages_fast',
    via: undefined,
    reference: 'pin',
    flags: { text: 'FOLL_WRITE', must: ['FOLL_WRITE'], may: [], implied: [], known: true },
    case: 2,
    confidence: 0.9,
    alternatives: [],
    lifetime: 'long',
    access: ['dma'],
    evidence: [],
    pages: 'pages',
    owner: undefined,
    releases: [
      { location: { ...location, line: 20 }, functionName: 'g', api: 'unpin_user_page', matches: true, by: 'path' },
    ],
    active: '',
    ...fields,
  };
}

describe('corpus scorer', () => {
  it('pairs by line first, then by function and API in order', () => {
    const first = site({ line: 12 });
    const second = site({ line: 14 });
    const exact = site({ line: 30 });
    const { pairs, extra } = pair([label({}), label({ line: 11 }), label({ line: 30 })], [first, second, exact]);
    assert.deepEqual(
      pairs.map((p) => p.site?.location.line),
      [12, 14, 30],
    );
    assert.deepEqual(extra, []);
  });

  it('names what no label has, in labelled files and for direct calls alone', () => {
    const stray = site({ line: 40 });
    const sites = [site(), stray, site({ line: 41, via: 'wrapper' }), site({ file: 'b.c' })];
    assert.deepEqual(pair([label({})], sites).extra, [stray]);
  });

  it('answers yes where label and site agree', () => {
    const all = answers({ label: label({ should_convert: false }), site: site(), asked: false });
    assert.deepEqual([...new Set(Object.values(all))], ['yes']);
  });

  it('answers no where they differ', () => {
    const wrong = site({ functionName: 'h', case: 5, lifetime: 'short', access: ['read'], releases: [] });
    const all = answers({ label: label({ flags: '0', should_convert: true }), site: wrong, asked: false });
    assert.deepEqual(all, {
      found: 'yes',
      function: 'no',
      'flags text': 'no',
      'case primary': 'no',
      'case acceptable': 'no',
      lifetime: 'no',
      access: 'no',
      releases: 'no',
      'release kind': 'not asked',
      'case rules': 'no',
    });
  });

  it("takes an acceptable case, and the other reader's access", () => {
    const all = answers({ label: label({}), site: site({ case: 1, access: ['write', 'read'] }) });
    assert.equal(all['case primary'], 'no');
    assert.equal(all['case acceptable'], 'yes');
    assert.equal(all.access, 'yes');
  });

  it('asks for no release where the label has none, and not at all where callers release', () => {
    assert.equal(answers({ label: label({ releases: [] }), site: site() }).releases, 'no');
    const callers = [{ file: 'a.c', function: 'callers of f', api: 'put_page' }];
    assert.equal(answers({ label: label({ releases: callers }), site: site() }).releases, 'not asked');
  });

  it('counts a label without a site as wrong in everything', () => {
    const counts = tally(
      pair([label({ should_convert: false }), label({ line: 99, function: 'gone', should_convert: false })], [site()]),
    );
    assert.ok(counts.every((c) => c.yes === 1 && c.asked === 2));
  });
});

describe('independent scan', () => {
  const names = new Set(['get_user_pages', 'pin_user_pages']);

  it('tells calls from comments, strings, prototypes and fields', () => {
    const text = [
      'long get_user_pages(unsigned long a);',
      '/* get_user_pages(1) */ // pin_user_pages(2)',
      '#define GRAB(a) \\',
      '\tpin_user_pages(a)',
      'void f(void)',
      '{',
      '\tputs("get_user_pages(3)");',
      '\tops->get_user_pages(4);',
      '\tn = get_user_pages(5) + pin_user_pages',
      '\t\t(6);',
      '\tp = get_user_pages;',
      '}',
    ].join('\n');
    assert.deepEqual(mentions(text, names), [
      { line: 1, name: 'get_user_pages', where: 'top' },
      { line: 4, name: 'pin_user_pages', where: 'macro' },
      { line: 9, name: 'get_user_pages', where: 'body' },
      { line: 9, name: 'pin_user_pages', where: 'body' },
    ]);
  });

  it('keeps line breaks of what it blanks', () => {
    assert.equal(withoutComments('a/* b\nc */d // e\n"f\\"g"h'), 'a    \n    d     \n      h');
  });
});

describe('verdicts', () => {
  const verdict = (line: number, more: Partial<Verdict> = {}): Verdict => ({
    tree: 'linux-6.12',
    rule: 'pin-leaked',
    file: 'a.c',
    line,
    function: 'f',
    verdict: 'true',
    why: 'read',
    ...more,
  });
  const found = (line: number, more: Partial<Judged> = {}): Judged => ({
    rule: 'pin-leaked',
    severity: 'warning',
    confidence: 'medium',
    location: { file: 'a.c', line, column: 1, endLine: line, endColumn: 2 },
    functionName: 'f',
    ...more,
  });

  it('names lines without a finding, findings without a line, and counts the others', () => {
    const said = [verdict(1), verdict(2, { verdict: 'false' }), verdict(9), verdict(1, { tree: 'linux-6.1' })];
    const check = checkVerdicts(said, 'linux-6.12', [
      found(1),
      found(2),
      found(3),
      found(4, { severity: 'info' }),
      found(5, { confidence: 'low' }),
    ]);
    assert.deepEqual(check.stale, [said[2]]);
    assert.deepEqual(
      check.open.map((f) => f.location.line),
      [3],
    );
    assert.deepEqual(check.counts, { true: 1, unsure: 0, false: 1 });
  });

  it('of the files can be read, one for each place', () => {
    for (const all of [readVerdicts(), readSecond()]) {
      const places = all.map((v) => `${v.tree} ${v.rule} ${v.file}:${v.line} ${v.why}`);
      assert.deepEqual(
        places.filter((p, i) => places.indexOf(p) !== i),
        [],
      );
    }
  });

  it('of two readers are compared by place, where both read', () => {
    const second = [
      { ...verdict(1), severity: 'error' as const },
      { ...verdict(2, { verdict: 'unsure' }), severity: 'error' as const },
      { ...verdict(7), severity: 'error' as const },
    ];
    const table = agreementTable([verdict(1), verdict(2), verdict(3)], second);
    assert.match(table, /^\| error \| linux-6\.12 \| 3 \| 2 \| 1 \| 0 \| 1 of 2 \(50 %\) \|$/m);
    assert.match(table, /^\| warning \| linux-6\.12 \| 0 \| 0 \| 0 \| 0 \| {2}\|$/m);
  });

  it('stand in docs/corpus.md as the files have them', () => {
    const doc = readFileSync(path.join(__dirname, '..', 'docs', 'corpus.md'), 'utf8');
    assert.ok(doc.includes(agreementTable(readVerdicts(), readSecond())), 'UPDATE=1 npm run corpus writes the table');
  });
});
