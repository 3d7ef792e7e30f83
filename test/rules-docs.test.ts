/** The documentation of rules: generated files are fresh, and the examples in it behave as they claim. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { generate, leftovers } from '../scripts/generate-docs.ts';
import { readRules } from '../scripts/rule-source.ts';
import { CONCEPT_DOCS, RULE_DOCS } from '../server/rules/explain.ts';
import { rules } from '../server/rules/registry.ts';
import { startParser } from './harness/parser.ts';
import { analyseTexts } from './harness/run-rules.ts';

const ROOT = path.join(__dirname, '..');

describe('rule documentation', () => {
  before(startParser);
  const sources = readRules(ROOT);

  it('generated files are fresh (npm run generate)', () => {
    for (const [file, text] of generate(ROOT)) {
      const full = path.join(ROOT, file);
      assert.ok(existsSync(full), `${file} is missing`);
      assert.equal(readFileSync(full, 'utf8'), text, `${file} is stale`);
    }
    assert.deepEqual(leftovers(ROOT), []);
  });

  it('the registry at run time says what the files say', () => {
    assert.deepEqual(
      rules.map((r) => [r.name, r.group, r.summary, r.severity, r.fix]),
      sources.map((r) => [r.name, r.group, r.summary, r.severity, r.fix]),
    );
  });

  it('summaries are short and have no full stop', () => {
    for (const { name, summary } of rules) {
      assert.ok(summary.length <= 80, `${name}: ${summary.length} characters`);
      assert.ok(!summary.endsWith('.'), name);
    }
  });

  it('explain has a text for every rule and the promised concepts', () => {
    assert.deepEqual([...RULE_DOCS.keys()].sort(), rules.map((r) => r.name).sort());
    for (const topic of ['counting', 'zero-page', 'longterm', 'dax', 'vmstat', 'testing'])
      assert.ok(CONCEPT_DOCS.has(topic), topic);
  });

  for (const rule of sources) {
    for (const [i, example] of rule.examples.entries()) {
      it(`${rule.name}: ${example.kind} example ${i + 1}`, () => {
        const { findings } = analyseTexts(new Map([['example.c', example.code]]), { kernel: example.kernel });
        const own = findings
          .filter((f) => f.rule === rule.name && f.confidence !== 'low')
          .map((f) => `${f.location.line}: ${f.message}`);
        if (example.kind === 'bad') assert.notDeepEqual(own, [], 'a bad example without a finding');
        else assert.deepEqual(own, []);
      });
    }
  }
});
