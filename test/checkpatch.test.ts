/**
 * The patches of all fixes of all fixtures, each fix alone and all of a fixture together: they come to rest, and the kernel's checkpatch.pl
 * --strict has nothing to say, save that a version ladder is not for mainline, which is why it is offered only where older kernels are aimed at.
 * Skipped, as far as checkpatch.pl is asked, only where no kernel tree is found.
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

/** What the fixes of a fixture give. */
interface Patches {
  /** The patch of each fix alone, then the one of all fixes applied until nothing is left. */
  readonly texts: readonly string[];
  readonly settles: boolean;
}

function patchesOf(texts: Texts, options: RunOptions): Patches {
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
  let findings = first;
  for (let rounds = 0; rounds < MAX_ROUNDS; rounds++) {
    const done = applyRound(findings, 'any', (file) => now.get(file) ?? texts.get(file));
    if (done.texts.size === 0)
      return { texts: fixed.length === 0 ? single : [...single, patchText(original, now, fixed)], settles: true };
    for (const [file, text] of done.texts) now.set(file, text);
    for (const finding of done.fixed) fixed.push(appliedFix(finding, 'any', first));
    findings = analyseTexts(new Map([...texts, ...now]), options).findings;
  }
  return { texts: single, settles: false };
}

interface FixturePatches extends Patches {
  readonly name: string;
}

function fixturePatches(): readonly FixturePatches[] {
  return readdirSync(ROOT)
    .sort()
    .flatMap((rule) =>
      readdirSync(path.join(ROOT, rule))
        .filter((f) => f.endsWith('.c'))
        // What indents with blanks is code outside the kernel, and fixes keep to that.
        .filter((f) => !/^ {4}\w/m.test(readFileSync(path.join(ROOT, rule, f), 'utf8')))
        .map((file) => {
          const fixture = readFixture(file, readFileSync(path.join(ROOT, rule, file), 'utf8'), rule);
          const kernel = fixture.kernels.at(-1) ?? '6.12';
          const options = { kernel, defines: fixture.defines, inTree: fixture.inTree };
          return { name: `${rule}-${file}`, ...patchesOf(plainTexts(fixture), options) };
        }),
    );
}

describe('patches of the fixtures', () => {
  const scratch = mkdtempSync(path.join(tmpdir(), 'guplint-patches-'));
  let all: readonly FixturePatches[] = [];
  before(async function () {
    this.timeout(300_000);
    await startParser();
    all = fixturePatches();
  });
  after(() => rmSync(scratch, { recursive: true }));

  it('all fixes of a fixture, safe and unsafe, come to rest', () => {
    const restless = all.filter((p) => !p.settles).map((p) => p.name);
    assert.deepEqual(restless, []);
  });

  it('checkpatch.pl has nothing to say', function () {
    const tree = kernelTree('6.12');
    if (tree.kind === 'missing') this.skip();
    this.timeout(120_000);
    const files = all.flatMap(({ name, texts }) => texts.map((text, i) => ({ text, file: `${name}-${i}.patch` })));
    for (const { file, text } of files) writeFileSync(path.join(scratch, file), text);
    assert.ok(files.length > 300, `${files.length} patches`);
    const said = checkpatch(
      tree.root,
      files.map(({ file }) => path.join(scratch, file)),
    );
    assert.deepEqual(
      complaints(said).map((line) => line.replace(`${scratch}/`, '')),
      [],
    );
  });
});
