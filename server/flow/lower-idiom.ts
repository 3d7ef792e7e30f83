/**
 * Calls that are no calls to the analysis: they compute or pass on a value (likely, min, ERR_PTR), store one (WRITE_ONCE, swap), or
 * step from a member to its object (container_of).
 */
import type { CNode } from '../syntax/node.ts';
import type { BinaryOp, Expr, PlaceExpr } from './ir.ts';
import { integerType, type LowerContext } from './lower-context.ts';
import { lowerExpression, lowerPlace } from './lower-expression.ts';

/** Macros and inlines whose value is that of their first argument. */
const PASS_THROUGH: ReadonlySet<string> = new Set([
  'likely',
  'unlikely',
  '__builtin_expect',
  'READ_ONCE',
  'PTR_ERR',
  'ERR_CAST',
  'WARN_ON',
  'WARN_ON_ONCE',
  'WARN',
  'WARN_ONCE',
  'VM_WARN_ON_ONCE',
  'array_index_nospec',
  'untagged_addr',
  'ACCESS_ONCE',
  'smp_load_acquire',
  'rcu_dereference',
  'rcu_dereference_protected',
  'rcu_access_pointer',
  'lockdep_hardirq_threaded',
  'data_race',
]);

/** What a macro with at least one argument comes down to; undefined when its arguments are not what it takes. */
type Idiom = (ctx: LowerContext, args: readonly CNode[], first: CNode) => Expr | undefined;

const ZERO: Expr = { kind: 'int', value: 0 };

function compare(op: BinaryOp): Idiom {
  return (ctx, _args, first) => ({
    kind: 'binary',
    op,
    left: { kind: 'convert', type: integerType(64, false), arg: lowerExpression(ctx, first) },
    right: ZERO,
    span: first,
  });
}

/** min, max and their typed forms, whose first argument is a type. */
function extremum(op: 'min' | 'max', typed: boolean): Idiom {
  return (ctx, args) => {
    const [a, b] = typed ? args.slice(1) : args;
    if (a === undefined || b === undefined) return undefined;
    const left = lowerExpression(ctx, a);
    const span = { start: a.start, end: b.end };
    const value: Expr = { kind: 'binary', op, left, right: lowerExpression(ctx, b), span };
    const type = typed && args[0] !== undefined ? ctx.types.typeNamed(args[0]) : undefined;
    // Of that type the result is in any case; a difference in it is no negative number.
    return type?.unsigned === true && type.bits === WIDE ? { kind: 'convert', type, arg: value } : value;
  };
}

/** Bits of size_t and unsigned long. */
const WIDE = 64;

/** clamp(n, low, high) and its typed form. */
function clamped(typed: boolean): Idiom {
  return (ctx, args, first) => {
    const [a, b, c] = typed ? args.slice(1) : args;
    if (a === undefined || b === undefined || c === undefined) return undefined;
    const span = { start: first.start, end: c.end };
    const raised: Expr = {
      kind: 'binary',
      op: 'max',
      left: lowerExpression(ctx, a),
      right: lowerExpression(ctx, b),
      span,
    };
    return { kind: 'binary', op: 'min', left: raised, right: lowerExpression(ctx, c), span };
  };
}

/** rounddown(n, size): what is left of n without the rest. */
const roundedDown: Idiom = (ctx, [, size], first) => {
  if (size === undefined) return undefined;
  const left = lowerExpression(ctx, first);
  const span = { start: first.start, end: size.end };
  const rest: Expr = { kind: 'binary', op: '%', left, right: lowerExpression(ctx, size), span };
  return { kind: 'binary', op: '-', left, right: rest, span };
};

/** DIV_ROUND_UP(n, size), and PFN_UP(n), where the size is that of a page. */
const quotientUp: Idiom = (ctx, [, size], first) => {
  const left = lowerExpression(ctx, first);
  const right: Expr = size === undefined ? PAGE_SIZE : lowerExpression(ctx, size);
  return { kind: 'binary', op: 'ceil', left, right, span: { start: first.start, end: (size ?? first).end } };
};

const PAGE_SIZE: Expr = { kind: 'unknown', text: 'PAGE_SIZE', parts: [] };
const PAGE_SHIFT: Expr = { kind: 'unknown', text: 'PAGE_SHIFT', parts: [] };

/** PFN_DOWN(n). */
const pageNumber: Idiom = (ctx, _args, first) => ({
  kind: 'binary',
  op: '>>',
  left: lowerExpression(ctx, first),
  right: PAGE_SHIFT,
  span: first,
});

/** WRITE_ONCE(place, value): the place is the argument. */
const store: Idiom = (ctx, args, first) => {
  const second = args[1];
  if (second === undefined) return undefined;
  const stored = lowerExpression(ctx, second);
  ctx.emit({ kind: 'assign', target: lowerPlace(ctx, first), value: stored, span: first });
  return stored;
};

/** smp_store_release(pointer, value): the place is what the argument points to. */
const storeThrough: Idiom = (ctx, args, first) => {
  const second = args[1];
  if (second === undefined) return undefined;
  const stored = lowerExpression(ctx, second);
  ctx.emit({
    kind: 'assign',
    target: { kind: 'deref', pointer: lowerExpression(ctx, first) },
    value: stored,
    span: first,
  });
  return stored;
};

/** get_unaligned(pointer): what the argument points to. */
const loadThrough: Idiom = (ctx, _args, first) => ({
  kind: 'read',
  place: { kind: 'deref', pointer: lowerExpression(ctx, first) },
});

const swap: Idiom = (ctx, args, first) => {
  const second = args[1];
  if (second === undefined) return undefined;
  const a = lowerPlace(ctx, first);
  const b = lowerPlace(ctx, second);
  const id = ctx.newTemp();
  ctx.emit({ kind: 'temp', id, value: { kind: 'read', place: a }, span: first });
  ctx.emit({ kind: 'assign', target: a, value: { kind: 'read', place: b }, span: first });
  ctx.emit({ kind: 'assign', target: b, value: { kind: 'temp', id }, span: second });
  return ZERO;
};

/** ERR_PTR(ret): the value as it is; that of a variable is an errno from here on, which a call of that name tells. */
const errorPointer: Idiom = (ctx, _args, first) => {
  const value = lowerExpression(ctx, first);
  if (value.kind !== 'read') return value;
  const id = ctx.newTemp();
  const none = { target: undefined, via: undefined, discarded: false };
  ctx.emit({
    kind: 'call',
    id,
    callee: 'ERR_PTR',
    args: [value],
    argSpans: [first],
    span: first,
    nameSpan: first,
    ...none,
  });
  return { kind: 'temp', id };
};

/** xchg(pointer, value): the place is what the argument points to, and what it held is the result. */
const exchange: Idiom = (ctx, args, first) => {
  const second = args[1];
  if (second === undefined) return undefined;
  const pointer = lowerExpression(ctx, first);
  const stored = lowerExpression(ctx, second);
  const place: PlaceExpr = pointer.kind === 'address' && !pointer.decay ? pointer.place : { kind: 'deref', pointer };
  const id = ctx.newTemp();
  ctx.emit({ kind: 'temp', id, value: { kind: 'read', place }, span: first });
  ctx.emit({ kind: 'assign', target: place, value: stored, span: first });
  return { kind: 'temp', id };
};

/** no_free_ptr(p): the value of the variable, which is NULL from here on, so that its clean-up finds nothing. */
const moved: Idiom = (ctx, _args, first) => {
  const place = lowerPlace(ctx, first);
  const id = ctx.newTemp();
  ctx.emit({ kind: 'temp', id, value: { kind: 'read', place }, span: first });
  ctx.emit({ kind: 'assign', target: place, value: ZERO, span: first });
  return { kind: 'temp', id };
};

const container: Idiom = (ctx, args, first) => {
  const member = args[args.length - 1];
  const arg = lowerExpression(ctx, first);
  return member === undefined ? undefined : { kind: 'container', arg, member: ctx.text(member).replace(/\s/g, '') };
};

/** Some element of a list: nobody knows which; in a loop that empties the list, each in its turn. */
const element: Idiom = (ctx, _args, first) => {
  const list = ctx.text(first).trim();
  const text = ctx.jumps.some((j) => j.drained === list) ? `each list_for_each_entry ${list}` : undefined;
  return { kind: 'unknown', text, parts: [lowerExpression(ctx, first)] };
};

const IDIOMS: ReadonlyMap<string, Idiom> = new Map<string, Idiom>([
  ['ERR_PTR', errorPointer],
  ['IS_ERR', compare('<')],
  ['IS_ERR_VALUE', compare('<')],
  ['IS_ERR_OR_NULL', compare('<=')],
  ['ZERO_OR_NULL_PTR', compare('<=')],
  ['PTR_ERR_OR_ZERO', compare('min')],
  ['min', extremum('min', false)],
  ['umin', extremum('min', false)],
  ['min_t', extremum('min', true)],
  ['max', extremum('max', false)],
  ['umax', extremum('max', false)],
  ['max_t', extremum('max', true)],
  ['clamp', clamped(false)],
  ['clamp_t', clamped(true)],
  ['rounddown', roundedDown],
  ['round_down', roundedDown],
  ['ALIGN_DOWN', roundedDown],
  ['DIV_ROUND_UP', quotientUp],
  ['PFN_UP', quotientUp],
  ['PFN_DOWN', pageNumber],
  ['WRITE_ONCE', store],
  ['rcu_assign_pointer', store],
  ['RCU_INIT_POINTER', store],
  ['smp_store_release', storeThrough],
  ['get_unaligned', loadThrough],
  ['swap', swap],
  ['xchg', exchange],
  ['no_free_ptr', moved],
  ['retain_and_null_ptr', moved],
  ['container_of', container],
  ['container_of_const', container],
  ['list_entry', container],
  ['rb_entry', container],
  ['hlist_entry', container],
  ['list_first_entry', element],
  ['list_last_entry', element],
]);

/** The value of a call that is an idiom; undefined for every other call. */
export function lowerIdiom(ctx: LowerContext, callee: string, args: readonly CNode[]): Expr | undefined {
  const first = args[0];
  if (first === undefined) return undefined;
  if (!PASS_THROUGH.has(callee)) return IDIOMS.get(callee)?.(ctx, args, first);
  const value = lowerExpression(ctx, first);
  for (const rest of args.slice(1)) if (rest.type !== 'string_literal') lowerExpression(ctx, rest);
  return value;
}
