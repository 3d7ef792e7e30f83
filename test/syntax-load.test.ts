/** Units from plain text: items, macros, branches by version, and functions parsed on demand. */
import assert from 'node:assert/strict';
import { version } from '../model/version.ts';
import { decode, encode, loadUnit } from '../server/syntax/load.ts';
import { walk } from '../server/syntax/node.ts';
import { parseExpression, parseFunction } from '../server/syntax/parse-function.ts';
import type { CUnit, PreprocessEnv } from '../server/syntax/unit.ts';
import { startParser } from './harness/parser.ts';

function envFor(kernel: string): PreprocessEnv {
  return { range: { since: version(kernel), until: version(kernel) + 256 }, defines: new Map() };
}

function load(text: string, kernel = '6.12'): CUnit {
  const unit = loadUnit('a.c', text, envFor(kernel));
  assert.equal(unit.code.length, text.length);
  return unit;
}

describe('loadUnit', () => {
  before(startParser);

  it('finds functions and declarations', () => {
    const text = [
      '#include <linux/mm.h>',
      '/* int not_here(void) { */',
      'struct foo {',
      '\tint a; /* } */',
      '};',
      'static const char *name = "}{";',
      'static int bar(struct foo *f, char c);',
      "static int bar(struct foo *f, char c)\n{\n\treturn c == '}' ? f->a : 0;\n}",
      'EXPORT_SYMBOL(bar)',
      'int (*baz(int x))(void)\n{\n\treturn 0;\n}',
    ].join('\n');
    const unit = load(text);
    assert.deepEqual(
      unit.functions.map((f) => [f.name, f.isStatic, text.slice(f.bodySpan.start, f.bodySpan.start + 1)]),
      [
        ['bar', true, '{'],
        ['baz', false, '{'],
      ],
    );
    assert.deepEqual(
      unit.declarations.map((d) => [d.kind, d.name]),
      [
        ['type', 'foo'],
        ['variable', 'name'],
        ['prototype', 'bar'],
        ['other', 'EXPORT_SYMBOL'],
      ],
    );
    const [bar] = unit.functions;
    assert.ok(bar);
    const parsed = parseFunction(unit, bar);
    assert.equal(parsed.damaged, false);
    assert.equal(parsed, parseFunction(unit, bar));
    let fields = 0;
    walk(parsed.body, (n) => {
      if (n.type === 'field_identifier') {
        fields++;
        assert.equal(text.slice(n.start, n.end), 'a');
      }
      return true;
    });
    assert.equal(fields, 1);
  });

  it('keeps the branch of the kernel aimed at', () => {
    const text = [
      'int f(void)\n{',
      '#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 6, 0)',
      '\treturn new_call();',
      '#else',
      '\treturn old_call();',
      '#endif',
      '}',
    ].join('\n');
    assert.match(load(text, '5.6').code, /new_call/);
    assert.doesNotMatch(load(text, '5.6').code, /old_call/);
    assert.match(load(text, '5.5').code, /old_call/);
    assert.doesNotMatch(load(text, '5.5').code, /new_call/);
  });

  it('parses macro bodies and initialisers', () => {
    const text = '#define PIN(a, n) \\\n\tpin_user_pages_fast(a, n, FOLL_WRITE, \\\n\t\tpages)\nint x = a(1) + 2;\n';
    const unit = load(text);
    const [macro] = unit.macros;
    assert.ok(macro);
    const tree = parseExpression(unit, macro.bodySpan);
    assert.equal(tree?.type, 'call_expression');
    assert.equal(text.slice(tree.start, tree.start + 19), 'pin_user_pages_fast');
  });
});

describe('decode', () => {
  it('keeps one unit a byte for what is no UTF-8, and gives the bytes back', () => {
    const bytes = Uint8Array.from([0x2f, 0x2a, 0xe9, 0x80, 0x2a, 0x2f]);
    const d = decode(bytes);
    assert.equal(d.encoding, 'latin1');
    assert.equal(d.text.length, 6);
    assert.deepEqual([...encode(d)], [...bytes]);
    const marked = Uint8Array.from([0xef, 0xbb, 0xbf, 0x61, 0xc3, 0xa9]);
    assert.deepEqual({ ...decode(marked) }, { text: 'aé', encoding: 'utf-8', bom: true });
    assert.deepEqual([...encode(decode(marked))], [...marked]);
  });
});
