/**
 * How a release of single pages or of an array stands in its function: alone, behind a mark that makes its pages dirty, or as the body of a
 * loop over an array. What a whole-array release can take the place of.
 */
import type { Span } from '../../base/span.ts';
import { type CNode, childByField } from '../../syntax/node.ts';
import type { CUnit } from '../../syntax/unit.ts';
import { bare, codeOf, shownText } from '../trees.ts';
import { type CountingLoop, countingLoop } from './counting-loop.ts';
import { type DirtyMark, dirtyMarkOf } from './dirty-mark.ts';
import {
  callOf,
  callStatement,
  compact,
  placeOfStatement,
  type StatementPlace,
  statementBefore,
  statementsIn,
} from './statement-place.ts';
import { isDeadAfter } from './variable-use.ts';

/** A release and what belongs to it. */
export type ReleaseShape =
  /** The call and nothing more is understood. */
  | { readonly kind: 'call' }
  /** One page; `when` says on what condition it is marked dirty right before. */
  | { readonly kind: 'page'; readonly span: Span; readonly page: string; readonly when: string }
  /** All elements of a stretch of an array, or of a run of pages from one on. */
  | {
      readonly kind: 'pages';
      readonly of: 'array' | 'run';
      readonly span: Span;
      readonly pages: string;
      readonly count: string;
      /** On what condition they are marked dirty; undefined: never. */
      readonly when: string | undefined;
      /** The statement that goes, and locals that it alone may have used. */
      readonly statement: CNode;
      readonly locals: readonly string[];
    };

const CALL: ReleaseShape = { kind: 'call' };

/** The shape of a release call of one page (its first argument) in the tree of its function. */
export function pageReleaseShape(unit: CUnit, tree: CNode, call: CNode): ReleaseShape {
  const place = callStatement(tree, call);
  const page = callOf(unit, place?.statement ?? call)?.args[0];
  if (place === undefined || page === undefined) return CALL;
  const loop = elementLoop({ unit, tree }, place, page);
  if (loop !== undefined) return loop;
  const before = statementBefore(place);
  const mark = before === undefined ? undefined : dirtyMarkOf(unit, before);
  const n = bare(page);
  const isObject = n.type === 'identifier' || n.type === 'field_expression' || n.type === 'subscript_expression';
  if (mark === undefined || mark.page !== compact(unit, page) || !isObject) return CALL;
  const span = { start: mark.statement.start, end: place.statement.end };
  return { kind: 'page', span, page: shownText(unit, page), when: mark.when };
}

interface Where {
  readonly unit: CUnit;
  readonly tree: CNode;
}

/** The shape of a release of an array: behind a loop that marks the same pages dirty, or alone. */
export function arrayReleaseShape(unit: CUnit, tree: CNode, call: CNode): ReleaseShape {
  const place = callStatement(tree, call);
  const [pages, count] = callOf(unit, place?.statement ?? call)?.args ?? [];
  if (place === undefined || pages === undefined || count === undefined) return CALL;
  const given = { pages: shownText(unit, pages), count: shownText(unit, count) };
  const marks = marksBefore({ unit, tree }, place, given);
  if (marks === undefined) return CALL;
  return {
    kind: 'pages',
    of: 'array',
    span: { start: marks.loop.start, end: place.statement.end },
    ...given,
    when: marks.when,
    statement: marks.loop,
    locals: [marks.index],
  };
}

/** A loop right before a statement that marks this stretch of an array dirty and does nothing else. */
function marksBefore(
  { unit, tree }: Where,
  place: StatementPlace,
  { pages, count }: { readonly pages: string; readonly count: string },
): { readonly loop: CNode; readonly when: string; readonly index: string } | undefined {
  const before = statementBefore(place);
  const loop = before === undefined ? undefined : countingLoop(unit, before);
  const body = before === undefined ? undefined : childByField(before, 'body');
  const [only, more] = body === undefined ? [] : statementsIn(body);
  if (before === undefined || loop === undefined || only === undefined || more !== undefined) return undefined;
  const mark = dirtyMarkOf(unit, only);
  if (mark === undefined || names(mark.when, loop.index) || loop.from !== '0') return undefined;
  const equal = (a: string, b: string): boolean => a.replace(/\s+/g, '') === b.replace(/\s+/g, '');
  if (!equal(mark.page, `${pages}[${loop.element}]`) || !equal(loop.count, count)) return undefined;
  return isDeadAfter(unit, tree, before, loop.index) ? { loop: before, when: mark.when, index: loop.index } : undefined;
}

/** The loop that does nothing but give back elements, perhaps marking each dirty first. */
function elementLoop({ unit, tree }: Where, place: StatementPlace, page: CNode): ReleaseShape | undefined {
  const body = place.block ?? place.statement;
  const statement = place.block === undefined ? place.around[0] : place.around[1];
  if (statement === undefined || childByField(statement, 'body') !== body) return undefined;
  const loop = countingLoop(unit, statement);
  const parts = loop === undefined ? undefined : partsOf(unit, statementsIn(body), place.statement);
  if (loop === undefined || parts === undefined) return undefined;
  const element = parts.alias !== undefined && compact(unit, page) === parts.alias.name ? parts.alias.value : page;
  const stretch = stretchOf(unit, element, loop);
  const { mark } = parts;
  if (stretch === undefined || (mark !== undefined && mark.page !== compact(unit, page))) return undefined;
  const own = [loop.index, ...(parts.alias === undefined ? [] : [parts.alias.name])];
  if (mark !== undefined && own.some((name) => names(mark.when, name))) return undefined;
  if (own.some((name) => !isDeadAfter(unit, tree, statement, name))) return undefined;
  const given = { pages: stretch.pages, count: loop.count };
  const outer = mark === undefined && stretch.of === 'array' ? placeOfStatement(tree, statement) : undefined;
  const marks = outer === undefined ? undefined : marksBefore({ unit, tree }, outer, given);
  // From somewhere in the middle on there may be nothing left: a loop then does nothing, a count would be below 0.
  if (loop.from !== '0') return undefined;
  return {
    kind: 'pages',
    of: stretch.of,
    span: { start: marks?.loop.start ?? statement.start, end: statement.end },
    ...given,
    when: mark?.when ?? marks?.when,
    statement: marks?.loop ?? statement,
    locals: marks === undefined ? own : [...own, marks.index],
  };
}

function names(code: string, name: string): boolean {
  return new RegExp(`\\b${name}\\b`).test(code);
}

interface Parts {
  readonly mark: DirtyMark | undefined;
  /** A local that stands for the element in the body. */
  readonly alias: { readonly name: string; readonly value: CNode } | undefined;
}

/** What stands in the body besides the release, which is its last statement; undefined where it is more than that. */
function partsOf(unit: CUnit, statements: readonly CNode[], release: CNode): Parts | undefined {
  if (statements.at(-1) !== release) return undefined;
  const rest = statements.slice(0, -1);
  const alias = rest[0] === undefined ? undefined : aliasOf(unit, rest[0]);
  if (alias !== undefined) rest.shift();
  const mark = rest[0] === undefined ? undefined : dirtyMarkOf(unit, rest[0]);
  if (mark !== undefined) rest.shift();
  return rest.length === 0 ? { mark, alias } : undefined;
}

/** `struct page *page = pages[i];` or `page = pages[i];`. */
function aliasOf(unit: CUnit, statement: CNode): Parts['alias'] {
  const inner = statement.children.find((c) => c.type === 'init_declarator' || c.type === 'assignment_expression');
  if (inner === undefined || statement.children.filter((c) => c.field === 'declarator').length > 1) return undefined;
  const value = childByField(inner, 'value') ?? childByField(inner, 'right');
  let name = childByField(inner, 'declarator') ?? childByField(inner, 'left');
  while (name !== undefined && name.type === 'pointer_declarator') name = childByField(name, 'declarator');
  return name?.type === 'identifier' && value !== undefined ? { name: codeOf(unit, name), value } : undefined;
}

interface Stretch {
  readonly of: 'array' | 'run';
  /** The first element of the stretch. */
  readonly pages: string;
}

/** `a[i]`, `a[k + i]`, `nth_page(p, i)`, `p + i` with the loop's index. */
function stretchOf(unit: CUnit, element: CNode, loop: CountingLoop): Stretch | undefined {
  const n = bare(element);
  if (n.type === 'subscript_expression') {
    const base = childByField(n, 'argument');
    const index = childByField(n, 'index');
    return base === undefined || index === undefined ? undefined : stretch(unit, { of: 'array', base, index }, loop);
  }
  const call = callOfExpression(unit, n);
  const [first, second] = call ?? [];
  if (first !== undefined && second !== undefined)
    return stretch(unit, { of: 'run', base: first, index: second }, loop);
  const left = childByField(n, 'left');
  const right = childByField(n, 'right');
  const operator = childByField(n, 'operator');
  if (n.type !== 'binary_expression' || left === undefined || right === undefined || operator === undefined)
    return undefined;
  return codeOf(unit, operator) === '+' ? stretch(unit, { of: 'run', base: left, index: right }, loop) : undefined;
}

/** The arguments of nth_page(). */
function callOfExpression(unit: CUnit, n: CNode): readonly CNode[] | undefined {
  const callee = n.type === 'call_expression' ? childByField(n, 'function') : undefined;
  if (callee === undefined || codeOf(unit, callee) !== 'nth_page') return undefined;
  return childByField(n, 'arguments')?.children;
}

function stretch(
  unit: CUnit,
  { of, base, index }: { readonly of: 'array' | 'run'; readonly base: CNode; readonly index: CNode },
  loop: CountingLoop,
): Stretch | undefined {
  const array = shownText(unit, base);
  const offset = offsetOf(unit, index, loop);
  if (offset === undefined || names(array, loop.index)) return undefined;
  if (offset === '0') return { of, pages: array };
  // Kernel style: the address of an element, a sum where its number is one.
  const simple = of === 'array' && /^[\w.>[\]-]+$/.test(offset);
  return {
    of,
    pages: simple ? `&${array}[${offset}]` : `${array} + ${/^[\w.>[\]-]+$/.test(offset) ? offset : `(${offset})`}`,
  };
}

/** What is added to the index: `0` for nothing; undefined where the element is none of the loop's. */
function offsetOf(unit: CUnit, index: CNode, { index: name, element }: CountingLoop): string | undefined {
  const n = bare(index);
  if (compact(unit, n) === element) return '0';
  const left = childByField(n, 'left');
  const right = childByField(n, 'right');
  const operator = childByField(n, 'operator');
  if (n.type !== 'binary_expression' || left === undefined || right === undefined || operator === undefined)
    return undefined;
  if (codeOf(unit, operator) !== '+' || element !== name) return undefined;
  const [own, other] = compact(unit, left) === name ? [left, right] : [right, left];
  return compact(unit, own) === name && !names(codeOf(unit, other), name) ? shownText(unit, bare(other)) : undefined;
}
