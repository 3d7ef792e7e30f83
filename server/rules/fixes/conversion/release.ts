/**
 * A release of plain references rewritten as one of pins: a loop over an array, with or without marks, becomes one call; a marked page one call;
 * anything else keeps its shape and gets the other function's name.
 */
import { arrayReleaseShape, pageReleaseShape, type ReleaseShape } from '../../../analysis/statements/release-shape.ts';
import { placeOfStatement } from '../../../analysis/statements/statement-place.ts';
import { argumentNodes, bare, calleeOf, codeOf } from '../../../analysis/trees.ts';
import type { Span } from '../../../base/span.ts';
import { type CNode, childByField } from '../../../syntax/node.ts';
import type { CUnit, FunctionDef } from '../../../syntax/unit.ts';
import type { Edit } from '../../define.ts';
import { callText, columnAt, indentAt, indentStep, indentsWithBlanks } from '../layout.ts';
import { skipBack } from '../text-scan.ts';
import { mayBeNegative } from './negative-count.ts';
import { renameKeepingLayout } from './rename.ts';

/** A release call in its function. */
export interface ReleaseCall {
  readonly unit: CUnit;
  readonly fn: FunctionDef;
  readonly tree: CNode;
  readonly node: CNode;
  readonly api: string;
}

/** What rewriting a release does. */
export interface Rewritten {
  /** The function that is called now. */
  readonly name: string;
  readonly edits: readonly Edit[];
  /** Stretches that are gone, and locals that they alone may have used. */
  readonly gone: readonly Span[];
  readonly locals: readonly string[];
}

/** Releases that take the same arguments under the other name. */
const RENAMED: ReadonlyMap<string, string> = new Map([
  ['put_page', 'unpin_user_page'],
  ['put_user_page', 'unpin_user_page'],
  ['release_pages', 'unpin_user_pages'],
  ['put_user_pages', 'unpin_user_pages'],
  ['put_user_pages_dirty_lock', 'unpin_user_pages_dirty_lock'],
]);

/** Whether a release of plain references can be rewritten at all. */
export function isRewritable({ unit, node, api }: Pick<ReleaseCall, 'unit' | 'node' | 'api'>): boolean {
  return (
    (RENAMED.has(api) && spelled(unit, node) === api) || (api === 'folio_put' && pageOfFolio(unit, node) !== undefined)
  );
}

function spelled(unit: CUnit, node: CNode): string {
  const callee = calleeOf(node);
  return callee === undefined ? '' : codeOf(unit, callee);
}

/** Rewrites a release; undefined where `isRewritable` says no. `plain`: under another name only. */
export function rewriteRelease(call: ReleaseCall, plain: boolean): Rewritten | undefined {
  const { unit, tree, node, api } = call;
  if (api === 'folio_put') return folioPut(call);
  const name = RENAMED.get(api);
  if (name === undefined) return undefined;
  const renamed = (): Rewritten => ({ name, edits: renameKeepingLayout(unit, node, name), gone: [], locals: [] });
  if (plain) return renamed();
  const shape = name === 'unpin_user_page' ? pageReleaseShape(unit, tree, node) : arrayReleaseShape(unit, tree, node);
  return collapsed(call, shape) ?? renamed();
}

/** `folio_put(page_folio(page))`. */
function pageOfFolio(unit: CUnit, node: CNode): CNode | undefined {
  const [folio] = argumentNodes(node);
  const inner = folio === undefined ? undefined : bare(folio);
  return inner?.type === 'call_expression' && spelled(unit, inner) === 'page_folio'
    ? argumentNodes(inner)[0]
    : undefined;
}

function folioPut({ unit, node }: ReleaseCall): Rewritten | undefined {
  const page = pageOfFolio(unit, node);
  if (page === undefined) return undefined;
  const name = 'unpin_user_page';
  const newText = `${name}(${unit.text.slice(page.start, page.end)})`;
  return { name, edits: [{ unit, span: { start: node.start, end: node.end }, newText }], gone: [], locals: [] };
}

interface NewCall {
  readonly name: string;
  readonly args: readonly string[];
}

function collapsed(call: ReleaseCall, shape: ReleaseShape): Rewritten | undefined {
  if (shape.kind === 'call' || holdsComment(call.unit, shape.span)) return undefined;
  const now = newCall(shape);
  const { unit, tree, node } = call;
  const { span } = shape;
  const place = { column: columnAt(unit.text, span.start), blanks: indentsWithBlanks(unit, span.start) };
  const done = (edits: readonly Edit[]): Rewritten => ({
    name: now.name,
    edits,
    gone: [span],
    locals: shape.kind === 'pages' ? shape.locals : [],
  });
  if (shape.kind === 'pages' && mayBeNegative({ unit, fn: call.fn, tree }, shape.statement, shape.count)) {
    const above = placeOfStatement(tree, shape.statement)?.around[0]?.type ?? '';
    if (!/^(?:compound|labeled|case)_statement$/.test(above)) return undefined;
    const indent = indentAt(unit.text, span.start);
    const inner = `${indent}${indentStep(unit)}`;
    const text = callText(now.name, now.args, { ...place, column: columnAt(inner, inner.length) });
    return done([{ unit, span, newText: `if (${shape.count} > 0)\n${inner}${text}` }]);
  }
  const statement = placeOfStatement(tree, shape.kind === 'pages' ? shape.statement : statementOf(tree, node));
  const braces = bracesRound(unit, statement, span);
  const text = callText(now.name, now.args, place);
  if (braces === undefined) return done([{ unit, span, newText: text }]);
  const start = skipBack(unit.code, braces.start);
  return done([{ unit, span: { start, end: braces.end }, newText: `\n${indentAt(unit.text, span.start)}${text}` }]);
}

function newCall(shape: Exclude<ReleaseShape, { kind: 'call' }>): NewCall {
  const dirty = 'unpin_user_pages_dirty_lock';
  if (shape.kind === 'page') return { name: dirty, args: [`&${shape.page}`, '1', shape.when] };
  const { of, pages, count, when } = shape;
  if (of === 'run') return { name: 'unpin_user_page_range_dirty_lock', args: [pages, count, when ?? 'false'] };
  return when === undefined
    ? { name: 'unpin_user_pages', args: [pages, count] }
    : { name: dirty, args: [pages, count, when] };
}

function statementOf(tree: CNode, node: CNode): CNode {
  return placeOfStatement(tree, node)?.around.find((n) => n.type === 'expression_statement') ?? node;
}

function holdsComment(unit: CUnit, { start, end }: Span): boolean {
  return /\/[/*]/.test(unit.text.slice(start, end));
}

/** The block that holds nothing but what is replaced, under an `if` without `else` or a loop: kernel style has no braces there. */
function bracesRound(unit: CUnit, place: ReturnType<typeof placeOfStatement>, gone: Span): Span | undefined {
  const block = place?.block;
  const head = place?.around[1];
  if (block === undefined || head === undefined || holdsComment(unit, block)) return undefined;
  if (block.children.some((c) => c.start < gone.start || c.end > gone.end)) return undefined;
  if (head.type === 'if_statement') {
    const above = place?.around[2];
    if (childByField(head, 'alternative') !== undefined || above?.type === 'else_clause') return undefined;
    if (block.field !== 'consequence' || hasLooseParentheses(unit, head)) return undefined;
  } else if (head.type !== 'for_statement' && head.type !== 'while_statement') return undefined;
  return /^\{[ \t]*\r?\n/.test(unit.text.slice(block.start, block.end)) ? block : undefined;
}

/** `if (a && (n > 0))`: parentheses that checkpatch.pl does not want once the line is changed. */
function hasLooseParentheses(unit: CUnit, head: CNode): boolean {
  const condition = childByField(head, 'condition');
  const code = condition === undefined ? '' : unit.code.slice(condition.start + 1, condition.end - 1);
  return /(?:&&|\|\|)\s*\([^()]*\)|\([^()]*\)\s*(?:&&|\|\|)/.test(code.replace(/\w\s*\([^()]*\)/g, 'x'));
}
