/**
 * What is kept of a text while it changes a little: places of lines and names, words of a directory's files, whether a file is of
 * interest. Each is held to what a look at the whole text says.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseRange } from '../model/version.ts';
import { namesBeforeBrackets, namesCalledIn } from '../server/analysis/calls/call-index.ts';
import { differenceOf } from '../server/base/changed.ts';
import { LineIndex } from '../server/base/line-index.ts';
import { DirectoryFiles } from '../server/engine/directory-files.ts';
import { modelPrefilter, RecallingFilter } from '../server/engine/prefilter.ts';
import { Slack } from '../server/engine/slack.ts';
import type { LiveUnit } from '../server/syntax/live-unit.ts';
import { loadUnit } from '../server/syntax/load.ts';
import type { CUnit } from '../server/syntax/unit.ts';
import { randomNumbers } from './harness/random.ts';

const EXAMPLES = path.join(__dirname, '..', 'examples');
const TEXTS = readdirSync(EXAMPLES)
  .filter((name) => name.endsWith('.c'))
  .map((name) => readFileSync(path.join(EXAMPLES, name), 'utf8'));
const TEXT = TEXTS[0] ?? assert.fail();
const KERNEL = parseRange('6.12') ?? assert.fail();

const PIECES = [
  '\n',
  '\r\n',
  '\r',
  'a(b)',
  'put_page(page);',
  'get_user_pages',
  'FOLL_',
  '',
  ' ',
  '(',
  'é',
  '\tif (x)\n',
];

/** A text with a stretch replaced. */
function edited(text: string, random: (bound: number) => number): string {
  const start = random(text.length + 1);
  const piece = PIECES[random(PIECES.length)] ?? '';
  return text.slice(0, start) + piece + text.slice(start + random(6));
}

describe('what is kept of a text that changes', () => {
  it('the difference of two texts is all there is between them', () => {
    const random = randomNumbers(1);
    for (let i = 0; i < 400; i++) {
      const a = random(2) === 0 ? TEXT.repeat(3) : TEXT.slice(0, random(40));
      const b = random(8) === 0 ? a : edited(edited(a, random), random);
      const { before, after } = differenceOf(a, b);
      assert.equal(a.slice(0, before.start) + b.slice(after.start, after.end) + a.slice(before.end), b);
      assert.equal(before.start, after.start);
      if (a === b) assert.deepEqual([before.end, after.end], [a.length, a.length]);
      else assert.ok(before.start < before.end || after.start < after.end);
    }
  });

  it('lines are where they are in the whole text', () => {
    const random = randomNumbers(2);
    let text = TEXT.replaceAll('\n\n', '\r\n\r');
    let lines = new LineIndex(text);
    for (let i = 0; i < 400; i++) {
      const start = random(text.length - 8);
      const piece = (PIECES[random(PIECES.length)] ?? '').padEnd(1 + random(8));
      const next = text.slice(0, start) + piece + text.slice(start + piece.length);
      const cut = next.slice(0, text.length);
      lines = lines.retyped(cut, differenceOf(text, cut).after);
      text = cut;
      const whole = new LineIndex(text);
      assert.equal(lines.lineCount, whole.lineCount, `edit ${i}`);
      for (let line = 1; line <= whole.lineCount + 1; line++)
        assert.equal(lines.lineStart(line), whole.lineStart(line));
    }
  });

  it('names stand where they stand in a unit that is loaded anew', () => {
    const load = (text: string): LiveUnit => loadUnit('a.c', text, { range: KERNEL, defines: new Map() });
    const slack = new Slack();
    const unit = load(slack.widen(TEXT));
    const told = (of: CUnit) => ({
      places: [...namesBeforeBrackets(of)].map(([name, places]) => `${name} ${places}`).sort(),
      called: of.functions.map((fn) => [fn.name, ...[...(namesCalledIn(of).get(fn) ?? [])].sort()]),
    });
    told(unit);
    let lived = 0;
    let shown = TEXT;
    const random = randomNumbers(3);
    for (let i = 0; i < 300; i++) {
      const body = load(shown).functions[random(4)]?.bodySpan ?? { start: 0, end: 0 };
      const typed = edited(shown.slice(body.start + 1, body.end - 1), random);
      const inBody = shown.slice(0, body.start + 1) + typed + shown.slice(body.end - 1);
      const tried = random(3) === 0 ? TEXT : inBody;
      const wide = slack.widen(tried);
      if (!unit.retype(wide, load) && !unit.takeOver(load(wide))) {
        slack.widen(shown);
        continue;
      }
      shown = tried;
      lived++;
      assert.deepEqual(told(unit), told(load(unit.text)), `edit ${i}`);
    }
    assert.ok(lived > 100, `${lived} edits lived through`);
  });

  it("a directory's files are found as in files that are read anew", () => {
    const random = randomNumbers(4);
    const texts = new Map(TEXTS.map((text, i) => [`d/${i}.c`, text]));
    const read = (): DirectoryFiles =>
      new DirectoryFiles({ paths: [...texts.keys()], bytesOf: (file) => texts.get(file), isGiven: () => true });
    const kept = read();
    const ask = (files: DirectoryFiles): unknown =>
      [
        files.handling(),
        ...['put_page', 'a', 'FOLL_', 'buf'].map((word) => files.holding(word)),
        files.defining('a'),
      ].map((found) => found.map(({ path: file }) => file));
    ask(kept);
    for (let i = 0; i < 700; i++) {
      const [file, text] = [...texts][random(texts.size)] ?? assert.fail();
      const next = random(40) === 0 ? TEXT : random(60) === 0 ? '' : edited(text, random);
      texts.set(file, next);
      kept.update(file, next);
      if (random(3) === 0) assert.deepEqual(ask(kept), ask(read()), `edit ${i}`);
    }
  });

  it('a file is of interest where its whole text is', () => {
    const random = randomNumbers(5);
    const filter = new RecallingFilter(modelPrefilter());
    let text = 'static int a;\n'.repeat(400);
    for (let i = 0; i < 400; i++) {
      text = random(30) === 0 ? 'x'.repeat(random(9000)) : edited(text, random);
      assert.equal(filter.testFile('a.c', text), filter.test(text), `edit ${i}`);
    }
  });
});
