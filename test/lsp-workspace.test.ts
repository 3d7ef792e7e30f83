/** The language server over whole folders: the report, progress, the state of the index, folders that come and go. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { temporaryTree } from './harness/cli.ts';
import { LspClient, positionOf } from './harness/lsp.ts';

const CAPTURE = readFileSync(path.join(__dirname, '../examples/demo-capture.c'), 'utf8');
const GIVE = 'void demo_give(struct page **pages, int nr)\n{\n\tunpin_user_pages(pages, nr);\n}\n';

interface Progress {
  readonly token: string;
  readonly value: { readonly kind: string };
}

interface Status {
  readonly uri: string;
  readonly state: string;
  readonly index: string;
  readonly indexing: boolean;
  readonly indexedFiles: number;
}

describe('language server: folders', function () {
  this.timeout(120_000);
  const started: LspClient[] = [];
  const start = async (folders: readonly string[], cache?: string): Promise<LspClient> => {
    const shared = cache === undefined ? {} : { cache };
    const client = await LspClient.start({ folders, settings: { kernel: '6.12' }, ...shared });
    started.push(client);
    return client;
  };
  const uriOf = (...parts: string[]): string => pathToFileURL(path.join(...parts)).href;
  after(async () => {
    for (const c of started) assert.equal(await c.stop(), 0, c.errors);
  });

  it('writes the report of a folder', async () => {
    const folders = [temporaryTree({ 'a/capture.c': CAPTURE }), temporaryTree({ 'give.c': GIVE })];
    const client = await start(folders);
    const write = (...args: string[]): Promise<{ findings: number; sites: number }> =>
      client.request('workspace/executeCommand', { command: 'guplint.writeReport', arguments: args });
    const [first = ''] = folders;
    const written = await write(uriOf(first, 'report.html'), uriOf(first));
    assert.equal(written.sites, 4);
    const page = readFileSync(path.join(first, 'report.html'), 'utf8');
    assert.match(page, /^<!doctype html>/i);
    const text = /<script[^>]*type="application\/json"[^>]*>([\s\S]*?)<\/script>/.exec(page)?.[1] ?? '';
    const data = JSON.parse(text) as { findings: { file: string }[]; sites: unknown[] };
    assert.deepEqual([data.findings.length, data.sites.length], [written.findings, 4]);
    assert.ok(data.findings.every((f) => f.file === 'a/capture.c'));
    await assert.rejects(write(uriOf(first, 'report.html')), /which folder/);
    await assert.rejects(write('untitled:report', uriOf(first)), /is no file/);
  });

  it('shows the progress of a check from beginning to end', async () => {
    const client = await start([temporaryTree({ 'capture.c': CAPTURE })]);
    const check = { command: 'guplint.checkWorkspace', workDoneToken: 'check-1' };
    await client.request('workspace/executeCommand', check);
    const told = client.notified.filter((n) => n.method === '$/progress').map((n) => n.params as Progress);
    const kinds = told.filter((p) => p.token === 'check-1').map((p) => p.value.kind);
    assert.deepEqual([kinds[0], kinds.at(-1)], ['begin', 'end']);
  });

  it('says what could not be looked at, and refuses commands that it does not have', async () => {
    const broken = temporaryTree({ 'capture.c': CAPTURE, 'guplint.json': '{ "kernel": 6 }' });
    const empty = temporaryTree({});
    const names = [broken, empty].map((f) => path.basename(f));
    const problems = [
      `${names[0]}/guplint.json:1:13: 'kernel' must be a string, found 6`,
      `${names[1]}: no .c or .h files in this directory`,
    ];
    const client = await start([broken, empty]);
    const execute = (command: string, ...args: string[]): Promise<{ files: number; problems: string[] }> =>
      client.request('workspace/executeCommand', { command, arguments: args });
    const { files, problems: told } = await execute('guplint.checkWorkspace');
    assert.deepEqual([files, told], [0, problems]);
    await assert.rejects(client.request('guplint/sites', {}), { message: problems[0] });
    const report = uriOf(broken, 'report.html');
    await assert.rejects(execute('guplint.writeReport', report, uriOf(empty)), { message: problems[1] });
    await assert.rejects(execute('guplint.writeReport'), /guplint\.writeReport does not take these arguments/);
    await assert.rejects(execute('rm', '-rf'), /there is no command rm/);
  });

  it('knows the sites of a checked workspace without a search, those of a file that was open and closed among them', async () => {
    const folder = temporaryTree({ 'capture.c': CAPTURE, 'a/capture.c': CAPTURE });
    const client = await start([folder]);
    await client.request('workspace/executeCommand', { command: 'guplint.checkWorkspace' });
    const sites = async (): Promise<number> => (await client.request<unknown[]>('guplint/sites', {})).length;
    const searches = (): number =>
      client.notified.filter((n) => n.method === '$/progress' && (n.params as Progress).value.kind === 'begin').length;
    const before = searches();
    assert.deepEqual([await sites(), searches()], [8, before]);
    const uri = await client.open(path.join(folder, 'capture.c'), 'int typed_over;\n');
    await client.pull(uri);
    assert.equal(await sites(), 4);
    const changes = (): number => client.notified.filter((n) => n.method === 'guplint/sitesChanged').length;
    const told = changes();
    await client.close(uri);
    await client.until('the sites on disk', () => changes() > told);
    assert.equal(await sites(), 8);
  });

  it('ends a search of the folders when its progress is cancelled, and searches again when asked', async () => {
    const files = Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`d${i}/capture.c`, CAPTURE]));
    const client = await start([temporaryTree(files)]);
    const asked = client.request<unknown[]>('guplint/sites', { again: true }).then(
      () => 'done',
      (error: Error) => error.message,
    );
    const begun = await client.until('the progress', () =>
      client.notified
        .filter((n) => n.method === '$/progress')
        .map((n) => n.params as Progress)
        .find((p) => p.value.kind === 'begin'),
    );
    await client.rpc.sendNotification('window/workDoneProgress/cancel', { token: begun.token });
    assert.match(await asked, /cancel/i);
    assert.equal((await client.request<unknown[]>('guplint/sites', { again: true })).length, 600);
  });

  it('answers while the folders are searched', async () => {
    const files = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`d${i}/capture.c`, CAPTURE]));
    const folder = temporaryTree(files);
    const client = await start([folder]);
    const uri = await client.open(path.join(folder, 'd0/capture.c'), CAPTURE);
    await client.pull(uri);
    const order: string[] = [];
    const sites = client.request('guplint/sites', { again: true }).then(() => order.push('sites'));
    await client.until('the progress', () =>
      client.notified.some((n) => n.method === '$/progress' && (n.params as Progress).value.kind === 'report'),
    );
    const hover = await client.at('textDocument/hover', uri, positionOf(CAPTURE, 'pin_user_pages', 3));
    order.push('hover');
    await sites;
    assert.ok(hover !== null);
    assert.deepEqual(order, ['hover', 'sites']);
  });

  it('tells how much of the folder is indexed', async () => {
    const folder = temporaryTree({ 'capture.c': CAPTURE, 'give.c': GIVE, 'plain.c': 'int a;\n' });
    const client = await start([folder]);
    const uri = await client.open(path.join(folder, 'capture.c'), CAPTURE);
    await client.pull(uri);
    const last = (): Status | undefined =>
      client.notified
        .filter((n) => n.method === 'guplint/status')
        .map((n) => n.params as Status)
        .findLast((s) => s.uri === uri);
    assert.deepEqual([last()?.index, last()?.indexing, last()?.indexedFiles], ['none', false, 1]);
    const at = positionOf(CAPTURE, 'unpin_user_pages(pages, nr)', 3);
    await client.at('textDocument/definition', uri, at);
    await client.until('the directory', () => last()?.index === 'directory' && last()?.indexing === false);
    assert.equal(last()?.indexedFiles, 2);
    await client.request('guplint/sites', { again: true });
    await client.until('the folder', () => last()?.index === 'workspace' && last()?.indexing === false);
  });

  it('looks at no other file before one that is of interest is opened, and then at those of its directory alone', async () => {
    const files = { 'plain.c': 'int a;\n', 'drv/give.c': GIVE, 'drv/capture.c': CAPTURE, 'far/capture.c': CAPTURE };
    const folder = temporaryTree(files);
    const client = await start([folder]);
    const last = (uri: string): Status | undefined =>
      client.notified
        .filter((n) => n.method === 'guplint/status')
        .map((n) => n.params as Status)
        .findLast((s) => s.uri === uri);
    const plain = await client.open(path.join(folder, 'plain.c'), files['plain.c']);
    assert.deepEqual(await client.pull(plain), []);
    await client.change(plain, 2, [{ text: 'int b;\n' }]);
    assert.deepEqual(await client.pull(plain), []);
    const idle = await client.until('the status', () => last(plain));
    assert.deepEqual([idle.state, idle.index, idle.indexing, idle.indexedFiles], ['idle', 'none', false, 0]);
    const give = await client.open(path.join(folder, 'drv/give.c'), GIVE);
    await client.pull(give);
    const done = await client.until('the directory', () => {
      const status = last(give);
      return status?.index === 'directory' && !status.indexing ? status : undefined;
    });
    assert.deepEqual([done.state, done.indexedFiles], ['analysed', 2]);
  });

  it('leads from a release to the call that took the pages in a file that is not open', async () => {
    const take =
      'int demo_take(struct demo *d, unsigned long addr)\n{\n\treturn pin_user_pages_fast(addr, d->nr, FOLL_WRITE, d->pages);\n}\n';
    const give = 'void demo_give(struct demo *d)\n{\n\tunpin_user_pages(d->pages, d->nr);\n}\n';
    const folder = temporaryTree({ 'take.c': take, 'give.c': give });
    const client = await start([folder]);
    const uri = await client.open(path.join(folder, 'give.c'), give);
    const at = positionOf(give, 'unpin_user_pages', 3);
    const places = async (method: string, more = {}): Promise<string[]> => {
      const found = await client.at<{ uri: string; range: { start: { line: number } } }[]>(method, uri, at, more);
      return found.map((l) => `${path.basename(l.uri)}:${l.range.start.line}`).sort();
    };
    assert.deepEqual(await places('textDocument/definition'), ['take.c:2']);
    assert.deepEqual(await places('textDocument/implementation'), ['take.c:2']);
    const context = { context: { includeDeclaration: true } };
    assert.deepEqual(await places('textDocument/references', context), ['give.c:2', 'take.c:2']);
  });

  it('takes folders that are added and removed', async () => {
    const [first, second] = [temporaryTree({ 'plain.c': 'int a;\n' }), temporaryTree({ 'capture.c': CAPTURE })];
    const client = await start([first]);
    const sites = async (): Promise<number> =>
      (await client.request<unknown[]>('guplint/sites', { again: true })).length;
    assert.equal(await sites(), 0);
    const change = (added: string[], removed: string[]): Promise<void> => {
      const folder = (f: string): object => ({ uri: uriOf(f), name: path.basename(f) });
      const event = { added: added.map(folder), removed: removed.map(folder) };
      return client.rpc.sendNotification('workspace/didChangeWorkspaceFolders', { event });
    };
    await change([second], []);
    assert.equal(await sites(), 4);
    const uri = await client.open(path.join(second, 'capture.c'), CAPTURE);
    assert.ok((await client.pull(uri)).length >= 5);
    await change([], [second]);
    assert.equal(await sites(), 0);
    assert.ok((await client.pull(uri)).length >= 5, 'an open file outside of every folder is still looked at');
  });

  describe('what an earlier session found out', () => {
    const HEADER = 'struct page;\n#define DEMO_FLAGS FOLL_WRITE\n';
    const SOURCE = `#include "demo.h"

int demo_take(unsigned long addr, struct page **pages)
{
	return get_user_pages_fast(addr, 1, DEMO_FLAGS, pages);
}
`;
    interface Session {
      readonly rules: readonly unknown[];
      /** Milliseconds the analysis took, by each status: 0 where it was known. */
      readonly times: readonly number[];
    }
    async function session(folder: string, cache: string): Promise<Session> {
      const client = await LspClient.start({ folders: [folder], settings: { kernel: '6.12' }, cache });
      const text = readFileSync(path.join(folder, 'take.c'), 'utf8');
      const uri = await client.open(path.join(folder, 'take.c'), text);
      const rules = (await client.pull(uri)).map((d) => d.code);
      // The thread's own answer; it is kept behind the reply.
      await client.pull(uri);
      const kept = path.join(cache, 'guplint');
      await client.until(
        'the answer to be kept',
        () => existsSync(kept) && readdirSync(kept).some((name) => /^job-.*\.json$/.test(name)),
      );
      const statuses = client.notified.filter((n) => n.method === 'guplint/status');
      assert.equal(await client.stop(), 0, client.errors);
      return { rules, times: statuses.map((n) => (n.params as { time: number }).time) };
    }

    it('is shown at once while everything is as it was, and never afterwards', async () => {
      const cache = temporaryTree({});
      const folder = temporaryTree({ 'take.c': SOURCE, 'demo.h': HEADER });
      const first = await session(folder, cache);
      assert.ok((first.times[0] ?? 0) > 0);
      const second = await session(folder, cache);
      assert.equal(second.times[0], 0);
      assert.deepEqual(second.rules, first.rules);
      assert.ok(!first.rules.includes('longterm-needs-pin'));
      writeFileSync(path.join(folder, 'demo.h'), HEADER.replace('FOLL_WRITE', 'FOLL_LONGTERM'));
      const third = await session(folder, cache);
      assert.ok((third.times[0] ?? 0) > 0);
      assert.ok(third.rules.includes('longterm-needs-pin'), third.rules.join(' '));
      writeFileSync(path.join(folder, 'guplint.json'), '{ "rules": { "longterm-needs-pin": "off" } }');
      assert.ok(!(await session(folder, cache)).rules.includes('longterm-needs-pin'));
    });
  });
});
