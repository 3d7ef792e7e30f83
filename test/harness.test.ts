/** The fixture harness itself: it must fail where a fixture and reality differ, in either direction. */
import assert from 'node:assert/strict';
import type { Finding } from '../server/engine/protocol.ts';
import { compareRegion, promiseProblem, regionsOf } from './harness/fixture.ts';
import { type Fixture, readFixture } from './harness/markers.ts';

function finding(line: number, column: number, length: number, more: Partial<Finding> = {}): Finding {
  return {
    rule: 'a-rule',
    severity: 'error',
    confidence: 'high',
    message: 'something is wrong',
    functionName: 'f_bad',
    location: { file: 'x.c', line, column, endLine: line, endColumn: column + length },
    site: undefined,
    related: [],
    fixes: [],
    statement: '',
    ordinal: 0,
    fingerprint: '',
    ...more,
  };
}

/** A fixture of one function whose body is `line`, on line 3. */
function fixtureOf(line: string, name = 'f_bad'): Fixture {
  return readFixture('x.c', `static int ${name}(void)\n{\n${line}\n}\n`, 'a-rule');
}

function problems(fixture: Fixture, findings: readonly Finding[], kernel = '6.12'): readonly string[] {
  return fixture.files.flatMap(regionsOf).flatMap((r) => compareRegion(fixture, r, { findings, sites: [] }, kernel));
}

describe('fixture harness', () => {
  it('accepts a finding at its marker', () => {
    const fixture = fixtureOf('\tcall(x); //~ a-rule error high @`call` "is wrong"');
    assert.deepEqual(problems(fixture, [finding(3, 2, 4)]), []);
  });

  it('refuses an unmarked finding, with a picture of it', () => {
    const [problem = ''] = problems(fixtureOf('\tcall(x);'), [finding(3, 2, 4)]);
    assert.match(problem, /unexpected: error \[a-rule\]/);
    assert.match(problem, /\|\s+~~~~ error high/);
  });

  it('refuses a marker without a finding', () => {
    assert.match(problems(fixtureOf('\tcall(x); //~ a-rule'), [])[0] ?? '', /not found: a-rule line 3/);
  });

  it('refuses another token, severity, confidence, message or occurrence', () => {
    for (const marker of ['@`x`', 'warning', 'medium', '"nothing"', '@`call`#2']) {
      const fixture = fixtureOf(`\tcall(call(x)); //~ a-rule ${marker}`);
      assert.equal(problems(fixture, [finding(3, 2, 4)]).length, 2, marker);
    }
    assert.deepEqual(problems(fixtureOf('\tcall(call(x)); //~ a-rule @`call`#2'), [finding(3, 7, 4)]), []);
  });

  it('takes markers above and below, and for some kernels only', () => {
    const above = fixtureOf('\tcall(x);\n\t//~^ a-rule @`call`');
    const below = fixtureOf('\t//~v a-rule @`call`\n\tcall(x);');
    assert.deepEqual(problems(above, [finding(3, 2, 4)]), []);
    assert.deepEqual(problems(below, [finding(4, 2, 4)]), []);
    const some = fixtureOf('\tcall(x); //~{6.1,5.4..6.12} a-rule');
    assert.deepEqual(problems(some, [finding(3, 2, 4)], '6.1'), []);
    assert.deepEqual(problems(some, [], '6.12'), []);
    assert.equal(problems(some, [], '5.4..6.12').length, 1);
  });

  it('holds the steps of a finding to its related markers', () => {
    const fixture = fixtureOf('\tp = take(); put(p); //~ a-rule @`put` //~related @`take` "taken here"');
    const step = { location: finding(3, 6, 4).location, message: 'taken here' };
    assert.deepEqual(problems(fixture, [finding(3, 14, 3, { related: [step] })]), []);
    assert.match(problems(fixture, [finding(3, 14, 3)])[0] ?? '', /step 1 of a-rule.*no such step/);
    const other = { ...step, message: 'given away here' };
    assert.match(problems(fixture, [finding(3, 14, 3, { related: [other] })])[0] ?? '', /got line 3: given away/);
  });

  it('fails when what is known to be wrong gets better', () => {
    const spurious = fixtureOf('\tcall(x); //~ SPURIOUS a-rule -- not seen through yet');
    assert.deepEqual(problems(spurious, [finding(3, 2, 4)]), []);
    assert.match(problems(spurious, [])[0] ?? '', /improved: no longer found, remove SPURIOUS/);
    const missing = fixtureOf('\tcall(x); //~ MISSING a-rule -- not seen yet');
    assert.deepEqual(problems(missing, []), []);
    assert.match(problems(missing, [finding(3, 2, 4)])[0] ?? '', /improved: a-rule is found now, remove MISSING/);
  });

  it('refuses markers it does not understand', () => {
    for (const marker of ['', 'a-rule fatal', 'SPURIOUS a-rule', 'a-rule @token']) {
      assert.throws(() => fixtureOf(`\tcall(x); //~ ${marker}`), /x\.c:3/, marker);
    }
    assert.throws(() => fixtureOf('\tcall(x); //~related "taken here"'), /no finding before it/);
    assert.throws(() => readFixture('x.c', '//- kernal: 6.1\n', 'a-rule'), /unknown directive/);
  });

  it('holds functions to their names', () => {
    const promise = (fixture: Fixture): readonly (string | undefined)[] =>
      fixture.files.flatMap(regionsOf).map(promiseProblem);
    assert.match(promise(fixtureOf('\tcall(x);'))[0] ?? '', /named _bad/);
    assert.match(promise(fixtureOf('\tcall(x); //~ a-rule', 'f_ok'))[0] ?? '', /named _ok/);
    assert.equal(promise(fixtureOf('\tcall(x); //~ SPURIOUS a-rule -- why', 'f_ok'))[0], undefined);
  });

  it('reads several files, each with its own line numbers', () => {
    const text = '//- kernel: 5.4 6.1..6.12\n//- file: a.h\n#define X 1\n//- file: b.c\nint x; //~ a-rule\n';
    const fixture = readFixture('x.c', text, 'a-rule');
    assert.deepEqual(
      fixture.files.map((f) => [f.path, f.expectations.map((e) => e.line)]),
      [
        ['a.h', []],
        ['b.c', [1]],
      ],
    );
    assert.deepEqual(fixture.kernels, ['5.4', '6.1..6.12']);
  });
});
