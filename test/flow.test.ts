/**
 * Goldens of the flow layer: control-flow graphs of every construct, and summaries of functions that take, give back and pass on
 * pages. `UPDATE=1` rewrites them; read the difference before committing it.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { select } from '../model/index.ts';
import { parseRange } from '../model/version.ts';
import { LOWER_TABLES } from '../server/analysis/paths/flow-tables.ts';
import { HeaderMacros } from '../server/analysis/paths/jumping-macros.ts';
import { lowered } from '../server/analysis/paths/lower-unit.ts';
import { analyzeProgram } from '../server/analysis/paths/program.ts';
import { summaryText } from '../server/analysis/paths/summary-text.ts';
import { findCalls } from '../server/analysis/sites/sites.ts';
import { dumpCfg } from '../server/flow/dump.ts';
import { loopwiseOrder, nextTurn } from '../server/flow/loopwise.ts';
import { loadUnit } from '../server/syntax/load.ts';
import type { CUnit } from '../server/syntax/unit.ts';
import { startParser } from './harness/parser.ts';

const FIXTURES = path.join(__dirname, 'fixtures', 'flow');
const RANGE = parseRange('6.12') ?? { since: 0, until: 1 };

function unitOf(name: string, text = readFileSync(path.join(FIXTURES, name), 'utf8')): CUnit {
  return loadUnit(name, text, { range: RANGE, defines: new Map() });
}

/** A function whose inner loop is left for what lies behind the outer one. */
const LEFT_FROM_WITHIN = `static int left(struct item *list, int n)
{
	int i, j, err = 0;

	for (i = 0; i < n; i++) {
		for (j = 0; j < list[i].count; j++) {
			err = check(&list[i], j);
			if (err)
				goto out;
			note(j);
		}
		finish(&list[i]);
	}
	done(list);
out:
	cleanup(list);
	return err;
}
`;

function matchesGolden(name: string, actual: string): void {
  const file = path.join(FIXTURES, name);
  if (process.env.UPDATE === '1') writeFileSync(file, actual);
  assert.ok(existsSync(file), `${name} is missing; run with UPDATE=1`);
  assert.equal(actual, readFileSync(file, 'utf8'));
}

/** No headers beside the unit. */
const ALONE = { tables: LOWER_TABLES, macros: new HeaderMacros([]), spelled: [] };

function analyse(unit: CUnit) {
  const model = select(RANGE);
  const { sites } = findCalls(unit, model);
  return analyzeProgram({ units: [unit], model, tables: LOWER_TABLES, sites });
}

describe('flow', () => {
  before(startParser);

  for (const name of readdirSync(FIXTURES).filter((f) => f.endsWith('.c'))) {
    it(`graphs of ${name}`, () => {
      const unit = unitOf(name);
      const dumps = unit.functions.map((fn) => {
        const found = lowered(unit, fn, ALONE);
        assert.ok(found !== undefined);
        return dumpCfg(found.cfg);
      });
      matchesGolden(name.replace(/\.c$/, '.cfg.txt'), dumps.join('\n'));
    });
  }

  it('visits each loop in one piece, its next turn behind it', () => {
    const unit = unitOf('left.c', LEFT_FROM_WITHIN);
    const found = unit.functions.map((fn) => lowered(unit, fn, ALONE))[0];
    assert.ok(found !== undefined);
    const { cfg, loops } = found;
    const order = loopwiseOrder(cfg, loops);
    const blocks = order.filter((id) => id >= 0);
    assert.deepEqual(new Set(blocks), new Set(cfg.order));
    assert.equal(loops.byHead.size, 2);
    for (const [head, loop] of loops.byHead) {
      const start = blocks.indexOf(head);
      assert.deepEqual(new Set(blocks.slice(start, start + loop.blocks.size)), loop.blocks);
      const members = [...loop.blocks].map((id) => order.indexOf(id));
      assert.ok(order.indexOf(nextTurn(head)) > Math.max(...members));
    }
    // In the order of the graph alone, what the jump leads to stands amid the loop.
    const [outer] = [...loops.byHead.values()].sort((a, b) => b.blocks.size - a.blocks.size);
    assert.ok(outer !== undefined);
    const start = cfg.order.indexOf(outer.head);
    assert.notDeepEqual(new Set(cfg.order.slice(start, start + outer.blocks.size)), outer.blocks);
  });

  it('summaries of summaries.c', () => {
    const unit = unitOf('summaries.c');
    const { summaries } = analyse(unit);
    const texts = unit.functions.map((fn) => {
      const summary = summaries.get(fn);
      return summary === undefined ? `${fn.name}() not analysed\n` : summaryText(summary);
    });
    matchesGolden('summaries.summary.txt', texts.join('\n'));
  });

  it('finds nothing wrong in summaries.c', () => {
    assert.deepEqual(
      analyse(unitOf('summaries.c'))
        .problems.filter((p) => p.confidence !== 'low')
        .map((p) => `${p.kind} ${p.functionName}`),
      [],
    );
  });

  it('gives the same whichever file comes first', () => {
    const summaries = (names: readonly string[]): string[] => {
      const units = names.map((n) => unitOf(n));
      const model = select(RANGE);
      const sites = units.flatMap((u) => findCalls(u, model).sites);
      return [...analyzeProgram({ units, model, tables: LOWER_TABLES, sites }).summaries.values()]
        .map(summaryText)
        .sort();
    };
    const one = summaries(['constructs.c', 'summaries.c']);
    assert.ok(one.length > 6);
    assert.deepEqual(summaries(['summaries.c', 'constructs.c']), one);
  });

  it('leaves a function that nests too deeply alone and says so', () => {
    const deep = `static int deep(unsigned long a)\n{\n\tstruct page *p;\n\tget_user_pages_fast(a, 1, 0, &p);\n\treturn ${'('.repeat(3000)}1${')'.repeat(3000)};\n}\n`;
    const result = analyse(unitOf('deep.c', deep));
    assert.deepEqual(
      result.skipped.map((s) => s.reason),
      ['nested too deeply'],
    );
  });
});
