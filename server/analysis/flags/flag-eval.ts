/**
 * The value of a flags expression: operators, choices, names. Names that stand for something elsewhere (macros, enum constants,
 * file variables, fields, parameters) are resolved by `flag-sources.ts` through the callbacks of this file.
 */
import { type CNode, childByField, walk } from '../../syntax/node.ts';
import type { CUnit } from '../../syntax/unit.ts';
import { afford } from '../effort.ts';
import { type LocalName, localNames } from '../locals.ts';
import { argumentNodes, bare, calleeOf, callNodes, codeOf, keysIn, operatorOf, placeKey } from '../trees.ts';
import { isFollName, isForeignName, isWriteName, literalValue } from './constants.ts';
import { decided } from './flag-conditions.ts';
import { type FlagState, flowStates } from './flag-flow.ts';
import { type FlagContext, type FlagScope, type Folding, later, term, unknownTerm } from './flag-scope.ts';
import { callerValue, enumValue, fieldValue, fileVariableValue, macroValue, returnedValue } from './flag-sources.ts';
import {
  conjunction,
  either,
  type FlagValue,
  join,
  joinAll,
  numberOf,
  product,
  weaken,
  without,
} from './flag-terms.ts';

const EMPTY: FlagState = new Map();

/** Operators inside one another; flags expressions have below 10. */
const MAX_NESTING = 100;

/** Macros of the kernel that give their first argument back (linux/compiler.h, asm-generic/rwonce.h). */
const TRANSPARENT = new Set(['likely', 'unlikely', 'READ_ONCE', 'ACCESS_ONCE', '__builtin_expect', 'data_race']);

/** How `flag-sources.ts` calls back into this file. */
export const folding: Folding = { evaluate: (node, scope, ctx) => evaluate(node, scope, EMPTY, ctx), valueAt };

/** What an expression may hold, in a state of the places that the caller follows. */
function evaluate(node: CNode, scope: FlagScope, state: FlagState, ctx: FlagContext): FlagValue {
  if (ctx.budget.nesting >= MAX_NESTING) return unknownTerm(scope, node);
  ctx.budget.nesting++;
  const value = evaluateNode(node, scope, state, ctx);
  ctx.budget.nesting--;
  return value;
}

function evaluateNode(node: CNode, scope: FlagScope, state: FlagState, ctx: FlagContext): FlagValue {
  const recur = (n: CNode): FlagValue => evaluate(n, scope, state, ctx);
  const n = bare(node);
  switch (n.type) {
    case 'identifier':
      return nameValue(n, scope, state, ctx);
    case 'null':
    case 'false':
      return term(scope, n, { kind: 'zero', name: codeOf(scope.unit, n), value: 0 });
    case 'true':
      return term(scope, n, { kind: 'literal', name: 'true', value: 1 });
    case 'number_literal':
    case 'char_literal':
      return literal(n, scope);
    case 'conditional_expression': {
      const then = childByField(n, 'consequence') ?? childByField(n, 'condition');
      const otherwise = childByField(n, 'alternative');
      if (then === undefined || otherwise === undefined) return unknownTerm(scope, n);
      const condition = childByField(n, 'condition');
      const known =
        condition === undefined ? undefined : decided(condition, scope.unit, (x) => constantOf(x, scope, ctx));
      if (known !== undefined) return recur(known ? then : otherwise);
      return join(recur(then), recur(otherwise));
    }
    case 'comma_expression': {
      const right = childByField(n, 'right');
      return right === undefined ? unknownTerm(scope, n) : recur(right);
    }
    case 'assignment_expression': {
      const key = placeKey(scope.unit, childByField(n, 'left') ?? n);
      const right = childByField(n, 'right');
      const known = key === undefined ? undefined : state.get(key);
      return known ?? (right === undefined ? unknownTerm(scope, n) : recur(right));
    }
    case 'binary_expression':
      return binary(n, scope, state, ctx);
    case 'unary_expression':
      return unary(n, scope, state, ctx);
    case 'call_expression':
      return callValue(n, scope, state, ctx);
    case 'field_expression':
    case 'subscript_expression':
    case 'pointer_expression':
      return placeValue(n, scope, state, ctx);
    default:
      return unknownTerm(scope, n);
  }
}

/** What an expression of a function may hold where it stands, followed through the function from its beginning. */
function valueAt(node: CNode, scope: FlagScope, ctx: FlagContext): FlagValue {
  const body = bodyOfScope(scope);
  if (body === undefined) return evaluate(node, scope, EMPTY, ctx);
  const initial = followedPlaces(node, body, scope, ctx);
  if (initial.size === 0) return evaluate(node, scope, EMPTY, ctx);
  const states = statesFor(node, { body, initial, scope, ctx });
  if (states === undefined) return unknownTerm(scope, node);
  return evaluate(node, scope, states.get(node) ?? initial, ctx);
}

type States = ReadonlyMap<CNode, FlagState>;

/** Places followed through a body. */
interface Following {
  readonly body: CNode;
  readonly initial: FlagState;
  readonly scope: FlagScope;
  readonly ctx: FlagContext;
}

const stateCache = new WeakMap<CUnit['surroundings'], WeakMap<CNode, Map<string, States>>>();

/** The states of the followed places; undefined when the unit has spent its share of work. */
function statesFor(node: CNode, f: Following): States | undefined {
  const { body, initial, scope, ctx } = f;
  const asked = askedNodes(body);
  // What is known of a caller, or cut short by what is being followed, is not what others would see.
  if (scope.bindings.size > 0 || ctx.busy.size > 0 || !asked.has(node)) return compute(f, new Set([node]));
  const { surroundings } = scope.unit;
  const trees = stateCache.get(surroundings) ?? new WeakMap<CNode, Map<string, States>>();
  stateCache.set(surroundings, trees);
  const known = trees.get(body) ?? new Map<string, States>();
  trees.set(body, known);
  const key = [...initial.keys()].sort().join('\n');
  const states = known.get(key) ?? compute(f, asked);
  if (states !== undefined) known.set(key, states);
  return states;
}

function compute({ body, initial, scope, ctx }: Following, at: ReadonlySet<CNode>): States | undefined {
  if (!afford(scope.unit, body)) return undefined;
  return flowStates({
    unit: scope.unit,
    body,
    initial,
    at,
    evaluate: (n, state) => evaluate(n, scope, state, ctx),
    unknown: (n) => unknownTerm(scope, n),
    decide: (n) => decided(n, scope.unit, (x) => constantOf(x, scope, ctx)),
  });
}

const askedCache = new WeakMap<CNode, ReadonlySet<CNode>>();

/** Every argument of a call in the body: where values are asked for. */
function askedNodes(body: CNode): ReadonlySet<CNode> {
  let asked = askedCache.get(body);
  if (asked === undefined) {
    asked = new Set(callNodes(body).flatMap((call) => [...argumentNodes(call)]));
    askedCache.set(body, asked);
  }
  return asked;
}

function bodyOfScope(scope: FlagScope): CNode | undefined {
  if (scope.tree === undefined) return undefined;
  let body: CNode | undefined;
  walk(scope.tree, (n) => {
    if (body === undefined && n.type === 'compound_statement') body = n;
    return body === undefined;
  });
  return body;
}

/** The places written in the function that the expression depends on, directly or through others, with their values at entry. */
function followedPlaces(node: CNode, body: CNode, scope: FlagScope, ctx: FlagContext): Map<string, FlagValue> {
  const writes = writtenPlaces(body, scope);
  const todo = keysIn(scope.unit, node);
  const followed = new Map<string, FlagValue>();
  for (let key = todo.pop(); key !== undefined; key = todo.pop()) {
    const sources = writes.get(key);
    if (sources === undefined || followed.has(key) || ctx.budget.left-- <= 0) continue;
    followed.set(key, entryValue(key, scope, ctx));
    for (const source of sources) todo.push(...keysIn(scope.unit, source));
  }
  return followed;
}

const writeCache = new WeakMap<CNode, ReadonlyMap<string, readonly CNode[]>>();

/** Every place that the function assigns, counts or passes the address of, with what it is assigned. */
function writtenPlaces(body: CNode, scope: FlagScope): ReadonlyMap<string, readonly CNode[]> {
  const cached = writeCache.get(body);
  if (cached !== undefined) return cached;
  const { unit } = scope;
  const writes = new Map<string, CNode[]>();
  const add = (place: CNode | undefined, value: CNode | undefined): void => {
    const key = place === undefined ? undefined : placeKey(unit, place);
    if (key === undefined) return;
    const list = writes.get(key) ?? [];
    if (value !== undefined) list.push(value);
    writes.set(key, list);
  };
  walk(body, (n) => {
    if (n.type === 'assignment_expression') add(childByField(n, 'left'), childByField(n, 'right'));
    else if (n.type === 'init_declarator') add(childByField(n, 'declarator'), childByField(n, 'value'));
    else if (n.type === 'update_expression' || (n.type === 'pointer_expression' && operatorOf(unit, n) === '&'))
      add(childByField(n, 'argument'), undefined);
    else if (n.type === 'declaration') for (const c of n.children) if (c.type === 'identifier') add(c, undefined);
    return true;
  });
  writeCache.set(body, writes);
  return writes;
}

/** What a place holds when its function is entered. */
function entryValue(key: string, scope: FlagScope, ctx: FlagContext): FlagValue {
  const local = scope.tree === undefined ? undefined : localNames(scope.unit, scope.tree).get(key);
  if (local !== undefined) return local.param === undefined ? [] : parameterValue(local, scope, ctx);
  const field = /(?:->|\.)(\w+)$/.exec(key)?.[1];
  if (field !== undefined || /\W/.test(key)) return [];
  return fileVariableValue(key, scope, ctx) ?? [];
}

function parameterValue(local: LocalName, scope: FlagScope, ctx: FlagContext): FlagValue {
  const { name, type, node, param } = local;
  const bound = scope.bindings.get(name);
  if (bound !== undefined) return bound();
  const own = term(scope, node, { kind: isTruth(type, name) ? 'comparison' : 'parameter', name });
  if (param === undefined || scope.fn === undefined || isTruth(type, name)) return own;
  return callerValue({ index: param, own, scope }, ctx);
}

/** The value of a number, a constant, or a parameter that is one for the caller looked at, or for all; empty for anything else. */
function constantOf(n: CNode, scope: FlagScope, ctx: FlagContext): FlagValue {
  if (n.type === 'number_literal') return literal(n, scope);
  if (n.type !== 'identifier') return [];
  const name = codeOf(scope.unit, n);
  const bound = scope.bindings.get(name);
  if (scope.tree === undefined) return bound?.() ?? globalName(n, name, scope, ctx);
  const local = localNames(scope.unit, scope.tree).get(name);
  if (local === undefined) return globalName(n, name, scope, ctx);
  const body = bodyOfScope(scope);
  if (local.param === undefined || body === undefined || writtenPlaces(body, scope).has(local.name)) return [];
  const own = term(scope, local.node, { kind: 'parameter', name: local.name });
  return bound?.() ?? callerValue({ index: local.param, own, scope }, ctx);
}

/** Whether a name of this type holds a truth value: a bool, or an int named write. */
function isTruth(type: string, name: string): boolean {
  if (/\b(?:bool|_Bool)\b/.test(type)) return true;
  return (
    isWriteName(name) &&
    /^(?:(?:un)?signed )?(?:int|u8|char|unsigned|long)?$/.test(type.replace(/\bconst\b|\bvolatile\b/g, '').trim())
  );
}

function nameValue(n: CNode, scope: FlagScope, state: FlagState, ctx: FlagContext): FlagValue {
  const name = codeOf(scope.unit, n);
  const followed = state.get(name);
  const local = scope.tree === undefined ? undefined : localNames(scope.unit, scope.tree).get(name);
  if (followed !== undefined) {
    const open = followed.length > 0 && followed.every((t) => t.kind === 'unknown' || t.kind === 'comparison');
    if (open && isTruth(local?.type ?? '', name)) return term(scope, n, { kind: 'comparison', name });
    return followed;
  }
  const bound = scope.bindings.get(name);
  if (bound !== undefined) return bound();
  if (local !== undefined) return local.param === undefined ? unknownTerm(scope, n) : parameterValue(local, scope, ctx);
  return globalName(n, name, scope, ctx);
}

function globalName(n: CNode, name: string, scope: FlagScope, ctx: FlagContext): FlagValue {
  const expanded = macroValue(name, undefined, scope, ctx);
  if (isFollName(name)) {
    const nothing = expanded?.every((t) => t.kind === 'zero') === true;
    return term(scope, n, nothing ? { kind: 'zero', name, value: 0 } : { kind: 'flag', name });
  }
  if (expanded !== undefined) return expanded;
  if (isForeignName(name)) return term(scope, n, { kind: 'foreign', name });
  // linux/fs.h: the directions of an I/O request, of another family than gup flags.
  if (name === 'WRITE') return term(scope, n, { kind: 'foreign', name, value: 1 });
  if (name === 'READ') return term(scope, n, { kind: 'zero', name, value: 0 });
  return enumValue(name, scope, ctx) ?? fileVariableValue(name, scope, ctx) ?? unknownTerm(scope, n);
}

function literal(n: CNode, scope: FlagScope): FlagValue {
  const text = codeOf(scope.unit, n);
  const value = literalValue(text);
  return term(scope, n, { kind: value === 0 ? 'zero' : 'literal', name: text, value });
}

function comparison(n: CNode, scope: FlagScope): FlagValue {
  return term(scope, n, { kind: 'comparison', name: codeOf(scope.unit, n).replace(/\s+/g, ' ') });
}

function complemented(n: CNode | undefined, scope: FlagScope): CNode | undefined {
  if (n === undefined) return undefined;
  const b = bare(n);
  return b.type === 'unary_expression' && operatorOf(scope.unit, b) === '~' ? childByField(b, 'argument') : undefined;
}

function binary(n: CNode, scope: FlagScope, state: FlagState, ctx: FlagContext): FlagValue {
  const leftNode = childByField(n, 'left');
  const rightNode = childByField(n, 'right');
  const opNode = childByField(n, 'operator');
  if (leftNode === undefined || rightNode === undefined || opNode === undefined) return unknownTerm(scope, n);
  const recur = (x: CNode): FlagValue => evaluate(x, scope, state, ctx);
  const op = codeOf(scope.unit, opNode);
  if (/^(?:[<>]=?|[!=]=|&&|\|\|)$/.test(op)) return comparison(n, scope);
  if (op === '&') {
    const cleared = complemented(rightNode, scope);
    if (cleared !== undefined) return without(recur(leftNode), recur(cleared));
    const clearedLeft = complemented(leftNode, scope);
    if (clearedLeft !== undefined) return without(recur(rightNode), recur(clearedLeft));
  }
  const left = recur(leftNode);
  const right = recur(rightNode);
  const a = numberOf(left);
  const b = numberOf(right);
  if (a !== undefined && b !== undefined && (a !== 0 || b !== 0)) {
    const value = arithmetic(op, a, b);
    if (value !== undefined)
      return term(scope, n, { kind: value === 0 ? 'zero' : 'literal', name: codeOf(scope.unit, n), value });
  }
  switch (op) {
    case '|':
    case '+':
      return either(left, right);
    case '^':
      return weaken(either(left, right));
    case '&':
      return conjunction(left, right, unknownTerm(scope, n));
    case '*':
      return product(left, right) ?? unknownTerm(scope, n);
    default:
      return unknownTerm(scope, n);
  }
}

function arithmetic(op: string, a: number, b: number): number | undefined {
  switch (op) {
    case '|':
      return (a | b) >>> 0;
    case '&':
      return (a & b) >>> 0;
    case '+':
      return a + b;
    case '*':
      return a * b;
    case '<<':
      return b < 32 ? (a << b) >>> 0 : undefined;
    default:
      return undefined;
  }
}

function unary(n: CNode, scope: FlagScope, state: FlagState, ctx: FlagContext): FlagValue {
  const op = operatorOf(scope.unit, n);
  const argument = childByField(n, 'argument');
  if (op === '!') return comparison(n, scope);
  if (op === '+' && argument !== undefined) return evaluate(argument, scope, state, ctx);
  return unknownTerm(scope, n);
}

function callValue(n: CNode, scope: FlagScope, state: FlagState, ctx: FlagContext): FlagValue {
  const callee = calleeOf(n);
  const args = argumentNodes(n);
  if (callee === undefined) return unknownTerm(scope, n);
  const name = codeOf(scope.unit, callee);
  const first = args[0];
  if (TRANSPARENT.has(name) && first !== undefined) return evaluate(first, scope, state, ctx);
  const values = args.map((a) => later(() => evaluate(a, scope, state, ctx)));
  return macroValue(name, values, scope, ctx) ?? returnedValue(name, values, scope, ctx) ?? unknownTerm(scope, n);
}

function placeValue(n: CNode, scope: FlagScope, state: FlagState, ctx: FlagContext): FlagValue {
  const key = placeKey(scope.unit, n);
  const followed = key === undefined ? undefined : state.get(key);
  const here = followed !== undefined && followed.length > 0 ? followed : undefined;
  if (here?.some((t) => t.must) === true) return here;
  const elsewhere = n.type === 'field_expression' ? fieldValue(n, scope, ctx) : undefined;
  if (here === undefined) return elsewhere ?? unknownTerm(scope, n);
  return joinAll([here, elsewhere ?? unknownTerm(scope, n)]);
}
