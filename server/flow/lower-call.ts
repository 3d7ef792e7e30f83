/** Calls: arguments in order, one instruction, and the idioms that are no calls to the analysis because they pass a value on. */
import { type CNode, childByField } from '../syntax/node.ts';
import type { Expr } from './ir.ts';
import type { LowerContext } from './lower-context.ts';
import { keep, lowerExpression } from './lower-expression.ts';
import { lowerIdiom } from './lower-idiom.ts';

/** Lowers a call; its value is a temporary, or the argument itself for macros that pass it on. */
export function lowerCall(ctx: LowerContext, node: CNode, discarded: boolean): Expr {
  const fn = childByField(node, 'function');
  const list = childByField(node, 'arguments');
  const argNodes = list?.children ?? [];
  const callee = fn?.type === 'identifier' ? ctx.text(fn) : undefined;
  if (callee !== undefined && ctx.scopeOf(callee) === 'global') {
    const condition = ctx.tables.noreturnIf.has(callee) ? argNodes[0] : undefined;
    if (condition !== undefined) return lowerFatal(ctx, condition);
    const idiom = lowerIdiom(ctx, callee, argNodes);
    if (idiom !== undefined) return idiom;
  }
  const indirect = callee === undefined || ctx.scopeOf(callee) !== 'global';
  const target = indirect && fn !== undefined ? lowerExpression(ctx, fn) : undefined;
  const args: Expr[] = [];
  for (const [i, arg] of argNodes.entries()) {
    const value = lowerExpression(ctx, arg);
    args.push(argNodes.slice(i + 1).some((n) => n.type === 'call_expression') ? keep(ctx, value, node) : value);
  }
  const id = ctx.newTemp();
  const inner = fn?.type === 'parenthesized_expression' ? fn.children[0] : fn;
  const field = inner?.type === 'field_expression' ? childByField(inner, 'field') : undefined;
  const owner = inner === undefined ? undefined : childByField(inner, 'argument');
  ctx.emit({
    kind: 'call',
    id,
    callee: indirect ? undefined : callee,
    target,
    via:
      field === undefined || owner === undefined
        ? undefined
        : { tag: ctx.types.typeOf(owner)?.tag, field: ctx.text(field) },
    args,
    argSpans: argNodes.map((a) => ({ start: a.start, end: a.end })),
    span: { start: node.start, end: node.end },
    nameSpan: fn === undefined ? node : { start: fn.start, end: fn.end },
    discarded,
  });
  if (callee !== undefined && ctx.tables.noreturn.has(callee)) {
    ctx.terminate({ kind: 'unreachable' });
    ctx.current = ctx.newBlock();
  }
  return { kind: 'temp', id };
}

/** BUG_ON(condition): nothing runs where it is true. */
function lowerFatal(ctx: LowerContext, condition: CNode): Expr {
  const dead = ctx.newBlock();
  const on = ctx.newBlock();
  ctx.hooks.condition(ctx, condition, { yes: dead, otherwise: on, loop: undefined });
  ctx.current = dead;
  ctx.terminate({ kind: 'unreachable' });
  ctx.current = on;
  return { kind: 'int', value: 0 };
}
