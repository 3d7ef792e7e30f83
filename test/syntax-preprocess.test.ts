/** What #if conditions come to by kernel, how definitions are found, and what is done where a condition stays open. */
import assert from 'node:assert/strict';
import { formatRange, formatVersion, type KernelRange, kernelVersion, parseRange } from '../model/version.ts';
import { loadUnit } from '../server/syntax/load.ts';
import { parseExpression, parseFunction } from '../server/syntax/parse-function.ts';
import type { CUnit, DefineValue, HeaderLoader, PreprocessEnv } from '../server/syntax/unit.ts';
import { activeRange, liveRanges, versionsMentioned } from '../server/syntax/versions.ts';
import { startParser } from './harness/parser.ts';

interface Options {
  readonly defines?: Readonly<Record<string, DefineValue>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly symbols?: Readonly<Record<string, string>>;
}

function range(kernel: string): KernelRange {
  const r = parseRange(kernel);
  assert.ok(r, kernel);
  return r;
}

function env(kernel: string, o: Options = {}): PreprocessEnv {
  const loader: HeaderLoader = {
    load(_, path) {
      const text = o.headers?.[path];
      return text === undefined ? undefined : { path, text };
    },
  };
  return {
    range: range(kernel),
    defines: new Map(Object.entries(o.defines ?? {})),
    kernelSymbols: (name) => {
      const kernels = o.symbols?.[name];
      return kernels === undefined ? undefined : [range(kernels)];
    },
    loader,
  };
}

/** `on`, `off`, or `open` for a condition on one kernel. */
function verdict(condition: string, kernel: string, o: Options & { readonly before?: string } = {}): string {
  const text = `${o.before ?? ''}\nint f(void)\n{\n#if ${condition}\n\tlive();\n#endif\n\treturn 0;\n}\n`;
  const unit = loadUnit('a.c', text, env(kernel, o));
  if (unit.conditions.length > 0 || unit.guessed.length > 0) return 'open';
  return unit.code.includes('live()') ? 'on' : 'off';
}

const value = (text: string): DefineValue => ({ kind: 'value', text });

describe('#if by kernel', () => {
  /** Condition, a kernel on which it holds, one on which it does not. */
  const versions: readonly (readonly [string, string, string])[] = [
    ['LINUX_VERSION_CODE >= KERNEL_VERSION(5, 6, 0)', '5.6', '5.5'],
    ['KERNEL_VERSION(5,6,0) <= LINUX_VERSION_CODE', '5.6', '5.5'],
    ['KERNEL_VERSION(5, 6, 0) > LINUX_VERSION_CODE', '5.5', '5.6'],
    ['LINUX_VERSION_CODE < 0x050600', '5.5', '5.6'],
    ['LINUX_VERSION_CODE < 329216', '5.5', '5.6'],
    ['(LINUX_VERSION_CODE >> 8) >= 0x0506', '5.6', '5.5'],
    ['LINUX_VERSION_CODE >> 16 == 5', '5.6', '6.1'],
    ['(LINUX_VERSION_CODE >> 16) < 6', '5.15', '6.0'],
    ['!(LINUX_VERSION_CODE < KERNEL_VERSION(5, 6, 0))', '5.6', '5.5'],
    ['LINUX_VERSION_CODE >= KERNEL_VERSION(5, 4, 0) && LINUX_VERSION_CODE < KERNEL_VERSION(5, 6, 0)', '5.5', '5.6'],
    ['LINUX_VERSION_CODE < KERNEL_VERSION(4, 6, 0) || LINUX_VERSION_CODE >= KERNEL_VERSION(5, 6, 0)', '4.5', '5.5'],
    ['LINUX_VERSION_MAJOR > 5 || (LINUX_VERSION_MAJOR == 5 && LINUX_VERSION_PATCHLEVEL >= 6)', '5.6', '5.5'],
    ['LINUX_VERSION_CODE >= KERNEL_VERSION(5, 4, 300)', '5.5', '5.3'],
    ['LINUX_VERSION_CODE >= KERNEL_VERSION(4 + 1, 3 * 2, 0)', '5.6', '5.5'],
    ['(LINUX_VERSION_CODE >= KERNEL_VERSION(5, 6, 0) ? 1 : 0)', '5.6', '5.5'],
    ['LINUX_VERSION_CODE /* now */ >= \\\n\tKERNEL_VERSION(5, 6, 0)', '5.6', '5.5'],
  ];
  for (const [condition, on, off] of versions) {
    it(JSON.stringify(condition).slice(1, -1), () => {
      assert.equal(verdict(condition, on), 'on');
      assert.equal(verdict(condition, off), 'off');
    });
  }

  it('constants', () => {
    assert.equal(verdict('0', '6.1'), 'off');
    assert.equal(verdict('1', '6.1'), 'on');
    assert.equal(verdict('defined(__KERNEL__) && !defined(__cplusplus)', '6.1'), 'on');
    assert.equal(verdict('1 /', '6.1'), 'open');
    assert.equal(verdict('', '6.1'), 'open');
  });

  it('distributions are off unless defined', () => {
    const rhel = 'defined(RHEL_RELEASE_CODE) && RHEL_RELEASE_CODE >= RHEL_RELEASE_VERSION(8, 4)';
    assert.equal(verdict(rhel, '5.4'), 'off');
    assert.equal(verdict('RHEL_RELEASE_CODE >= RHEL_RELEASE_VERSION(8, 4)', '5.4'), 'off');
    assert.equal(verdict('RHEL_RELEASE_CODE < RHEL_RELEASE_VERSION(8, 4)', '5.4'), 'on');
    const before = '#define RHEL_RELEASE_VERSION(a, b) (((a) << 8) + (b))\n';
    assert.equal(verdict(rhel, '5.4', { before, defines: { RHEL_RELEASE_CODE: value('2053') } }), 'on');
  });

  it('-D, -U and names defined on some kernels', () => {
    assert.equal(verdict('defined(HAVE_PIN)', '6.1'), 'open');
    assert.equal(verdict('defined(HAVE_PIN)', '6.1', { defines: { HAVE_PIN: value('1') } }), 'on');
    assert.equal(verdict('HAVE_PIN > 1', '6.1', { defines: { HAVE_PIN: value('1') } }), 'off');
    assert.equal(verdict('HAVE_PIN', '6.1', { defines: { HAVE_PIN: { kind: 'undefined' } } }), 'off');
    const some: DefineValue = { kind: 'kernels', ranges: [range('..6.4')] };
    assert.equal(verdict('HAVE_VMAS', '6.4', { defines: { HAVE_VMAS: some } }), 'on');
    assert.equal(verdict('defined(HAVE_VMAS)', '6.5', { defines: { HAVE_VMAS: some } }), 'off');
  });

  it('configuration options', () => {
    assert.equal(verdict('IS_ENABLED(CONFIG_X)', '6.1'), 'open');
    assert.equal(verdict('IS_ENABLED(CONFIG_X)', '6.1', { defines: { CONFIG_X: value('1') } }), 'on');
    assert.equal(verdict('IS_ENABLED(CONFIG_X)', '6.1', { defines: { CONFIG_X_MODULE: value('1') } }), 'on');
    const no: DefineValue = { kind: 'undefined' };
    assert.equal(verdict('IS_ENABLED(CONFIG_X)', '6.1', { defines: { CONFIG_X: no, CONFIG_X_MODULE: no } }), 'off');
    assert.equal(verdict('IS_BUILTIN(CONFIG_X)', '6.1', { defines: { CONFIG_X: no } }), 'off');
  });

  it('names of the kernel that are macros on some releases only', () => {
    const symbols = { FOLL_LONGTERM: '5.2..6.2' };
    assert.equal(verdict('defined(FOLL_LONGTERM)', '5.4', { symbols }), 'on');
    assert.equal(verdict('defined(FOLL_LONGTERM)', '6.3', { symbols }), 'off');
    assert.equal(verdict('!defined FOLL_LONGTERM', '4.19', { symbols }), 'on');
  });

  it('macros that the file derives from the version', () => {
    const derived = '#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 6, 0)\n#define HAVE_PIN\n#endif\n';
    assert.equal(verdict('defined(HAVE_PIN)', '5.6', { before: derived }), 'on');
    assert.equal(verdict('defined(HAVE_PIN)', '5.5', { before: derived }), 'off');
    const valued = '#define HAVE_PIN (LINUX_VERSION_CODE >= KERNEL_VERSION(5, 6, 0))\n#define ALSO HAVE_PIN\n';
    assert.equal(verdict('ALSO', '5.6', { before: valued }), 'on');
    assert.equal(verdict('!ALSO', '5.6', { before: valued }), 'off');
    const call = '#define AT_LEAST(a, b) (LINUX_VERSION_CODE >= KERNEL_VERSION(a, b, 0))\n';
    assert.equal(verdict('AT_LEAST(5, 6)', '5.6', { before: call }), 'on');
    assert.equal(verdict('AT_LEAST(5, 6)', '5.5', { before: call }), 'off');
    const undone = `${derived}#undef HAVE_PIN\n`;
    assert.equal(verdict('defined(HAVE_PIN)', '5.6', { before: undone }), 'off');
    const fallback = '#ifndef HAVE_ALL\n#define HAVE_ALL 1\n#endif\n';
    assert.equal(verdict('HAVE_ALL', '5.6', { before: fallback }), 'on');
  });

  it('macros that project headers derive from the version', () => {
    const headers = {
      'compat.h':
        '#ifndef COMPAT_H\n#define COMPAT_H\n#include "inner.h"\n#if INNER(5, 6)\n#define HAVE_PIN 1\n#endif\n#endif\n',
      'inner.h': '#include "compat.h"\n#define INNER(a, b) (LINUX_VERSION_CODE >= KERNEL_VERSION(a, b, 0))\n',
    };
    const before = '#include "compat.h"\n';
    assert.equal(verdict('HAVE_PIN', '5.6', { before, headers }), 'on');
    assert.equal(verdict('HAVE_PIN', '5.5', { before, headers }), 'off');
    assert.equal(
      verdict('HAVE_PIN', '5.5', { before: `${before}#undef HAVE_PIN\n#define HAVE_PIN 1\n`, headers }),
      'on',
    );
    assert.equal(verdict('HAVE_PIN', '5.5', { before: '#if 0\n#include "compat.h"\n#endif\n', headers }), 'off');
    assert.equal(verdict('HAVE_OTHER', '5.6', { before, headers }), 'open');
  });

  it('#elif and #else follow from what was taken', () => {
    const text = [
      'int f(void)\n{',
      '#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)',
      '\ta();',
      '#elif LINUX_VERSION_CODE >= KERNEL_VERSION(4, 6, 0)',
      '\tb();',
      '#elif 1',
      '\tc();',
      '#else',
      '\td();',
      '#endif\n}',
    ].join('\n');
    const live = (kernel: string): string =>
      (/([abcd])\(\);/.exec(loadUnit('a.c', text, env(kernel)).code)?.[1] ?? '') as string;
    assert.deepEqual(['6.5', '6.4', '4.6', '4.5'].map(live), ['a', 'b', 'b', 'c']);
    assert.deepEqual(liveRanges('a.c', text, env('4.4..6.12')).map(formatRange), ['4.4..4.5', '4.6..6.4', '6.5..6.12']);
    const unit = loadUnit('a.c', text, env('6.1'));
    assert.equal(formatRange(activeRange(unit, text.indexOf('b();'))), '4.6..6.4');
    assert.equal(formatRange(activeRange(unit, text.indexOf('a();'))), '6.5..');
    assert.equal(formatRange(activeRange(unit, 0)), '..');
  });

  it('#elsif and #elseif are read as the #elif that was meant', () => {
    for (const word of ['elsif', 'elseif']) {
      const text = [
        '#if LINUX_VERSION_CODE < KERNEL_VERSION(4, 6, 0)',
        'int a;',
        `#${word} LINUX_VERSION_CODE < KERNEL_VERSION(4, 9, 0)`,
        'int b;',
        '#else',
        'int c;',
        '#endif',
      ].join('\n');
      const live = (kernel: string): string =>
        (loadUnit('a.c', text, env(kernel)).code.match(/int [abc]/g) ?? []).join();
      assert.deepEqual(['4.4', '4.6', '4.9'].map(live), ['int a', 'int b', 'int c']);
    }
  });

  it('at most eight sets of live branches, the newest kept apart', () => {
    const text = [2, 3, 4, 5, 6, 7, 8, 9, 10]
      .map((n) => `#if LINUX_VERSION_CODE >= KERNEL_VERSION(${n}, 0, 0)\nint x${n};\n#endif\n`)
      .join('');
    const ranges = liveRanges('a.c', text, env('1.0..11.0')).map(formatRange);
    assert.equal(ranges.length, 8);
    assert.deepEqual([ranges[0], ranges[1], ranges.at(-1)], ['1.0..3.19', '4.0..4.20', '10.0..11.0']);
    assert.deepEqual(liveRanges('a.c', text, env('6.1')).map(formatRange), ['6.1']);
  });

  it('a range is represented by its newest kernel', () => {
    const text = '#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)\nint newer;\n#else\nint older;\n#endif\n';
    const unit = loadUnit('a.c', text, env('6.1..6.12'));
    assert.deepEqual(
      unit.declarations.map((d) => d.name),
      ['newer'],
    );
  });

  it('versions mentioned, outside comments and strings', () => {
    const text =
      '/* KERNEL_VERSION(1, 2, 3) */ x("KERNEL_VERSION(1,2,4)"); KERNEL_VERSION(6,5,0) KERNEL_VERSION( 4, 6 ,1 ) KERNEL_VERSION(6,5,0)';
    assert.deepEqual(versionsMentioned(text).map(formatVersion), ['4.6.1', '6.5']);
    assert.equal(versionsMentioned(text)[1], kernelVersion(6, 5));
  });
});

describe('open conditions', () => {
  before(startParser);

  const body = (lines: readonly string[]): CUnit =>
    loadUnit('a.c', ['int f(int n)', '{', ...lines, '}', ''].join('\n'), env('6.1'));
  const clean = (unit: CUnit): boolean => unit.functions.every((f) => !parseFunction(unit, f).damaged);

  it('share one symbol with their negation and with the same condition in other words', () => {
    const unit = body([
      '#ifdef CONFIG_X\n\ta();\n#endif',
      '#ifndef CONFIG_X\n\tb();\n#endif',
      '#if !defined(CONFIG_X)\n\tc();\n#else\n\td();\n#endif',
      '#if defined(CONFIG_X) && LINUX_VERSION_CODE >= KERNEL_VERSION(4, 4, 0)\n\te();\n#endif',
      '#if defined(A) || defined(B)\n\tg();\n#endif',
      '#if defined(B) || defined(A)\n\th();\n#endif',
      '#if IS_ENABLED(CONFIG_Y)\n\ti();\n#endif',
    ]);
    assert.deepEqual(
      unit.conditions.map((c) => c.symbol),
      ['$0', '$0', '$0', '$0', '$1', '$1', '$2'],
    );
    assert.match(
      unit.code,
      /if\(\$0\)\{\s+a\(\);\s+\}\s+if\(!\$0\)\{\s+b\(\);\s+\}\s+if\(!\$0\)\{\s+c\(\);\s+\}else\{\s+d\(\);/,
    );
    assert.equal(unit.guessed.length, 0);
    assert.ok(clean(unit));
  });

  it('never fold a branch into an if it does not belong to', () => {
    for (const lines of [
      ['\tif (n)', '#ifdef X', '\t\ta();', '#endif', '\tb();'],
      ['\tif (n) a();', '#ifdef X', '\telse b();', '#endif'],
      ['#ifdef X', '\tif (n) a();', '#endif', '\telse b();'],
      ['\tx = n +', '#ifdef X', '\ta;', '#else', '\tb;', '#endif'],
      ['\tg(n,', '#ifdef X', '\ta', '#else', '\tb', '#endif', '\t);'],
      ['#ifdef X', '\tif (n) {', '#endif', '\ta();', '#ifdef X', '\t}', '#endif'],
    ]) {
      const unit = body(lines);
      assert.equal(unit.conditions.length, 0, lines.join('\n'));
      assert.ok(unit.guessed.length > 0, lines.join('\n'));
      assert.ok(!unit.code.includes('$'));
    }
  });

  it('guess the same way for the same condition', () => {
    const unit = body(['#ifdef X', '\tif (n) {', '#endif', '\ta();', '#ifndef X', '\tb(;', '#else', '\t}', '#endif']);
    assert.ok(!unit.code.includes('b('));
    assert.ok(clean(unit));
  });

  it('keep declarations that later code needs outside of any block', () => {
    const used = body(['#ifdef X', '\tint a = 1;', '#endif', '\treturn a;']);
    assert.equal(used.conditions.length, 0);
    assert.match(used.code, /int a = 1;/);
    const local = body(['#ifdef X', '\tint a = 1;', '\tg(a);', '#endif', '\treturn n;']);
    assert.equal(local.conditions.length, 1);
    const twice = body(['#ifdef X', '\tint a = 1;', '#else', '\tlong a = 1;', '#endif', '\treturn a;']);
    assert.equal(twice.guessed.length, 1);
    assert.ok(!twice.code.includes('long'));
  });

  it('keep whole items of the file, fields and initialisers on both sides', () => {
    const text = [
      '#ifdef X\nint f(void) { return 1; }\n#else\nint f(void) { return 2; }\n#endif',
      'struct s {\n#ifdef X\n\tint a;\n#endif\n\tint b;\n};',
      'struct t u = {\n\t.a = 1,\n#ifdef X\n\t.b = 2,\n#endif\n};',
      '#ifdef X\nEXPORT_SYMBOL(f);\n#endif',
    ].join('\n');
    const unit = loadUnit('a.c', text, env('6.1'));
    assert.equal(unit.functions.length, 2);
    assert.equal(unit.guessed.length, 0);
    assert.match(unit.code, /\.b = 2/);
    assert.match(unit.code, /int a;/);
  });

  it('take one of two headers of a function', () => {
    const text = '#ifdef X\nint f(int a)\n#else\nint f(void)\n#endif\n{\n\treturn 0;\n}\n';
    const unit = loadUnit('a.c', text, env('6.1'));
    assert.equal(unit.functions.length, 1);
    assert.equal(unit.guessed.length, 1);
    assert.ok(clean(unit));
  });

  it('leave code that the version decides out of every symbol', () => {
    const unit = body(['#if LINUX_VERSION_CODE < KERNEL_VERSION(4, 4, 0) && defined(X)', '\ta();', '#endif']);
    assert.equal(unit.conditions.length, 0);
    assert.ok(!unit.code.includes('a()'));
  });
});

describe('macro bodies', () => {
  before(startParser);

  const tree = (define: string): string | undefined => {
    const unit = loadUnit('a.c', `${define}\n`, env('6.1'));
    const [macro] = unit.macros;
    assert.ok(macro);
    return parseExpression(unit, macro.bodySpan)?.type;
  };

  it('are expressions, statements, or nothing', () => {
    assert.equal(tree('#define A (FOLL_WRITE | FOLL_FORCE)'), 'parenthesized_expression');
    assert.equal(tree('#define A(x) pin_user_pages(x, 1, \\\n\tFOLL_WRITE, pages) // why'), 'call_expression');
    assert.equal(tree('#define A(x) do { put_page(x); } while (0)'), 'compound_statement');
    assert.equal(tree('#define A(x) { .a = x }'), 'initializer_list');
    assert.equal(tree('#define A'), undefined);
    assert.equal(tree('#define A ) + ('), undefined);
    assert.equal(tree('#define A(p) container_of(p, struct foo, bar)'), 'call_expression');
  });
});
