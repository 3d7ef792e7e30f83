/**
 * The WebAssembly parser against the native binding of the same grammar version: same node types, offsets and fields, over the
 * masked functions of the fixtures and, where a kernel tree is at hand, of its files that name an API. The runtimes of the two are
 * of different releases and may recover from errors in different ways; on code without errors they must not differ.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import NativeParser from 'tree-sitter';
import { parseRange } from '../model/version.ts';
import { decode, loadUnit } from '../server/syntax/load.ts';
import type { CNode } from '../server/syntax/node.ts';
import { maskFunction } from '../server/syntax/parse-function.ts';
import { parse } from '../server/syntax/parser.ts';
import type { PreprocessEnv } from '../server/syntax/unit.ts';
import type { KernelSeries } from './harness/kernel-tree.ts';
import { kernelTree } from './harness/kernel-tree.ts';
import { startParser } from './harness/parser.ts';

const C = require('tree-sitter-c') as NativeParser.Language;
const ROOT = path.join(__dirname, 'fixtures', 'syntax');
/** Names that make a kernel file worth comparing. */
const API = /(?:get|pin)_user_pages|unpin_user_page|iov_iter_(?:get|extract)_pages|memfd_pin_folios|get_dump_page/;

function env(kernel: string): PreprocessEnv {
  const range = parseRange(kernel);
  assert.ok(range);
  return { range, defines: new Map() };
}

interface Shape {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly field: string | undefined;
  readonly missing: boolean;
  readonly named: boolean;
  readonly children: Shape[];
}

/** The whole native tree, anonymous nodes included. */
function nativeTree(code: string): Shape {
  const parser = new NativeParser();
  parser.setLanguage(C);
  const cursor = parser.parse(code).walk();
  const node = (): Shape => ({
    type: cursor.nodeType,
    start: cursor.startIndex,
    end: cursor.endIndex,
    field: cursor.currentFieldName ?? undefined,
    missing: cursor.nodeIsMissing,
    named: cursor.nodeIsNamed,
    children: [],
  });
  const root = node();
  const stack = [root];
  if (!cursor.gotoFirstChild()) return root;
  for (;;) {
    const n = node();
    stack[stack.length - 1]?.children.push(n);
    if (cursor.gotoFirstChild()) {
      stack.push(n);
      continue;
    }
    while (!cursor.gotoNextSibling()) {
      stack.pop();
      if (stack.length === 0) return root;
      cursor.gotoParent();
    }
  }
}

/** The insides of these are not shown by CNode. */
const LEAVES = new Set(['string_literal', 'char_literal']);

/** What CNode leaves out: anonymous nodes without a field name, comments, the insides of literals. */
function visible(s: Shape): Shape[] {
  if (LEAVES.has(s.type)) return [];
  return s.children.filter((c) => c.type !== 'comment' && (c.named || c.missing || c.field !== undefined));
}

/** Where two trees differ first, or undefined. */
function difference(a: CNode, b: Shape): string | undefined {
  const stack: [CNode, Shape][] = [[a, b]];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const [x, y] = top;
    const children = visible(y);
    const show = (n: CNode | Shape, count: number): string =>
      `${n.field ?? ''}:${n.type} ${n.start}-${n.end} ${n.missing} ${count}`;
    const [left, right] = [show(x, x.children.length), show(y, children.length)];
    if (left !== right) return `${left} but natively ${right}`;
    for (const [i, c] of x.children.entries()) stack.push([c, children[i] as Shape]);
  }
  return undefined;
}

/** Of a whole tree the functions that name an API are compared, and every fifth of the others. */
const EVERY = 5;

function compareFile(name: string, text: string, e: PreprocessEnv, every = 1): number {
  const unit = loadUnit(name, text, e);
  const chosen = unit.functions.filter((f, i) => i % every === 0 || API.test(text.slice(f.span.start, f.span.end)));
  for (const fn of chosen) {
    const { code } = maskFunction(unit, fn);
    const found = difference(parse(code), nativeTree(code));
    assert.equal(found, undefined, `${name}: ${fn.name}: ${found}`);
  }
  return chosen.length;
}

function* sources(dir: string): Generator<string> {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const full = path.join(dir, entry.name);
    if (entry.isDirectory()) yield* sources(full);
    else if (/\.[ch]$/.test(entry.name)) yield full;
  }
}

describe('the parser against the native binding', () => {
  before(startParser);

  it('the functions of the fixtures', () => {
    let functions = 0;
    for (const f of readdirSync(ROOT).filter((n) => n.endsWith('.c'))) {
      const text = readFileSync(path.join(ROOT, f), 'utf8');
      functions += compareFile(f, text, env('6.12'));
    }
    assert.ok(functions > 30);
  });

  it('characters beyond ASCII', () => {
    for (const code of ['int f(void) { return "é😀漢" + x; }', 'int é(void) { 😀 }', 'int f(void) { \ud800; }']) {
      assert.equal(difference(parse(code), nativeTree(code)), undefined, code);
    }
  });

  for (const series of ['6.12', '6.1'] as const satisfies readonly KernelSeries[]) {
    it(`the functions of Linux ${series} that stand in files naming an API`, function () {
      this.timeout(300000);
      const tree = kernelTree(series);
      if (tree.kind === 'missing') {
        this.skip();
        return;
      }
      let functions = 0;
      for (const file of sources(tree.root)) {
        const bytes = readFileSync(file);
        if (!API.test(bytes.toString('latin1'))) continue;
        functions += compareFile(path.relative(tree.root, file), decode(bytes).text, env(series), EVERY);
      }
      assert.ok(functions > 1000, `${functions} functions`);
    });
  }
});
