/**
 * Any bytes are C: mutated fixtures and random bytes go through decoding, preprocessing, splitting, masks, parsing and typing.
 * Fixed seed; nothing may throw, offsets must stay inside the text and nest, and it must end in time.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseRange } from '../model/version.ts';
import { covers } from '../server/base/span.ts';
import { decode, encode, loadUnit } from '../server/syntax/load.ts';
import { type CNode, walk } from '../server/syntax/node.ts';
import { parseExpression, parseFunction } from '../server/syntax/parse-function.ts';
import { typeOfExpression } from '../server/syntax/types.ts';
import type { PreprocessEnv } from '../server/syntax/unit.ts';
import { activeRange, liveRanges, MAX_LIVE_RANGES, versionsMentioned } from '../server/syntax/versions.ts';
import { startParser } from './harness/parser.ts';

const ROOT = path.join(__dirname, 'fixtures', 'syntax');
const INPUTS = 2000;
const SEED = 20240611;

/** A linear congruential generator: the same inputs in every run. */
function generator(seed: number): (below: number) => number {
  let s = seed >>> 0;
  return (below) => {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0;
    return Math.floor((s / 2 ** 32) * below);
  };
}

const SNIPPETS = [
  '#if',
  '#ifdef CONFIG_X\n',
  '#else\n',
  '#endif\n',
  '#elif X',
  '#define X(a',
  '\\\n',
  '/*',
  '*/',
  '//',
  '"',
  "'",
  '{',
  '}',
  '(',
  ')',
  '[',
  ']',
  ';',
  ',',
  ':',
  '...',
  '#',
  '##',
  'case',
  'struct',
  'typeof(',
  '__free(',
  '__printf(',
  'asm',
  'if (',
  'for_each_x(',
  'SYSCALL_DEFINE3(',
  'LINUX_VERSION_CODE >= KERNEL_VERSION(5,4,0)',
  '\r',
  '\r\n',
  '\0',
  '\u00e9',
  '\ud800',
  '&&',
  '0x',
  '1e',
  'do',
  'return',
  'sizeof',
];

function mutate(text: string, others: readonly string[], random: (below: number) => number): string {
  let s = text;
  for (let k = random(6) + 1; k > 0; k--) {
    const at = random(s.length + 1);
    const length = random(40);
    switch (random(5)) {
      case 0:
        s = s.slice(0, at) + s.slice(at + length);
        break;
      case 1:
        s = s.slice(0, at) + (SNIPPETS[random(SNIPPETS.length)] ?? '') + s.slice(at);
        break;
      case 2:
        s = s.slice(0, at) + s.slice(at, at + length).repeat(1 + random(4)) + s.slice(at);
        break;
      case 3: {
        const other = others[random(others.length)] ?? '';
        const from = random(other.length);
        s = s.slice(0, at) + other.slice(from, from + random(300)) + s.slice(at + random(300));
        break;
      }
      default:
        s = s.slice(0, at) + String.fromCharCode(random(128)) + s.slice(at + 1);
    }
  }
  return s;
}

function input(i: number, corpus: readonly string[], random: (below: number) => number): Uint8Array {
  if (i % 10 === 9) return Uint8Array.from({ length: random(2000) }, () => random(256));
  if (i % 10 === 8)
    return Buffer.from(Array.from({ length: random(300) }, () => SNIPPETS[random(SNIPPETS.length)]).join(' '), 'utf8');
  return Buffer.from(mutate(corpus[i % corpus.length] ?? '', corpus, random), i % 7 === 0 ? 'latin1' : 'utf8');
}

function checkTree(root: CNode, length: number): void {
  walk(root, (n, parent) => {
    if (!(n.start <= n.end && n.start >= 0 && n.end <= length))
      assert.fail(`${n.type} at ${n.start}-${n.end} of ${length}`);
    if (parent !== undefined && !covers(parent, n)) assert.fail(`${n.type} outside ${parent.type}`);
    return true;
  });
}

function run(bytes: Uint8Array, env: PreprocessEnv): number {
  const decoded = decode(bytes);
  assert.deepEqual(Buffer.from(encode(decoded)), Buffer.from(bytes));
  const { text } = decoded;
  const ranges = liveRanges('fuzz.c', text, env);
  assert.ok(ranges.length >= 1 && ranges.length <= MAX_LIVE_RANGES);
  versionsMentioned(text);
  const unit = loadUnit('fuzz.c', text, { ...env, range: ranges[ranges.length - 1] ?? env.range });
  assert.equal(unit.code.length, text.length);
  for (const fn of unit.functions) {
    assert.ok(covers(fn.span, fn.bodySpan) && covers(fn.span, fn.nameSpan));
    const { root, body } = parseFunction(unit, fn);
    checkTree(root, text.length);
    activeRange(unit, fn.span.start);
    walk(body, (n) => {
      if (n.type === 'call_expression' || n.type === 'field_expression') typeOfExpression(unit, fn, n);
      return true;
    });
  }
  for (const m of unit.macros) {
    const tree = parseExpression(unit, m.bodySpan);
    if (tree !== undefined) checkTree(tree, text.length);
  }
  return unit.functions.length;
}

describe('syntax: any bytes', () => {
  before(startParser);

  const range = parseRange('4.4..6.12');
  assert.ok(range);
  const env: PreprocessEnv = { range, defines: new Map() };

  it(`${INPUTS} mutated and random inputs`, function () {
    this.timeout(120000);
    const corpus = readdirSync(ROOT)
      .filter((f) => f.endsWith('.c'))
      .map((f) => readFileSync(path.join(ROOT, f), 'utf8'));
    const random = generator(SEED);
    let functions = 0;
    for (let i = 0; i < INPUTS; i++) {
      const bytes = input(i, corpus, random);
      try {
        functions += run(bytes, env);
      } catch (e) {
        throw new Error(`input ${i}: ${e instanceof Error ? e.stack : String(e)}`);
      }
    }
    assert.ok(functions > INPUTS, `only ${functions} functions were found`);
  });

  const repeat = (s: string, n = 100_000): string => s.repeat(n);
  const pathological: Readonly<Record<string, string>> = {
    empty: '',
    'a lone carriage return': '\r',
    'carriage returns as line ends': '#define A 1\r#if A\rint f(void)\r{\rreturn 0;\r}\r#endif\r',
    'nested brackets': `int f(void) { x = ${repeat('(', 200_000)}1${repeat(')', 200_000)}; }`,
    'open brackets': `int f(void) { x = ${repeat('(', 200_000)}`,
    'nested calls': `int f(void) { x = ${repeat('g(')}1${repeat(')')}; }`,
    'calls of calls': `int f(void) { ${repeat('g((h', 50_000)}`,
    'open braces': `int f(void) ${repeat('{', 200_000)}`,
    'closed braces': repeat('}', 200_000),
    'if chain': `int f(void) { ${repeat('if (a) b(); else ', 50_000)}; }`,
    'nested #if': `${repeat('#ifdef A\n', 20_000)}int f(void) { return 0; }\n${repeat('#endif\n', 20_000)}`,
    'nested #if in a body': `int f(void) {\n${repeat('#ifdef A\nx();\n', 20_000)}${repeat('#endif\n', 20_000)}}\n`,
    'many #if': `int f(void) {\n${repeat('#ifdef A\nx();\n#else\ny();\n#endif\n', 20_000)}}\n`,
    'many versions': Array.from(
      { length: 20_000 },
      (_, i) => `#if LINUX_VERSION_CODE >= ${i * 7}\n#define A ${i}\n#endif\n`,
    ).join(''),
    'macros that double': `${Array.from({ length: 60 }, (_, i) => `#define A${i} (A${i + 1} + A${i + 1})\n`).join('')}#if A0\n#endif\n`,
    'a deep condition': `#if ${repeat('(', 50_000)}1\n#endif\n`,
    'a long condition': `#if ${repeat('A && ', 50_000)}1\n#endif\n`,
    'case words': `int f(void) { switch (x) { ${repeat('case ')} } }`,
    'static words': `int f(void) { ${repeat('static ')} }`,
    'asm words': `int f(void) { ${repeat('asm ')} }`,
    annotations: `int f(void) { ${repeat('__printf(', 50_000)} }`,
    'words and strings': `int f(void) { ${repeat('a "b" ', 50_000)}; }`,
    'statement macros': `int f(void) { ${repeat('A(b)\n', 50_000)} }`,
    'casts of calls': `int f(void) { x = ${repeat('(u32)(', 20_000)}1${repeat(')', 20_000)}; }`,
    'casts of signs': `int f(void) { x = ${repeat('(u32)-', 20_000)}1; }`,
    'types in types': `${repeat('struct { int a; ', 20_000)}${repeat('} b;', 20_000)} int f(void) { return x.y; }`,
    'declarators in declarators': `int f(void) { int ${repeat('(*', 20_000)}x${repeat(')', 20_000)}; return x; }`,
    'unclosed comment': `/*${repeat('int f(void) { }\n')}`,
    'unclosed strings': repeat('int f(void) { return "; }\n', 20_000),
    'typedef words': repeat('typedef '),
    'many functions': repeat('int f(void) { struct s *p __free(k) = g(); return (X)(p)->a; }\n', 5_000),
  };
  for (const [name, text] of Object.entries(pathological)) {
    it(name, function () {
      this.timeout(20000);
      run(Buffer.from(text, 'utf8'), env);
    });
  }

  it('one megabyte', function () {
    this.timeout(60000);
    const text = readFileSync(path.join(ROOT, 'masks.c'), 'utf8');
    assert.ok(run(Buffer.from(text.repeat(Math.ceil(1_000_000 / text.length)), 'utf8'), env) > 1000);
  });
});
