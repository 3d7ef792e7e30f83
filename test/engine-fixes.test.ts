/** Applying fixes: whole or not at all, never overlapping, in the order of the findings. */
import assert from 'node:assert/strict';
import { applyRound } from '../server/engine/apply-fixes.ts';
import type { FileEdit, Finding, Fix } from '../server/engine/protocol.ts';

const TEXT = 'alpha beta gamma\ndelta epsilon\n';

/** Replaces columns `from` to `to` (1-based, exclusive) of a line. */
function edit(line: number, from: number, to: number, newText: string, file = 'a.c'): FileEdit {
  return { location: { file, line, column: from, endLine: line, endColumn: to }, newText };
}

function finding(...fixes: Fix[]): Finding {
  const location = { file: 'a.c', line: 1, column: 1, endLine: 1, endColumn: 2 };
  return {
    rule: 'r',
    severity: 'error',
    confidence: 'high',
    message: 'm',
    functionName: '',
    location,
    site: undefined,
    related: [],
    fixes,
    statement: '',
    ordinal: 0,
    fingerprint: '',
  };
}

const safe = (...edits: FileEdit[]): Fix => ({ title: 't', applicability: 'safe', edits });
const unsafe = (...edits: FileEdit[]): Fix => ({ title: 't', applicability: 'unsafe', edits });

function apply(findings: Finding[], allowed: 'safe' | 'any' = 'safe', files: Record<string, string> = { 'a.c': TEXT }) {
  const round = applyRound(findings, allowed, (file) => files[file]);
  return { text: round.texts.get('a.c'), fixed: round.fixed.length, waiting: round.waiting, texts: round.texts };
}

describe('apply fixes', () => {
  it('applies fixes that do not touch, in any order of place', () => {
    const { text, fixed } = apply([
      finding(safe(edit(2, 1, 6, 'D'))),
      finding(safe(edit(1, 1, 6, 'A')), safe()),
      finding(safe(edit(1, 12, 17, 'G'))),
    ]);
    assert.equal(text, 'A beta G\nD epsilon\n');
    assert.equal(fixed, 3);
  });

  it('leaves a fix for the next round when it overlaps or meets one that went in', () => {
    for (const second of [
      edit(1, 3, 9, 'X'),
      edit(1, 6, 7, 'X'),
      edit(1, 1, 6, 'X'),
      edit(1, 2, 3, 'X'),
      edit(1, 6, 6, 'X'),
    ]) {
      const { text, fixed, waiting } = apply([finding(safe(edit(1, 1, 6, 'A'))), finding(safe(second))]);
      assert.equal(text, 'A beta gamma\ndelta epsilon\n');
      assert.deepEqual([fixed, waiting], [1, 1], JSON.stringify(second));
    }
  });

  it('applies one edit once when two findings have the same cure', () => {
    const { text, fixed } = apply([
      finding(safe(edit(1, 1, 6, 'A'))),
      finding(safe(edit(1, 1, 6, 'A'), edit(2, 1, 6, 'D'))),
    ]);
    assert.equal(text, 'A beta gamma\nD epsilon\n');
    assert.equal(fixed, 2);
  });

  it('applies all edits of a fix or none', () => {
    const blocked = finding(safe(edit(1, 1, 6, 'X'), edit(2, 1, 6, 'X')));
    assert.equal(apply([finding(safe(edit(1, 1, 6, 'A'))), blocked]).text, 'A beta gamma\ndelta epsilon\n');
    const elsewhere = finding(safe(edit(1, 1, 6, 'X'), edit(1, 1, 2, 'X', 'missing.c')));
    assert.equal(apply([elsewhere]).text, undefined);
  });

  it('refuses a fix whose own edits overlap', () => {
    assert.equal(apply([finding(safe(edit(1, 1, 6, 'A'), edit(1, 3, 9, 'B')))]).text, undefined);
  });

  it('takes unsafe fixes only when allowed, safe ones first', () => {
    const both = finding(unsafe(edit(1, 1, 6, 'U')), safe(edit(1, 1, 6, 'S')));
    assert.equal(apply([both], 'any').text, 'S beta gamma\ndelta epsilon\n');
    const only = finding(unsafe(edit(1, 1, 6, 'U')));
    assert.equal(apply([only]).text, undefined);
    assert.equal(apply([only], 'any').text, 'U beta gamma\ndelta epsilon\n');
  });

  it('changes several files with one fix', () => {
    const { texts } = apply([finding(safe(edit(1, 1, 6, 'A'), edit(1, 1, 2, 'B', 'b.c')))], 'safe', {
      'a.c': TEXT,
      'b.c': 'x',
    });
    assert.deepEqual(
      [...texts.entries()],
      [
        ['a.c', 'A beta gamma\ndelta epsilon\n'],
        ['b.c', 'B'],
      ],
    );
  });

  it('clamps places outside the text', () => {
    assert.equal(
      apply([
        finding(safe({ location: { file: 'a.c', line: 99, column: 1, endLine: 99, endColumn: 9 }, newText: 'end' })),
      ]).text,
      `${TEXT}end`,
    );
  });

  it('is fast with many fixes in one file', () => {
    const lines = 20_000;
    const text = 'word\n'.repeat(lines);
    const findings = Array.from({ length: lines }, (_, i) => finding(safe(edit(lines - i, 1, 5, 'x'))));
    const start = Date.now();
    assert.equal(apply(findings, 'safe', { 'a.c': text }).text, 'x\n'.repeat(lines));
    assert.ok(Date.now() - start < 3000);
  });
});
