/** A release that marks nothing dirty, made one that does: with the page lock, before the pages are given back. */

import { treeOf } from '../../analysis/call-index.ts';
import type { ApiCall } from '../../analysis/site.ts';
import { callStatement } from '../../analysis/statement-place.ts';
import { callNodes } from '../../analysis/trees.ts';
import type { Edit, FixProposal, RulePass } from '../define.ts';
import { kernelsOf } from '../facts.ts';
import { includesAll } from '../kernels.ts';
import { replaceCall } from './arguments.ts';
import { indentAt } from './layout.ts';
import { skipBack } from './text-scan.ts';

const UNPIN_DIRTY = 'unpin_user_pages_dirty_lock';
const MARK = 'set_page_dirty_lock';

/** What may be written twice: names, fields, elements. */
const PLAIN = /^[\w.>[\]+\s-]+$/;

/** The fix; undefined for a release of another shape. */
export function markDirty(pass: RulePass, call: ApiCall): FixProposal | undefined {
  return call.api === 'put_page' ? markBefore(call) : unpinDirty(pass, call);
}

/** unpin_user_pages(pages, n) as unpin_user_pages_dirty_lock(pages, n, true); one page by its address. */
function unpinDirty(pass: RulePass, call: ApiCall): FixProposal | undefined {
  if (!includesAll(kernelsOf(pass.model.allRows(UNPIN_DIRTY)), pass.liveOn(call))) return undefined;
  const [first, second] = call.args.map((a) => call.unit.text.slice(a.start, a.end).replace(/\s*\n\s*/g, ' '));
  if (first === undefined) return undefined;
  const args =
    call.api === 'unpin_user_pages' && second !== undefined
      ? [first, second, 'true']
      : call.api === 'unpin_user_page' && /^[\w.>[\]+-]+$/.test(first)
        ? [`&${first}`, '1', 'true']
        : undefined;
  const edit = args === undefined ? undefined : replaceCall(call, UNPIN_DIRTY, args);
  return edit === undefined ? undefined : { title: `Use ${UNPIN_DIRTY}()`, applicability: 'unsafe', edits: [edit] };
}

/** put_page(page) behind set_page_dirty_lock(page); what stood alone under a test or in a loop gets braces. */
function markBefore(call: ApiCall): FixProposal | undefined {
  const { unit, fn, args, span } = call;
  const page = args[0]?.text.trim() ?? '';
  if (fn === undefined || !PLAIN.test(page) || /\+\+|--(?!>)/.test(page)) return undefined;
  const tree = treeOf(unit, fn);
  const node = callNodes(tree).find((n) => n.start === span.start);
  const place = node === undefined ? undefined : callStatement(tree, node);
  if (place === undefined) return undefined;
  const { start, end } = place.statement;
  const indent = indentAt(unit.text, start);
  const lineStart = unit.text.lastIndexOf('\n', start - 1) + 1;
  if (/\S/.test(unit.text.slice(lineStart, start))) return undefined;
  const title = `Call ${MARK}() before ${call.api}()`;
  const mark: Edit = { unit, span: { start: lineStart, end: lineStart }, newText: `${indent}${MARK}(${page});\n` };
  const before = skipBack(unit.code, start);
  if (/[;{}:]/.test(unit.code[before - 1] ?? '')) return { title, applicability: 'unsafe', edits: [mark] };
  if (unit.code[before - 1] !== ')' || /^\s*else\b/.test(unit.code.slice(end))) return undefined;
  const outer = indent.replace(/(?:\t| {1,8})$/, '');
  const braces: readonly Edit[] = [
    { unit, span: { start: before, end: before }, newText: ' {' },
    mark,
    { unit, span: { start: end, end }, newText: `\n${outer}}` },
  ];
  return { title, applicability: 'unsafe', edits: braces };
}
