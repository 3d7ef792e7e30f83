/** The language server and clients that behave badly, or can do little: nothing they send ends it or makes it say wrong things. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { CancellationTokenSource } from 'vscode-jsonrpc/node';
import type { CodeAction, Command, Diagnostic, WorkspaceEdit } from 'vscode-languageserver/node';
import { temporaryTree } from './harness/cli.ts';
import { CAPABLE, LspClient, PUSHED, positionOf } from './harness/lsp.ts';

const CAPTURE = readFileSync(path.join(__dirname, '../examples/demo-capture.c'), 'utf8');

const WIDE = `/* \u00e9\u{1F600} */ static int f(unsigned long a, struct page **p) { /* \u{1F600}\u00e9 */ return get_user_pages_fast(a, 1, 1, p); }\n`;

describe('language server under torture', function () {
  this.timeout(120_000);
  const started: LspClient[] = [];
  const start = async (...args: Parameters<typeof LspClient.start>): Promise<LspClient> => {
    const made = await LspClient.start(...args);
    started.push(made);
    return made;
  };
  let folder: string;
  before(() => {
    folder = temporaryTree({ 'capture.c': CAPTURE });
  });
  after(async () => {
    for (const c of started) assert.equal(await c.stop(), 0, c.errors);
  });

  it('lives through messages that make no sense', async () => {
    const client = await start({ folders: [folder], settings: { kernel: '6.12' } });
    const uri = await client.open(path.join(folder, 'capture.c'), CAPTURE);
    const raw = (body: string): void => {
      client.process.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    };
    raw('{"jsonrpc":"2.0","method":"textDocument/didChange"}');
    raw('{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{}}');
    raw('{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":null}}');
    raw('{"jsonrpc":"2.0","method":"textDocument/didClose","params":{"textDocument":{"uri":5}}}');
    raw('{"jsonrpc":"2.0","method":"workspace/didChangeWatchedFiles","params":{"changes":"all"}}');
    raw(
      '{"jsonrpc":"2.0","method":"workspace/didChangeWatchedFiles","params":{"changes":[{"uri":"file://%zz/","type":9}]}}',
    );
    raw('{"jsonrpc":"2.0","method":"workspace/didChangeConfiguration","params":{"settings":17}}');
    raw('{"jsonrpc":"2.0","method":"$/nothing","params":[1,2]}');
    raw('{"jsonrpc":"2.0","id":9000,"method":"textDocument/hover","params":{}}');
    raw('{"jsonrpc":"2.0","id":9001,"method":"codeAction/resolve","params":{"title":"x","data":{"uri":1,"what":7}}}');
    raw('{"jsonrpc":"2.0","id":9002,"method":"no/such/method","params":{}}');
    raw('{"jsonrpc":"2.0","id":9003,"method":"workspace/executeCommand","params":{"command":"rm"}}');
    raw('{"jsonrpc":"2.0","id":9004,"method":"guplint/sites","params":"x"}');
    await client.change('file:///not/open.c', 3, [{ text: 'x' }]);
    await client.change(uri, 2, [
      { range: { start: { line: 900000, character: 9 }, end: { line: 900001, character: 0 } }, text: '\n' },
    ]);
    const other = { textDocument: { uri: 'file:///not/open.c' }, position: { line: 1, character: 1 } };
    for (const method of ['hover', 'definition', 'implementation', 'completion', 'documentSymbol', 'codeLens'])
      await client.request(`textDocument/${method}`, other);
    await client.request('textDocument/hover', { textDocument: { uri }, position: { line: 1e9, character: -5 } });
    await client.request('textDocument/hover', {
      textDocument: { uri: 'untitled:Untitled-1' },
      position: { line: 0, character: 0 },
    });
    assert.ok((await client.pull(uri)).length >= 5);
  });

  it('takes messages out of order: before initialize, opened twice, older versions, closed twice', async () => {
    const client = new LspClient({ kernel: '6.12' });
    started.push(client);
    const file = path.join(folder, 'capture.c');
    const uri = pathToFileURL(file).href;
    const early = client.request('textDocument/hover', { textDocument: { uri }, position: { line: 0, character: 0 } });
    await assert.rejects(early, { code: -32002, message: 'initialize comes first' });
    await client.open(file, 'int too_early;\n');
    await client.initialize({ folders: [folder], settings: { kernel: '6.12' } });
    await assert.rejects(client.initialize({ folders: [] }), { code: -32600, message: 'initialized already' });
    await client.open(file, 'int opened_first;\n', 7);
    await client.open(file, CAPTURE, 3);
    await client.change(uri, 2, [{ text: CAPTURE.replaceAll('unpin_user_pages', 'demo_keep') }]);
    await client.change(uri, 1, [{ text: CAPTURE }]);
    const shown = (await client.pull(uri)).map(({ code, range }) => ({ code, range }));
    const fresh = await start({ folders: [folder], settings: { kernel: '6.12' } });
    const same = await fresh.open(file, CAPTURE);
    assert.deepEqual(
      shown,
      (await fresh.pull(same)).map(({ code, range }) => ({ code, range })),
    );
    await client.close(uri);
    await client.close(uri);
    await client.change(uri, 9, [{ text: 'x' }]);
    assert.deepEqual(await client.pull(uri), []);
  });

  it('goes on after a body that is no JSON', async () => {
    const client = await LspClient.start({ folders: [folder], settings: { kernel: '6.12' } });
    const uri = await client.open(path.join(folder, 'capture.c'), CAPTURE);
    client.process.stdin.write('Content-Length: 9\r\n\r\n{"jsonrp:');
    client.process.stdin.write('Content-Length: 4\r\n\r\nnull');
    assert.ok((await client.pull(uri)).length >= 5);
    await client.stop();
  });

  it('answers nothing after shutdown', async () => {
    const client = await LspClient.start({ folders: [folder] });
    await client.request('shutdown', undefined);
    for (const method of ['shutdown', 'textDocument/diagnostic'])
      await assert.rejects(client.request(method, {}), { code: -32600, message: 'the server was shut down' });
    assert.equal(await ended(client, () => client.rpc.sendNotification('exit')), 0);
  });

  it('ends when the client is gone: idle, with documents open, in the middle of a message, when nobody reads', async () => {
    const idle = new LspClient();
    assert.equal(await ended(idle, () => idle.process.stdin.end()), 1, idle.errors);
    for (const last of ['', 'Content-Length: 100\r\n\r\n{']) {
      const client = await LspClient.start({ folders: [folder], settings: { kernel: '6.12' } });
      const uri = await client.open(path.join(folder, 'capture.c'), CAPTURE);
      assert.ok((await client.pull(uri)).length >= 5);
      await client.change(uri, 2, [{ text: `${CAPTURE}\n` }]);
      assert.equal(await ended(client, () => client.process.stdin.end(last)), 1);
      assert.equal(client.errors, '');
    }
    const unread = await LspClient.start({ folders: [folder], settings: { kernel: '6.12' }, capabilities: PUSHED });
    unread.process.stdout.destroy();
    assert.equal(await ended(unread, () => unread.open(path.join(folder, 'capture.c'), CAPTURE)), 1);
    assert.equal(unread.errors, '');
  });

  it('says what is wrong and ends where nobody knows any more where a message begins', async () => {
    for (const sent of ['GET / HTTP/1.1\r\n\r\n', 'Content-Type: x\r\n\r\n{}', 'Content-Length: many\r\n\r\n{}']) {
      const client = new LspClient();
      assert.equal(await ended(client, () => client.process.stdin.write(sent)), 1);
      assert.match(client.errors, /^guplint: standard input is not the language server protocol: .+\n$/);
    }
  });

  it('takes a file for the directory it lies in where a folder is meant', async () => {
    const client = await start({ folders: [path.join(folder, 'capture.c')], settings: { kernel: '6.12' } });
    const uri = await client.open(path.join(folder, 'capture.c'), CAPTURE);
    assert.ok((await client.pull(uri)).length >= 5);
  });

  it('publishes nothing for a document that was closed while it was analysed', async () => {
    const client = await start({ folders: [folder], settings: { kernel: '6.12' }, capabilities: PUSHED });
    const uri = pathToFileURL(path.join(folder, 'capture.c')).href;
    for (let i = 1; i <= 30; i++) {
      await client.open(path.join(folder, 'capture.c'), CAPTURE, i);
      if (i % 3 === 0) await new Promise((resolve) => setTimeout(resolve, i * 3));
      await client.close(uri);
    }
    await new Promise((resolve) => setTimeout(resolve, 1000));
    assert.deepEqual(client.pushed.get(uri)?.at(-1)?.diagnostics, []);
  });

  it('answers after requests were cancelled', async () => {
    const client = await start({ folders: [folder], settings: { kernel: '6.12' } });
    const uri = await client.open(path.join(folder, 'capture.c'), CAPTURE);
    const pulls = Array.from({ length: 20 }, () => {
      const source = new CancellationTokenSource();
      const answer = client.rpc.sendRequest('textDocument/diagnostic', { textDocument: { uri } }, source.token);
      source.cancel();
      return answer.then(
        () => undefined,
        () => undefined,
      );
    });
    await Promise.all(pulls);
    const source = new CancellationTokenSource();
    const command = { command: 'guplint.checkWorkspace' };
    const check = client.rpc.sendRequest('workspace/executeCommand', command, source.token);
    source.cancel();
    await assert.rejects(check, /cancel/i);
    assert.ok((await client.pull(uri)).length >= 5);
  });

  it('serves a client without any optional capability', async () => {
    const client = await start({ folders: [folder], capabilities: {}, initializationOptions: { kernel: '6.12' } });
    const uri = await client.open(path.join(folder, 'capture.c'), CAPTURE);
    const diagnostics = await client.pushedFor(uri);
    assert.ok(diagnostics.length >= 5);
    for (const d of diagnostics)
      for (const key of ['relatedInformation', 'codeDescription', 'tags']) assert.ok(!(key in d), key);
    assert.deepEqual(
      client.requested.filter((r) => r !== 'workspace/configuration'),
      [],
    );
    const at = positionOf(CAPTURE, 'nr, 1, pages', 4);
    const commands = await client.request<Command[]>('textDocument/codeAction', {
      textDocument: { uri },
      range: { start: at, end: at },
      context: { diagnostics: [] },
    });
    const write = commands.find((c) => c.title === 'Use FOLL_WRITE');
    assert.equal(typeof write?.command, 'string');
    const edit = write?.arguments?.[1] as WorkspaceEdit;
    assert.equal(edit.changes?.[uri]?.[0]?.newText, 'FOLL_WRITE');
    await client.request('workspace/executeCommand', write);
    assert.ok(client.requested.includes('workspace/applyEdit'));
    const hover = await client.at<{ contents: { kind: string } }>(
      'textDocument/hover',
      uri,
      positionOf(CAPTURE, 'FOLL_LONGTERM', 2),
    );
    assert.equal(hover.contents.kind, 'plaintext');
    await client.rpc.sendNotification('workspace/didChangeConfiguration', {
      settings: { guplint: { enabled: false } },
    });
    await client.until('no findings', () => client.pushed.get(uri)?.at(-1)?.diagnostics.length === 0);
  });

  it('counts as the client counts: UTF-8, UTF-16, UTF-32', async () => {
    const places = new Map<string, Diagnostic['range']>();
    for (const encoding of ['utf-8', 'utf-16', 'utf-32']) {
      const general = { positionEncodings: [encoding] };
      const client = await start({
        folders: [folder],
        settings: { kernel: '6.12' },
        capabilities: { ...CAPABLE, general },
      });
      const uri = await client.open(path.join(folder, 'wide.c'), 'x\n');
      await client.change(uri, 2, [{ text: WIDE.replace('1, 1, p', '1, FOLL_WRITE, p') }]);
      const unit = (text: string): number =>
        encoding === 'utf-8' ? Buffer.byteLength(text) : encoding === 'utf-16' ? text.length : [...text].length;
      const before = unit(WIDE.slice(0, WIDE.indexOf('1, p)')));
      const range = {
        start: { line: 0, character: before },
        end: { line: 0, character: before + 'FOLL_WRITE'.length },
      };
      await client.change(uri, 3, [{ range, text: '1' }]);
      const found = (await client.pull(uri)).find((d) => d.code === 'magic-gup-flags');
      assert.equal(found?.range.start.character, before, encoding);
      assert.equal(found?.range.end.character, before + 1, encoding);
      places.set(encoding, found.range);
      const [menu] = await client.request<CodeAction[]>('textDocument/codeAction', {
        textDocument: { uri },
        range: found.range,
        context: { diagnostics: [found], only: ['quickfix'] },
      });
      const { edit } = await client.request<CodeAction>('codeAction/resolve', menu);
      const [change] = edit?.documentChanges ?? [];
      assert.ok(change !== undefined && 'edits' in change);
      assert.deepEqual(change.edits, [{ range: found.range, newText: 'FOLL_WRITE' }], encoding);
      const name = { line: 0, character: unit(WIDE.slice(0, WIDE.indexOf('_user_pages'))) };
      assert.ok((await client.at('textDocument/hover', uri, name)) !== null);
    }
    assert.equal(new Set([...places.values()].map((r) => r.start.character)).size, 3);
  });
});

/** The exit code of a server after something was done to it. */
async function ended(client: LspClient, last: () => unknown): Promise<number | null> {
  const code = new Promise<number | null>((resolve) => client.process.on('close', resolve));
  await last();
  return code;
}
