/**
 * Releases of an element of an array that was given back already, as the text has it: again in the same turn of a loop, with nothing between
 * the two that names the array; or in every turn of a loop whose index does not tell the element.
 */
import { treeOf } from '../../../analysis/calls/call-index.ts';
import type { ApiCall } from '../../../analysis/sites/site.ts';
import { countingLoop } from '../../../analysis/statements/counting-loop.ts';
import {
  callStatement,
  compact,
  leaves,
  type StatementPlace,
  statementsIn,
} from '../../../analysis/statements/statement-place.ts';
import { codeOf, isLoop } from '../../../analysis/trees.ts';
import { type CNode, childByField } from '../../../syntax/node.ts';

/** An element that a call gives back, by the names in it. */
interface Element {
  readonly array: string;
  /** All other names: of indexes, and of what the array is a member of. */
  readonly names: readonly string[];
}

/** Whether a call gives back the element that a statement before it in the same block gave back. */
export function repeatsElement(call: ApiCall): boolean {
  const { unit, fn, node } = call;
  const element = elementOf(call);
  const place = fn === undefined || node === undefined ? undefined : callStatement(treeOf(unit, fn), node);
  if (place?.block === undefined || element === undefined) return false;
  const code = compact(unit, place.statement);
  const before = place.block.children.slice(0, place.block.children.indexOf(place.statement));
  const at = before.findLastIndex((n) => n.type === 'expression_statement' && compact(unit, n) === code);
  const between = before.slice(at + 1);
  return at >= 0 && between.length > 0 && between.every((n) => keeps(codeOf(unit, n), element));
}

/** The index of the counting loop that gives the same element back in every turn; undefined where a call is in no such loop. */
export function loopOverElement(call: ApiCall): string | undefined {
  const { unit, fn, node } = call;
  const element = elementOf(call);
  const place = fn === undefined || node === undefined ? undefined : callStatement(treeOf(unit, fn), node);
  const loop = place && loopOf(place);
  const body = loop && childByField(loop, 'body');
  if (place === undefined || element === undefined || loop === undefined || body === undefined) return undefined;
  const counted = countingLoop(unit, loop);
  if (counted === undefined || counted.index === element.array || element.names.includes(counted.index))
    return undefined;
  const others = statementsIn(body).filter((n) => n !== place.statement);
  const header = unit.code.slice(loop.start, body.start);
  const isSame = keeps(header, element) && others.every((n) => keeps(codeOf(unit, n), element) && !leaves(n));
  return isSame ? counted.index : undefined;
}

/** The loop that a statement runs in every turn of. */
function loopOf({ around, block }: StatementPlace): CNode | undefined {
  const outer = block === undefined ? around[0] : around[1];
  return outer !== undefined && isLoop(outer) ? outer : undefined;
}

/** The element that a call with no side effects names: `pages[i]`, `buf->pages[0]`. */
function elementOf({ args }: ApiCall): Element | undefined {
  const [page, ...more] = args;
  const text = page?.text.replace(/\s+/g, '') ?? '';
  if (more.length > 0 || !/^[\w.>-]+\[[\w.>+-]+\]$/.test(text) || /\+\+|--/.test(text)) return undefined;
  const [path = '', index = ''] = text.slice(0, -1).split('[');
  const names = path.split(/->|\./);
  const array = names.at(-1) ?? '';
  return { array, names: [...names.slice(0, -1), ...(index.match(/[A-Za-z_]\w*/g) ?? [])] };
}

/** Whether code leaves an element the same page: it does not name the array, nor set what tells the element, nor is led to by a label. */
function keeps(code: string, { array, names }: Element): boolean {
  if (new RegExp(`\\b${array}\\b`).test(code) || /^\s*(?:\w+\s*:(?!:)|case\b|default\b)/.test(code)) return false;
  return names.every(
    (name) =>
      !new RegExp(`(?:\\+\\+|--|&)\\s*${name}\\b|\\b${name}\\s*(?:\\+\\+|--|(?:[-+*/%|&^]|<<|>>)?=(?!=))`).test(code),
  );
}
