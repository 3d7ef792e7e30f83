/** What each of the language server's settings turns on and off, and what it says beside the findings: steps, tags, status. */
import assert from 'node:assert/strict';
import { cpSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { CodeLens, Diagnostic, Hover, InlayHint } from 'vscode-languageserver/node';
import { bundleDirectory, guplint, temporaryTree } from './harness/cli.ts';
import { CAPABLE, LspClient, positionOf } from './harness/lsp.ts';

const CAPTURE = readFileSync(path.join(__dirname, '../examples/demo-capture.c'), 'utf8');
const EVERYTHING = { start: { line: 0, character: 0 }, end: { line: 10_000, character: 0 } };

const DAMAGED = `static int demo_take(unsigned long addr, int n, struct page **pages)
{
	int ret = pin_user_pages_fast(addr, n, FOLL_WRITE, pages);

	if (ret < 0) ) {
		return ret;
	return 0;
}
`;

describe('language server: settings', function () {
  this.timeout(120_000);
  const started: LspClient[] = [];
  let folder: string;
  before(() => {
    folder = temporaryTree({ 'capture.c': CAPTURE, 'damaged.c': DAMAGED });
  });
  after(async () => {
    for (const c of started) assert.equal(await c.stop(), 0, c.errors);
  });

  /** A server with these settings and the example open. */
  async function serve(settings: Record<string, unknown>): Promise<{ client: LspClient; uri: string }> {
    const client = await LspClient.start({ folders: [folder], settings: { kernel: '6.12', ...settings } });
    started.push(client);
    return { client, uri: await client.open(path.join(folder, 'capture.c'), CAPTURE) };
  }
  const hintsIn = (client: LspClient, uri: string, range = EVERYTHING): Promise<InlayHint[]> =>
    client.request('textDocument/inlayHint', { textDocument: { uri }, range });
  const lensesIn = (client: LspClient, uri: string): Promise<CodeLens[]> =>
    client.request('textDocument/codeLens', { textDocument: { uri } });
  const labels = (hints: readonly InlayHint[]): string[] => hints.map((h) => String(h.label));

  it('lenses are on and hints off when nothing is said', async () => {
    const { client, uri } = await serve({});
    assert.equal((await lensesIn(client, uri)).length, 4);
    assert.deepEqual(await hintsIn(client, uri), []);
  });

  it('lenses can be turned off by themselves', async () => {
    const { client, uri } = await serve({ codeLens: { enabled: false }, inlayHints: { cases: true } });
    assert.deepEqual(await lensesIn(client, uri), []);
    assert.equal((await hintsIn(client, uri)).length, 4);
  });

  it('hints of cases stand behind the name of the function, and move with the text', async () => {
    const { client, uri } = await serve({ inlayHints: { cases: true } });
    const hints = await hintsIn(client, uri);
    assert.deepEqual(labels(hints), ['case 1, short', 'case 2, long', 'case 5, short', 'callers decide']);
    const name = 'pin_user_pages_fast';
    const place = positionOf(CAPTURE, `${name}(addr, nr, 1`, name.length);
    assert.deepEqual(hints[0]?.position, place);
    assert.match(String(hints[0]?.tooltip), /^Case 1: direct I\/O/);
    const line = { start: place, end: place };
    assert.deepEqual(labels(await hintsIn(client, uri, line)), ['case 1, short']);
    await client.change(uri, 2, [{ range: { start: EVERYTHING.start, end: EVERYTHING.start }, text: '\n\n' }]);
    const [moved] = await hintsIn(client, uri);
    assert.deepEqual(moved?.position, { line: place.line + 2, character: place.character });
  });

  it('hints of flags stand behind the flags, on calls that the kernel has in this form', async () => {
    const { client, uri } = await serve({ inlayHints: { impliedFlags: true } });
    const hints = await hintsIn(client, uri);
    assert.deepEqual(labels(hints).sort(), [' | FOLL_GET', ' | FOLL_PIN', ' | FOLL_PIN']);
    assert.deepEqual(hints[0]?.position, positionOf(CAPTURE, 'nr, 1, pages', 'nr, 1'.length));
  });

  it('one switch turns everything off, and `onSave` waits for saving', async () => {
    const { client, uri } = await serve({ enabled: false });
    assert.deepEqual(await client.pull(uri), []);
    assert.deepEqual(await lensesIn(client, uri), []);
    const saving = await serve({ run: 'onSave' });
    const before = await saving.client.pull(saving.uri);
    await saving.client.change(saving.uri, 2, [{ text: 'int nothing;\n' }]);
    assert.deepEqual(await saving.client.pull(saving.uri), before);
    await saving.client.rpc.sendNotification('textDocument/didSave', { textDocument: { uri: saving.uri } });
    assert.deepEqual(await saving.client.pull(saving.uri), []);
  });

  it('steps, tags and hints are told as such', async () => {
    const { client, uri } = await serve({ kernel: '5.4..6.12', rules: { 'magic-gup-flags': 'info' } });
    const found = await client.pull(uri);
    const of = (code: string): Diagnostic | undefined => found.find((d) => d.code === code);
    assert.deepEqual(of('api-not-in-kernel')?.tags, [2]);
    assert.equal(of('magic-gup-flags')?.severity, 4);
    const steps = (of('pin-leaked')?.relatedInformation ?? []).map((r) => r.message);
    assert.ok(steps.length >= 2 && /pinned here/.test(steps[0] ?? ''), steps.join('\n'));
  });

  it('the page of a rule is linked where the pages are', async () => {
    // As the package has it: the pages beside the directory of the bundle.
    const installed = temporaryTree({});
    cpSync(bundleDirectory(), path.join(installed, 'dist'), { recursive: true });
    cpSync(path.join(__dirname, '../docs/rules'), path.join(installed, 'docs/rules'), { recursive: true });
    const command = [process.execPath, path.join(installed, 'dist/guplint.js'), 'lsp', '--stdio'];
    const client = new LspClient({ kernel: '6.12' }, { command });
    started.push(client);
    await client.initialize({ folders: [folder] });
    const found = await client.pull(await client.open(path.join(folder, 'capture.c'), CAPTURE));
    assert.ok(found.length >= 5);
    for (const { code, codeDescription } of found) {
      const page = readFileSync(new URL(codeDescription?.href ?? assert.fail(`no page of ${code}`)), 'utf8');
      assert.match(page, new RegExp(`^# ${code}$`, 'm'));
    }
  });

  it("a hover tells the kernels, what the caller must see to, and links to the kernel's document", async () => {
    const { client, uri } = await serve({});
    await client.pull(uri);
    const at = positionOf(CAPTURE, 'pin_user_pages_fast(addr, nr, 1', 3);
    const { contents } = await client.at<Hover>('textDocument/hover', uri, at);
    const { value } = contents as { value: string };
    assert.match(value, /kernels 5\.6\.\./);
    assert.match(value, /caller does not hold mmap_lock; may sleep/);
    assert.match(value, /given back by `unpin_user_pages?\(\)`/);
    assert.match(value, /https:\/\/docs\.kernel\.org\/core-api\/pin_user_pages\.html/);
  });

  it('damage is told by the status alone', async () => {
    const { client } = await serve({ minConfidence: 'low' });
    const uri = await client.open(path.join(folder, 'damaged.c'), DAMAGED);
    assert.ok((await client.pull(uri)).every((d) => d.code !== 'parse-damaged'));
    const status = await client.until('the status', () => statusOf(client, uri));
    assert.deepEqual(status.damaged, ['demo_take']);
  });

  it('findings that the baseline accepts are not shown, unless it is turned off', async () => {
    const accepted = temporaryTree({ 'capture.c': CAPTURE });
    const written = guplint(['baseline', 'write', '--kernel', '6.12'], { cwd: accepted });
    assert.equal(written.code, 0, written.err);
    const shown = async (baseline: boolean): Promise<number> => {
      const client = await LspClient.start({ folders: [accepted], settings: { kernel: '6.12', baseline } });
      started.push(client);
      return (await client.pull(await client.open(path.join(accepted, 'capture.c'), CAPTURE))).length;
    };
    assert.equal(await shown(true), 0);
    assert.ok((await shown(false)) >= 5);
  });

  it('macros and another configuration file hold as on the command line', async () => {
    const text =
      'int f(unsigned long a, struct page **p)\n{\n#ifdef DEMO_OLD\n\treturn get_user_pages_fast(a, 1, 1, p);\n#else\n\treturn 0;\n#endif\n}\n';
    const tree = temporaryTree({ 'demo.c': text, 'quiet.json': '{ "rules": { "magic-gup-flags": "off" } }' });
    const magic = async (settings: Record<string, unknown>): Promise<boolean> => {
      const client = await LspClient.start({ folders: [tree], settings: { kernel: '6.12', ...settings } });
      started.push(client);
      const found = await client.pull(await client.open(path.join(tree, 'demo.c'), text));
      return found.some((d) => d.code === 'magic-gup-flags');
    };
    assert.equal(await magic({ define: { DEMO_OLD: true } }), true);
    assert.equal(await magic({ define: { DEMO_OLD: false } }), false);
    assert.equal(await magic({ define: { DEMO_OLD: true }, configFile: 'quiet.json' }), false);
  });

  it('complains of settings that make no sense in the status', async () => {
    const { client, uri } = await serve({ kernel: 'six', rules: { 'magic-gup-flags': 'loud' } });
    const status = await client.until('the status', () => statusOf(client, uri));
    assert.equal(status.problems.length, 2, status.problems.join('\n'));
    const bare = { ...CAPABLE, workspace: { ...CAPABLE.workspace, configuration: false } };
    const other = await LspClient.start({ folders: [folder], capabilities: bare, initializationOptions: 17 });
    started.push(other);
    assert.ok((await other.pull(await other.open(path.join(folder, 'capture.c'), CAPTURE))).length >= 5);
  });
});

/** The last status of a document. */
function statusOf(client: LspClient, uri: string): { damaged: string[]; problems: string[] } | undefined {
  const all = client.notified.filter((n) => n.method === 'guplint/status').map((n) => n.params as { uri: string });
  return all.findLast((s) => s.uri === uri) as { uri: string; damaged: string[]; problems: string[] } | undefined;
}
