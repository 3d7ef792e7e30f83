/** Machine formats: they fit their schemas, keep their key order, and are the same bytes with any number of threads. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import Ajv, { type ValidateFunction } from 'ajv';
import { bundleDirectory, guplint, temporaryTree } from './harness/cli.ts';

const schema = (name: string): ValidateFunction =>
  new Ajv({ allErrors: true }).compile(JSON.parse(readFileSync(`docs/${name}.schema.json`, 'utf8')));

/** A driver of several functions: errors, warnings, infos, wrappers, fixes, two files with one header. */
const HEADER = `#define DEMO_PIN(start, nr, pages) pin_user_pages_fast(start, nr, FOLL_WRITE | FOLL_LONGTERM, pages)
int demo_take(unsigned long start, int nr, struct page **pages);
`;
const TAKE = `#include "demo.h"

int demo_take(unsigned long start, int nr, struct page **pages)
{
	return get_user_pages_fast(start, nr, 1, pages);
}

static int demo_twice(struct demo *d)
{
	int ret;

	ret = pin_user_pages_fast(d->start, d->nr, FOLL_PIN | FOLL_GET, d->pages);
	if (ret < 0)
		return ret;
	/* guplint: ignore magic-gup-flags -- a test of suppression */
	return get_user_pages_fast(d->start, 1, 1, d->pages);
}
`;
const CALLER = `#include "demo.h"

static int demo_call(struct demo *d)
{
	if (demo_take(d->start, d->nr, d->pages) < 0)
		return -EFAULT;
	return DEMO_PIN(d->start, d->nr, d->pages);
}
`;

interface Check {
  findings: Record<string, unknown>[];
  summary: Record<string, number>;
  kernel: Record<string, string>;
}

describe('machine formats', () => {
  let cwd = '';
  before(function () {
    this.timeout(120_000);
    bundleDirectory();
    cwd = temporaryTree({ 'drv/demo.h': HEADER, 'drv/take.c': TAKE, 'drv/caller.c': CALLER });
  });

  it('check --format json fits its schema', () => {
    const valid = schema('check');
    for (const args of [[], ['--kernel', '6.12'], ['--kernel', '5.4..6.12', '--min-confidence', 'low']]) {
      const run = guplint(['drv', '--format', 'json', ...args], { cwd });
      assert.ok(run.out.endsWith('}\n'));
      assert.ok(valid(JSON.parse(run.out)), JSON.stringify(valid.errors));
    }
  });

  it('sites --format json fits its schema', () => {
    const valid = schema('sites');
    const run = guplint(['sites', 'drv', '--format', 'json', '--kernel', '6.12'], { cwd });
    const output = JSON.parse(run.out) as { sites: { api: string; via?: string; file: string }[] };
    assert.ok(valid(output), JSON.stringify(valid.errors));
    assert.deepEqual(
      output.sites.map((s) => `${s.file} ${s.api} ${s.via ?? ''}`.trim()),
      [
        'drv/caller.c get_user_pages_fast demo_take',
        'drv/caller.c pin_user_pages_fast DEMO_PIN',
        'drv/demo.h pin_user_pages_fast',
        'drv/take.c get_user_pages_fast',
        'drv/take.c pin_user_pages_fast',
        'drv/take.c get_user_pages_fast',
      ],
    );
  });

  it('finds the same sites of a file whether it is named alone or with its directory', () => {
    const sites = (target: string): unknown[] =>
      (
        JSON.parse(guplint(['sites', target, '--format', 'json', '--kernel', '6.12'], { cwd }).out) as {
          sites: { file: string }[];
        }
      ).sites.filter((s) => s.file === 'drv/caller.c');
    assert.equal(sites('drv/caller.c').length, 2);
    assert.deepEqual(sites('drv/caller.c'), sites('drv'));
  });

  it('keeps the documented order of keys', () => {
    const output = JSON.parse(guplint(['drv', '--format', 'json', '--kernel', '6.12'], { cwd }).out) as Check;
    assert.deepEqual(Object.keys(output), ['schemaVersion', 'tool', 'kernel', 'findings', 'summary']);
    assert.deepEqual(output.kernel, { range: '6.12', source: 'flag' });
    assert.deepEqual(Object.keys(output.findings[0] ?? {}), [
      'rule',
      'severity',
      'confidence',
      'message',
      'function',
      'file',
      'line',
      'column',
      'endLine',
      'endColumn',
      'site',
      'related',
      'fixes',
      'fingerprint',
    ]);
    assert.equal(output.summary.suppressed, 1);
    assert.equal(output.summary.filesScanned, 3);
  });

  it('jsonl is the same objects, one a line, then a summary', () => {
    const one = JSON.parse(guplint(['drv', '--format', 'json', '--kernel', '6.12'], { cwd }).out) as Check;
    const lines = guplint(['drv', '--format', 'jsonl', '--kernel', '6.12'], { cwd })
      .out.trimEnd()
      .split('\n')
      .map((l) => JSON.parse(l) as Record<string, unknown>);
    const last = lines.pop();
    assert.deepEqual(
      lines.map(({ type, ...finding }) => (type === 'finding' ? finding : undefined)),
      one.findings,
    );
    assert.equal(last?.type, 'summary');
    assert.deepEqual(last?.summary, one.summary);
    assert.deepEqual(last?.kernel, one.kernel);
  });

  it('sorts by path, line, column and rule', () => {
    const { findings } = JSON.parse(guplint(['drv', '--format', 'json', '--kernel', '6.12'], { cwd }).out) as Check;
    const keys = findings.map((f) =>
      [f.file, String(f.line).padStart(6, '0'), String(f.column).padStart(6, '0'), f.rule].join(' '),
    );
    assert.deepEqual(keys, [...keys].sort());
  });

  it('fingerprints survive moves of the line and change with the path', () => {
    const prints = (files: Record<string, string>): unknown[] =>
      (
        JSON.parse(guplint(['.', '--format', 'json', '--kernel', '6.12'], { cwd: temporaryTree(files) }).out) as Check
      ).findings.map((f) => f.fingerprint);
    const first = prints({ 'take.c': TAKE });
    assert.deepEqual(prints({ 'take.c': `/* moved */\n\n\n${TAKE}` }), first);
    assert.deepEqual(prints({ 'take.c': TAKE.replace('nr, 1, pages', 'nr,\n\t\t\t1 /* write */, pages') }), first);
    assert.notDeepEqual(prints({ 'other.c': TAKE }), first);
    assert.equal(new Set(first).size, first.length);
  });
});

describe('threads', () => {
  it('change nothing in the output: 1, 2 and 8', function () {
    this.timeout(120_000);
    // More files than a run does without threads.
    const files: Record<string, string> = { 'drv/demo.h': HEADER };
    for (let i = 0; i < 40; i++) {
      files[`drv/d${i}/demo.h`] = HEADER;
      files[`drv/d${i}/take.c`] = TAKE.replaceAll('demo_twice', `demo_twice_${i}`);
      files[`drv/d${i}/caller.c`] = CALLER;
    }
    for (let i = 0; i < 1600; i++) files[`plain/p${i % 40}/f${i}.c`] = `int plain_${i};\n`;
    const cwd = temporaryTree(files);
    const outputs = ['1', '2', '8'].map((jobs) => {
      const args = ['.', '--jobs', jobs, '--kernel', '5.10..6.12', '--stats'];
      const check = guplint([...args, '--format', 'json'], { cwd });
      const sites = guplint(['sites', ...args, '--format', 'json'], { cwd });
      assert.match(check.err, jobs === '1' ? /^threads +none$/m : new RegExp(`^threads +${jobs}$`, 'm'));
      return check.out + sites.out;
    });
    assert.equal(outputs[1], outputs[0]);
    assert.equal(outputs[2], outputs[0]);
    const output = JSON.parse(outputs[0]?.slice(0, outputs[0].indexOf('\n}\n') + 2) ?? '') as Check;
    assert.ok(output.findings.length >= 120);
  });
});

describe('schema of the configuration', () => {
  it('takes what the program takes and refuses what it refuses', () => {
    const valid = schema('guplint');
    const cases: [unknown, boolean][] = [
      [{}, true],
      [{ kernel: '6.1..6.12', rules: { 'magic-gup-flags': 'off' } }, true],
      [{ define: { HAVE_PIN_USER_PAGES: true, NR_ARGS: 4, OLD: '<6.5', BOTH: ['<5.4', '>=6.1'] } }, true],
      [{ ignore: [{ rule: 'magic-gup-flags', path: 'drivers/**', function: 'f', reason: 'why' }] }, true],
      [{ kernel: 'auto' }, true],
      [{ kernel: 'six' }, false],
      [{ kernels: '6.1' }, false],
      [{ rules: { 'magic-gup-flags': 'loud' } }, false],
      [{ rules: [] }, false],
      [{ define: { '1X': true } }, false],
      [{ define: { X: null } }, false],
      [{ ignore: [{ rule: 'magic-gup-flags' }] }, false],
      [{ ignore: [{ rule: 'magic-gup-flags', reason: '' }] }, false],
      [{ ignore: {} }, false],
    ];
    for (const [config, good] of cases) {
      const text = JSON.stringify(config);
      assert.equal(valid(config), good, text);
      const run = guplint(['a.c'], { cwd: temporaryTree({ 'a.c': 'int x;\n', 'guplint.json': text }) });
      assert.equal(run.code, good ? 0 : 2, `${text}: ${run.err}`);
    }
  });
});
