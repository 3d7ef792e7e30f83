/**
 * An editor's analysis while somebody types: what it says is what a fresh one says of the same text, and the functions that were not
 * touched are not followed again.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { model } from '../model/index.ts';
import { parseRange } from '../model/version.ts';
import { CallGraph } from '../server/analysis/paths/call-graph.ts';
import { CALL_KINDS } from '../server/analysis/paths/call-kind.ts';
import { FlowMemo } from '../server/analysis/paths/flow-memo.ts';
import { LOWER_TABLES } from '../server/analysis/paths/flow-tables.ts';
import { analyzeProgram, type FlowResult } from '../server/analysis/paths/program.ts';
import { findCalls } from '../server/analysis/sites/sites.ts';
import { hashOf } from '../server/base/hash.ts';
import { DEFAULT_SETTINGS, resolveConfig } from '../server/engine/config.ts';
import type { AnalyseJob } from '../server/engine/protocol.ts';
import { createSession, type Session } from '../server/engine/session.ts';
import { Slack } from '../server/engine/slack.ts';
import type { LiveUnit } from '../server/syntax/live-unit.ts';
import { loadUnit } from '../server/syntax/load.ts';
import type { FunctionDef } from '../server/syntax/unit.ts';
import { memoryFiles } from './harness/engine.ts';
import { startParser } from './harness/parser.ts';
import { randomNumbers } from './harness/random.ts';

const EXAMPLES = path.join(__dirname, '..', 'examples');
const SYNTAX = path.join(__dirname, 'fixtures', 'sites');
const KERNEL = parseRange('6.12') ?? assert.fail();

const DRIVER = `
struct ctx { struct page **pages; int nr; };

static void give_back(struct ctx *c)
{
	unpin_user_pages(c->pages, c->nr);
}

static int take(struct ctx *c, unsigned long addr, int nr)
{
	c->nr = pin_user_pages_fast(addr, nr, FOLL_WRITE, c->pages);
	if (c->nr < 0)
		return c->nr;
	return 0;
}

static int ask(struct ctx *c, unsigned long addr)
{
	int ret = take(c, addr, 4);

	if (ret)
		return ret;
	give_back(c);
	return 0;
}
`;

describe('who calls whom in a document that changes', () => {
  const selected = model.select(KERNEL);

  it('is known on while functions call what they called, and found out anew otherwise', () => {
    const slack = new Slack();
    const unit = loadUnit('a.c', slack.widen(DRIVER), { range: KERNEL, defines: new Map() });
    const memo = new FlowMemo();
    const typed = (text: string): CallGraph => {
      assert.ok(unit.takeOver(loadUnit('a.c', slack.widen(text), { range: KERNEL, defines: new Map() })));
      return memo.graph([unit], selected);
    };
    const told = (graph: CallGraph): unknown =>
      unit.functions.map((fn) => [
        fn.name,
        graph.lookup(unit, fn.name)?.fn === fn,
        CALL_KINDS.filter((kind) => graph.does(kind, fn)),
        graph.calleesOf({ unit, fn }).map((callee) => [callee.fn.name, unit.functions.includes(callee.fn)]),
      ]);
    const first = memo.graph([unit], selected);
    const texts = [
      [DRIVER.replace('return 0;', 'return nr > 0;'), true],
      [DRIVER.replace('	unpin_user_pages(c->pages, c->nr);', '	;'), false],
      [DRIVER, false],
      [DRIVER.replace('	give_back(c);', '	take(c, 0, 1);'), false],
      [DRIVER.replace('	give_back(c);', '	take(c, 0, 2);'), true],
    ] as const;
    let before = first;
    for (const [text, same] of texts) {
      const graph = typed(text);
      assert.equal(graph === before, same, text);
      assert.deepEqual(told(graph), told(new CallGraph([unit], selected)), text);
      before = graph;
    }
  });
});

describe('a unit of a document that changes', () => {
  const load = (text: string): LiveUnit => loadUnit('a.c', text, { range: KERNEL, defines: new Map() });

  it('lives on while bodies change, with the functions that stay the same', () => {
    const slack = new Slack();
    const unit = load(slack.widen(DRIVER));
    const before = unit.functions;
    assert.ok(unit.takeOver(load(slack.widen(DRIVER.replace('return 0;', 'return nr > 0;')))));
    assert.deepEqual(
      unit.functions.map((fn, i) => fn === before[i]),
      [true, false, true],
    );
    assert.match(unit.text, /return nr > 0/);
  });

  for (const [what, from, to] of [
    ['a signature changes', 'int nr)', 'long nr)'],
    ['a struct changes', 'int nr;', 'long nr;'],
    ['a function is added', '\nstatic int ask', '\nstatic void none(void)\n{\n}\n\nstatic int ask'],
    ['a macro is made in a body', 'return c->nr;', 'return c->nr;\n#define N 4\n'],
    ['a struct is made in a body', 'return c->nr;', 'struct more { int nr; } more;\n\treturn c->nr;'],
    ['a comment is opened in a body', 'return c->nr;', '/* return c->nr;'],
    ['a body grows beyond its room', 'return 0;', `${'nr++;'.repeat(40)}return 0;`],
  ] as const) {
    it(`is another one where ${what}`, () => {
      const slack = new Slack();
      const unit = load(slack.widen(DRIVER));
      const { text } = unit;
      const changed = slack.widen(DRIVER.replace(from, to));
      assert.equal(unit.retype(changed, load), false);
      assert.equal(unit.takeOver(load(changed)), false);
      assert.equal(unit.text, text);
    });
  }

  for (const [what, ahead, behind] of [
    ['behind a struct that is given values', '\tstruct ctx other = { .nr = 1 };\n', ''],
    ['behind a struct that a body defines', '\tstruct { int a; } other;\n', ''],
    ['behind a macro that a body defines', '#define N \\\n\t4\n', ''],
    ['of half a statement in a branch', '#ifdef CONFIG_CTX\n\tc->nr = 1;\n', '#endif\n'],
  ] as const) {
    it(`lives on in the rest of a body, ${what}`, () => {
      const slack = new Slack();
      const place = '\tif (c->nr < 0)\n';
      const unit = load(slack.widen(DRIVER.replace(place, `${ahead}${place}${behind}`)));
      const before = unit.functions;
      for (const half of ['c', 'c->nr =', 'c->nr = 1']) {
        const text = slack.widen(DRIVER.replace(place, `${ahead}${half}${place}${behind}`));
        assert.ok(unit.retype(text, load) || unit.takeOver(load(text)), half);
        assert.deepEqual(
          unit.functions.map((fn, i) => fn === before[i]),
          [true, false, true],
        );
      }
    });
  }

  it('lives on with one function alone loaded where a branch holds the whole of it', () => {
    const slack = new Slack();
    const guarded = `#ifdef CONFIG_CTX\n${DRIVER}#endif\n`;
    const unit = load(slack.widen(guarded));
    const text = slack.widen(guarded.replace('give_back(c);', 'give_back(c); c->nr'));
    const loaded: string[] = [];
    assert.ok(
      unit.retype(text, (piece) => {
        loaded.push(piece);
        return load(piece);
      }),
    );
    assert.ok(loaded.every((piece) => piece.startsWith('static int ask')));
    const { version: _, surroundings: __, ...parts } = unit;
    const { version: ___, surroundings: ____, ...fresh } = load(text);
    assert.deepEqual(parts, fresh);
  });

  it('is what a fresh one is where only the function that was typed in is loaded', () => {
    const random = randomNumbers(5);
    let renewed = 0;
    for (const name of readdirSync(SYNTAX).filter((n) => n.endsWith('.c'))) {
      const original = readFileSync(path.join(SYNTAX, name), 'utf8');
      for (let i = 0; i < 12; i++) {
        const slack = new Slack();
        const unit = load(slack.widen(original));
        const text = slack.widen(edited(original, random));
        if (!unit.retype(text, load)) continue;
        renewed++;
        const { version: _, surroundings: __, ...parts } = unit;
        const { version: ___, surroundings: ____, ...fresh } = load(text);
        assert.deepEqual(parts, fresh, name);
      }
    }
    assert.ok(renewed > 50, `${renewed} edits`);
  });

  it('has lines and columns of the document', () => {
    const text = DRIVER.replaceAll('\n', '\r\n');
    const lines = (s: string): string[] => s.split('\n').map((line) => line.trimEnd());
    assert.deepEqual(lines(new Slack().widen(text)), lines(text));
    assert.ok(new Slack().widen(text).length > text.length);
  });
});

/** Keeps which functions were followed. */
class Followed extends FlowMemo {
  readonly names: string[] = [];

  override remember(...args: Parameters<FlowMemo['remember']>): void {
    this.names.push(args[0].name);
    super.remember(...args);
  }
}

describe('functions that were followed before', () => {
  before(startParser);

  const selected = model.select(KERNEL);
  const follow = (unit: LiveUnit, memo?: FlowMemo): FlowResult =>
    analyzeProgram({
      units: [unit],
      model: selected,
      tables: LOWER_TABLES,
      sites: findCalls(unit, selected).sites,
      memo,
    });
  const plain = (flow: FlowResult, unit: LiveUnit): string =>
    JSON.stringify(
      [
        flow.problems,
        flow.releases,
        flow.held,
        flow.ends,
        flow.events,
        [...flow.summaries].map(([fn]) => fn.name).sort(),
      ],
      (key, value) => (key === 'unit' && value === unit ? unit.path : value),
    );

  const typed = (from: string, to: string): { names: string[]; functions: readonly FunctionDef[] } => {
    const slack = new Slack();
    const load = (text: string): LiveUnit => loadUnit('a.c', slack.widen(text), { range: KERNEL, defines: new Map() });
    const unit = load(DRIVER);
    const memo = new Followed();
    follow(unit, memo);
    assert.deepEqual([...memo.names].sort(), ['ask', 'give_back', 'take']);
    memo.names.length = 0;
    assert.ok(unit.takeOver(load(DRIVER.replace(from, to))));
    const now = follow(unit, memo);
    const fresh = load(DRIVER.replace(from, to));
    assert.equal(plain(now, unit), plain(follow(fresh), fresh));
    return { names: memo.names, functions: unit.functions };
  };

  it('are not followed again where nothing they ask for changed', () => {
    assert.deepEqual(typed('give_back(c);', 'give_back(c); ').names, ['ask']);
  });

  it('are not followed again where places in a callee moved and nothing else', () => {
    assert.deepEqual(typed('c->nr = pin_user', '/* pins */ c->nr = pin_user').names, ['take']);
  });

  it('are followed again where a callee does something else', () => {
    assert.deepEqual(typed('unpin_user_pages(c->pages, c->nr)', 'put_page(c->pages[0])').names.sort(), [
      'ask',
      'give_back',
    ]);
  });

  it('are not searched for the fields of a name that half a statement leaves undeclared', () => {
    const one = `static int one(unsigned long addr)
{
	struct page *page = NULL;
	int n = get_user_pages_fast(addr, 1, 0, &page);

	return n == 1 && page;
}
`;
    const drop = 'struct box { struct page *page; };\n\nvoid drop(struct box *b)\n{\n\tput_page(b->page);\n}\n';
    const load = (path: string, text: string): LiveUnit => loadUnit(path, text, { range: KERNEL, defines: new Map() });
    const memo = new Followed();
    const unit = load('a.c', one.replace('\tstruct page *page', '\tcount =\tstruct page *page'));
    const { sites } = findCalls(unit, selected);
    const units = [unit, load('b.c', drop)];
    const { held } = analyzeProgram({ units, model: selected, tables: LOWER_TABLES, sites, memo });
    assert.deepEqual([...new Set(held.map((h) => h.owner.field))], ['page']);
    assert.deepEqual(memo.names, ['one']);
  });
});

describe('typing', () => {
  before(startParser);

  const job = (file: string): AnalyseJob => ({
    directory: '.',
    config: resolveConfig({ ...DEFAULT_SETTINGS, kernel: KERNEL, minConfidence: 'low' }, undefined),
    tree: undefined,
    files: [{ file }],
    neighbours: undefined,
    rules: true,
  });
  const told = (session: Session, file: string): unknown => {
    const { results, problems } = session.analyse(job(file));
    return { problems, results: results.map(({ times: _, ...result }) => result) };
  };

  it('in bodies gives the answers of a fresh start, edit by edit', function () {
    this.timeout(120_000);
    const names = readdirSync(EXAMPLES).filter((name) => /\.[ch]$/.test(name));
    const texts = new Map(names.map((name) => [name, readFileSync(path.join(EXAMPLES, name), 'utf8')]));
    const open = (): Session => {
      const session = createSession(memoryFiles({}), performance);
      for (const [file, text] of texts) session.opened(file, text);
      return session;
    };
    const typing = open();
    const random = randomNumbers(11);
    const sources = names.filter((name) => name.endsWith('.c'));
    for (let i = 0; i < 60; i++) {
      const file = sources[random(sources.length)] ?? assert.fail();
      const before = texts.get(file) ?? '';
      const after = edited(before, random);
      texts.set(file, after);
      typing.opened(file, after);
      const asked = sources[random(sources.length)] ?? file;
      for (const shown of new Set([file, asked]))
        assert.deepEqual(told(typing, shown), told(open(), shown), `edit ${i}`);
      if (random(3) > 0) continue;
      texts.set(file, before);
      typing.opened(file, before);
    }
  });

  it('is answered of the text shown, also after another one was supposed', () => {
    const session = createSession(memoryFiles({}), performance);
    session.opened('a.c', DRIVER);
    const [shown] = session.analyse(job('a.c')).results;
    const text = DRIVER.replace('return 0;', 'return 1;');
    const [supposed] = session.analyse({ ...job('a.c'), files: [{ file: 'a.c', text }] }).results;
    assert.equal(shown?.textHash, hashOf(DRIVER));
    assert.equal(supposed?.textHash, hashOf(text));
    assert.deepEqual(session.analyse(job('a.c')).results[0]?.textHash, hashOf(DRIVER));
  });
});

/** A line of a body is left out, said twice, or changed in a word. */
function edited(text: string, random: (bound: number) => number): string {
  const lines = text.split('\n');
  const inBodies = lines.flatMap((line, i) => (/^\t.*;$/.test(line) ? [i] : []));
  const at = inBodies[random(inBodies.length)] ?? 0;
  const line = lines[at] ?? '';
  const kinds = [[], [line, line], [line.replace(/\w+/, 'put_page')], [line.replace(/\(/, '(1 + ')], [`${line} /* */`]];
  return lines.toSpliced(at, 1, ...(kinds[random(kinds.length)] ?? [])).join('\n');
}
