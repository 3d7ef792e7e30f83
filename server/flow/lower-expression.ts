/**
 * Expressions: side effects become instructions in evaluation order, what remains is a pure `Expr`.
 * Kernel idioms that only pass a value on (likely, READ_ONCE, ERR_PTR, IS_ERR) are seen through by table.
 */
import { type CNode, childByField } from '../syntax/node.ts';
import type { BinaryOp, CType, Expr, PlaceExpr } from './ir.ts';
import { integerType, type LowerContext } from './lower-context.ts';

const COMPARISONS: ReadonlySet<string> = new Set(['<', '<=', '>', '>=', '==', '!=']);
const ARITHMETIC: ReadonlySet<string> = new Set(['+', '-', '*', '/', '%', '<<', '>>', '&', '|', '^']);

/** Errno and limit constants that matter to comparisons; `-EFAULT` must be known to be negative. */
function constant(ctx: LowerContext, name: string): Expr {
  if (name === 'NULL' || name === 'false' || name === 'FALSE' || name === 'NULL_PTR') return { kind: 'int', value: 0 };
  if (name === 'true' || name === 'TRUE') return { kind: 'int', value: 1 };
  return { kind: 'unknown', text: name, parts: [], number: ctx.hooks.numberOf(name) };
}

/** Whether a name is an errno constant: E and capitals, as EFAULT. */
export function isErrno(name: string): boolean {
  return /^E[A-Z][A-Z0-9]+$/.test(name);
}

/** Parses a C integer literal with suffixes, and with a sign, which the grammar takes for part of it; undefined for anything else. */
function integerLiteral(text: string): number | undefined {
  const m = /^(-?)\s*(0[xX][0-9a-fA-F]+|0[bB][01]+|0[0-7]*|[1-9][0-9]*)([uUlL]*)$/.exec(text);
  if (m === null) return undefined;
  const digits = m[2] ?? '';
  const value = /^0[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
  if (m[1] === '' || value === 0) return value;
  // Of an unsigned type it is the number that has those bits.
  const suffix = (m[3] ?? '').toLowerCase();
  return suffix.includes('u') ? 2 ** (suffix.includes('l') ? 64 : 32) - value : -value;
}

/** Lowers an expression for its value. */
export function lowerExpression(ctx: LowerContext, node: CNode): Expr {
  switch (node.type) {
    case 'parenthesized_expression':
      return lowerLast(ctx, node);
    case 'comma_expression':
      return lowerLast(ctx, node);
    case 'number_literal': {
      const value = integerLiteral(ctx.text(node));
      return value === undefined ? { kind: 'unknown', text: ctx.text(node), parts: [] } : { kind: 'int', value };
    }
    case 'char_literal':
    case 'string_literal':
    case 'concatenated_string':
      return { kind: 'unknown', text: undefined, parts: [] };
    case 'true':
      return { kind: 'int', value: 1 };
    case 'false':
    case 'null':
      return { kind: 'int', value: 0 };
    case 'identifier':
      return lowerIdentifier(ctx, node);
    case 'field_expression':
    case 'subscript_expression':
      return readPlace(lowerPlace(ctx, node));
    case 'pointer_expression':
      return lowerPointer(ctx, node);
    case 'assignment_expression':
      return lowerAssignment(ctx, node);
    case 'update_expression':
      return lowerUpdate(ctx, node);
    case 'binary_expression':
      return lowerBinary(ctx, node);
    case 'unary_expression':
      return lowerUnary(ctx, node);
    case 'conditional_expression':
      return lowerConditional(ctx, node);
    case 'cast_expression':
      return lowerCast(ctx, node);
    case 'call_expression':
      return ctx.hooks.call(ctx, node, false);
    case 'sizeof_expression':
    case 'offsetof_expression':
    case 'alignof_expression':
      return { kind: 'unknown', text: `sizeof ${ctx.text(node).replace(/\s+/g, ' ')}`, parts: [] };
    case 'compound_literal_expression':
    case 'initializer_list':
      return { kind: 'unknown', text: undefined, parts: lowerParts(ctx, node) };
    case 'compound_statement':
      return ctx.hooks.statementExpression(ctx, node);
    default:
      return { kind: 'unknown', text: undefined, parts: lowerParts(ctx, node) };
  }
}

/** Evaluates every child and gives the value of the last. */
function lowerLast(ctx: LowerContext, node: CNode): Expr {
  let last: Expr = { kind: 'unknown', text: undefined, parts: [] };
  for (const child of node.children) last = lowerExpression(ctx, child);
  return last;
}

function lowerParts(ctx: LowerContext, node: CNode): Expr[] {
  const parts: Expr[] = [];
  for (const child of node.children) {
    if (child.type === 'type_descriptor' || child.type === 'field_designator' || child.type === 'field_identifier')
      continue;
    parts.push(lowerExpression(ctx, child));
  }
  return parts;
}

function lowerIdentifier(ctx: LowerContext, node: CNode): Expr {
  const name = ctx.text(node);
  const given = ctx.withArgument(name, (argument) => lowerExpression(ctx, argument));
  if (given !== undefined) return given;
  const scope = ctx.scopeOf(name);
  if (scope === 'global' && /^[A-Z_][A-Z0-9_]*$/.test(name)) return constant(ctx, name);
  if (scope === 'global' && (name === 'true' || name === 'false')) return constant(ctx, name);
  return readPlace(ctx.variable(name, node.start));
}

/** The value of a place; arrays decay to the address of their elements. */
function readPlace(place: PlaceExpr): Expr {
  const type = place.kind === 'var' || place.kind === 'field' ? place.type : undefined;
  return type?.array === true ? { kind: 'address', place, decay: true } : { kind: 'read', place };
}

/** Lowers an lvalue; anything that is none becomes a dereference of its value. */
export function lowerPlace(ctx: LowerContext, node: CNode): PlaceExpr {
  switch (node.type) {
    case 'parenthesized_expression': {
      const inner = node.children[node.children.length - 1];
      if (inner !== undefined) return lowerPlace(ctx, inner);
      break;
    }
    case 'identifier':
      return (
        ctx.withArgument(ctx.text(node), (argument) => lowerPlace(ctx, argument)) ??
        ctx.variable(ctx.text(node), node.start)
      );
    case 'subscript_expression': {
      const array = childByField(node, 'argument');
      const index = childByField(node, 'index');
      if (array !== undefined && index !== undefined) {
        const pointer = lowerExpression(ctx, array);
        return { kind: 'index', pointer, index: lowerExpression(ctx, index) };
      }
      break;
    }
    case 'pointer_expression': {
      const arg = childByField(node, 'argument');
      if (arg !== undefined && ctx.code(node.start) === '*')
        return { kind: 'deref', pointer: lowerExpression(ctx, arg) };
      break;
    }
    case 'field_expression': {
      const field = lowerField(ctx, node);
      if (field !== undefined) return field;
      break;
    }
    case 'cast_expression': {
      const value = childByField(node, 'value');
      if (value !== undefined) return lowerPlace(ctx, value);
      break;
    }
  }
  return { kind: 'deref', pointer: { kind: 'unknown', text: undefined, parts: [lowerExpression(ctx, node)] } };
}

function lowerField(ctx: LowerContext, node: CNode): PlaceExpr | undefined {
  const arg = childByField(node, 'argument');
  const name = childByField(node, 'field');
  if (arg === undefined || name === undefined) return undefined;
  const arrow = ctx.source.code.slice(arg.end, name.start).includes('->');
  const owner = ctx.types.typeOf(arg);
  const base: PlaceExpr = arrow ? { kind: 'deref', pointer: lowerExpression(ctx, arg) } : lowerPlace(ctx, arg);
  return {
    kind: 'field',
    base,
    name: ctx.text(name),
    tag: owner?.tag,
    home: owner?.home,
    type: ctx.types.typeOf(node),
  };
}

function lowerPointer(ctx: LowerContext, node: CNode): Expr {
  const arg = childByField(node, 'argument');
  if (arg === undefined) return { kind: 'unknown', text: undefined, parts: [] };
  if (ctx.code(node.start) === '&') return addressOf(lowerPlace(ctx, arg));
  return readPlace({ kind: 'deref', pointer: lowerExpression(ctx, arg) });
}

/** `&*p` is `p`, `&p[i]` is `p + i`. */
function addressOf(place: PlaceExpr): Expr {
  if (place.kind === 'deref') return place.pointer;
  if (place.kind === 'index') {
    return { kind: 'binary', op: '+', left: place.pointer, right: place.index, span: { start: 0, end: 0 } };
  }
  return { kind: 'address', place, decay: false };
}

function lowerAssignment(ctx: LowerContext, node: CNode): Expr {
  const left = childByField(node, 'left');
  const right = childByField(node, 'right');
  const op = childByField(node, 'operator');
  if (left === undefined || right === undefined)
    return { kind: 'unknown', text: undefined, parts: lowerParts(ctx, node) };
  const value = lowerExpression(ctx, right);
  const target = lowerPlace(ctx, left);
  const spelled = op === undefined ? ctx.source.code.slice(left.end, right.start).trim() : ctx.text(op);
  const compound = spelled.length > 1 ? spelled.slice(0, -1) : '';
  const stored: Expr = ARITHMETIC.has(compound)
    ? { kind: 'binary', op: compound as BinaryOp, left: { kind: 'read', place: target }, right: value, span: node }
    : value;
  ctx.emit({ kind: 'assign', target, value: convertTo(stored, target), span: node });
  return readPlace(target);
}

/** Storing into an integer of known type converts. */
export function convertTo(value: Expr, target: PlaceExpr): Expr {
  const type = target.kind === 'var' || target.kind === 'field' ? target.type : undefined;
  if (type === undefined || type.bits === undefined || type.pointers > 0) return value;
  return { kind: 'convert', type, arg: value };
}

function lowerUpdate(ctx: LowerContext, node: CNode): Expr {
  const arg = childByField(node, 'argument');
  if (arg === undefined) return { kind: 'unknown', text: undefined, parts: [] };
  const place = lowerPlace(ctx, arg);
  const prefix = arg.start > node.start;
  const op: BinaryOp = ctx.text(node).includes('++') ? '+' : '-';
  let before: Expr = { kind: 'read', place };
  if (!prefix) {
    const id = ctx.newTemp();
    ctx.emit({ kind: 'temp', id, value: before, span: node });
    before = { kind: 'temp', id };
  }
  const next: Expr = {
    kind: 'binary',
    op,
    left: { kind: 'read', place },
    right: { kind: 'int', value: 1 },
    span: node,
  };
  ctx.emit({ kind: 'assign', target: place, value: next, span: node });
  return prefix ? { kind: 'read', place } : before;
}

function lowerBinary(ctx: LowerContext, node: CNode): Expr {
  const left = childByField(node, 'left');
  const right = childByField(node, 'right');
  if (left === undefined || right === undefined)
    return { kind: 'unknown', text: undefined, parts: lowerParts(ctx, node) };
  const op = operatorOf(ctx, node);
  if (op === '&&' || op === '||') return lowerTruth(ctx, node);
  const a = keep(ctx, lowerExpression(ctx, left), right);
  const b = lowerExpression(ctx, right);
  if (!COMPARISONS.has(op) && !ARITHMETIC.has(op)) return { kind: 'unknown', text: undefined, parts: [a, b] };
  const again = (): boolean =>
    [left, right].some((n) => isReadAgain(ctx, n)) ||
    ((op === '==' || op === '!=') && (isKept(ctx, left, right) || isKept(ctx, right, left)));
  if (COMPARISONS.has(op) && a.kind !== 'int' && b.kind !== 'int' && again())
    return { kind: 'unknown', text: undefined, parts: [a, b] };
  const common = commonType(ctx.types.typeOf(left), ctx.types.typeOf(right));
  const cast = (e: Expr): Expr =>
    common === undefined || e.kind === 'int' ? e : { kind: 'convert', type: common, arg: e };
  if (COMPARISONS.has(op)) return { kind: 'binary', op: op as BinaryOp, left: cast(a), right: cast(b), span: node };
  return { kind: 'binary', op: op as BinaryOp, left: a, right: b, span: node };
}

/** READ_ONCE() of memory says that others write there meanwhile: what was read before may differ. */
function isReadAgain(ctx: LowerContext, node: CNode): boolean {
  const callee = node.type === 'call_expression' ? childByField(node, 'function') : undefined;
  const read = callee === undefined ? undefined : childByField(node, 'arguments')?.children[0];
  return (
    read !== undefined && read.type !== 'identifier' && /^(?:READ_ONCE|ACCESS_ONCE)$/.test(ctx.text(callee ?? node))
  );
}

/** How far ahead of a comparison what a variable was set to is looked for. */
const KEPT_WITHIN = 4000;

/** `seq = gate->sequence; ...; if (seq != gate->sequence)`: who compares memory with what was read there knows that others write to it. */
function isKept(ctx: LowerContext, variable: CNode, memory: CNode): boolean {
  if (variable.type !== 'identifier' || memory.type !== 'field_expression') return false;
  const ahead = ctx.source.code.slice(
    Math.max(0, variable.start - KEPT_WITHIN),
    Math.min(variable.start, memory.start),
  );
  const place = ctx.text(memory).replace(/[^\w]/g, '\\$&');
  return new RegExp(`\\b${ctx.text(variable)}\\s*=\\s*(?:\\w+\\s*\\(\\s*&?\\s*)?${place}\\s*\\)?\\s*;`).test(ahead);
}

/** The operator of a binary or assignment expression as written. */
export function operatorOf(ctx: LowerContext, node: CNode): string {
  const operator = childByField(node, 'operator');
  return operator === undefined ? '' : ctx.text(operator);
}

/** Saves a value whose operand the right side may change (it holds a call or an assignment). */
export function keep(ctx: LowerContext, value: Expr, right: CNode): Expr {
  if (value.kind === 'int' || value.kind === 'temp' || value.kind === 'unknown') return value;
  if (right.type === 'number_literal' || right.type === 'identifier' || right.type === 'field_expression') return value;
  const id = ctx.newTemp();
  ctx.emit({ kind: 'temp', id, value, span: right });
  return { kind: 'temp', id };
}

/** The usual arithmetic conversions, where they change a sign: the common type is unsigned. */
function commonType(a: CType | undefined, b: CType | undefined): CType | undefined {
  if (a?.bits === undefined || b?.bits === undefined || a.pointers > 0 || b.pointers > 0) return undefined;
  const bits = Math.max(a.bits, b.bits, 32);
  const unsigned = (a.unsigned === true && a.bits === bits) || (b.unsigned === true && b.bits === bits);
  return unsigned ? integerType(bits, true) : undefined;
}

function lowerUnary(ctx: LowerContext, node: CNode): Expr {
  const arg = childByField(node, 'argument');
  if (arg === undefined) return { kind: 'unknown', text: undefined, parts: [] };
  const op = ctx.code(node.start);
  if (op === '-' && arg.type === 'identifier' && isErrno(ctx.text(arg)))
    return { kind: 'unknown', text: `-${ctx.text(arg)}`, parts: [] };
  const value = lowerExpression(ctx, arg);
  if (op === '!') return { kind: 'not', arg: value };
  if (op === '-') return value.kind === 'int' ? { kind: 'int', value: -value.value } : { kind: 'negate', arg: value };
  if (op === '+') return value;
  return { kind: 'unknown', text: undefined, parts: [value] };
}

/** `a && b` as a value: 0 or 1 by branches. */
function lowerTruth(ctx: LowerContext, node: CNode): Expr {
  const id = ctx.newTemp();
  const yes = ctx.newBlock();
  const no = ctx.newBlock();
  const join = ctx.newBlock();
  ctx.hooks.condition(ctx, node, { yes: yes, otherwise: no, loop: undefined });
  ctx.current = yes;
  ctx.emit({ kind: 'temp', id, value: { kind: 'int', value: 1 }, span: node });
  ctx.continueIn(join);
  ctx.current = no;
  ctx.emit({ kind: 'temp', id, value: { kind: 'int', value: 0 }, span: node });
  ctx.continueIn(join);
  return { kind: 'temp', id };
}

function lowerConditional(ctx: LowerContext, node: CNode): Expr {
  const cond = childByField(node, 'condition');
  const yes = childByField(node, 'consequence');
  const no = childByField(node, 'alternative');
  if (cond === undefined || no === undefined) return { kind: 'unknown', text: undefined, parts: lowerParts(ctx, node) };
  const id = ctx.newTemp();
  const then = ctx.newBlock();
  const otherwise = ctx.newBlock();
  const join = ctx.newBlock();
  let condValue: Expr | undefined;
  if (yes === undefined) {
    condValue = lowerExpression(ctx, cond);
    ctx.terminate({ kind: 'branch', cond: condValue, yes: then, otherwise, span: cond, loop: undefined });
  } else ctx.hooks.condition(ctx, cond, { yes: then, otherwise, loop: undefined });
  ctx.current = then;
  const a = yes === undefined ? (condValue as Expr) : lowerExpression(ctx, yes);
  ctx.emit({ kind: 'temp', id, value: a, span: node });
  ctx.continueIn(join);
  ctx.current = otherwise;
  ctx.emit({ kind: 'temp', id, value: lowerExpression(ctx, no), span: node });
  ctx.continueIn(join);
  return { kind: 'temp', id };
}

function lowerCast(ctx: LowerContext, node: CNode): Expr {
  const type = childByField(node, 'type');
  const value = childByField(node, 'value');
  if (value === undefined) return { kind: 'unknown', text: undefined, parts: lowerParts(ctx, node) };
  if (value.type === 'call_expression' && type !== undefined && ctx.text(type).trim() === 'void')
    return ctx.hooks.call(ctx, value, true);
  const arg = lowerExpression(ctx, value);
  const named = type === undefined ? undefined : ctx.types.typeNamed(type);
  if (named === undefined || named.bits === undefined || named.pointers > 0) return arg;
  return { kind: 'convert', type: named, arg };
}
