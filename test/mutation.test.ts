/** The mutation run over one file of our own: what operators propose, that lines keep their numbers, that a fault is told from none. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startParser } from './harness/parser.ts';
import { Laboratory } from './mutation/laboratory.ts';
import { OPERATORS } from './mutation/operators/index.ts';
import { edited, type RunResult, runMutants } from './mutation/run.ts';
import { Surroundings } from './mutation/surroundings.ts';

const DEMO = `
int demo_pin(struct demo *d, unsigned long addr, int n)
{
	int got, ret;

	got = pin_user_pages_fast(addr, n,
				  FOLL_WRITE | FOLL_LONGTERM, d->pages);
	if (got < 0)
		return got;
	if (got != n) {
		unpin_user_pages(d->pages,
				 got);
		return -EFAULT;
	}
	ret = demo_start(d, n);
	if (ret)
		goto out;
	return 0;
out:
	unpin_user_pages_dirty_lock(d->pages, got, true);
	return ret;
}

void demo_unpin(struct demo *d)
{
	unpin_user_pages_dirty_lock(d->pages, d->n, true);
}
`;

describe('mutation run', () => {
  const root = mkdtempSync(join(tmpdir(), 'guplint-mutation-'));
  let result: RunResult;

  before(async () => {
    await startParser();
    writeFileSync(join(root, 'demo.c'), DEMO);
    const choice = {
      operators: OPERATORS,
      limit: 100,
      only: 'demo.c',
      seed: '',
      repair: true,
      tree: '6.1' as const,
      progress: () => undefined,
    };
    const places = { laboratory: new Laboratory(root, '6.1'), surroundings: new Surroundings(root, '6.1') };
    result = await runMutants(places, choice);
  });

  after(() => rmSync(root, { recursive: true, force: true }));

  const outcomes = (name: string): RunResult['outcomes'] =>
    result.outcomes.filter((o) => o.mutant.operator.name === name);

  it('proposes each kind of fault that the file has room for', () => {
    const counts = Object.fromEntries(OPERATORS.map((o) => [o.name, outcomes(o.name).length]));
    assert.deepEqual(counts, {
      'release-pin-as-get': 3,
      'release-get-as-pin': 0,
      'acquire-pin-as-get': 1,
      'acquire-get-as-pin': 0,
      'drop-error-release': 2,
      'drop-all-releases': 1,
      'double-release': 3,
      'unsigned-result': 1,
      'accept-short': 1,
      'drop-dirty': 2,
      'dirty-unlocked': 2,
      'pass-foll-pin': 1,
      'pass-foll-get': 1,
      'pass-internal-flag': 1,
      'pass-literal': 1,
      'drop-longterm': 1,
      'free-page': 3,
      'release-before-unmap': 0,
      'without-mmap-lock': 1,
      'with-mmap-lock': 1,
      'early-return': 2,
      'release-asked': 2,
      'release-too-few': 3,
      'release-too-many': 3,
      'release-negative': 1,
      'wrong-array': 3,
      'free-array-first': 0,
      'use-after-release': 3,
      'dirty-after-release': 3,
      'compare-wrongly': 2,
      'test-zero-only': 2,
      'drop-foll-write': 1,
      'pass-null-pages': 1,
    });
  });

  it('keeps the lines of the file', () => {
    for (const { mutant } of result.outcomes) {
      const text = edited(DEMO, mutant.mutation.edits);
      assert.notEqual(text, DEMO, mutant.id);
      assert.equal(text.split('\n').length, DEMO.split('\n').length, mutant.id);
    }
  });

  it('finds a swapped release under its rule and in the function of the fault', () => {
    const verdicts = outcomes('release-pin-as-get').map((o) => o.verdict);
    assert.ok(verdicts.every((v) => v.fitting && v.rules.includes('put-on-pinned')));
  });

  it('does not take a finding of another rule for the fault', () => {
    const [outcome] = outcomes('pass-literal');
    assert.deepEqual(outcome?.verdict.rules, ['magic-gup-flags']);
    const misfit = outcomes('acquire-pin-as-get').flatMap((o) => o.verdict.rules);
    assert.ok(!misfit.includes('magic-gup-flags'));
  });
});
