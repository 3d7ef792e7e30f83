/** The language server over stdio: diagnostics, actions, hovers, links, settings, files that change. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type {
  CodeAction,
  CodeLens,
  DocumentHighlight,
  Hover,
  Location,
  WorkspaceEdit,
} from 'vscode-languageserver/node';
import { temporaryTree } from './harness/cli.ts';
import { LspClient, PUSHED, positionOf } from './harness/lsp.ts';

const ROOT = path.join(__dirname, '..');
const CAPTURE = readFileSync(path.join(ROOT, 'examples/demo-capture.c'), 'utf8');

const GET = `#include "demo.h"

int demo_take(struct demo *d, unsigned long addr)
{
	int ret;

	ret = get_user_pages_fast(addr, d->nr, 1, d->pages);
	return ret;
}
`;
const PUT = `#include "demo.h"

void demo_give(struct demo *d)
{
	int i;

	for (i = 0; i < d->nr; i++)
		put_page(d->pages[i]);
}

void demo_give_pinned(struct page **pages, int nr)
{
	unpin_user_pages(pages, nr);
}
`;
const HEADER = 'struct page;\nstruct demo {\n\tstruct page **pages;\n\tint nr;\n};\n';

/** Applies edits of one file to its text; positions in UTF-16. */
function applied(text: string, edit: WorkspaceEdit, uri: string): string {
  const changes = (edit.documentChanges ?? []).flatMap((c) =>
    'edits' in c && c.textDocument.uri === uri ? c.edits : [],
  );
  const lines = text.split('\n');
  const offset = (p: { line: number; character: number }): number =>
    lines.slice(0, p.line).reduce((sum, l) => sum + l.length + 1, 0) + p.character;
  const all = [...changes, ...(edit.changes?.[uri] ?? [])].sort(
    (a, b) => offset(b.range.start) - offset(a.range.start),
  );
  let out = text;
  for (const e of all) {
    if (!('newText' in e)) throw new Error('not a text edit');
    out = out.slice(0, offset(e.range.start)) + e.newText + out.slice(offset(e.range.end));
  }
  return out;
}

describe('language server', function () {
  this.timeout(120_000);
  let client: LspClient;
  let folder: string;
  const started: LspClient[] = [];
  const start = async (...args: Parameters<typeof LspClient.start>): Promise<LspClient> => {
    const made = await LspClient.start(...args);
    started.push(made);
    return made;
  };

  before(async () => {
    folder = temporaryTree({ 'a/take.c': GET, 'a/give.c': PUT, 'a/demo.h': HEADER, 'capture.c': CAPTURE });
    client = await start({ folders: [folder], settings: { kernel: '6.12' } });
  });
  after(async () => {
    for (const c of started) assert.equal(await c.stop(), 0, c.errors);
  });

  const action = async (uri: string, text: string, title: RegExp): Promise<CodeAction> => {
    const at = positionOf(text, 'get_user_pages_fast(addr, d->nr', 3);
    const flag = positionOf(text, ', 1,', 2);
    const range = { start: at, end: flag };
    const all = await client.request<CodeAction[]>('textDocument/codeAction', {
      textDocument: { uri },
      range,
      context: { diagnostics: [] },
    });
    const found = all.find((a) => title.test(a.title));
    assert.ok(found !== undefined, all.map((a) => a.title).join('\n'));
    return found;
  };

  it('answers a pull with the findings, and the same again with "unchanged"', async () => {
    const uri = await client.open(path.join(folder, 'capture.c'), CAPTURE);
    const first = await client.request<{ kind: string; resultId: string; items: { code: string }[] }>(
      'textDocument/diagnostic',
      { textDocument: { uri } },
    );
    assert.equal(first.kind, 'full');
    const rules = first.items.map((d) => d.code);
    for (const rule of ['magic-gup-flags', 'longterm-without-pin', 'wrong-arguments'])
      assert.ok(rules.includes(rule), rule);
    const params = { textDocument: { uri }, previousResultId: first.resultId };
    const second = await client.request<{ kind: string }>('textDocument/diagnostic', params);
    assert.equal(second.kind, 'unchanged');
    await client.close(uri);
  });

  it('pushes to a client that cannot pull, with the version, and clears on close', async () => {
    const pushed = await start({ folders: [folder], settings: { kernel: '6.12' }, capabilities: PUSHED });
    const uri = await pushed.open(path.join(folder, 'capture.c'), CAPTURE, 7);
    assert.ok((await pushed.pushedFor(uri, 7)).length >= 5);
    await pushed.change(uri, 8, [{ text: 'int x;\n' }]);
    assert.deepEqual(await pushed.pushedFor(uri, 8), []);
    await pushed.change(uri, 9, [{ text: CAPTURE }]);
    assert.ok((await pushed.pushedFor(uri, 9)).length >= 5);
    await pushed.close(uri);
    await pushed.until('the clearing', () => pushed.pushed.get(uri)?.at(-1)?.diagnostics.length === 0);
  });

  it('fixes lazily, at the version the menu was made for', async () => {
    const uri = await client.open(path.join(folder, 'a/take.c'), GET, 1);
    const fix = await action(uri, GET, /^Use FOLL_WRITE/);
    assert.equal(fix.edit, undefined);
    assert.equal(fix.isPreferred, true);
    const resolved = await client.request<CodeAction>('codeAction/resolve', fix);
    assert.ok(resolved.edit !== undefined);
    assert.match(applied(GET, resolved.edit, uri), /d->nr, FOLL_WRITE, d->pages/);
    const [change] = resolved.edit.documentChanges ?? [];
    assert.equal(change !== undefined && 'textDocument' in change ? change.textDocument.version : undefined, 1);
    await client.change(uri, 2, [{ text: `\n${GET}` }]);
    await assert.rejects(client.request('codeAction/resolve', fix), /changed/);
    await client.close(uri);
  });

  it('offers all safe fixes at once, a comment with a reason, and the explanation', async () => {
    const uri = await client.open(path.join(folder, 'a/take.c'), GET, 1);
    const all = await client.request<CodeAction[]>('textDocument/codeAction', {
      textDocument: { uri },
      range: { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } },
      context: { diagnostics: [], only: ['source.fixAll'] },
    });
    assert.deepEqual(
      all.map((a) => a.kind),
      ['source.fixAll.guplint'],
    );
    const fixed = await client.request<CodeAction>('codeAction/resolve', all[0]);
    assert.match(applied(GET, fixed.edit ?? {}, uri), /d->nr, FOLL_WRITE, d->pages/);
    const ignore = await client.request<CodeAction>(
      'codeAction/resolve',
      await action(uri, GET, /^Ignore magic-gup-flags/),
    );
    const silenced = applied(GET, ignore.edit ?? {}, uri);
    assert.match(silenced, /\t\/\* guplint: ignore magic-gup-flags -- .*\*\/\n\tret = get_user_pages_fast/);
    await client.change(uri, 2, [{ text: silenced }]);
    assert.ok(!(await client.pull(uri)).some((d) => d.code === 'magic-gup-flags'));
    await client.change(uri, 3, [{ text: GET }]);
    const explain = await action(uri, GET, /^Explain magic-gup-flags/);
    assert.deepEqual(explain.command?.arguments, ['magic-gup-flags']);
    const told = await client.request<string>('workspace/executeCommand', {
      command: explain.command?.command,
      arguments: explain.command?.arguments,
    });
    assert.match(told, /Why is this bad/);
    await client.close(uri);
  });

  it('leads from an acquire to its releases in another file and back', async () => {
    const take = await client.open(path.join(folder, 'a/take.c'), GET);
    const give = await client.open(path.join(folder, 'a/give.c'), PUT);
    const there = await client.at<Location[]>(
      'textDocument/definition',
      take,
      positionOf(GET, 'get_user_pages_fast', 3),
    );
    assert.deepEqual(
      there.map((l) => [l.uri, l.range.start.line]),
      [[give, 7]],
    );
    const back = await client.at<Location[]>('textDocument/implementation', give, positionOf(PUT, 'put_page', 3));
    assert.deepEqual(
      back.map((l) => [l.uri, l.range.start.line]),
      [[take, 6]],
    );
    const refs = await client.at<Location[]>('textDocument/references', give, positionOf(PUT, 'put_page', 3), {
      context: { includeDeclaration: true },
    });
    assert.equal(refs.length, 2);
    await client.close(take);
    await client.close(give);
  });

  it('highlights the calls of the document that belong together', async () => {
    const text = `${GET}${PUT.replace('#include "demo.h"\n', '')}`;
    const uri = await client.open(path.join(folder, 'a/both.c'), text);
    await client.pull(uri);
    const linesAt = async (name: string): Promise<number[] | undefined> => {
      const position = positionOf(text, name, 3);
      const found = await client.at<DocumentHighlight[] | null>('textDocument/documentHighlight', uri, position);
      return found?.map(({ range }) => range.start.line).sort((a, b) => a - b);
    };
    const [take, put] = ['get_user_pages_fast', 'put_page'].map((name) => positionOf(text, name).line);
    assert.deepEqual(await linesAt('get_user_pages_fast'), [take, put]);
    assert.deepEqual(await linesAt('put_page'), [take, put]);
    assert.equal(await linesAt('return ret'), undefined);
    await client.close(uri);
  });

  it('converts a site and its release in another file together', async () => {
    const uri = await client.open(path.join(folder, 'a/take.c'), GET, 1);
    const convert = await action(uri, GET, /^Convert to pin_user_pages_fast\(\)/);
    const { edit } = await client.request<CodeAction>('codeAction/resolve', convert);
    assert.match(applied(GET, edit ?? {}, uri), /ret = pin_user_pages_fast\(/);
    assert.match(
      applied(PUT, edit ?? {}, pathToFileURL(path.join(folder, 'a/give.c')).href),
      /unpin_user_pages?\(d->pages/,
    );
    await client.close(uri);
  });

  it('hovers over sites, functions and flags; draws lenses; lists symbols', async () => {
    const uri = await client.open(path.join(folder, 'capture.c'), CAPTURE);
    await client.pull(uri);
    const over = async (text: string): Promise<string> => {
      const hover = await client.at<Hover | null>('textDocument/hover', uri, positionOf(CAPTURE, text, 2));
      return (hover?.contents as { value: string } | undefined)?.value ?? '';
    };
    assert.match(
      await over('pin_user_pages_fast(addr, nr, 1'),
      /Case 1: direct I\/O[\s\S]*Evidence[\s\S]*adds `FOLL_PIN` by itself/,
    );
    assert.match(await over('FOLL_LONGTERM, buf'), /FOLL_LONGTERM.*0x100[\s\S]*callers may pass it/);
    assert.match(await over('put_page(buf->pages'), /Gives back what was taken by[\s\S]*get_user_pages_fast/);
    assert.equal(await over('demo_ioctl'), '');
    const lenses = await client.request<CodeLens[]>('textDocument/codeLens', { textDocument: { uri } });
    assert.equal(lenses.length, 4);
    assert.match(lenses[0]?.command?.title ?? '', /^Case 1: direct I\/O · short-lived · 1 release$/);
    const symbols = await client.request<{ name: string; children: { name: string }[] }[]>(
      'textDocument/documentSymbol',
      {
        textDocument: { uri },
      },
    );
    assert.deepEqual(
      symbols.map((s) => [s.name, s.children.map((c) => c.name)]),
      [
        ['demo_capture_once', ['pin_user_pages_fast']],
        ['demo_register', ['get_user_pages_fast']],
        ['demo_peek', ['pin_user_pages_fast']],
        ['demo_prefault', ['pin_user_pages']],
      ],
    );
    await client.close(uri);
  });

  it('completes the flags that a call may take', async () => {
    const text = 'void f(void)\n{\n\tpin_user_pages_fast(a, n, FOLL_WRITE | FOLL_, pages);\n}\n';
    const uri = await client.open(path.join(folder, 'a/new.c'), text);
    const items = await client.at<{ label: string }[]>('textDocument/completion', uri, positionOf(text, 'FOLL_,', 5));
    const labels = items.map((i) => i.label);
    assert.ok(labels.includes('FOLL_LONGTERM'));
    for (const not of ['FOLL_PIN', 'FOLL_GET', 'FOLL_WRITE', 'FOLL_TOUCH', 'FOLL_NOWAIT'])
      assert.ok(!labels.includes(not), not);
    assert.deepEqual(await client.at('textDocument/completion', uri, positionOf(text, 'a, n', 1)), []);
    await client.close(uri);
  });

  it('takes new settings while it runs', async () => {
    const live = await start({ folders: [folder], settings: { kernel: '6.12' } });
    const uri = await live.open(path.join(folder, 'a/take.c'), GET);
    assert.ok((await live.pull(uri)).some((d) => d.code === 'magic-gup-flags'));
    live.settings = {
      kernel: '6.12',
      rules: { 'magic-gup-flags': 'off' },
      inlayHints: { impliedFlags: true, cases: true },
    };
    await live.rpc.sendNotification('workspace/didChangeConfiguration', { settings: null });
    const asked = (method: string): number => live.requested.filter((r) => r === method).length;
    await live.until('the refresh', () => asked('workspace/diagnostic/refresh') > 1);
    assert.ok(!(await live.pull(uri)).some((d) => d.code === 'magic-gup-flags'));
    const range = { start: { line: 0, character: 0 }, end: { line: 20, character: 0 } };
    const hints = await live.request<{ label: string }[]>('textDocument/inlayHint', { textDocument: { uri }, range });
    assert.ok(
      hints.some((h) => h.label === ' | FOLL_GET'),
      JSON.stringify(hints),
    );
  });

  it('says nothing before the first settings', async () => {
    const made = new LspClient({ kernel: '6.12' });
    started.push(made);
    let open = (): void => undefined;
    made.configurationGate = new Promise((resolve) => {
      open = resolve;
    });
    await made.initialize({ folders: [folder], capabilities: PUSHED });
    const uri = await made.open(path.join(folder, 'capture.c'), CAPTURE);
    await made.until('the question', () => made.requested.includes('workspace/configuration'));
    await new Promise((resolve) => setTimeout(resolve, 1500));
    assert.equal(made.pushed.size, 0);
    open();
    assert.ok((await made.pushedFor(uri)).length >= 5);
  });

  it('follows files that change on disk: sources, headers, configuration', async () => {
    const tree = temporaryTree({ 'take.c': GET, 'demo.h': HEADER });
    const live = await start({ folders: [tree], settings: { kernel: '6.12' } });
    const uri = await live.open(path.join(tree, 'take.c'), GET);
    assert.ok((await live.pull(uri)).some((d) => d.code === 'magic-gup-flags'));
    const changed = async (name: string, text: string): Promise<void> => {
      writeFileSync(path.join(tree, name), text);
      const change = { uri: pathToFileURL(path.join(tree, name)).href, type: 1 };
      await live.rpc.sendNotification('workspace/didChangeWatchedFiles', { changes: [change] });
    };
    await changed('guplint.json', '{ "rules": { "magic-gup-flags": "off" } }');
    assert.ok(!(await live.pull(uri)).some((d) => d.code === 'magic-gup-flags'));
    await changed('guplint.json', '{ "rules": { "magic-gup-flgs": "off" } }');
    assert.ok((await live.pull(uri)).some((d) => d.code === 'magic-gup-flags'));
    const config = pathToFileURL(path.join(tree, 'guplint.json')).href;
    assert.match((await live.pushedFor(config))[0]?.message?.toString() ?? '', /did you mean magic-gup-flags/);
    await changed('guplint.json', '{ "kernel": ');
    await live.pull(uri);
    await live.until('the error', () => live.pushed.get(config)?.at(-1)?.diagnostics[0]?.severity === 1);
    await changed('guplint.json', '{}');
    await live.pull(uri);
    await live.until('no error', () => live.pushed.get(config)?.at(-1)?.diagnostics.length === 0);
    await changed(
      'demo.h',
      `${HEADER}#define get_user_pages_fast(a, n, f, p) pin_user_pages_fast(a, n, FOLL_PIN, p)\n`,
    );
    assert.ok((await live.pull(uri)).every((d) => d.code !== 'magic-gup-flags'));
  });

  it('leads to files that came later', async () => {
    const tree = temporaryTree({ 'give.c': PUT, 'demo.h': HEADER });
    const live = await start({ folders: [tree], settings: { kernel: '6.12' } });
    const uri = await live.open(path.join(tree, 'give.c'), PUT);
    const acquires = async (): Promise<string[] | undefined> => {
      const found = await live.at<Location[] | null>('textDocument/definition', uri, positionOf(PUT, 'put_page', 3));
      return found?.map((l) => path.basename(l.uri));
    };
    assert.equal(await acquires(), undefined);
    const take = path.join(tree, 'take.c');
    writeFileSync(take, GET);
    const change = { uri: pathToFileURL(take).href, type: 1 };
    await live.rpc.sendNotification('workspace/didChangeWatchedFiles', { changes: [change] });
    assert.deepEqual(await acquires(), ['take.c']);
  });

  it('checks the workspace on demand, with progress, and hands over to open documents', async () => {
    const live = await start({ folders: [folder], settings: { kernel: '6.12' } });
    const sum = await live.request<{ files: number; warnings: number }>('workspace/executeCommand', {
      command: 'guplint.checkWorkspace',
      workDoneToken: 'w1',
    });
    assert.equal(sum.files, 4);
    const uri = pathToFileURL(path.join(folder, 'capture.c')).href;
    assert.ok((await live.pushedFor(uri)).length >= 5);
    await live.open(path.join(folder, 'capture.c'), CAPTURE);
    await live.until('the handing over', () => live.pushed.get(uri)?.at(-1)?.diagnostics.length === 0);
    const other = pathToFileURL(path.join(folder, 'a/take.c')).href;
    assert.ok((live.pushed.get(other)?.at(-1)?.diagnostics.length ?? 0) > 0);
    await live.request('workspace/executeCommand', { command: 'guplint.clearWorkspace' });
    await live.until('no findings of closed files', () => live.pushed.get(other)?.at(-1)?.diagnostics.length === 0);
    const sites = await live.request<{ case: number; file: string }[]>('guplint/sites', {});
    assert.deepEqual(sites.map((s) => s.file).sort(), ['a/take.c', 'capture.c', 'capture.c', 'capture.c', 'capture.c']);
  });

  it('serves two roots with their own configuration', async () => {
    const other = temporaryTree({ 'take.c': GET, 'guplint.json': '{ "rules": { "magic-gup-flags": "error" } }' });
    const live = await start({ folders: [folder, other], settings: { kernel: '6.12' } });
    const here = await live.open(path.join(folder, 'a/take.c'), GET);
    const there = await live.open(path.join(other, 'take.c'), GET);
    const severity = async (uri: string) => (await live.pull(uri)).find((d) => d.code === 'magic-gup-flags')?.severity;
    assert.equal(await severity(here), 2);
    assert.equal(await severity(there), 1);
  });

  it('does nothing at all in a project without user pages', async () => {
    const plain = temporaryTree({ 'main.c': 'int main(void) { return 0; }\n' });
    const live = await start({ folders: [plain] });
    const uri = await live.open(path.join(plain, 'main.c'), 'int main(void) { return 1; }\n');
    assert.deepEqual(await live.pull(uri), []);
    const status = live.notified.find((n) => n.method === 'guplint/status');
    assert.equal((status?.params as { state?: string } | undefined)?.state, 'idle');
  });

  it('runs from the sources, too', async () => {
    const command = [
      process.execPath,
      require.resolve('tsx/cli'),
      path.join(ROOT, 'server/cli/bin.ts'),
      'lsp',
      '--stdio',
    ];
    const sources = new LspClient({ kernel: '6.12' }, { command });
    started.push(sources);
    await sources.initialize({ folders: [folder] });
    const uri = await sources.open(path.join(folder, 'capture.c'), CAPTURE);
    assert.ok((await sources.pull(uri)).length >= 5);
    assert.equal((await sources.request<unknown[]>('guplint/sites', { again: true })).length, 5);
  });
});
