/**
 * Undoes the conversion of a file mechanically: pins become plain references, releases of pins put_page() calls, those of arrays loops of them.
 * What guplint is then asked to convert again.
 */
import { treeOf } from '../../server/analysis/calls/call-index.ts';
import { callStatement } from '../../server/analysis/statements/statement-place.ts';
import { argumentNodes, calleeOf, callNodes, codeOf } from '../../server/analysis/trees.ts';
import { type CNode, childByField, walk } from '../../server/syntax/node.ts';
import type { CUnit, FunctionDef } from '../../server/syntax/unit.ts';

/** The text without its conversion, and what could not be undone. */
export interface Undone {
  readonly text: string;
  /** Calls that kept their name, as `unpin_user_folio in foo()`. */
  readonly left: readonly string[];
  /** How many calls were changed. */
  readonly changed: number;
}

interface TextEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const GETS: ReadonlyMap<string, string> = new Map([
  ['pin_user_pages', 'get_user_pages'],
  ['pin_user_pages_fast', 'get_user_pages_fast'],
  ['pin_user_pages_remote', 'get_user_pages_remote'],
  ['pin_user_pages_unlocked', 'get_user_pages_unlocked'],
]);

const FAMILY = /^(?:pin_user_\w+|unpin_\w+|memfd_pin_folios)$/;

/** Undoes a file; FOLL_LONGTERM stays where `keepFlag` says so. */
export function undo(unit: CUnit, keepFlag: boolean): Undone {
  const edits: TextEdit[] = [];
  const left: string[] = [];
  for (const fn of unit.functions) {
    const done = undoFunction(unit, fn);
    edits.push(...done.edits);
    left.push(...done.left);
  }
  const changed = edits.length;
  if (!keepFlag) for (const m of unit.code.matchAll(/\bFOLL_LONGTERM\b/g)) edits.push(withoutFlag(unit.code, m.index));
  return { text: applied(unit.text, edits), left, changed };
}

function applied(text: string, edits: readonly TextEdit[]): string {
  let out = text;
  for (const e of [...edits].sort((a, b) => b.start - a.start)) out = out.slice(0, e.start) + e.text + out.slice(e.end);
  return out;
}

function withoutFlag(code: string, at: number): TextEdit {
  const end = at + 'FOLL_LONGTERM'.length;
  const after = /^\s*\|(?!\|)\s*/.exec(code.slice(end))?.[0];
  if (after !== undefined) return { start: at, end: end + after.length, text: '' };
  const before = /\s*(?<![|])\|\s*$/.exec(code.slice(0, at))?.[0];
  if (before !== undefined) return { start: at - before.length, end, text: '' };
  return { start: at, end, text: '0' };
}

function undoFunction(unit: CUnit, fn: FunctionDef): { edits: TextEdit[]; left: string[] } {
  const edits: TextEdit[] = [];
  const left: string[] = [];
  const text = unit.code.slice(fn.bodySpan.start, fn.bodySpan.end);
  if (!/\b(?:pin_user_|unpin_|memfd_pin)/.test(text)) return { edits, left };
  const tree = treeOf(unit, fn);
  const index = freeName(unit, tree);
  let loops = 0;
  for (const call of callNodes(tree)) {
    const callee = calleeOf(call);
    const name = callee === undefined ? '' : codeOf(unit, callee);
    if (callee === undefined || !FAMILY.test(name)) continue;
    const get = GETS.get(name);
    const page = name === 'unpin_user_page' ? 'put_page' : undefined;
    if (get !== undefined || page !== undefined) {
      edits.push({ start: callee.start, end: callee.end, text: get ?? page ?? name });
      continue;
    }
    const loop = loopFor(unit, tree, { call, name, index });
    if (loop === undefined) left.push(`${name} in ${fn.name}()`);
    else {
      edits.push(loop);
      if (loop.text.includes('for (')) loops++;
    }
  }
  if (loops > 0) edits.push(declaration(unit, tree, index));
  return { edits, left };
}

/** A name that the function does not use, `i` if it can be. */
function freeName(unit: CUnit, tree: CNode): string {
  const used = new Set<string>();
  walk(tree, (n) => {
    if (n.type === 'identifier') used.add(codeOf(unit, n));
    return true;
  });
  return ['i', 'j', 'k', 'n', 'idx'].find((n) => !used.has(n)) ?? 'index_';
}

function loopFor(
  unit: CUnit,
  tree: CNode,
  { call, name, index }: { readonly call: CNode; readonly name: string; readonly index: string },
): TextEdit | undefined {
  const place = callStatement(tree, call);
  const args = argumentNodes(call).map((a) => unit.text.slice(a.start, a.end).replace(/\s*\n\s*/g, ' '));
  const [pages, count, dirty] = args;
  if (place === undefined || pages === undefined || count === undefined) return undefined;
  const arrays = name === 'unpin_user_pages' || name === 'unpin_user_pages_dirty_lock';
  if (!arrays && name !== 'unpin_user_page_range_dirty_lock') return undefined;
  const single = count === '1' && /^&\w[\w.>[\]-]*$/.test(pages);
  const element = single ? pages.slice(1) : arrays ? elementOf(pages, index) : `nth_page(${pages}, ${index})`;
  const mark = dirty === undefined || dirty === 'false' ? [] : dirty === 'true' ? [] : [`if (${dirty})`];
  const marks = dirty === undefined || dirty === 'false';
  const { start, end } = place.statement;
  const indent = /[ \t]*$/.exec(unit.text.slice(0, start))?.[0] ?? '';
  const head = single ? [] : [`for (${index} = 0; ${index} < ${count}; ${index}++)${marks ? '' : ' {'}`];
  const step = single ? '' : '\t';
  const lines = [
    ...head,
    ...mark.map((m) => `${step}${m}`),
    ...(marks ? [] : [`${step}${mark.length > 0 ? '\t' : ''}set_page_dirty_lock(${element});`]),
    `${step}put_page(${element});`,
    ...(marks || single ? [] : ['}']),
  ];
  // Kernel style: a body of several lines stands in braces.
  const bare = place.block === undefined && place.around[0]?.type !== 'case_statement' && lines.length > 1;
  if (!bare || place.around[0]?.type === 'labeled_statement') {
    const body = lines.join(`\n${indent}`);
    return { start, end, text: body };
  }
  const outer = indent.slice(0, -1);
  const from = unit.text.slice(0, start).trimEnd().length;
  return { start: from, end, text: ` {\n${indent}${lines.join(`\n${indent}`)}\n${outer}}` };
}

function elementOf(pages: string, index: string): string {
  const address = /^&(.+)\[([^\]]+)\]$/.exec(pages);
  if (address !== null)
    return address[2] === '0' ? `${address[1]}[${index}]` : `${address[1]}[${address[2]} + ${index}]`;
  const sum = /^([\w.>-]+) \+ (.+)$/.exec(pages);
  if (sum !== null) return `${sum[1]}[${sum[2]} + ${index}]`;
  return /^[\w.>[\]-]+$/.test(pages) ? `${pages}[${index}]` : `(${pages})[${index}]`;
}

/** `int i;` behind the declarations of the body. */
function declaration(unit: CUnit, tree: CNode, index: string): TextEdit {
  let body: CNode | undefined;
  walk(tree, (n) => {
    if (body === undefined && n.type === 'function_definition') body = childByField(n, 'body');
    return body === undefined;
  });
  const last = body?.children
    .filter((c, i, all) => c.type === 'declaration' && all.slice(0, i).every((b) => b.type === 'declaration'))
    .at(-1);
  const at = last?.end ?? (body?.start ?? tree.start) + 1;
  const line = unit.text.indexOf('\n', at);
  return { start: line, end: line, text: `\n\tint ${index};${last === undefined ? '\n' : ''}` };
}
