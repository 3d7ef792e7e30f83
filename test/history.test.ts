/**
 * The conversions to pin_user_pages*() that the kernel went through, in the shape of the code before and after: case, lifetime and access
 * of the sites, the finding that asks for the conversion before, none after, and what gives the pages back.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { rules } from '../server/rules/registry.ts';
import { type Conversion, readConversion } from './harness/conversion.ts';
import { compareRegion, type FixtureRun, regionsOf } from './harness/fixture.ts';
import type { Expectation, Fixture } from './harness/markers.ts';
import { startParser } from './harness/parser.ts';
import { runFixture } from './harness/run-rules.ts';

const ROOT = path.join(__dirname, 'fixtures/history');

/** Infos that are about the conversions; other infos are not held to markers. */
const INFOS = [
  'dma-needs-pin',
  'longterm-needs-pin',
  'data-write-needs-pin',
  'redundant-foll-get',
  'internal-foll-flag',
];

/** The findings that ask for a conversion, or say that one was left half way. */
const ASKING = [...INFOS, 'unpin-on-gotten', 'put-on-pinned', 'api-not-in-kernel'];

const names = readdirSync(ROOT)
  .filter((f) => f.endsWith('.diff'))
  .sort();

function load(name: string): Conversion {
  const all = rules.map((r) => r.name);
  return readConversion(name, readFileSync(path.join(ROOT, name), 'utf8'), all);
}

/** A run with what users see by default: no low confidence, and of the infos those that are about conversions. */
function shown(fixture: Fixture, kernel: string): FixtureRun {
  const run = runFixture(fixture, kernel);
  const findings = run.findings.filter(
    (f) => f.confidence !== 'low' && (f.severity !== 'info' || INFOS.includes(f.rule)),
  );
  return { ...run, findings };
}

/** Whether a site or finding of the fixture is marked as known to be judged wrong. */
function hasGap(fixture: Fixture): boolean {
  return expectations(fixture).some((e) => (e.kind === 'site' ? e.fields.has('gap') : e.mark !== undefined));
}

function expectations(fixture: Fixture): readonly Expectation[] {
  return fixture.files.flatMap((f) => f.expectations);
}

describe('history', () => {
  before(startParser);

  for (const name of names) {
    describe(name, () => {
      const conversion = load(name);
      for (const state of ['before', 'after'] as const) {
        const fixture = conversion[state];
        for (const kernel of fixture.kernels) {
          it(`${state}, on ${kernel}`, () => {
            const run = shown(fixture, kernel);
            const regions = fixture.files.flatMap(regionsOf);
            assert.equal(regions.flatMap((r) => compareRegion(fixture, r, run, kernel)).join('\n\n'), '');
          });
        }
      }

      it('asks for the conversion before and is silent after', () => {
        const asks = (fixture: Fixture): readonly string[] =>
          expectations(fixture).flatMap((e) =>
            e.kind === 'finding' && e.mark === undefined && ASKING.includes(e.rule) ? [e.rule] : [],
          );
        if (conversion.judged === undefined) return;
        if (!hasGap(conversion.before)) assert.notDeepEqual(asks(conversion.before), []);
        assert.deepEqual(
          asks(conversion.after).filter((r) => r !== 'internal-foll-flag'),
          [],
        );
      });

      it('has the documented case at a site before and after', () => {
        const { judged } = conversion;
        if (judged === undefined) return;
        for (const fixture of [conversion.before, conversion.after]) {
          const sites = expectations(fixture).filter((e) => e.kind === 'site');
          assert.ok(sites.some((e) => e.kind === 'site' && e.fields.get('case') === judged));
        }
      });
    });
  }
});
