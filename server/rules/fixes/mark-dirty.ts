/** A release that marks nothing dirty, made one that does: with the page lock, before the pages are given back. */

import { functionAt, treeOf } from '../../analysis/calls/call-index.ts';
import type { ApiCall, CallSite } from '../../analysis/sites/site.ts';
import { callStatement } from '../../analysis/statements/statement-place.ts';
import { argumentNodes, calleeOf, callNodes, codeOf, pathTo } from '../../analysis/trees.ts';
import type { Edit, FixProposal, RulePass } from '../define.ts';
import { kernelsOf } from '../support/facts.ts';
import { includesAll } from '../support/kernels.ts';
import type { CleanRelease } from '../support/releases/releases-of-site.ts';
import { replaceCall } from './arguments.ts';
import { dirtyWhen } from './dirty-when.ts';
import { indentAt, indentStep, outdented } from './layout.ts';
import { skipBack } from './text-scan.ts';

const UNPIN_DIRTY = 'unpin_user_pages_dirty_lock';
const MARK = 'set_page_dirty_lock';

/** What may be written twice: names, fields, elements. */
const PLAIN = /^[\w.>[\]+\s-]+$/;

/** What is asked of a release call. */
type Release = Pick<ApiCall, 'api' | 'spelled' | 'unit' | 'fn' | 'span' | 'args'>;

/**
 * The fix at a release of a site's pages, in whatever file; undefined for one of another shape, and where it cannot know whether they were
 * written.
 */
export function markDirty(pass: RulePass, site: CallSite, release: CleanRelease): FixProposal | undefined {
  const call = release.call ?? releaseIn(release);
  if (call === undefined) return undefined;
  const when = dirtyWhen(site, call);
  if (when.kind === 'untold') return undefined;
  const condition = when.kind === 'when' ? when.condition : undefined;
  if (call.api === 'put_page') return markBefore(call, condition);
  const live = release.call === undefined ? pass.liveOn(site) : pass.liveOn(release.call);
  return includesAll(kernelsOf(pass.model.allRows(UNPIN_DIRTY)), live)
    ? unpinDirty(call, condition ?? 'true')
    : undefined;
}

/** The call of a release in another file. */
function releaseIn({ at: { unit, span }, api }: CleanRelease): Release | undefined {
  const fn = functionAt(unit, span.start);
  if (fn === undefined) return undefined;
  const node = pathTo(treeOf(unit, fn), span).findLast((n) => n.type === 'call_expression' && n.start === span.start);
  const callee = node === undefined ? undefined : calleeOf(node);
  if (node === undefined || callee === undefined) return undefined;
  const args = argumentNodes(node).map((n) => ({
    start: n.start,
    end: n.end,
    text: unit.text.slice(n.start, n.end),
    node: n,
  }));
  return { api, spelled: codeOf(unit, callee), unit, fn, span: { start: node.start, end: node.end }, args };
}

/** unpin_user_pages(pages, n), with or without a word on dirty pages, as unpin_user_pages_dirty_lock(pages, n, when); one page by its address. */
function unpinDirty(call: Release, when: string): FixProposal | undefined {
  const [first, second] = call.args.map((a) => call.unit.text.slice(a.start, a.end).replace(/\s*\n\s*/g, ' '));
  if (first === undefined) return undefined;
  const args =
    (call.api === UNPIN_DIRTY || call.api === 'unpin_user_pages') && second !== undefined
      ? [first, second, when]
      : call.api === 'unpin_user_page' && /^[\w.>[\]+-]+$/.test(first)
        ? [`&${first}`, '1', when]
        : undefined;
  const edit = args === undefined ? undefined : replaceCall(call, UNPIN_DIRTY, args);
  const title = call.api === UNPIN_DIRTY ? `Tell ${UNPIN_DIRTY}() that they are dirty` : `Use ${UNPIN_DIRTY}()`;
  return edit === undefined ? undefined : { title, applicability: 'unsafe', edits: [edit] };
}

/** put_page(page) behind set_page_dirty_lock(page); what stood alone under a test or in a loop gets braces. */
function markBefore(call: Release, when: string | undefined): FixProposal | undefined {
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
  const text =
    when === undefined
      ? `${indent}${MARK}(${page});\n`
      : `${indent}if (${when})\n${indent}${indentStep(unit)}${MARK}(${page});\n`;
  const mark: Edit = { unit, span: { start: lineStart, end: lineStart }, newText: text };
  const before = skipBack(unit.code, start);
  if (/[;{}:]/.test(unit.code[before - 1] ?? '')) return { title, applicability: 'unsafe', edits: [mark] };
  if (unit.code[before - 1] !== ')' || /^\s*else\b/.test(unit.code.slice(end))) return undefined;
  const outer = outdented(unit, indent);
  const braces: readonly Edit[] = [
    { unit, span: { start: before, end: before }, newText: ' {' },
    mark,
    { unit, span: { start: end, end }, newText: `\n${outer}}` },
  ];
  return { title, applicability: 'unsafe', edits: braces };
}
