/**
 * The patches of all fixes of all fixtures, each fix alone and all of a fixture together, in the eyes of the kernel's checkpatch.pl --strict:
 * it has nothing to say, save that a version ladder is not for mainline, which is why it is offered only where older kernels are aimed at.
 * Skipped only where no kernel tree is found.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { applyRound, MAX_ROUNDS } from '../server/engine/apply-fixes.ts';
import { type AppliedFix, appliedFix } from '../server/engine/fix-run.ts';
import { checkpatch, patchText } from './harness/checkpatch.ts';
import { kernelTree } from './harness/kernel-tree.ts';
import { type Fixture, readFixture } from './harness/markers.ts';
import { startParser } from './harness/parser.ts';
import { analyseTexts, type RunOptions, type Texts, textsOf } from './harness/run-rules.ts';

const ROOT = path.join(__dirname, 'fixtures/rules');

/** Complaints but those of the tests of a version ladder. */
function complaints(said: string): readonly string[] {
  return said.split('\n').filter((line) => {
    const [, file = '', number = '0'] = /^(.*?):(\d+): /.exec(line) ?? [];
    if (file === '') return line !== '';
    const patched = readFileSync(file, 'utf8').split('\n')[Number(number) - 1] ?? '';
    const isOfLadder = /LINUX_VERSION_CODE should be avoided|place the constant on the right side/.test(line);
    return !(isOfLadder && patched.startsWith('+#if LINUX_VERSION_CODE >= KERNEL_VERSION('));
  });
}

/** The texts of a fixture without its markers, which no line of a driver holds. */
function plainTexts(fixture: Fixture): Texts {
  return new Map([...textsOf(fixture)].map(([file, text]) => [file, text.replace(/[ \t]*\/\/~.*$/gm, '')]));
}

/** The patch of each fix alone, then the one of all fixes applied until nothing is left. */
function patchesOf(texts: Texts, options: RunOptions): readonly string[] {
  const original = (file: string): string => texts.get(file) ?? '';
  const first = analyseTexts(texts, options).findings;
  const single = first.flatMap((finding) =>
    finding.fixes.flatMap((fix) => {
      const alone = { ...finding, fixes: [fix] };
      const round = applyRound([alone], 'any', original);
      return round.texts.size === 0 ? [] : [patchText(original, round.texts, [appliedFix(alone, 'any', [alone])])];
    }),
  );
  const now = new Map<string, string>();
  const fixed: AppliedFix[] = [];
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const { findings } = analyseTexts(new Map([...texts, ...now]), options);
    const done = applyRound(findings, 'any', (file) => now.get(file) ?? texts.get(file));
    if (done.texts.size === 0) break;
    for (const [file, text] of done.texts) now.set(file, text);
    for (const finding of done.fixed) fixed.push(appliedFix(finding, 'any', first));
  }
  return fixed.length === 0 ? single : [...single, patchText(original, now, fixed)];
}

describe('checkpatch.pl', () => {
  before(startParser);
  const scratch = mkdtempSync(path.join(tmpdir(), 'guplint-patches-'));
  after(() => rmSync(scratch, { recursive: true }));

  it('is silent over the patches of the fixtures', function () {
    const tree = kernelTree('6.12');
    if (tree.kind === 'missing') this.skip();
    this.timeout(300_000);
    const files: string[] = [];
    for (const rule of readdirSync(ROOT).sort()) {
      for (const name of readdirSync(path.join(ROOT, rule)).filter((f) => f.endsWith('.c'))) {
        const fixture = readFixture(name, readFileSync(path.join(ROOT, rule, name), 'utf8'), rule);
        const kernel = fixture.kernels.at(-1) ?? '6.12';
        const options = { kernel, defines: fixture.defines, inTree: fixture.inTree };
        patchesOf(plainTexts(fixture), options).forEach((text, i) => {
          const file = path.join(scratch, `${rule}-${name}-${i}.patch`);
          writeFileSync(file, text);
          files.push(file);
        });
      }
    }
    assert.ok(files.length > 300, `${files.length} patches`);
    assert.deepEqual(
      complaints(checkpatch(tree.root, files)).map((line) => line.replace(`${scratch}/`, '')),
      [],
    );
  });
});
