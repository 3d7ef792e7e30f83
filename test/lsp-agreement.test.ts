/**
 * The same answer everywhere: over all fixtures and examples the command line's JSON and the server's diagnostics agree finding by
 * finding, and the server's answers after thousands of random edits are those of a fresh server.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { CancellationTokenSource } from 'vscode-jsonrpc/node';
import type { Diagnostic } from 'vscode-languageserver/node';
import { guplint, temporaryTree } from './harness/cli.ts';
import { LspClient } from './harness/lsp.ts';
import { readFixture } from './harness/markers.ts';
import { randomNumbers } from './harness/random.ts';

const ROOT = path.join(__dirname, '..');
const SEVERITY: Readonly<Record<string, number>> = { error: 1, warning: 2, info: 4 };

/** A finding as both sides tell it. */
interface Told {
  readonly rule: string;
  readonly severity: number | undefined;
  readonly message: string;
  readonly place: readonly number[];
  readonly steps: readonly string[];
}

interface CliFinding {
  readonly rule: string;
  readonly severity: string;
  readonly message: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  readonly related: readonly { readonly file: string; readonly line: number; readonly message: string }[];
}

function fromCli(f: CliFinding): Told {
  return {
    rule: f.rule,
    severity: SEVERITY[f.severity],
    message: f.message,
    place: [f.line, f.column, f.endLine, f.endColumn],
    steps: f.related.map((r) => `${path.basename(r.file)}:${r.line} ${r.message}`),
  };
}

function fromServer(d: Diagnostic): Told {
  const { start, end } = d.range;
  return {
    rule: String(d.code),
    severity: d.severity,
    message: String(d.message),
    place: [start.line + 1, start.character + 1, end.line + 1, end.character + 1],
    steps: (d.relatedInformation ?? []).map(
      (r) => `${path.basename(r.location.uri)}:${r.location.range.start.line + 1} ${r.message}`,
    ),
  };
}

const order = (a: Told, b: Told): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

/** Every fixture of the repository as a folder of files, each for one kernel of its list, and the examples. */
function folders(): { readonly name: string; readonly kernel: string; readonly files: Record<string, string> }[] {
  const fixtures = path.join(ROOT, 'test/fixtures');
  const names = readdirSync(fixtures, { recursive: true, encoding: 'utf8' }).filter((n) => n.endsWith('.c'));
  const made = names.flatMap((name) => {
    const fixture = readFixture(path.basename(name), readFileSync(path.join(fixtures, name), 'utf8'), 'any');
    const files = Object.fromEntries(fixture.files.map((f) => [path.basename(f.path), f.text]));
    return fixture.kernels
      .slice(0, 1)
      .map((kernel) => ({ name, kernel: kernel === 'unknown' ? 'auto' : kernel, files }));
  });
  const examples = path.join(ROOT, 'examples');
  const texts = readdirSync(examples)
    .filter((n) => /\.[ch]$/.test(n))
    .map((n) => [n, readFileSync(path.join(examples, n), 'utf8')] as const);
  return [...made, { name: 'examples', kernel: '6.12', files: Object.fromEntries(texts) }];
}

describe('the same answer on the command line and in the editor', function () {
  this.timeout(300_000);

  it('over all fixtures and examples, finding by finding', async () => {
    const all = folders();
    const byKernel = new Map<string, typeof all>();
    for (const folder of all) byKernel.set(folder.kernel, [...(byKernel.get(folder.kernel) ?? []), folder]);
    let compared = 0;
    for (const [kernel, group] of byKernel) {
      const tree = temporaryTree(
        Object.fromEntries(
          group.flatMap(({ files }, i) =>
            Object.entries(files).map(([name, text]) => [`f${i}/${name}`, text] as const),
          ),
        ),
      );
      const run = guplint(['.', '--kernel', kernel, '--format', 'json', '--min-confidence', 'low'], { cwd: tree });
      assert.ok(run.code === 0 || run.code === 1, run.err);
      const { findings } = JSON.parse(run.out) as { findings: CliFinding[] };
      const client = await LspClient.start({ folders: [tree], settings: { kernel, minConfidence: 'low' } });
      for (const [i, { name, files }] of group.entries()) {
        for (const [file, text] of Object.entries(files)) {
          const uri = await client.open(path.join(tree, `f${i}`, file), text);
          const shown = (await client.pull(uri)).map(fromServer).sort(order);
          const wanted = findings
            .filter((f) => f.file === `f${i}/${file}` && f.rule !== 'parse-damaged')
            .map(fromCli)
            .sort(order);
          assert.deepEqual(shown, wanted, `${name}: ${file} for ${kernel}`);
          compared += wanted.length;
          await client.close(uri);
        }
      }
      assert.equal(await client.stop(), 0, client.errors);
    }
    assert.ok(compared > 200, `${compared} findings compared`);
  });

  it('at every 500th of 5,000 random edits as on a fresh start, whatever else happens', async () => {
    const examples = path.join(ROOT, 'examples');
    const names = readdirSync(examples).filter((n) => /\.[ch]$/.test(n));
    const files = Object.fromEntries(names.map((n) => [n, readFileSync(path.join(examples, n), 'utf8')]));
    const trees = [temporaryTree(files), temporaryTree({ 'capture.c': files['demo-capture.c'] ?? '' })];
    const client = await LspClient.start({ folders: trees, settings: { kernel: '6.12' } });
    const texts = new Map<string, string>();
    const open = async (file: string, text: string): Promise<void> => {
      texts.set(await client.open(file, text), text);
    };
    for (const name of names) await open(path.join(trees[0] ?? '', name), files[name] ?? '');
    await open(path.join(trees[1] ?? '', 'capture.c'), files['demo-capture.c'] ?? '');
    const random = randomNumbers(20240607);
    const uris = [...texts.keys()];
    /** Edits that take earlier ones back: without them nothing but noise would be left of the files. */
    const undo: { uri: string; start: number; end: number; newText: string }[] = [];
    let findings = 0;
    for (let version = 2; version < 5002; version++) {
      // The last edits before a comparison stay, so that there is something to get wrong.
      const back = random(3) > 0 && (version - 2) % 500 < 493 ? undo.pop() : undefined;
      const uri = back?.uri ?? uris[random(uris.length)] ?? '';
      const text = texts.get(uri) ?? '';
      const { start, end, newText } = back ?? randomEdit(text, random);
      if (back === undefined) undo.push({ uri, start, end: start + newText.length, newText: text.slice(start, end) });
      texts.set(uri, text.slice(0, start) + newText + text.slice(end));
      await client.change(uri, version, [{ range: { start: at(text, start), end: at(text, end) }, text: newText }]);
      if (version % 97 === 0) await disturb(client, { uri, text: texts.get(uri) ?? '', version });
      if (version % 500 === 1) findings += await compared(client, trees, texts, version);
    }
    assert.equal(await client.stop(), 0, client.errors);
    assert.ok(findings > 20, `${findings} findings compared`);
  });
});

/** Something else that editors do: close and open again during an analysis, cancel a question, change the settings. */
async function disturb(
  client: LspClient,
  { uri, text, version }: { readonly uri: string; readonly text: string; readonly version: number },
): Promise<void> {
  const kind = Math.floor(version / 97) % 3;
  if (kind === 0) {
    await client.close(uri);
    await client.open(fileURLToPath(uri), text, version);
  } else if (kind === 1) {
    const source = new CancellationTokenSource();
    const answer = client.rpc.sendRequest('textDocument/diagnostic', { textDocument: { uri } }, source.token);
    source.cancel();
    await answer.catch(() => undefined);
  } else {
    const rules = version % 2 === 0 ? { 'magic-gup-flags': 'off' } : {};
    client.settings = { kernel: '6.12', rules };
    await client.rpc.sendNotification('workspace/didChangeConfiguration', { settings: null });
  }
}

/** Holds what a server shows of its documents to what one shows that never saw other texts; gives how many findings these are. */
async function compared(
  client: LspClient,
  folders: readonly string[],
  texts: ReadonlyMap<string, string>,
  version: number,
): Promise<number> {
  const fresh = await LspClient.start({ folders, settings: client.settings ?? {} });
  for (const [uri, text] of texts) await fresh.open(new URL(uri).pathname, text);
  const told = async (from: LspClient, uri: string): Promise<string> =>
    JSON.stringify((await from.pull(uri)).map(fromServer).sort(order), null, 1);
  let findings = 0;
  for (const uri of texts.keys()) {
    const wanted = await told(fresh, uri);
    let shown = await told(client, uri);
    // What one document's edits did to the others is told a moment later.
    for (let tries = 0; shown !== wanted && tries < 50; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      shown = await told(client, uri);
    }
    assert.equal(shown, wanted, `${uri} at edit ${version}`);
    findings += (JSON.parse(wanted) as unknown[]).length;
  }
  assert.equal(await fresh.stop(), 0, fresh.errors);
  return findings;
}

/** Numbers below a bound, the same in every run. */
const PIECES = [
  'FOLL_WRITE',
  'FOLL_LONGTERM | ',
  'get_user_pages_fast',
  'pin_user_pages(addr, nr, 0, pages)',
  'put_page(page);',
  'unpin_user_pages(pages, nr);',
  '\n',
  '\n#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)\n',
  '\n#endif\n',
  '{',
  '}',
  '(',
  ')',
  ';',
  '"',
  '/*',
  '*/',
  ' ',
  '',
];

/** An edit as typing makes them: mostly small, mostly undone by a later one, sometimes half of the file. */
function randomEdit(text: string, random: (bound: number) => number): { start: number; end: number; newText: string } {
  const start = random(text.length + 1);
  const removed = random(4) === 0 ? random(40) : random(3);
  const newText = random(20) === 0 ? text.slice(0, random(800)) : (PIECES[random(PIECES.length)] ?? '');
  const end = Math.min(text.length, text.length > 12_000 ? start + 3000 : start + removed);
  return { start, end, newText };
}

function at(text: string, offset: number): { line: number; character: number } {
  const before = text.slice(0, offset);
  return { line: before.split('\n').length - 1, character: before.length - before.lastIndexOf('\n') - 1 };
}
