/** guplint.model.json: what is wrong in it is named with its place, its schema agrees with the reader, and its functions are understood. */
import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Ajv } from 'ajv';
import type { Hover } from 'vscode-languageserver';
import type { ApiRow } from '../model/schema.ts';
import { ConfigError } from '../server/engine/json-file.ts';
import { parseModelFile } from '../server/engine/model-file.ts';
import { guplint, temporaryTree } from './harness/cli.ts';
import { LspClient } from './harness/lsp.ts';

const validate = new Ajv({ strictTypes: false }).compile(
  JSON.parse(readFileSync('docs/guplint.model.schema.json', 'utf8')) as object,
);

function parse(text: string): readonly ApiRow[] {
  return parseModelFile('guplint.model.json', text);
}

function functions(text: string): string {
  return `{ "functions": { ${text} } }`;
}

const MODEL = functions(`
  "demo_pin": { "takes": "pin", "arguments": ["other", "start", "nr", "pages"], "flags": "FOLL_LONGTERM", "releasedBy": "demo_unpin" },
  "demo_unpin": { "releases": "pin", "arguments": ["pages", "nr", "dirty"] }
`);

const CALLER = `#include <linux/mm.h>

int demo_map(struct demo *d, unsigned long start, int nr, struct page **pages)
{
	int got = demo_pin(d, start, nr, pages);

	if (got < 0)
		return got;
	if (got != nr) {
		put_page(pages[0]);
		return -EFAULT;
	}
	demo_unpin(pages, got, true);
	return 0;
}
`;

describe('guplint.model.json', () => {
  it('makes rows of declarations', () => {
    const [pin, unpin] = parse(MODEL);
    assert.equal(pin?.site, true);
    assert.deepEqual(pin?.implies, ['FOLL_PIN', 'FOLL_LONGTERM']);
    assert.deepEqual(pin?.effects, [
      { op: 'acquire', place: 'arg3[*]', ref: 'pin', when: 'positive', count: { place: 'ret', unit: 'pages' } },
    ]);
    assert.deepEqual(
      unpin?.effects.map((e) => [e.op, e.place, e.dirtyArg]),
      [
        ['dirty', 'arg0[*]', 'arg2'],
        ['release', 'arg0[*]', 'arg2'],
      ],
    );
    const [old, now] = parse(
      functions(
        '"f": [{ "releases": "get", "arguments": ["page"], "kernels": "..5.5" }, { "releases": "pin", "arguments": ["page"], "kernels": "5.6.." }]',
      ),
    );
    assert.deepEqual([old?.kernels, now?.kernels], [{ since: '0.0', until: '5.6' }, { since: '5.6' }]);
    assert.deepEqual(parse('{}'), []);
  });

  it('names the place of each kind of error and what to do', () => {
    const cases: [string, RegExp][] = [
      ['', /^guplint\.model\.json:1:1: not JSON: value expected$/],
      ['{', /^guplint\.model\.json:1:2: not JSON: close brace expected$/],
      ['[]', /1:1: expected an object/],
      ['{ "function": {} }', /1:3: unknown setting 'function'; did you mean 'functions'\?$/],
      [functions('"a b": {}'), /'a b' is no function name$/],
      [functions('"f": {}'), /1:23: 'f' needs one of 'takes' and 'releases'$/],
      [functions('"f": { "takes": "pin", "releases": "pin" }'), /'f' needs one of 'takes' and 'releases'$/],
      [
        functions('"f": { "takes": "pins" }'),
        /'takes' must be one of "pin", "get", found "pins"; did you mean "pin"\?$/,
      ],
      [functions('"f": { "takes": "pin" }'), /'f' needs 'arguments'$/],
      [functions('"f": { "takes": "pin", "arguments": "pages" }'), /'arguments' must be an array, found "pages"$/],
      [
        functions('"f": { "takes": "pin", "arguments": ["start"] }'),
        /none of the arguments of 'f' is "pages" or "page"$/,
      ],
      [functions('"f": { "takes": "pin", "arguments": ["pages", "pages"] }'), /two arguments are "pages"; keep one$/],
      [functions('"f": { "takes": "pin", "arguments": ["dirty"] }'), /an argument must be one of "start"/],
      [
        functions('"f": { "takes": "pin", "arguments": ["pages"], "flags": "FOLL_WRIT" }'),
        /did you mean "FOLL_WRITE"\?$/,
      ],
      [
        functions('"f": { "releases": "pin", "arguments": ["page"], "returns": "pages" }'),
        /'returns' is for functions that take/,
      ],
      [
        functions('"f": { "takes": "pin", "arguments": ["pages"], "sleeps": 1 }'),
        /'sleeps' must be true or false, found 1$/,
      ],
      [functions('"f": { "takes": "pin", "arguments": ["pages"], "kernels": "new" }'), /'new' is no kernel range/],
      [functions('"f": { "takes": "pin", "arguments": ["pages"], "note": "" }'), /'note' must not be empty$/],
    ];
    for (const [text, pattern] of cases) {
      assert.throws(
        () => parse(text),
        (error: unknown) =>
          error instanceof ConfigError && pattern.test(error.message) && !error.message.includes('\n'),
        text,
      );
    }
  });

  it('is read as its schema says', () => {
    const texts = [
      MODEL,
      '{}',
      functions(''),
      functions(
        '"f": { "takes": "get", "arguments": ["page"], "returns": "bool", "sleeps": false, "mmapLock": "held" }',
      ),
      functions('"f": { "takes": "pin", "arguments": [], "returns": "page-or-null", "note": "x" }'),
      functions('"f": { "releases": "get", "arguments": ["page"], "dirties": true, "kernels": "6.1" }'),
      functions('"f": []'),
      functions('"f": { "takes": "pin", "arguments": ["pages"], "dirties": 1 }'),
      functions('"f": { "takes": "pin", "arguments": ["pages"], "mmapLock": "yes" }'),
      functions('"f": { "takes": "pin", "arguments": ["pages"], "what": 1 }'),
      functions('"f": { "arguments": ["pages"] }'),
      functions('"f": 1'),
      '{ "function": {} }',
    ];
    for (const text of texts) {
      let read = true;
      try {
        parse(text);
      } catch {
        read = false;
      }
      assert.equal(validate(JSON.parse(text)), read, text);
    }
  });

  it('takes any text without a crash', () => {
    for (let i = 0; i < MODEL.length; i++) {
      for (const text of [MODEL.slice(0, i), MODEL.slice(i), MODEL.slice(0, i) + MODEL.slice(i + 1)]) {
        try {
          parse(text);
        } catch (error) {
          assert.ok(error instanceof ConfigError, `${text}: ${String(error)}`);
        }
      }
    }
  });
});

describe('functions of a project', () => {
  const files = { 'guplint.json': '{ "kernel": "6.12", "model": "guplint.model.json" }', 'drv/map.c': CALLER };

  it("are sites and releases as the kernel's own, also where nothing of the kernel is named", () => {
    const only = CALLER.replace('put_page(pages[0])', 'demo_keep(pages)');
    const tree = temporaryTree({ ...files, 'guplint.model.json': MODEL, 'drv/only.c': only });
    const { out, code } = guplint(['check', '--format', 'json', '--no-cache', '.'], { cwd: tree });
    const found = (JSON.parse(out) as { findings: { rule: string; file: string; site: { api: string } }[] }).findings;
    const of = (file: string): string[] => found.filter((f) => f.file === file).map((f) => `${f.rule} ${f.site.api}`);
    assert.ok(of('drv/map.c').includes('put-on-pinned demo_pin'));
    assert.deepEqual(of('drv/only.c'), []);
    assert.equal(code, 1);
    for (const input of ['drv/only.c', '.']) {
      const sites = guplint(['sites', '--format', 'json', '--no-cache', input], { cwd: tree }).out;
      const site = (JSON.parse(sites) as { sites: Record<string, unknown>[] }).sites.find(
        (s) => s.file === 'drv/only.c',
      );
      assert.equal(site?.api, 'demo_pin');
      assert.equal(site?.reference, 'pin');
    }
    const plain = temporaryTree({ 'drv/only.c': only });
    assert.match(guplint(['sites', '--no-cache', 'drv'], { cwd: plain }).out, /\b0 sites|no site/i);
  });

  it('are explained, and named among the settings of a path', () => {
    const tree = temporaryTree({ ...files, 'guplint.model.json': MODEL, 'guplint-baseline.json': '{}' });
    const explained = guplint(['explain', 'demo_pin()'], { cwd: path.join(tree, 'drv') });
    assert.equal(explained.code, 0, explained.err);
    assert.match(explained.out, /^# demo_pin\(\)\n\nacquire function; its calls are sites\.\n/);
    assert.match(explained.out, /- given back by demo_unpin\n- declared in \.\.\/guplint\.model\.json$/m);
    assert.match(guplint(['explain', 'demo_pim'], { cwd: tree }).err, /did you mean 'demo_pin'\?/);
    const settings = guplint(['config', '--explain', 'drv'], { cwd: tree }).out;
    assert.match(settings, /^model\.demo_pin +takes pins, kernels .*\(guplint\.model\.json\)$/m);
    assert.match(settings, /^model\.demo_unpin +gives back pins, kernels /m);
    assert.match(settings, /^baseline +guplint-baseline\.json$/m);
    writeFileSync(path.join(tree, 'guplint.model.json'), '{ "functions": 1 }');
    assert.equal(guplint(['explain', 'case1'], { cwd: tree }).code, 0);
    const broken = guplint(['explain', 'demo_pin'], { cwd: tree });
    assert.deepEqual([broken.code, /^guplint: guplint\.model\.json:1:16: /.test(broken.err)], [2, true]);
  });

  it('are called wrong at a place of their file: one line, exit code 2', () => {
    const tree = temporaryTree({ ...files, 'guplint.model.json': '{ "functions": { "f": { "takes": 1 } } }' });
    const wrong = guplint(['check', '--no-cache', '.'], { cwd: tree });
    assert.equal(wrong.code, 2);
    assert.match(wrong.err, /^guplint: guplint\.model\.json:1:34: 'takes' must be one of "pin", "get", found 1\n$/);
    rmSync(path.join(tree, 'guplint.model.json'));
    const missing = guplint(['check', '--no-cache', '.'], { cwd: tree });
    assert.equal(missing.code, 2);
    assert.match(missing.err, /^guplint: guplint\.json:1:30: cannot read 'guplint\.model\.json': /);
  });

  it('are read again by the server when the file changes', async () => {
    const tree = temporaryTree({ ...files, 'guplint.model.json': '{}' });
    const live = await LspClient.start({ folders: [tree] });
    try {
      const uri = await live.open(path.join(tree, 'drv/map.c'), CALLER);
      const rules = async (): Promise<unknown[]> => (await live.pull(uri)).map((d) => d.code);
      const changed = async (text: string): Promise<void> => {
        const file = path.join(tree, 'guplint.model.json');
        writeFileSync(file, text);
        const change = { uri: pathToFileURL(file).href, type: 2 };
        await live.rpc.sendNotification('workspace/didChangeWatchedFiles', { changes: [change] });
      };
      assert.ok(!(await rules()).includes('put-on-pinned'));
      await changed(MODEL);
      assert.ok((await rules()).includes('put-on-pinned'));
      const position = { line: 4, character: CALLER.split('\n')[4]?.indexOf('demo_pin') ?? 0 };
      const hover = await live.request<Hover>('textDocument/hover', { textDocument: { uri }, position });
      const { value } = hover.contents as { value: string };
      assert.match(value, /demo_pin\(long arg0, unsigned long start, unsigned long nr, struct page \*\*pages\);/);
      assert.match(value, /adds `FOLL_PIN` `FOLL_LONGTERM` by itself\n- given back by `demo_unpin\(\)`/);
      assert.match(value, /declared in guplint\.model\.json$/);
      await changed('{ "functions": ');
      await live.pull(uri);
      const model = pathToFileURL(path.join(tree, 'guplint.model.json')).href;
      await live.until('the error', () => live.pushed.get(model)?.at(-1)?.diagnostics[0]?.severity === 1);
      await changed(MODEL);
      assert.ok((await rules()).includes('put-on-pinned'));
      await live.until('no error', () => live.pushed.get(model)?.at(-1)?.diagnostics.length === 0);
    } finally {
      live.process.kill();
    }
  });
});
