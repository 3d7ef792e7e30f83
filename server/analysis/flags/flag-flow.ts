/**
 * A forward walk over the statements of one function that tells what chosen variables may hold where a call stands.
 * Both arms of a branch may be taken, loop bodies run not at all, once or again, jumps carry their state to the label.
 * Conditions are not interpreted. The walk costs time linear in the size of the function.
 */
import { type CNode, childByField } from '../../syntax/node.ts';
import type { CUnit } from '../../syntax/unit.ts';
import { bare, isAddressOf, operatorOf, placeKey } from '../trees.ts';
import { conjunction, either, type FlagValue, join, weaken, without } from './flag-terms.ts';

/** What the followed places hold; a place that is not followed is absent. */
export type FlagState = ReadonlyMap<string, FlagValue>;

/** What the walk needs to know. */
export interface FlowInput {
  readonly unit: CUnit;
  /** The function's body. */
  readonly body: CNode;
  /** Places to follow (see `placeKey`) and what they hold when the function is entered. */
  readonly initial: FlagState;
  /** Where the state is wanted: every node that starts and ends there. */
  readonly at: ReadonlySet<CNode>;
  /** The value of an expression in a state. */
  evaluate(node: CNode, state: FlagState): FlagValue;
  /** The value of a place somebody else may have written. */
  unknown(node: CNode): FlagValue;
  /** Whether a condition is certain to hold or not to hold; undefined: either. */
  decide(condition: CNode): boolean | undefined;
}

type State = Map<string, FlagValue> | undefined;

interface Frame {
  readonly breaks: State[];
  readonly continues: State[] | undefined;
}

interface Walk {
  readonly input: FlowInput;
  readonly labels: Map<string, State>;
  readonly seenLabels: Set<string>;
  readonly frames: Frame[];
  backward: boolean;
  depth: number;
  readonly found: Map<CNode, State>;
}

/** Statements nested deeper than this are not entered: kernel code stays below 20. */
const MAX_DEPTH = 150;

/** The state at each wanted node that the walk reaches. */
export function flowStates(input: FlowInput): ReadonlyMap<CNode, FlagState> {
  const w: Walk = {
    input,
    labels: new Map(),
    seenLabels: new Set(),
    frames: [],
    backward: false,
    depth: 0,
    found: new Map(),
  };
  statement(w, input.body, new Map(input.initial));
  if (w.backward) {
    w.seenLabels.clear();
    statement(w, input.body, new Map(input.initial));
  }
  const out = new Map<CNode, FlagState>();
  for (const [node, state] of w.found) if (state !== undefined) out.set(node, state);
  return out;
}

function meet(a: State, b: State): State {
  if (a === undefined) return b === undefined ? undefined : new Map(b);
  if (b === undefined) return a;
  const out = new Map<string, FlagValue>();
  for (const k of a.keys()) {
    const x = a.get(k) ?? [];
    const y = b.get(k) ?? [];
    out.set(k, x === y ? x : join(x, y));
  }
  return out;
}

function copy(s: State): State {
  return s === undefined ? undefined : new Map(s);
}

/** The state after a statement; undefined where control does not come through. */
function statement(w: Walk, node: CNode, before: State): State {
  if (w.depth > MAX_DEPTH) return before;
  w.depth++;
  const after = dispatch(w, node, before);
  w.depth--;
  return after;
}

function dispatch(w: Walk, node: CNode, state: State): State {
  switch (node.type) {
    case 'compound_statement':
    case 'else_clause':
      return sequence(w, node.children, state);
    case 'if_statement':
      return ifStatement(w, node, state);
    case 'while_statement':
    case 'for_statement':
      return loop(w, node, state);
    case 'do_statement':
      return doLoop(w, node, state);
    case 'switch_statement':
      return switchStatement(w, node, state);
    case 'case_statement':
      return sequence(
        w,
        node.children.filter((c) => c.field !== 'value'),
        state,
      );
    case 'labeled_statement':
      return labelled(w, node, state);
    case 'goto_statement':
      return jump(w, node, state);
    case 'return_statement':
      expression(w, node, state);
      return undefined;
    case 'break_statement':
      w.frames.at(-1)?.breaks.push(copy(state));
      return undefined;
    case 'continue_statement':
      w.frames.findLast((f) => f.continues !== undefined)?.continues?.push(copy(state));
      return undefined;
    default:
      expression(w, node, state);
      return state;
  }
}

function sequence(w: Walk, nodes: readonly CNode[], before: State): State {
  let state = before;
  for (const n of nodes) state = statement(w, n, state);
  return state;
}

function ifStatement(w: Walk, node: CNode, state: State): State {
  const condition = childByField(node, 'condition');
  if (condition !== undefined) expression(w, condition, state);
  const then = childByField(node, 'consequence');
  const otherwise = childByField(node, 'alternative');
  const known = condition === undefined ? undefined : w.input.decide(condition);
  if (known === true) return then === undefined ? state : statement(w, then, state);
  if (known === false) return otherwise === undefined ? state : statement(w, otherwise, state);
  const a = then === undefined ? copy(state) : statement(w, then, copy(state));
  const b = otherwise === undefined ? state : statement(w, otherwise, state);
  return meet(a, b);
}

function loop(w: Walk, node: CNode, before: State): State {
  const init = childByField(node, 'initializer');
  if (init !== undefined) expression(w, init, before);
  let head = before;
  let exits: State;
  for (let turn = 0; turn < 2; turn++) {
    const entered = copy(head);
    const frame: Frame = { breaks: [], continues: [] };
    w.frames.push(frame);
    const condition = childByField(node, 'condition');
    if (condition !== undefined) expression(w, condition, entered);
    exits = meet(copy(entered), undefined);
    const body = childByField(node, 'body');
    let end = body === undefined ? copy(entered) : statement(w, body, copy(entered));
    for (const c of frame.continues ?? []) end = meet(end, c);
    const update = childByField(node, 'update');
    if (update !== undefined) expression(w, update, end);
    w.frames.pop();
    for (const b of frame.breaks) exits = meet(exits, b);
    exits = meet(exits, end);
    head = meet(copy(head), end);
  }
  return exits;
}

function doLoop(w: Walk, node: CNode, before: State): State {
  let head = before;
  let exits: State;
  for (let turn = 0; turn < 2; turn++) {
    const frame: Frame = { breaks: [], continues: [] };
    w.frames.push(frame);
    const body = childByField(node, 'body');
    let end = body === undefined ? copy(head) : statement(w, body, copy(head));
    for (const c of frame.continues ?? []) end = meet(end, c);
    const condition = childByField(node, 'condition');
    if (condition !== undefined) expression(w, condition, end);
    w.frames.pop();
    exits = copy(end);
    for (const b of frame.breaks) exits = meet(exits, b);
    head = meet(copy(head), end);
  }
  return exits;
}

function switchStatement(w: Walk, node: CNode, before: State): State {
  const condition = childByField(node, 'condition');
  if (condition !== undefined) expression(w, condition, before);
  const frame: Frame = { breaks: [], continues: undefined };
  w.frames.push(frame);
  let state: State;
  let hasDefault = false;
  for (const child of childByField(node, 'body')?.children ?? []) {
    if (child.type === 'case_statement') {
      hasDefault ||= childByField(child, 'value') === undefined;
      state = meet(state, copy(before));
    }
    state = statement(w, child, state);
  }
  w.frames.pop();
  for (const b of frame.breaks) state = meet(state, b);
  return hasDefault ? state : meet(state, before);
}

function labelled(w: Walk, node: CNode, before: State): State {
  const label = childByField(node, 'label');
  const name = label === undefined ? '' : w.input.unit.code.slice(label.start, label.end);
  w.seenLabels.add(name);
  const state = meet(copy(before), copy(w.labels.get(name)));
  return sequence(
    w,
    node.children.filter((c) => c.field !== 'label'),
    state,
  );
}

function jump(w: Walk, node: CNode, state: State): State {
  const label = childByField(node, 'label');
  const name = label === undefined ? '' : w.input.unit.code.slice(label.start, label.end);
  w.labels.set(name, meet(copy(w.labels.get(name)), copy(state)));
  if (w.seenLabels.has(name)) w.backward = true;
  return undefined;
}

/** Side effects of an expression or declaration on the followed places, and the states at wanted nodes. Works in place. */
function expression(w: Walk, node: CNode, state: State): void {
  if (state === undefined) return;
  const stack: { node: CNode; done: boolean }[] = [{ node, done: false }];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const n = top.node;
    if (top.done) {
      effect(w, n, state);
      continue;
    }
    if (n.type === 'compound_statement') {
      statement(w, n, state);
      continue;
    }
    if (w.input.at.has(n)) w.found.set(n, meet(copy(w.found.get(n)), copy(state)));
    stack.push({ node: n, done: true });
    for (let i = n.children.length - 1; i >= 0; i--) {
      const child = n.children[i];
      if (child !== undefined) stack.push({ node: child, done: false });
    }
  }
}

function effect(w: Walk, n: CNode, state: Map<string, FlagValue>): void {
  const { unit } = w.input;
  switch (n.type) {
    case 'assignment_expression': {
      const left = childByField(n, 'left');
      const right = childByField(n, 'right');
      const key = left === undefined ? undefined : placeKey(unit, left);
      if (key === undefined || right === undefined || !state.has(key)) return;
      const op = childByField(n, 'operator');
      state.set(
        key,
        assigned(w, state, { key, op: op === undefined ? '=' : unit.code.slice(op.start, op.end), right }),
      );
      return;
    }
    case 'init_declarator':
    case 'declaration':
      declare(w, n, state);
      return;
    case 'update_expression':
    case 'pointer_expression': {
      if (n.type === 'pointer_expression' && !isAddressOf(unit, n)) return;
      const argument = childByField(n, 'argument');
      const key = argument === undefined ? undefined : placeKey(unit, argument);
      if (key !== undefined && state.has(key)) state.set(key, either(weaken(state.get(key) ?? []), w.input.unknown(n)));
      return;
    }
    default:
  }
}

function declare(w: Walk, n: CNode, state: Map<string, FlagValue>): void {
  const { unit } = w.input;
  if (n.type === 'declaration') {
    for (const c of n.children) {
      if (c.type === 'identifier' && c.field === 'declarator') {
        const name = unit.code.slice(c.start, c.end);
        if (state.has(name)) state.set(name, []);
      }
    }
    return;
  }
  const name = childByField(n, 'declarator');
  const value = childByField(n, 'value');
  if (name?.type !== 'identifier' || value === undefined) return;
  const key = unit.code.slice(name.start, name.end);
  if (state.has(key)) state.set(key, w.input.evaluate(value, state));
}

function assigned(w: Walk, state: FlagState, a: { key: string; op: string; right: CNode }): FlagValue {
  const old = state.get(a.key) ?? [];
  const { evaluate, unit } = w.input;
  switch (a.op) {
    case '=':
      return evaluate(a.right, state);
    case '|=':
    case '+=':
      return either(old, evaluate(a.right, state));
    case '&=': {
      const right = bare(a.right);
      const argument =
        right.type === 'unary_expression' && operatorOf(unit, right) === '~'
          ? childByField(right, 'argument')
          : undefined;
      if (argument !== undefined) return without(old, evaluate(argument, state));
      return conjunction(old, evaluate(a.right, state), w.input.unknown(a.right));
    }
    default:
      return either(weaken(old), w.input.unknown(a.right));
  }
}
