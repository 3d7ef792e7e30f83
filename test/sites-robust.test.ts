/**
 * Sites of text that nobody wrote: mutated fixtures and generated monsters. Nothing may throw, and time grows with the text.
 * The seed is fixed: a failure comes back.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { select } from '../model/index.ts';
import { parseRange } from '../model/version.ts';
import { aloneView } from '../server/analysis/project-view.ts';
import { siteRecord } from '../server/analysis/sites/site-record.ts';
import { findCalls } from '../server/analysis/sites/sites.ts';
import type { SiteRecord } from '../server/engine/protocol.ts';
import { loadUnit } from '../server/syntax/load.ts';
import { startParser } from './harness/parser.ts';

const FOLDER = join(__dirname, 'fixtures', 'sites');

function recordsOf(text: string): SiteRecord[] {
  const range = parseRange('6.12');
  assert.ok(range !== undefined);
  const model = select(range);
  const unit = loadUnit('generated.c', text, { range, defines: new Map() });
  return findCalls(unit, model).sites.map((site) => siteRecord(site, model, aloneView));
}

/** Linear congruential numbers below `n`. */
function numbers(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state % n;
  };
}

function mutate(text: string, next: (n: number) => number): string {
  let out = text;
  for (let i = 0; i < 6; i++) {
    const at = next(out.length);
    const to = Math.min(out.length, at + next(60));
    const kind = next(4);
    if (kind === 0) out = out.slice(0, at) + out.slice(to);
    else if (kind === 1) out = out.slice(0, at) + '(){}[];,*&#"\\\n/?:=|~'[next(21)] + out.slice(at);
    else if (kind === 2) out = out.slice(0, at) + out.slice(at, to) + out.slice(at);
    else out = out.slice(0, at) + String.fromCharCode(next(256)) + out.slice(at);
  }
  return out;
}

describe('sites of any text', () => {
  before(startParser);

  it('survives mutated fixtures', () => {
    const next = numbers(20_240_607);
    const texts = readdirSync(FOLDER)
      .filter((f) => f.endsWith('.c'))
      .map((f) => readFileSync(join(FOLDER, f), 'utf8'));
    let sites = 0;
    for (let i = 0; i < 150; i++) sites += recordsOf(mutate(texts[i % texts.length] ?? '', next)).length;
    assert.ok(sites > 1000, `only ${sites} sites: the mutations destroy everything`);
  });

  const call = 'pin_user_pages_fast(a, 1, flags, p)';
  const body = (text: string): string =>
    `static void f(unsigned long a, struct page **p)\n{\n\tint flags = 0;\n${text}\n}\n`;
  /** What it is, how many calls are in it, the text. One that takes quadratic time runs into the limit of the test. */
  const monsters: readonly (readonly [string, number, string])[] = [
    [
      'many calls in one function',
      4000,
      body(`\tflags |= FOLL_WRITE;\n\t${call};\n\tunpin_user_page(p[0]);\n`.repeat(4000)),
    ],
    ['calls inside calls', 1, body(`\t${'put_page('.repeat(3000)}p${')'.repeat(3000)};\n\t${call};`)],
    ['a long chain of operators', 1, body(`\tflags = ${'FOLL_WRITE | '.repeat(20000)}0;\n\t${call};`)],
    ['nested blocks', 1, body(`${'if (a) {'.repeat(2000)}${call};${'}'.repeat(2000)}`)],
    ['open brackets', 1, body(`\t${'pin_user_pages_fast('.repeat(20000)}`)],
    ['prototypes', 0, 'int pin_user_pages_fast(unsigned long a);\n'.repeat(20000)],
    ['file scope', 5000, 'static int x = pin_user_pages_fast(0, 1, 0, q);\n'.repeat(5000)],
    [
      'macros',
      3,
      Array.from({ length: 3000 }, (_, i) => `#define M${i}(a) M${i + 1}(a)\n`).join('') +
        '#define M3000(a) pin_user_pages_fast(a, 1, 0, q)\nvoid f(void)\n{\n\tM0(1);\n}\n',
    ],
    [
      'macros that name each other',
      5,
      '#define A(x) B(x)\n#define B(x) A(x) | get_user_pages(x, 1, A(x), B(x))\nvoid f(void)\n{\n\tA(1);\n}\n',
    ],
    ['indices', 1, body(`\tflags = ${'p['.repeat(3000)}0${']'.repeat(3000)};\n\t${call};`)],
  ];
  for (const [name, calls, text] of monsters) {
    it(`ends in time: ${name}`, function () {
      this.timeout(300_000);
      assert.equal(recordsOf(text).length, calls);
    });
  }
});
