/** Configuration files: values, places of errors, the nearest file, what the command line overrides; rule names in them. */
import assert from 'node:assert/strict';
import { ConfigFinder, DEFAULT_SETTINGS, provenanceOf } from '../server/engine/config.ts';
import { kernelCondition, parseConfigFile } from '../server/engine/config-file.ts';
import { ConfigError } from '../server/engine/json-file.ts';
import { memoryFiles } from './harness/engine.ts';

const parse = (text: string) => parseConfigFile('guplint.json', text);

/** The message of the error that a text gives. */
function errorOf(text: string): string {
  try {
    parse(text);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.message;
  }
  assert.fail(`no error: ${text}`);
}

describe('configuration file', () => {
  it('reads every setting, with comments and trailing commas', () => {
    const config = parse(`{
      // comment
      "kernel": "6.1..6.12",
      "rules": { "magic-gup-flags": "off", },
      "define": { "A": true, "B": false, "C": 3, "D": "x + 1", "E": "<6.5", "F": [">=5.6 <5.10", "6.1..6.4"] },
      "ignore": [{ "rule": "missing-dirty", "path": "drivers/**", "function": "f", "reason": "why" }],
    }`);
    assert.deepEqual(config.kernel, { since: 0x060100, until: 0x060d00 });
    assert.deepEqual(config.rules, { 'magic-gup-flags': 'off' });
    assert.deepEqual(config.defines, {
      A: { kind: 'value', text: '1' },
      B: { kind: 'undefined' },
      C: { kind: 'value', text: '3' },
      D: { kind: 'value', text: 'x + 1' },
      E: { kind: 'kernels', ranges: [{ since: 0, until: 0x060500 }] },
      F: {
        kind: 'kernels',
        ranges: [
          { since: 0x050600, until: 0x050a00 },
          { since: 0x060100, until: 0x060500 },
        ],
      },
    });
    const [entry] = config.ignore;
    assert.deepEqual(
      [entry?.rule, entry?.path, entry?.functionName, entry?.reason],
      ['missing-dirty', 'drivers/**', 'f', 'why'],
    );
    assert.deepEqual(
      config.mentions.map((m) => config.text.slice(m.start, m.end)),
      ['magic-gup-flags', 'missing-dirty'],
    );
  });

  it('takes conditions on kernels', () => {
    const open = Number.POSITIVE_INFINITY;
    assert.deepEqual(kernelCondition('<=6.4'), { since: 0, until: 0x060500 });
    assert.deepEqual(kernelCondition('>6.4'), { since: 0x060500, until: open });
    assert.deepEqual(kernelCondition('>= 5.6, < 6.5'), { since: 0x050600, until: 0x060500 });
    assert.deepEqual(kernelCondition('6.1..'), { since: 0x060100, until: open });
    for (const text of ['', '6.5', '<', '<x', '<6.5>', '>6.5 <6.1', '< 6.5 foo'])
      assert.equal(kernelCondition(text), undefined, text);
  });

  it('names the place of each kind of error and what to do', () => {
    const cases: [string, RegExp][] = [
      ['', /^guplint\.json:1:1: /],
      ['{', /^guplint\.json:1:2: not JSON: close brace expected$/],
      ['{\n  "kernel": 6.1\n}', /^guplint\.json:2:13: 'kernel' must be a string, found 6\.1$/],
      ['{ "kernel": "newest" }', /1:13: 'newest' is no kernel range; write "6\.12"/],
      ['{ "kernal": "6.1" }', /1:3: unknown setting 'kernal'; did you mean 'kernel'\?$/],
      ['{ "kernel": "6.1", "kernel": "6.2" }', /1:20: setting 'kernel' is given twice/],
      ['[]', /1:1: expected an object/],
      ['{ "rules": { "a": 1 } }', /1:19: the level of 'a' must be one of "off"/],
      ['{ "define": { "a b": true } }', /1:15: 'a b' is no macro name$/],
      ['{ "define": { "a": null } }', /1:20: 'a' must be true, false/],
      ['{ "define": { "a": ["6.1"] } }', /1:21: '6\.1' names no kernels/],
      ['{ "define": { "a": "<old" } }', /1:20: '<old' names no kernels/],
      ['{ "ignore": [{ "rule": "a" }] }', /1:14: an entry of 'ignore' needs 'reason'$/],
      ['{ "ignore": [{ "rule": "a", "reason": "" }] }', /1:39: 'reason' must not be empty$/],
      ['{ "ignore": [{ "rule": "a", "file": "x", "reason": "b" }] }', /unknown key of 'ignore' 'file'/],
      ['['.repeat(200_000), /1:1: the values are nested too deep$/],
      ['{ "model": 1 }', /'model' must be a string/],
    ];
    for (const [text, pattern] of cases) {
      const message = errorOf(text);
      assert.match(message, pattern, text);
      assert.equal(message.includes('\n'), false);
    }
  });

  it('takes any text without a crash', () => {
    const base = '{ "kernel": "6.1", "rules": { "a": "off" }, "ignore": [{ "rule": "a", "reason": "b" }] }';
    for (let i = 0; i < base.length; i++) {
      for (const text of [
        base.slice(0, i),
        base.slice(i),
        base.slice(0, i) + base.slice(i + 1),
        `${base.slice(0, i)}\u0000${base.slice(i)}`,
      ]) {
        try {
          parse(text);
        } catch (error) {
          assert.ok(error instanceof ConfigError, `${text}: ${String(error)}`);
        }
      }
    }
  });
});

describe('which configuration holds', () => {
  const fs = memoryFiles({
    'guplint.json': '{ "kernel": "5.4", "rules": { "a": "off", "b": "info" } }',
    'drivers/guplint.json': '{ "rules": { "a": "error" } }',
    'drivers/net/x.c': '',
    'mm/x.c': '',
  });

  it('is the nearest upward, not merged with the others', () => {
    const finder = new ConfigFinder(fs, DEFAULT_SETTINGS);
    assert.equal(finder.of('mm').file, 'guplint.json');
    assert.equal(finder.of('drivers').file, 'drivers/guplint.json');
    const net = finder.of('drivers/net');
    assert.equal(net.file, 'drivers/guplint.json');
    assert.deepEqual(net.rules, { a: 'error' });
    assert.equal(net.configKernel, undefined);
    assert.equal(finder.of('drivers/net'), net);
    assert.deepEqual(
      finder
        .used()
        .map((c) => c.path)
        .sort(),
      ['drivers/guplint.json', 'guplint.json'],
    );
  });

  it('yields to the command line, value by value, and each value knows its source', () => {
    const settings = { ...DEFAULT_SETTINGS, kernel: { since: 1, until: 2 }, rules: { a: 'warning' as const } };
    const config = new ConfigFinder(fs, settings).of('mm');
    assert.deepEqual(config.rules, { a: 'warning', b: 'info' });
    assert.deepEqual(
      provenanceOf(settings, config).map((p) => `${p.setting} ${p.source}`),
      ['kernel command line', 'rules.a command line', 'rules.b guplint.json'],
    );
  });

  it('is the one named for every directory', () => {
    const finder = new ConfigFinder(fs, { ...DEFAULT_SETTINGS, configFile: 'guplint.json' });
    assert.equal(finder.of('drivers/net').file, 'guplint.json');
    assert.throws(
      () => new ConfigFinder(fs, { ...DEFAULT_SETTINGS, configFile: 'none.json' }).of('mm'),
      /^Error: none\.json: cannot read/,
    );
  });
});
