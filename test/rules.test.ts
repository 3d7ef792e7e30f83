/**
 * Every fixture below fixtures/rules: one test a function for its markers, one a fixture for its fixes (golden file beside it).
 * UPDATE=1 writes the golden files; markers are written by hand.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { rules } from '../server/rules/registry.ts';
import { checkFixes } from './harness/check-fix.ts';
import { compareRegion, type FixtureRun, promiseProblem, regionsOf } from './harness/fixture.ts';
import { type Fixture, readFixture } from './harness/markers.ts';
import { startParser } from './harness/parser.ts';
import { runFixture, textsOf } from './harness/run-rules.ts';

const ROOT = path.join(__dirname, 'fixtures/rules');

interface Loaded {
  readonly rule: string;
  readonly file: string;
  readonly fixture: Fixture;
}

function load(): readonly Loaded[] {
  return readdirSync(ROOT)
    .sort()
    .flatMap((rule) =>
      readdirSync(path.join(ROOT, rule))
        .filter((f) => f.endsWith('.c'))
        .sort()
        .map((f) => {
          const file = path.join(ROOT, rule, f);
          return { rule, file, fixture: readFixture(f, readFileSync(file, 'utf8'), rule) };
        }),
    );
}

const all = load();

describe('rules', () => {
  before(startParser);

  for (const { rule, file, fixture } of all) {
    describe(`${rule}/${fixture.name}`, () => {
      const runs = new Map<string, FixtureRun>();
      const runFor = (kernel: string): FixtureRun => {
        const known = runs.get(kernel) ?? runFixture(fixture, kernel);
        runs.set(kernel, known);
        return known;
      };
      const regions = fixture.files.flatMap(regionsOf);
      for (const region of regions) {
        it(`${region.name} (${region.file.path})`, () => {
          const problems = fixture.kernels.flatMap((k) => compareRegion(fixture, region, runFor(k), k));
          const promise = promiseProblem(region);
          assert.equal([...problems, ...(promise === undefined ? [] : [promise])].join('\n\n'), '');
        });
      }
      it('fixes', () => checkGolden(file, fixture));
    });
  }

  it('every rule has a fixture with a _bad and one with an _ok function', () => {
    const missing = rules.flatMap(({ name }) => {
      const regions = all.filter((l) => l.rule === name).flatMap((l) => l.fixture.files.flatMap(regionsOf));
      return (['bad', 'ok'] as const).filter((p) => !regions.some((r) => r.promise === p)).map((p) => `${name}: _${p}`);
    });
    assert.deepEqual(missing, []);
  });

  it('every rule that claims a fix shows one in a golden file, and no other does', () => {
    const goldens = all
      .filter((l) => existsSync(`${l.file}.fixed`))
      .map((l) => readFileSync(`${l.file}.fixed`, 'utf8'));
    const wrong = rules.filter((rule) => {
      const kinds = goldens.flatMap((g) => [...g.matchAll(/^== (?:.*): ([\w-]+): .*\[(safe|unsafe)\]$/gm)]);
      const own = kinds.filter((m) => m[1] === rule.name).map((m) => m[2]);
      const shown = own.includes('unsafe') ? 'unsafe' : own.includes('safe') ? 'safe' : 'none';
      return shown !== rule.fix;
    });
    assert.deepEqual(
      wrong.map((r) => `${r.name} claims ${r.fix}`),
      [],
    );
  });

  it('no two fixtures have the same function body', () => {
    const bodies = new Map<string, string>();
    for (const { rule, fixture } of all) {
      for (const region of fixture.files.flatMap(regionsOf)) {
        if (region.promise === undefined) continue;
        const text = [...region.lines].map((n) => region.file.text.split('\n')[n - 1] ?? '').join('\n');
        const key = `${rule} ${fixture.kernels.join()} ${text.replace(/\w+\(/, '(')}`;
        assert.equal(bodies.get(key), undefined, `${rule}/${fixture.name}: ${region.name} repeats ${bodies.get(key)}`);
        bodies.set(key, region.name);
      }
    }
  });
});

/** Checks the fixes of a fixture's own rules on its last kernel and compares what they do with the golden file. */
function checkGolden(file: string, fixture: Fixture): void {
  const kernel = fixture.kernels.at(-1) ?? '6.12';
  const options = { kernel, defines: fixture.defines, inTree: fixture.inTree };
  const { problems, golden } = checkFixes(textsOf(fixture), options, (f) => fixture.rules.includes(f.rule));
  assert.equal(problems.join('\n'), '');
  const path = `${file}.fixed`;
  const old = existsSync(path) ? readFileSync(path, 'utf8') : '';
  if (process.env.UPDATE === '1' && golden !== old) {
    if (golden === '') rmSync(path);
    else writeFileSync(path, golden);
    return;
  }
  assert.equal(golden, old);
}
