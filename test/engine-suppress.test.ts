/** Suppression comments and ignore entries: what they silence, and what is said of them when they silence nothing. */
import assert from 'node:assert/strict';
import type { Finding, IgnoreEntry, Level } from '../server/engine/protocol.ts';
import { analyseText } from './harness/engine.ts';
import { startParser } from './harness/parser.ts';

const found = (findings: readonly Finding[]): string[] => findings.map((f) => `${f.location.line} ${f.rule}`);

/** A function with 1 as flags in its only call, which spans two lines. */
function withCall(before: string, behind = '', inside = ''): string {
  return `#include <linux/mm.h>

${before}static int demo(unsigned long start, struct page **pages)
{
	int ret;

${inside}	ret = get_user_pages_fast(start, 1,${behind}
				  1, pages);
	return ret;
}
`;
}

const MAGIC = 'magic-gup-flags';

describe('suppression comments', () => {
  before(startParser);

  const run = (text: string, options: Parameters<typeof analyseText>[1] = {}) =>
    analyseText(text, { kernel: '6.12', ...options });

  it('reports without one', () => {
    assert.deepEqual(found(run(withCall('')).findings), [`8 ${MAGIC}`]);
  });

  it('ignore works on the first line of the statement and alone on the line above', () => {
    for (const text of [
      withCall('', ` /* guplint: ignore ${MAGIC} -- known */`),
      withCall('', ` // guplint: ignore ${MAGIC} -- known`),
      withCall('', '', `	/* guplint: ignore ${MAGIC} -- known */\n`),
      withCall('', '', `	// guplint: ignore ${MAGIC} -- known\n`),
      withCall('', '', `	/*\n	 * guplint: ignore ${MAGIC} -- known\n	 */\n`),
      withCall('', '', `	/* guplint: ignore ${MAGIC} -- known */\n	/* another comment */\n`),
      withCall('', '', `	/* guplint: ignore foll-force-in-driver, ${MAGIC} -- known */\n`).replace(
        '	int ret;',
        '	int ret = 0;',
      ),
    ]) {
      const result = run(text);
      assert.equal(result.findings.filter((f) => f.rule === MAGIC).length, 0, text);
      assert.equal(result.suppressed, 1, text);
    }
  });

  it('ignore does not work from further away', () => {
    const far = withCall('', '', `	/* guplint: ignore ${MAGIC} -- known */\n\n	ret = 0;\n`);
    assert.deepEqual(found(run(far).findings), ['7 unused-suppression', `11 ${MAGIC}`]);
    const behind = withCall('').replace('return ret;', `return ret; /* guplint: ignore ${MAGIC} -- known */`);
    assert.deepEqual(found(run(behind).findings), [`8 ${MAGIC}`, '9 unused-suppression']);
  });

  it('ignore-function works inside and above, for that function only', () => {
    const comment = `/* guplint: ignore-function ${MAGIC} -- known */\n`;
    const second = withCall('').replace('#include <linux/mm.h>\n', '').replace('demo', 'other');
    assert.deepEqual(found(run(withCall(comment) + second).findings), [`18 ${MAGIC}`]);
    assert.deepEqual(found(run(withCall('', '', `	${comment}`) + second).findings), [`18 ${MAGIC}`]);
  });

  it('ignore-file works anywhere', () => {
    const text = withCall('') + withCall('').replace('demo', 'other');
    const result = run(`${text}/* guplint: ignore-file ${MAGIC} -- known */\n`);
    assert.deepEqual(found(result.findings), []);
    assert.equal(result.suppressed, 2);
  });

  it('needs a rule and a reason', () => {
    const noReason = run(withCall('', ` /* guplint: ignore ${MAGIC} */`));
    assert.deepEqual(found(noReason.findings), ['7 unused-suppression', `8 ${MAGIC}`]);
    assert.match(noReason.findings[0]?.message ?? '', /gives no reason/);
    const noRule = run(withCall('', ' /* guplint: ignore -- known */'));
    assert.deepEqual(found(noRule.findings), ['7 unused-suppression', `8 ${MAGIC}`]);
    assert.match(noRule.findings[0]?.message ?? '', /names no rule/);
  });

  it('names an unknown rule with the one that was meant, and a fix', () => {
    const { findings } = run(withCall('', ' /* guplint: ignore magic-gup-flag -- known */'));
    assert.deepEqual(found(findings), ['7 unknown-rule', `8 ${MAGIC}`]);
    const [fix] = findings[0]?.fixes ?? [];
    assert.equal(fix?.applicability, 'safe');
    assert.equal(fix?.edits[0]?.newText, MAGIC);
  });

  it('is not fooled by strings', () => {
    const text = withCall('').replace(
      'int ret;',
      `const char *s = "/* guplint: ignore-file ${MAGIC} -- no */";\n	int ret;`,
    );
    assert.deepEqual(found(run(text).findings), [`9 ${MAGIC}`]);
  });

  it('says nothing of a suppression whose rule is off or whose code is not compiled', () => {
    const off: Record<string, Level> = { [MAGIC]: 'off' };
    assert.deepEqual(found(run(withCall('', ` /* guplint: ignore ${MAGIC} -- known */`), { rules: off }).findings), []);
    const dead = withCall('').replace(
      '	return ret;',
      `#if 0\n	/* guplint: ignore ${MAGIC} -- known */\n	ret = 1;\n#endif\n	return ret;`,
    );
    assert.deepEqual(found(run(dead).findings), [`8 ${MAGIC}`]);
  });

  it('removes what is unused: a rule from the list, the comment, the line', () => {
    const fixed = (text: string): string => {
      const finding = run(text).findings.find((f) => f.rule === 'unused-suppression');
      const [edit] = finding?.fixes[0]?.edits ?? [];
      assert.ok(edit !== undefined, text);
      const lines = text.split('\n');
      const at = (line: number, column: number): number =>
        lines.slice(0, line - 1).join('\n').length + (line > 1 ? 1 : 0) + column - 1;
      const { line, column, endLine, endColumn } = edit.location;
      return text.slice(0, at(line, column)) + edit.newText + text.slice(at(endLine, endColumn));
    };
    const alone = '	ret = 0;\n';
    assert.equal(
      fixed(withCall('', '', `	/* guplint: ignore wrong-arguments -- known */\n${alone}`)),
      withCall('', '', alone),
    );
    assert.equal(
      fixed(withCall('', '', '	ret = 0; /* guplint: ignore wrong-arguments -- known */\n')),
      withCall('', '', alone),
    );
    const both = (rules: string): string => withCall('', '', `	/* guplint: ignore ${rules} -- known */\n`);
    assert.equal(fixed(both(`wrong-arguments, ${MAGIC}`)), both(MAGIC));
    assert.equal(fixed(both(`${MAGIC}, wrong-arguments`)), both(MAGIC));
  });
});

describe('ignore entries of the configuration', () => {
  before(startParser);
  const entry = (part: Partial<IgnoreEntry>): IgnoreEntry => ({
    rule: MAGIC,
    path: undefined,
    functionName: undefined,
    reason: 'known',
    start: 0,
    end: 1,
    ...part,
  });
  const run = (...ignore: IgnoreEntry[]) =>
    analyseText(withCall(''), { kernel: '6.12', file: 'drivers/foo/a.c', ignore });

  it('match by rule, path and function', () => {
    for (const part of [{}, { path: 'drivers/foo/*.c' }, { path: 'drivers/**' }, { functionName: 'demo' }]) {
      const result = run(entry(part));
      assert.deepEqual(found(result.findings), [], JSON.stringify(part));
      assert.equal(result.suppressed, 1);
      assert.deepEqual(result.usedIgnores, [0]);
    }
    for (const part of [{ rule: 'wrong-arguments' }, { path: 'drivers/*.c' }, { functionName: 'other' }]) {
      const result = run(entry(part));
      assert.deepEqual(found(result.findings), [`8 ${MAGIC}`], JSON.stringify(part));
      assert.deepEqual(result.usedIgnores, []);
    }
  });
});
