/** What editors are told, without a server: hovers and completions over all of the model, tags, what is drawn and what is not. */
import assert from 'node:assert/strict';
import { model } from '../model/index.ts';
import { parseRange } from '../model/version.ts';
import type { Finding } from '../server/engine/protocol.ts';
import { ruleTable } from '../server/engine/rule-table.ts';
import { completionsAt } from '../server/ide/completion.ts';
import { diagnosticsOf, isShown } from '../server/ide/diagnostics.ts';
import { hoverAt } from '../server/ide/hover.ts';

const NEWEST = model.select(parseRange('6.12') ?? assert.fail());
const EVERY = model.select({ since: 0, until: Number.POSITIVE_INFINITY });

/** The hover over a word that stands alone. */
function over(word: string): string {
  const input = { text: ` ${word} `, offset: 2, model: NEWEST, sites: [], released: [], link: () => undefined };
  return hoverAt(input)?.markdown ?? '';
}

function finding(rule: string, severity: Finding['severity']): Finding {
  const location = { file: 'a.c', line: 1, column: 1, endLine: 1, endColumn: 2 };
  const text = { message: rule, functionName: 'f', statement: '', fingerprint: rule };
  return { rule, severity, confidence: 'high', location, site: undefined, related: [], fixes: [], ordinal: 0, ...text };
}

describe('what editors are told', () => {
  it('of every function of the model: its prototype, what it returns, since when it is there, where that was read', () => {
    const names = [...EVERY.names()];
    assert.ok(names.length > 100);
    for (const name of names) {
      const text = over(name);
      assert.match(text, new RegExp(`\`\`\`c\\n.*\\b${name}\\(.*\\);\\n\`\`\``), name);
      assert.match(text, /^- returns /m, name);
      assert.match(text, /^- kernels |^\*\*Not in /m, name);
      assert.match(text, /\[Kernel documentation\]\(https:\/\/docs\.kernel\.org\/.*\) · read in v?\d|read in /, name);
    }
  });

  it('of functions that are not in the kernel aimed at, which ones have them', () => {
    assert.match(over('get_user_pages_locked'), /\*\*Not in 6\.12\*\*: the kernels that have it are /);
    assert.doesNotMatch(over('pin_user_pages'), /Not in/);
  });

  it('of every flag of the model: its value, whether callers may pass it, on which kernels', () => {
    const flags = [...EVERY.flagNames()];
    assert.ok(flags.length > 20);
    for (const name of flags) {
      const text = over(name);
      assert.match(text, new RegExp(`^\`${name}\` = 0x[0-9a-f]+$`, 'm'), name);
      assert.match(text, /^- (?:callers may pass it|\*\*internal to mm\/\*\*|internal by intent)/m, name);
      assert.match(text, /^- kernels /m, name);
    }
  });

  it('of flags while one is typed: those alone that callers of the function may pass on all kernels aimed at', () => {
    const offered = (call: string, range: string): string[] => {
      const text = `void f(void)\n{\n\t${call};\n}\n`;
      const selected = model.select(parseRange(range) ?? assert.fail());
      return completionsAt(text, text.indexOf('FOLL_') + 5, selected).map((c) => c.label);
    };
    const sites = [...EVERY.siteNames()].filter((name) =>
      NEWEST.rows(name).some((r) => r.params.some((p) => p.role === 'flags')),
    );
    assert.ok(sites.length > 5);
    for (const name of sites) {
      const row = NEWEST.rows(name).at(-1) ?? assert.fail(name);
      const args = row.params.map((p) => (p.role === 'flags' ? 'FOLL_' : p.name)).join(', ');
      const flags = offered(`${name}(${args})`, '6.12');
      assert.ok(flags.includes('FOLL_WRITE'), name);
      for (const flag of flags) {
        assert.ok(
          NEWEST.flags(flag).every((r) => r.standing === 'caller'),
          `${name} ${flag}`,
        );
        assert.notEqual(flag, 'FOLL_GET');
      }
      assert.equal(flags.includes('FOLL_LONGTERM'), row.reference === 'pin', name);
    }
    const call = 'pin_user_pages_fast(a, n, FOLL_, p)';
    assert.ok(offered(call, '6.12').includes('FOLL_PCI_P2PDMA'));
    assert.ok(!offered(call, '6.1..6.12').includes('FOLL_PCI_P2PDMA'));
  });

  it('tags of rules that there are, infos as hints, and nothing of damaged text', () => {
    const rules = ruleTable().map((r) => r.name);
    const told = diagnosticsOf(rules.map((rule) => finding(rule, 'info')));
    assert.ok(told.every((d) => d.severity === 'hint'));
    const tagged = told.filter((d) => d.tags.length > 0).map((d) => `${d.rule} ${d.tags}`);
    assert.deepEqual(tagged.sort(), [
      'api-not-in-kernel deprecated',
      'dead-vmas unnecessary',
      'redundant-foll-get unnecessary',
      'unneeded-foll-write unnecessary',
      'unused-suppression unnecessary',
    ]);
    assert.deepEqual(
      rules.filter((rule) => !isShown(finding(rule, 'info'))),
      ['parse-damaged'],
    );
    assert.deepEqual(
      (['error', 'warning'] as const).map((s) => diagnosticsOf([finding('pin-leaked', s)])[0]?.severity),
      ['error', 'warning'],
    );
  });
});
