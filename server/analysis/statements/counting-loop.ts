/** The headers of loops that count over an array: which element each turn names, where they start, how many there are. */
import { type CNode, childByField } from '../../syntax/node.ts';
import type { CUnit } from '../../syntax/unit.ts';
import { bare, codeOf, shownText } from '../trees.ts';
import { compact, conditionOf } from './statement-place.ts';

/** A loop that names `array[element]` for `count` successive elements from `from` on. */
export interface CountingLoop {
  readonly index: string;
  /** The index as the body spells it: `i`, or `--i` and `i++` where the body counts. */
  readonly element: string;
  /** First element as code, `0` for the start. */
  readonly from: string;
  /** How many, as code. */
  readonly count: string;
}

/** The counting loop that a node is; undefined for any other. */
export function countingLoop(unit: CUnit, loop: CNode): CountingLoop | undefined {
  const condition = conditionOf(loop);
  if (condition === undefined) return undefined;
  if (loop.type === 'while_statement') return whileLoop(unit, condition);
  if (loop.type !== 'for_statement') return undefined;
  const update = childByField(loop, 'update');
  const start = startOf(unit, childByField(loop, 'initializer'));
  if (start === undefined) return update === undefined ? whileLoop(unit, condition) : undefined;
  if (update === undefined) return start.kind === 'set' ? downFrom(unit, condition, start) : undefined;
  const step = stepOf(unit, update);
  if (step === 'up') return start.kind === 'less' ? undefined : upwards(unit, condition, start);
  return step === 'down' ? downwards(unit, condition, start) : undefined;
}

/** The loop whose elements its header tells alone, wherever the index stands before it, and the body only names; undefined for any other. */
export function fixedLoop(unit: CUnit, loop: CNode): CountingLoop | undefined {
  const counted = countingLoop(unit, loop);
  if (counted === undefined || counted.element !== counted.index) return undefined;
  return new RegExp(`\\b${counted.index}\\b`).test(`${counted.from} ${counted.count}`) ? undefined : counted;
}

/** Whether a loop goes over the elements from the first one up to a count, as code. */
export function goesUpTo({ from, count }: CountingLoop, bound: string): boolean {
  return from === '0' && count.replace(/\s+/g, '') === bound.replace(/\s+/g, '');
}

/** `while (i--)`, `while (i-- > 0)`, `while (--i >= 0)`; `while (i > 0) … [--i]`; `while (i < n) … [i++]`. */
function whileLoop(unit: CUnit, condition: CNode): CountingLoop | undefined {
  const text = compact(unit, condition);
  const m = /^(?:(\w+)--(?:>0|!=0)?|--(\w+)>=0|(\w+)-->0)$/.exec(text);
  const index = m?.[1] ?? m?.[2] ?? m?.[3];
  if (index !== undefined) return { index, element: index, from: '0', count: index };
  const left = /^(\w+)(?:>0)?$/.exec(text)?.[1];
  if (left !== undefined) return { index: left, element: `--${left}`, from: '0', count: left };
  const bound = boundOf(unit, condition);
  if (bound === undefined || !/^\w+$/.test(bound.index)) return undefined;
  const count = `${term(bound.bound)} - ${bound.index}`;
  return { index: bound.index, element: `${bound.index}++`, from: bound.index, count };
}

interface Start {
  /** set: to a value. less: to its own value less one. kept: not at all. */
  readonly kind: 'set' | 'less' | 'kept';
  readonly index: string;
  readonly value: string;
}

function startOf(unit: CUnit, initializer: CNode | undefined): Start | undefined {
  if (initializer === undefined) return { kind: 'kept', index: '', value: '' };
  const text = shownText(unit, initializer).replace(/;$/, '').trim();
  const less = /^(?:--\s*(\w+)|(\w+)\s*--|(\w+)\s*-=\s*1|(\w+) = (\w+) - 1)$/.exec(text);
  const name = less?.[1] ?? less?.[2] ?? less?.[3] ?? (less?.[4] === less?.[5] ? less?.[4] : undefined);
  if (name !== undefined) return { kind: 'less', index: name, value: '' };
  const set = /^(?:(?:unsigned\s+)?(?:int|long|size_t|unsigned)\s+)?(\w+)\s*=\s*([^=,].*)$/.exec(text);
  return set?.[1] === undefined || set[2] === undefined || hasComma(set[2])
    ? undefined
    : { kind: 'set', index: set[1], value: set[2].trim() };
}

function hasComma(text: string): boolean {
  let depth = 0;
  for (const c of text) {
    if (c === '(' || c === '[') depth++;
    else if (c === ')' || c === ']') depth--;
    else if (c === ',' && depth === 0) return true;
  }
  return false;
}

function stepOf(unit: CUnit, update: CNode): 'up' | 'down' | undefined {
  const text = compact(unit, update);
  if (/^(?:\w+\+\+|\+\+\w+|\w+\+=1)$/.test(text)) return 'up';
  return /^(?:\w+--|--\w+|\w+-=1)$/.test(text) ? 'down' : undefined;
}

interface Bound {
  readonly index: string;
  /** The first value that is too much, as code. */
  readonly bound: string;
}

/** `i < n`, `i != n`, `n > i`. */
function boundOf(unit: CUnit, condition: CNode): Bound | undefined {
  const n = bare(condition);
  const operator = childByField(n, 'operator');
  const left = childByField(n, 'left');
  const right = childByField(n, 'right');
  if (n.type !== 'binary_expression' || operator === undefined || left === undefined || right === undefined)
    return undefined;
  const op = codeOf(unit, operator);
  if (op === '<' || op === '!=') return { index: compact(unit, left), bound: shownText(unit, right) };
  return op === '>' ? { index: compact(unit, right), bound: shownText(unit, left) } : undefined;
}

function upwards(unit: CUnit, condition: CNode, start: Start): CountingLoop | undefined {
  const bound = boundOf(unit, condition);
  if (bound === undefined || (start.kind === 'set' && bound.index !== start.index) || !/^\w+$/.test(bound.index))
    return undefined;
  const { index } = bound;
  if (new RegExp(`\\b${index}\\b`).test(`${bound.bound} ${start.value}`)) return undefined;
  const from = start.kind === 'set' ? start.value : index;
  const count = from === '0' ? bound.bound : `${bound.bound} - ${term(from)}`;
  return { index, element: index, from, count };
}

/** `for (i = n - 1; i >= 0; i--)`, `for (--i; i >= 0; i--)`. */
function downwards(unit: CUnit, condition: CNode, start: Start): CountingLoop | undefined {
  const text = compact(unit, condition);
  const index = /^(\w+)(?:>=0|>-1)$/.exec(text)?.[1];
  if (index === undefined || (start.kind !== 'kept' && index !== start.index)) return undefined;
  if (start.kind === 'less') return { index, element: index, from: '0', count: index };
  if (start.kind === 'kept') return undefined;
  const less = /^(.*\S)\s*-\s*1$/.exec(start.value)?.[1];
  const count = less === undefined ? `${start.value} + 1` : less;
  return { index, element: index, from: '0', count };
}

/** `for (i = n; i-- > 0;)`. */
function downFrom(unit: CUnit, condition: CNode, start: Start): CountingLoop | undefined {
  const text = compact(unit, condition);
  if (text !== `${start.index}-->0` && text !== `${start.index}--`) return undefined;
  return { index: start.index, element: start.index, from: '0', count: start.value };
}

/** A subtrahend in parentheses where it is more than one term. */
function term(text: string): string {
  return /^[\w.>[\]-]+$/.test(text) ? text : `(${text})`;
}
