/** The files shipped in examples/: the bad driver shows off what it was written to show, the good one gets no finding. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { startParser } from './harness/parser.ts';
import { analyseTexts } from './harness/run-rules.ts';

const ROOT = path.join(__dirname, '../examples');

/** Rules that each function of the bad driver must be told of; more may be found. */
const MISTAKES: Readonly<Record<string, readonly string[]>> = {
  demo_capture_once: ['magic-gup-flags'],
  demo_register: ['longterm-without-pin'],
  demo_peek: ['foll-pin-at-call-site'],
  demo_prefault: ['wrong-arguments', 'wrong-flag-namespace'],
};

describe('examples', () => {
  before(startParser);
  const texts = new Map(
    readdirSync(ROOT)
      .filter((f) => /\.[ch]$/.test(f))
      .map((f): [string, string] => [`examples/${f}`, readFileSync(path.join(ROOT, f), 'utf8')]),
  );

  for (const [name, rules] of Object.entries(MISTAKES)) {
    it(`demo-capture.c: ${name}()`, () => {
      const { findings } = analyseTexts(texts, { kernel: '6.12' });
      const found = new Set(findings.filter((f) => f.functionName === name).map((f) => f.rule));
      assert.deepEqual(
        rules.filter((r) => !found.has(r)),
        [],
      );
    });
  }

  it('demo-queue.c has nothing to find', () => {
    const { findings } = analyseTexts(texts, { kernel: '6.12' });
    assert.deepEqual(
      findings.filter((f) => f.location.file === 'examples/demo-queue.c').map((f) => `${f.rule} ${f.location.line}`),
      [],
    );
  });
});
